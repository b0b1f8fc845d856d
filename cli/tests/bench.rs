//! A measurement of few patients: everything in it happens, and is told.
#![allow(clippy::unwrap_used)]

mod home;

use home::TestHome;

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

#[test]
fn what_can_not_be_measured_is_refused() {
    let home = TestHome::empty();
    for wrong in [["--patients", "0"], ["--criteria", "17"], ["--bits", "12"]] {
        let arguments = [&["bench", "cohort"], &wrong[..]].concat();
        home.fails_with_any(&[2], &arguments);
    }
}
