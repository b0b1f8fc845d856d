//! Counts that somebody invented: nothing about them need be false to see, and still the script
//! must not say that they verify.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use salus_ledger::audit::{AuditError, Bundle};
use salus_ledger::transaction::*;
use salus_protocol::cohort::Table;
use salus_protocol::nullifier::StudyId;
use salus_protocol::release::Released;
use serde_json::{Value, json};

use crate::agreement::expected;
use crate::audited::*;
use crate::process::{checks, script};
use crate::replayed::Good;
use crate::world::forged::Forged;
use crate::world::*;

/// What stands for the proof of an invented count.
const PROOF: &[u8] = b"x";
const WITHOUT_KEYS: [&str; 1] = ["accept verifying key"];

/// A count of people whom nobody has.
fn invented(study: StudyId, released: Released) -> SubmitCohort {
    SubmitCohort {
        study,
        day: today(),
        table: Table::Count,
        dataset: DatasetDigest::of(&[]),
        counts: vec![CellCommitment::new(row(1).point())],
        released: vec![released],
        proof: AttachmentDigest::of(PROOF),
    }
}

/// A ledger that somebody founded for this: no records, no keys, an approved study, and then an
/// entry about it by a hospital.
fn self_founded(entry: impl Fn(StudyId) -> Transaction) -> Bundle {
    let (opened, study) = Forged::ready_without(&WITHOUT_KEYS).study(open_study());
    let approved = opened.with(ApproveStudy { study }, &board(0)).head(1, 0, 1);
    let counted = approved.with(entry(study), &issuer()).head(2, 0, 1);
    counted.bundle(study)
}

/// What the script says of a bundle to a reader who knows this, if it runs.
fn said(bundle: &Bundle, expected: &Value) -> Option<Value> {
    let report = script()?.audit(bundle.to_json().as_bytes(), expected);
    Some(report)
}

/// Asserts that the verdict is open and says what to do, about the ledger if it was not named.
fn is_open(report: &Value, proofs: bool, named: bool) {
    assert_eq!(checks(report, "failed"), [""; 0], "{report:#}");
    assert_eq!(report["verdict"], "incomplete");
    let sentence = report["sentence"].as_str().unwrap();
    assert_eq!(
        sentence.contains("salus audit verify"),
        proofs,
        "{sentence}"
    );
    assert_eq!(sentence.contains("Enter the ledger’s id"), !named);
    let not_shown = report["notShown"].to_string();
    assert_eq!(not_shown.contains("Which ledger this is"), !named);
}

#[test]
fn an_invented_count_does_not_get_the_good_verdict() {
    let bundle = self_founded(|study| invented(study, Released::Count(4200)).into());
    let known = expected(bundle.ledger);
    let key = json!({ "checkpointKey": known["checkpointKey"] });
    for (expected, named) in [(json!({}), false), (key, true), (known, true)] {
        let Some(report) = said(&bundle, &expected) else {
            return;
        };
        is_open(&report, true, named);
        assert_eq!(report["cohort"][0]["released"], json!(["4200"]));
    }
}

#[test]
fn nor_does_a_tally_that_is_not_released() {
    let tally = |study, counts| SubmitTally {
        study,
        day: today(),
        table: Table::Count,
        dataset: DatasetDigest::of(&[]),
        counts: vec![CellCommitment::new(row(1).point()); counts],
        seeds: Vec::new(),
        share_key: [1; 32],
        proof: AttachmentDigest::of(PROOF),
    };
    let bundle = self_founded(|study| tally(study, 1).into());
    let Some(report) = said(&bundle, &expected(bundle.ledger)) else {
        return;
    };
    is_open(&report, true, true);
    let bundle = self_founded(|study| tally(study, 2).into());
    let report = said(&bundle, &expected(bundle.ledger)).unwrap();
    assert_eq!(checks(&report, "failed"), ["cohort"]);
}

#[test]
fn nor_do_proven_answers_on_a_ledger_that_nobody_named() {
    let reader = json!({ "allowInsecureKeys": true });
    let Some(report) = said(&AUDITED.small, &reader) else {
        return;
    };
    is_open(&report, false, false);
}

#[test]
fn a_count_commits_to_each_cell() {
    let bundle = self_founded(|study| {
        let counts = Vec::new();
        let count = invented(study, Released::Count(4200));
        SubmitCohort { counts, ..count }.into()
    });
    let Some(report) = said(&bundle, &json!({})) else {
        return;
    };
    assert_eq!(checks(&report, "failed"), ["cohort"]);
    assert!(report.to_string().contains("commits to 0 counts"));
}

/// The good log of one record with consent, then a count: what both say of it.
fn in_a_whole_log(released: Released) -> (Result<(), AuditError>, Option<Value>) {
    let good = Good::new();
    let counted = good
        .forged()
        .with(invented(good.study, released), &issuer());
    let forged = counted.sealed(good.next_head());
    let mut bundle = forged.bundle(good.study);
    let foreign = ["commit record", "grant consent", "erase record"];
    bundle
        .entries
        .retain(|included| !foreign.contains(&included.kind.as_str()));
    bundle.log = Some(forged.log());
    bundle.attachments = vec![STANDARD.encode(PROOF)];
    let result =
        salus_ledger::audit::verify(bundle.to_json().as_bytes(), &expectations(bundle.ledger));
    let report = said(&bundle, &expected(bundle.ledger));
    (result.map(drop), report)
}

/// The command refuses the proof; the script sees only what can't be for any proof.
#[test]
fn a_count_is_of_no_more_than_there_are() {
    let (result, report) = in_a_whole_log(Released::Count(4200));
    assert!(matches!(result, Err(AuditError::Log(_))), "{result:?}");
    let Some(report) = report else { return };
    assert_eq!(checks(&report, "failed"), ["cohort"], "{report:#}");
    assert!(report.to_string().contains("that its custodians had: 1"));

    let (result, report) = in_a_whole_log(Released::Suppressed);
    assert!(matches!(result, Err(AuditError::Log(_))), "{result:?}");
    is_open(&report.unwrap(), true, true);
}
