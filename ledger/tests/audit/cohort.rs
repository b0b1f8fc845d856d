//! What is checked of cohort answers in a bundle without the log, and so without their proofs.

use salus_ledger::audit::{EntryProblem, Report};
use salus_ledger::transaction::*;
use salus_protocol::cohort::Table;
use salus_protocol::nullifier::StudyId;
use salus_protocol::release::Released;

use crate::audited::*;
use crate::world::forged::Forged;
use crate::world::*;

/// A count, with proofs that nobody has.
fn count(study: StudyId) -> SubmitCohort {
    SubmitCohort {
        study,
        day: today(),
        table: Table::Count,
        pages: vec![AttachmentDigest::of(b"publication")],
        counts: vec![CountCommitment::new(row(1).point())],
        released: vec![Released::Count(15)],
        proof: AttachmentDigest::of(b"proof"),
    }
}

/// What is wrong with a changed answer.
fn changed(change: impl Fn(&mut SubmitCohort)) -> EntryProblem {
    let (forged, study) = Forged::up_to_answer();
    let mut answer = count(study);
    change(&mut answer);
    problem(&forged.with(answer, &issuer()).head(2, 0, 1), study)
}

#[test]
fn an_answer_without_a_proof_is_listed_and_nothing_more() {
    let (forged, study) = Forged::up_to_answer();
    let forged = forged.with(count(study), &issuer()).head(2, 0, 1);
    let Report {
        cohort_answers,
        shown,
        not_shown,
        ..
    } = verify(&forged.bundle(study)).unwrap();
    assert_eq!(cohort_answers[0].released, [Released::Count(15)]);
    assert!(!shown.iter().any(|line| line.contains("cohort answer")));
    let listed = |line: &String| line.contains("1 cohort answer") && line.contains("whole log");
    assert!(not_shown.iter().any(listed), "{not_shown:?}");
}

#[test]
fn it_stands_in_its_place_of_the_log() {
    let late = changed(|answer| answer.day = day("2025-01-01"));
    assert!(matches!(late, EntryProblem::Expired { .. }), "{late}");
    let other = changed(|answer| answer.day = day("2024-03-02"));
    assert!(matches!(other, EntryProblem::Day { .. }), "{other}");
    let (forged, study) = Forged::ready(true).study(open_study());
    let early = forged.with(count(study), &issuer()).head(1, 0, 1);
    let early = problem(&early, study);
    assert!(matches!(early, EntryProblem::NotApproved { .. }), "{early}");
    let (forged, study) = Forged::up_to_answer();
    let closed = forged.with(CloseStudy { study }, &sponsor());
    let closed = problem(&closed.with(count(study), &issuer()).head(2, 0, 1), study);
    assert_eq!(closed, EntryProblem::Closed);
    let (forged, study) = Forged::up_to_answer();
    let open_ended = problem(&forged.with(count(study), &issuer()), study);
    assert_eq!(open_ended, EntryProblem::NoHead);
}

#[test]
fn it_is_a_registered_issuer_s_and_fills_its_table() {
    let (forged, study) = Forged::up_to_answer();
    let stranger = problem(&forged.with(count(study), &stranger()).head(2, 0, 1), study);
    assert!(
        matches!(stranger, EntryProblem::IssuerUnregistered { .. }),
        "{stranger}"
    );
    let table = changed(|answer| answer.table = Table::Strata(Vec::new()));
    assert!(matches!(table, EntryProblem::Table(_)), "{table}");
    let cells = changed(|answer| answer.released.push(Released::Suppressed));
    assert_eq!(
        cells,
        EntryProblem::Cells {
            found: 2,
            expected: 1
        }
    );
}
