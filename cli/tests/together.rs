//! Several custodians counted together, and counts in parts, through single commands.
#![allow(clippy::unwrap_used)]

mod home;

use home::TestHome;
use serde_json::Value;

const DAY: &str = "2025-01-01";
const ADULTS: &str = "cohort \"Adults\" at 2025-01-01\ninclude all\n  age at least 18 years\n";

/// Two hospitals with records and consents of generated patients, both published.
fn hospitals() -> TestHome {
    let home = TestHome::empty();
    home.ok(&["ledger", "init", "--day", DAY]);
    home.ok(&["board", "new", "ethics"]);
    for (issuer, patients, seed) in [("north", "60", "3"), ("south", "40", "4")] {
        home.ok(&["issuer", "new", issuer]);
        let export = home.path(&format!("export-{issuer}"));
        let generate = ["--patients", patients, "--seed", seed];
        home.ok(&[&["dataset", "generate", &export], &generate[..]].concat());
        let issue = ["--issuer", issuer, "--at", DAY];
        home.ok(&[&["record", "issue", &export], &issue[..]].concat());
        home.ok(&["consent", "grant", "--all", "--from-fhir", &export]);
        home.ok(&["cohort", "publish", "--issuer", issuer, "--at", DAY]);
    }
    home
}

fn open(home: &TestHome, name: &str, together: &[&str]) {
    let file = home.write(&format!("{name}.salus"), ADULTS);
    let names = ["--name", name, "--title", name, "--sponsor", "lab"];
    let place = ["--institution", "Lab", "--region", "north-america"];
    let terms = ["--board", "ethics", "--expires", "2026-01-01"];
    let purpose = ["--purpose", "health"];
    let open = ["study", "open", &file];
    home.ok(&[&open, &names[..], &place, &terms, &purpose, together].concat());
    home.ok(&["study", "approve", name, "--board", "ethics"]);
}

const TOGETHER: [&str; 4] = ["--together", "north", "--together", "south"];

fn total(answer: &Value) -> Option<u64> {
    answer["cells"][0]["count"].as_u64()
}

fn files(home: &TestHome, folder: &str) -> usize {
    std::fs::read_dir(home.state(folder)).map_or(0, Iterator::count)
}

fn cohort<'a>(command: &'a str, issuer: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["cohort", command, "adults", "--issuer", issuer], more].concat()
}

#[test]
fn two_custodians_release_their_sum() {
    let home = hospitals();
    open(&home, "adults", &TOGETHER);
    home.fails(4, &cohort("count", "north", &[]), "together");
    let first = home.ok(&cohort("tally", "north", &[]));
    assert_eq!(first["missing"].as_array().unwrap().len(), 1);
    let file = home.path("south.share");
    let share = cohort("share", "south", &["--to", "north", "--out", &file]);
    home.fails(4, &share, "no tally of this table");
    let second = home.ok(&cohort("tally", "south", &[]));
    assert_eq!(second["missing"].as_array().unwrap().len(), 0);
    home.fails(4, &cohort("tally", "south", &[]), "already answered");
    home.fails(4, &cohort("release", "north", &[]), "is missing");
    home.ok(&share);

    // Each hospital's own count would be other than what is released.
    let answer = home.ok(&cohort("release", "north", &[&file]));
    let sum = total(&answer).unwrap();
    assert!(sum > 20 && sum.is_multiple_of(5), "{answer}");
    let records = |tally: &Value| tally["records"].as_u64().unwrap();
    assert_eq!(records(&answer), records(&first) + records(&second));
    assert_eq!(answer["custodians"].as_array().unwrap().len(), 2);
    home.fails(
        4,
        &cohort("release", "north", &[&file]),
        "no tally of this table",
    );
    // The releasing hospital's openings are gone; the other's go when it next cleans up.
    assert_eq!(files(&home, "issuers/north/tallies"), 0);
    home.ok(&["cohort", "publish", "--issuer", "south", "--at", DAY]);
    assert_eq!(files(&home, "issuers/south/tallies"), 0);

    let listed = home.ok(&["cohort", "list", "adults"]);
    let names = &listed["answers"][0]["custodians"];
    assert_eq!(names.as_array().unwrap().len(), 2, "{listed}");
    let bundle = home.path("bundle.json");
    let exported = home.ok(&["audit", "export", "adults", "--out", &bundle]);
    assert_eq!(exported["whole_log"], true);
    let ledger = exported["ledger"].as_str().unwrap();
    let report = TestHome::empty().ok(&["audit", "verify", &bundle, "--ledger", ledger]);
    let verified = &report["cohort_answers"][0];
    assert_eq!(verified["verified"], true);
    assert_eq!(verified["custodians"].as_array().unwrap().len(), 2);
    assert_eq!(verified["released"][0]["count"], sum);
    home.ok(&["ledger", "verify"]);

    // The same question alone, afterwards, would give away the other's count.
    open(&home, "alone", &[]);
    let alone = ["cohort", "count", "alone", "--issuer", "north"];
    home.fails(4, &alone, "other custodians");
    home.fails(
        4,
        &["cohort", "tally", "alone", "--issuer", "north"],
        "alone",
    );
}

