//! Bundles of a study that custodians answered.

use salus_ledger::audit::{self, AuditError, Bundle, Expectations, Report};
use salus_ledger::key::PublicKey;
use salus_verifier::KeyPolicy;

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
