//! Cohort answers through single commands, with real proofs, and what must be refused.
#![allow(clippy::unwrap_used)]

mod home;

use home::TestHome;
use serde_json::Value;

const DAY: &str = "2025-01-01";

/// A ledger with the records and consents of some generated patients, and an approved study.
fn hospital() -> (TestHome, String) {
    let home = TestHome::empty();
    home.ok(&["ledger", "init", "--day", DAY]);
    home.ok(&["issuer", "new", "hospital"]);
    home.ok(&["issuer", "new", "clinic"]);
    home.ok(&["board", "new", "ethics"]);
    let export = home.path("export");
    let generate = ["--patients", "60", "--seed", "3"];
    home.ok(&[&["dataset", "generate", &export], &generate[..]].concat());
    let issue = ["--issuer", "hospital", "--at", DAY];
    home.ok(&[&["record", "issue", &export], &issue[..]].concat());
    home.ok(&["consent", "grant", "--all", "--from-fhir", &export]);
    let query = "cohort \"Adults\" at 2025-01-01\ninclude all\n  age at least 18 years\n";
    open(&home, "adults", query);
    (home, export)
}

fn open(home: &TestHome, name: &str, query: &str) {
    let file = home.write(&format!("{name}.salus"), query);
    let names = ["--name", name, "--title", name, "--sponsor", "lab"];
    let purpose = [
        "--purpose",
        "health",
        "--institution",
        "Lab",
        "--region",
        "north-america",
    ];
    let terms = ["--board", "ethics", "--expires", "2026-01-01"];
    let parts = [
        &["study", "open", &file],
        &names[..],
        &purpose[..],
        &terms[..],
    ];
    home.ok(&parts.concat());
    home.ok(&["study", "approve", name, "--board", "ethics"]);
}

fn count<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["cohort", "count", "adults", "--issuer", "hospital"], more].concat()
}

fn cells(answer: &Value) -> Vec<Option<u64>> {
    let cells = answer["cells"].as_array().unwrap();
    cells.iter().map(|cell| cell["count"].as_u64()).collect()
}

#[test]
fn publish_count_and_audit() {
    let (home, _) = hospital();
    let publish = ["cohort", "publish", "--issuer", "hospital", "--at", DAY];
    home.fails(4, &count(&[]), "not published");
    assert_eq!(home.ok(&publish)["published"], 1);
    assert_eq!(home.ok(&publish)["published"], 0, "nothing has changed");
    home.fails(2, &count(&["--by", "shoe_size"]), "no field");
    home.fails(2, &count(&["--by", "bmi.latest"]), "no bands");

    let answer = home.ok(&count(&[]));
    let total = cells(&answer)[0].unwrap();
    assert!(total > 10 && total.is_multiple_of(5));
    home.fails(4, &count(&[]), "already answered");
    let by_sex = cells(&home.ok(&count(&["--by", "sex"])));
    assert_eq!((by_sex.len(), by_sex[0]), (5, Some(total)));
    let attrition = ["cohort", "attrition", "adults", "--issuer", "hospital"];
    let left = cells(&home.ok(&attrition));
    assert_eq!((left.len(), left[0]), (3, Some(total)));
    assert!(left[1] >= left[2], "nobody joins on the way");
    let clinic = ["cohort", "count", "adults", "--issuer", "clinic"];
    home.fails(1, &clinic, "nothing to count");
    let listed = home.ok(&["cohort", "list", "adults"]);
    assert_eq!(listed["answers"].as_array().unwrap().len(), 3);

    // One condition more, by another study: both together would tell how many lie between.
    let near = "cohort \"Near\" at 2025-01-01\ninclude all\n  age at least 19 years\n";
    open(&home, "near", near);
    let count_near = ["cohort", "count", "near", "--issuer", "hospital"];
    home.fails(4, &count_near, "single condition");

    let bundle = home.path("bundle.json");
    let export = ["audit", "export", "adults", "--out", &bundle, "--whole-log"];
    let ledger = home.ok(&export)["ledger"].as_str().unwrap().to_owned();
    let elsewhere = TestHome::empty();
    let report = elsewhere.ok(&["audit", "verify", &bundle, "--ledger", &ledger]);
    assert_eq!(report["cohort_answers"].as_array().unwrap().len(), 3);
    assert_eq!(home.ok(&["ledger", "verify"])["cohort_answers"], 3);
}

/// How many seeds of publications the hospital keeps.
fn seeds(home: &TestHome) -> usize {
    let folder = home.state("issuers/hospital/publications");
    std::fs::read_dir(folder).unwrap().count()
}

#[test]
fn a_revoked_consent_is_not_counted_from_the_next_publication_on() {
    let (home, _) = hospital();
    let publish = ["cohort", "publish", "--issuer", "hospital", "--at", DAY];
    home.ok(&publish);
    let wallets = home.ok(&["wallet", "list"]);
    let consenting = wallets
        .as_array()
        .unwrap()
        .iter()
        .map(|wallet| wallet["name"].as_str().unwrap().to_owned())
        .find(|name| home.succeeds(&["consent", "revoke", "--wallet", name]));
    assert!(consenting.is_some(), "somebody consented");
    assert_eq!(seeds(&home), 1);
    home.fails(4, &count(&[]), "publish it again");
    assert_eq!(home.ok(&publish)["published"], 1);
    assert_eq!(seeds(&home), 1, "the seed of the page before is gone");
    home.ok(&count(&[]));

    // A seed would open an erased row: its salt is not all that must be destroyed.
    let erase = [
        "record",
        "erase",
        &consenting.unwrap(),
        "--issuer",
        "hospital",
    ];
    home.ok(&erase);
    assert_eq!(seeds(&home), 0);
}