#[test]
fn shares_are_of_one_release_and_one_receiver() {
    let home = hospitals();
    open(&home, "adults", &TOGETHER);
    for table in [&[][..], &["--by", "sex"]] {
        home.ok(&cohort("tally", "north", table));
        home.ok(&cohort("tally", "south", table));
    }
    let (count, sex) = (home.path("count.share"), home.path("sex.share"));
    let share = ["--to", "north", "--out"];
    home.ok(&cohort("share", "south", &[&share[..], &[&count]].concat()));
    let by_sex = [&share[..], &[&sex, "--by", "sex"]].concat();
    home.ok(&cohort("share", "south", &by_sex));
    home.fails(2, &cohort("release", "north", &[&sex]), "another release");
    // Sealed to north: of no use to south, who has one of its own.
    home.fails(4, &cohort("release", "south", &[&count]), "is missing");
    let changed = home.path("changed.share");
    let text = std::fs::read_to_string(&count).unwrap();
    let mut share: Value = serde_json::from_str(&text).unwrap();
    let sealed = share["sealed"].as_str().unwrap();
    let last = if sealed.ends_with('0') { "1" } else { "0" };
    share["sealed"] = format!("{}{last}", &sealed[..sealed.len() - 1]).into();
    std::fs::write(&changed, share.to_string()).unwrap();
    home.fails(
        3,
        &cohort("release", "north", &[&changed]),
        "can't be opened",
    );
    std::fs::write(&changed, "{}").unwrap();
    home.fails(
        1,
        &cohort("release", "north", &[&changed]),
        "is not a share",
    );
    home.ok(&cohort("release", "north", &[&count]));
    let released = home.ok(&cohort("release", "north", &["--by", "sex", &sex]));
    assert_eq!(released["cells"].as_array().unwrap().len(), 5);
}

#[test]
fn a_part_is_kept_until_the_answer_is_in() {
    let home = hospitals();
    open(&home, "adults", &[]);
    let part = cohort("part", "north", &["--part", "1/1"]);
    assert_eq!(home.ok(&part)["pages"], 1);
    let folder = "issuers/north/parts";
    assert_eq!(files(&home, folder), 1);
    home.fails_with_any(&[2], &cohort("part", "north", &["--part", "2/1"]));
    home.fails(2, &cohort("part", "north", &["--part", "1/2"]), "2 parts");
    home.fails(2, &cohort("count", "north", &["--parts", "2"]), "2 parts");
    // A damaged part is found before anything is on the ledger.
    let day = home.state(folder).join(DAY);
    let context = std::fs::read_dir(&day).unwrap().next().unwrap();
    let kept = context.unwrap().path().join("0-1");
    let good = std::fs::read(&kept).unwrap();
    std::fs::write(&kept, &good[..good.len() - 1]).unwrap();
    home.fails(
        1,
        &cohort("count", "north", &[]),
        "is not a part of a count",
    );
    std::fs::write(&kept, &good).unwrap();
    assert!(total(&home.ok(&cohort("count", "north", &[]))).is_some());
    assert_eq!(std::fs::read_dir(day).unwrap().count(), 0);
    // What is left of other days goes with the next count.
    let old = home.state(folder).join("2024-12-31/00");
    std::fs::create_dir_all(&old).unwrap();
    home.ok(&cohort("count", "north", &["--by", "sex"]));
    assert!(!old.exists());
}

