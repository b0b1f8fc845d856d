//! Bundles of a study that custodians answered.

use salus_ledger::audit::{self, AuditError, Bundle, Expectations, Report};
use salus_ledger::key::PublicKey;
use salus_verifier::KeyPolicy;
use serde_json::{Value, json};

use crate::process::{Script, checks, script};
use crate::scene::*;
use crate::world::*;

fn verify(bundle: &Bundle) -> Result<Report, AuditError> {
    let expected = Expectations {
        ledger: SCENE.id(),
        checkpoint_key: Some(PublicKey::of(&checkpoint())),
        keys: KeyPolicy::AllowInsecureDevelopmentKeys,
    };
    audit::verify(bundle.to_json().as_bytes(), &expected)
}

/// What the verification page's script says of a bundle.
fn by_script(script: &mut Script, bundle: &[u8]) -> Value {
    let expected = json!({
        "ledger": SCENE.id().to_string(),
        "checkpointKey": PublicKey::of(&checkpoint()).to_string(),
        "allowInsecureKeys": true,
    });
    script.audit(bundle, &expected)
}

#[test]
fn without_the_log_cohort_answers_are_listed_not_shown() {
    let bundle = audit::export(&SCENE.ledger, &SCENE.study, false).unwrap();
    assert!(bundle.attachments.is_empty());
    let report = verify(&bundle).unwrap();
    assert_eq!(report.cohort_answers.len(), 1);
    let answer = &report.cohort_answers[0];
    assert_eq!(answer.released, released());
    let [custodian] = &answer.custodians[..] else {
        panic!("{:?}", answer.custodians);
    };
    assert_eq!(
        (custodian.issuer.as_str(), custodian.key),
        ("General Hospital", issuer_key())
    );
    assert!(!answer.verified);
    assert_eq!(
        answer.table,
        "all who match, then by sex (female; male; the rest)"
    );
    let says = |lines: &[String], part| lines.iter().any(|line| line.contains(part));
    assert!(says(&report.not_shown, "only the whole log"));
    assert!(!says(&report.shown, "cohort answer"));
    assert!(
        report
            .to_string()
            .contains("50, 25, suppressed, suppressed")
    );
    assert!(report.to_string().contains("not verified"));
}

#[test]
fn with_the_log_they_are_verified() {
    let bundle = audit::export(&SCENE.ledger, &SCENE.study, true).unwrap();
    assert_eq!(bundle.attachments.len(), 3);
    let report = verify(&bundle).unwrap();
    let says = |lines: &[String], part| lines.iter().any(|line| line.contains(part));
    assert!(says(&report.shown, "1 cohort answer") && report.cohort_answers[0].verified);
    assert!(says(&report.not_shown, "is counted for each"));
    assert!(says(&report.not_shown, "limited to an institution"));

    let mut missing = bundle.clone();
    missing.attachments.pop();
    assert!(matches!(verify(&missing), Err(AuditError::Log(_))));
    let mut unreadable = bundle.clone();
    unreadable.attachments[0].insert(0, '?');
    assert!(matches!(
        verify(&unreadable),
        Err(AuditError::Attachment { place: 0 })
    ));
    let mut left_out = bundle;
    left_out
        .entries
        .retain(|entry| entry.kind != "submit cohort");
    assert!(matches!(
        verify(&left_out),
        Err(AuditError::AnswersLeftOut {
            on_ledger: 1,
            in_bundle: 0
        })
    ));
}

/// The script lists what custodians said, checks its form and the log, and says that proofs are
/// checked elsewhere.
#[test]
fn the_script_checks_the_form_of_cohort_answers() {
    let Some(mut script) = script() else { return };
    let small = audit::export(&SCENE.ledger, &SCENE.study, false).unwrap();
    let report = by_script(&mut script, small.to_json().as_bytes());
    assert_eq!(checks(&report, "failed"), [""; 0], "{report:#}");
    assert!(checks(&report, "passed").contains(&"cohort".to_owned()));
    assert!(checks(&report, "not-checked").contains(&"cohort-proofs".to_owned()));
    // Nobody in script has looked at the proof: this is not the good verdict.
    assert_eq!(report["verdict"], "incomplete");
    let cells = json!(["50", "25", "suppressed", "suppressed"]);
    let [answer] = &report["cohort"].as_array().unwrap()[..] else {
        panic!("{report:#}")
    };
    assert_eq!(answer["released"], cells);
    assert!(
        answer["proof"]
            .as_str()
            .unwrap()
            .contains("salus audit verify")
    );

    let whole = audit::export(&SCENE.ledger, &SCENE.study, true).unwrap();
    let report = by_script(&mut script, whole.to_json().as_bytes());
    assert_eq!(checks(&report, "failed"), [""; 0], "{report:#}");
    for id in ["log", "attachments", "replay", "complete"] {
        assert!(checks(&report, "passed").contains(&id.to_owned()), "{id}");
    }
    let mut missing = whole;
    missing.attachments.pop();
    let report = by_script(&mut script, missing.to_json().as_bytes());
    assert_eq!(checks(&report, "failed"), ["attachments"]);
}

/// Both refuse a released count that was changed, and what else the page falsifies.
#[test]
fn what_the_page_falsifies_of_cohort_answers_is_noticed() {
    let Some(mut script) = script() else { return };
    let whole = audit::export(&SCENE.ledger, &SCENE.study, true).unwrap();
    let mut tried = Vec::new();
    for (id, breaks) in script.tamperings() {
        let file = whole.to_json();
        let Some(tampered) = script.tamper(file.as_bytes(), &id) else {
            continue;
        };
        let report = by_script(&mut script, &tampered);
        assert!(
            checks(&report, "failed").contains(&breaks),
            "{id}: {report:#}"
        );
        let bundle: Bundle = serde_json::from_slice(&tampered).unwrap();
        assert!(verify(&bundle).is_err(), "{id}");
        tried.push(id);
    }
    let possible = [
        "count",
        "query-text",
        "signature",
        "approval",
        "head",
        "left-out",
        "checkpoint",
    ];
    assert_eq!(tried, possible);
}
