//! The demo on a few patients: everything in it happens, and its report says so.
#![allow(clippy::unwrap_used)]

mod home;

use home::TestHome;

#[test]
fn the_whole_path_on_few_patients() {
    let home = TestHome::empty();
    let dir = home.path("demo");
    let arguments = ["demo", "--patients", "60", "--seed", "2", "--dir", &dir];
    let report = home.ok(&arguments);
    let number = |key: &str| report[key].as_u64().unwrap();
    assert_eq!(number("patients"), 60);
    assert!(number("records") > 30 && number("records") <= 60);
    assert!(number("consents") > 0 && number("consents") <= number("records"));
    assert!(
        number("eligible") > 1,
        "few patients, but some match: {report}"
    );
    assert_eq!(
        number("answers") + 1,
        number("eligible"),
        "one is kept apart"
    );
    assert_eq!(number("proof_bytes"), 128);
    assert_eq!(report["cohort"]["agrees"], true);
    assert_eq!(report["cohort"]["records"], report["records"]);
    assert_eq!(
        report["audit"]["cohort_answers"].as_array().unwrap().len(),
        1
    );
    assert!(report["refused"].as_array().unwrap().len() >= 4);
    assert_eq!(report["audit"]["valid"], true);
    assert_eq!(
        report["audit"]["answers"].as_array().unwrap().len() as u64,
        number("answers")
    );
    // What it leaves behind works with the single commands.
    let state = report["files"]["home"].as_str().unwrap();
    let study = home.ok(&["--home", state, "study", "show", "demo"]);
    assert_eq!(study["answers"], report["answers"]);

    // An earlier demo is kept if asked, and nothing else is ever replaced.
    home.fails(1, &["demo", "--dir", &dir, "--keep"], "an earlier demo");
    let other = home.path("");
    home.write("precious.txt", "not a demo");
    home.fails(1, &["demo", "--dir", &other], "something that is no demo");
}
