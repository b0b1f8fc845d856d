//! A measurement of few patients: everything in it happens, and is told.
#![allow(clippy::unwrap_used)]

mod home;

use home::TestHome;
use serde_json::Value;

#[test]
fn counts_with_proof_are_measured_and_verified() {
    let home = TestHome::empty();
    let report = home.ok(&[
        "bench",
        "cohort",
        "--patients",
        "1000",
        "--criteria",
        "4",
        "--bits",
        "8",
        "--runs",
        "1",
    ]);
    let [publication] = report["publications"].as_array().unwrap().as_slice() else {
        panic!("one dataset: {report}");
    };
    assert_eq!(publication["patients"], 1000);
    assert_eq!(publication["pages"], 1);
    let [answer] = report["answers"].as_array().unwrap().as_slice() else {
        panic!("one question: {report}");
    };
    assert_eq!(answer["verified"], true);
    assert_eq!(
        (&answer["patients"], &answer["criteria"]),
        (&1000.into(), &4.into())
    );
    // Nine tenths, four times over, of the nine tenths who consent: some 590.
    let matching = answer["matching"].as_u64().unwrap();
    assert!((450..750).contains(&matching), "{matching}");
    let bytes = answer["proof_bytes"].as_u64().unwrap();
    assert!((20_000..40_000).contains(&bytes), "{bytes}");
    for step in ["tally", "release", "verify"] {
        assert!(answer[step]["seconds"].as_f64().unwrap() > 0.0, "{step}");
    }
    assert!(answer["ratio"].as_f64().unwrap() > 0.0);
}

/// The outcomes of a row add up to its requests; how many were done.
fn done(line: &Value) -> u64 {
    let count = |name: &str| line[name].as_u64().unwrap();
    assert!(line["unexpected"].as_object().unwrap().is_empty(), "{line}");
    let outcomes = ["done", "refused", "too_often", "busy"].map(count);
    assert_eq!(outcomes.iter().sum::<u64>(), count("requests"), "{line}");
    outcomes[0]
}

#[test]
fn a_node_under_load_does_what_it_may_and_keeps_what_it_acknowledged() {
    let home = TestHome::empty();
    let folder = home.path("temporary");
    std::fs::create_dir(&folder).unwrap();
    let small = ["--seconds", "1", "--proofs", "4", "--patients", "8"];
    let arguments = [
        &["--json", "bench", "node", "--minutes", "0.05"],
        &small[..],
    ]
    .concat();
    let mut command = home.command(&arguments);
    let assert = command.env("TMPDIR", &folder).assert().success();
    let report: Value = serde_json::from_slice(&assert.get_output().stdout).unwrap();
    let phases = report["phases"].as_array().unwrap();
    let above: Vec<_> = phases.iter().map(|p| p["above_limit"] == true).collect();
    assert_eq!(above, [false, false, true, true, false]);
    let mut answers = 0;
    for phase in phases {
        let lines = phase["lines"].as_array().unwrap();
        let all = &lines[0];
        let requests = |line: &Value| line["requests"].as_u64().unwrap();
        assert!(requests(all) > 0 && requests(all) >= done(all), "{phase}");
        let meanwhile = |line: &&Value| line["what"] == "health" || line["what"] == "answer";
        let kinds = lines[1..].iter().filter(|line| !meanwhile(line));
        assert!(kinds.map(requests).sum::<u64>() <= requests(all), "{phase}");
        for line in &lines[1..] {
            let entered = done(line);
            answers += if line["what"] == "answer" { entered } else { 0 };
            let allowed = phase["above_limit"] == true || entered == requests(line);
            assert!(allowed, "turned away below the limit: {line}");
        }
    }
    assert_eq!(report["verified"]["answers"], 4);
    assert_eq!(report["acknowledged"], answers);
    assert_eq!(report["kept"], answers);
    assert_eq!(report["unclean"], serde_json::json!([]));
    let left = std::fs::read_dir(&folder).unwrap().count();
    assert_eq!(left, 0, "the folder and the service over it are gone");
}

#[test]
fn what_can_not_be_measured_is_refused() {
    let home = TestHome::empty();
    for wrong in [["--proofs", "3"], ["--seconds", "0"], ["--minutes", "-1"]] {
        home.fails_with_any(&[2], &[&["bench", "node"], &wrong[..]].concat());
    }
    for wrong in [["--patients", "0"], ["--criteria", "17"], ["--bits", "12"]] {
        let arguments = [&["bench", "cohort"], &wrong[..]].concat();
        home.fails_with_any(&[2], &arguments);
    }
}
