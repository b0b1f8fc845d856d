//! A good bundle verifies, by whoever expects that ledger.

use salus_ledger::audit::{self, AuditError, EntryProblem, Expectations};
use salus_ledger::key::PublicKey;
use salus_protocol::nullifier::LedgerId;
use salus_verifier::KeyPolicy;

use crate::audited::*;
use crate::world::*;

#[test]
fn a_bundle_verifies_and_says_what_it_shows() {
    let report = verify(&AUDITED.small).unwrap();
    assert_eq!((report.answers.len(), report.whole_log), (3, false));
    assert_eq!(report.study, AUDITED.study);
    assert!(
        report
            .not_shown
            .iter()
            .any(|line| line.contains("issuers committed the truth"))
    );
    assert!(
        report
            .not_shown
            .iter()
            .any(|line| line.contains("whole log"))
    );
    assert!(report.to_string().contains("INSECURE"));
    let report = verify(&AUDITED.whole).unwrap();
    assert!(report.whole_log);
    assert!(
        !report
            .not_shown
            .iter()
            .any(|line| line.contains("left out"))
    );
    AUDITED.ledger.verify().unwrap();
}

#[test]
fn what_the_verifier_expects_must_be_met() {
    let bytes = AUDITED.small.to_json().into_bytes();
    let check = |expected| audit::verify(&bytes, &expected).unwrap_err();
    let ledger = LedgerId::new([1; 32]);
    let error = check(Expectations {
        ledger,
        ..expectations(AUDITED.small.ledger)
    });
    assert!(matches!(error, AuditError::Ledger { .. }));
    let checkpoint_key = Some(PublicKey::of(&stranger()));
    let error = check(Expectations {
        checkpoint_key,
        ..expectations(AUDITED.small.ledger)
    });
    assert!(matches!(error, AuditError::CheckpointKey { .. }));
    let error = check(Expectations {
        keys: KeyPolicy::CeremonyOnly,
        ..expectations(AUDITED.small.ledger)
    });
    assert!(
        matches!(
            error,
            AuditError::Entry {
                problem: EntryProblem::Key(_),
                ..
            }
        ),
        "{error}"
    );
}