#[test]
fn noise_is_drawn_by_the_next_day() {
    let home = hospitals();
    open(
        &home,
        "adults",
        &["--epsilon", "0.5", "--epsilon-budget", "1"],
    );
    let shown = home.ok(&["study", "show", "adults"]);
    assert_eq!(shown["noise"]["epsilon"], "0.5", "{shown}");
    assert_eq!(shown["noise"]["budget"], 10, "in tenths");
    home.fails(4, &cohort("count", "north", &[]), "with noise");
    let tally = home.ok(&cohort("tally", "north", &[]));
    assert_eq!(
        (&tally["noised"], tally["missing"].as_array().unwrap().len()),
        (&true.into(), 0)
    );
    home.fails(4, &cohort("release", "north", &[]), "next day");
    home.ok(&["ledger", "day", "2025-01-02"]);
    let answer = home.ok(&cohort("release", "north", &[]));
    assert_eq!(answer["epsilon"], "0.5");
    // Noise of epsilon 0.5 is hardly ever more than 40: 60 patients, most of them adults.
    assert!(total(&answer).is_none_or(|count| count <= 100), "{answer}");
    // Half of the budget is left: strata would cost all of it.
    home.fails(
        4,
        &cohort("tally", "north", &["--by", "sex"]),
        "costs 1.0 of epsilon; 0.5 of 1.0 is spent",
    );
    let (report, _) = audited(&home);
    assert_eq!(report["cohort_answers"][0]["epsilon"], "0.5");
    assert_eq!(report["unreleased"], 0);
    let shown = report["shown"].as_array().unwrap();
    let noise = |line: &Value| line.as_str().unwrap().contains("discrete Laplace");
    assert!(shown.iter().any(noise), "{report}");
    home.fails_with_any(&[2], &["study", "open", "x", "--epsilon", "0.3"]);
}

/// The report of the study's bundle, and the bundle's text.
fn audited(home: &TestHome) -> (Value, String) {
    let bundle = home.path("bundle.json");
    let exported = home.ok(&["audit", "export", "adults", "--out", &bundle]);
    let ledger = exported["ledger"].as_str().unwrap();
    let report = TestHome::empty().ok(&["audit", "verify", &bundle, "--ledger", ledger]);
    (report, std::fs::read_to_string(bundle).unwrap())
}

#[test]
fn a_tally_that_is_held_back_is_listed_and_counted() {
    let home = hospitals();
    open(&home, "adults", &["--epsilon", "0.5"]);
    home.ok(&cohort("tally", "north", &[]));
    home.ok(&cohort("tally", "north", &["--by", "sex"]));
    let stands =
        |at: usize| home.ok(&["cohort", "list", "adults"])["tallies"][at]["stands"].clone();
    assert_eq!(
        (stands(0), stands(1)),
        ("waits-for-noise".into(), "waits-for-noise".into())
    );
    home.ok(&["ledger", "day", "2025-01-02"]);
    assert_eq!(stands(0), "open");
    home.ok(&cohort("release", "north", &[]));
    assert_eq!((stands(0), stands(1)), ("open".into(), Value::Null));

    let (report, text) = audited(&home);
    assert_eq!(report["unreleased"], 1);
    let not_shown = report["not_shown"].as_array().unwrap();
    let held = |line: &Value| line.as_str().unwrap().contains("1 tally was not released");
    assert!(not_shown.iter().any(held), "{report}");
    // A bundle that leaves it out is refused: the log in it has one more.
    let mut bundle: Value = serde_json::from_str(&text).unwrap();
    let entries = bundle["entries"].as_array_mut().unwrap();
    let last = entries
        .iter()
        .rposition(|entry| entry["kind"] == "submit tally");
    entries.remove(last.unwrap());
    let file = home.write("short.json", &bundle.to_string());
    let ledger = report["ledger"].as_str().unwrap();
    let verify = ["audit", "verify", &file, "--ledger", ledger];
    TestHome::empty().fails(3, &verify, "answers to the study and tallies");

    home.ok(&["ledger", "day", "2025-01-16"]);
    assert_eq!(stands(0), "lapsed");
}
