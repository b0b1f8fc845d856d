//! What is checked of cohort answers in a bundle without the log, and so without their proofs.

use salus_ledger::audit::{EntryProblem, Report};
use salus_ledger::key::PublicKey;
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
        dataset: DatasetDigest::of(&[AttachmentDigest::of(b"publication")]),
        counts: vec![CellCommitment::new(row(1).point())],
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

/// Two custodians' tallies and their release, changed, under one head; and what is said of them.
fn together(change: impl Fn(&mut [SubmitTally; 2], &mut ReleaseCohort)) -> (Forged, StudyId) {
    let second = stranger();
    let mut custodians = vec![PublicKey::of(&issuer()), PublicKey::of(&second)];
    let (name, key) = (Title::new("Second").unwrap(), custodians[1]);
    custodians.sort();
    let open = OpenStudy {
        together: custodians,
        ..open_study()
    };
    let ready = Forged::ready(true).with(RegisterIssuer { name, key }, &governance());
    let (opened, study) = ready.study(open);
    let approved = opened.with(ApproveStudy { study }, &board(0));
    let forged = approved.head(1, 0, 1);
    let first = forged.next_entry();
    let tally = SubmitTally {
        study,
        day: today(),
        table: Table::Count,
        dataset: DatasetDigest::of(&[]),
        counts: count(study).counts,
        seeds: Vec::new(),
        share_key: [1; 32],
        proof: AttachmentDigest::of(b"proof"),
    };
    let mut tallies = [tally.clone(), tally];
    let mut release = ReleaseCohort {
        study,
        table: Table::Count,
        tallies: vec![first, first + 1],
        released: vec![Released::Count(15)],
        proof: AttachmentDigest::of(b"release"),
    };
    change(&mut tallies, &mut release);
    let [one, other] = tallies;
    let tallied = forged.with(one, &issuer()).with(other, &second);
    (tallied.with(release, &issuer()).head(2, 0, 1), study)
}

/// What is wrong with a changed release.
fn changed_together(change: impl Fn(&mut [SubmitTally; 2], &mut ReleaseCohort)) -> EntryProblem {
    let (forged, study) = together(change);
    problem(&forged, study)
}

#[test]
fn a_release_by_two_custodians_is_listed_with_both() {
    let (forged, study) = together(|_, _| ());
    let report = verify(&forged.bundle(study)).unwrap();
    let [answer] = &report.cohort_answers[..] else {
        panic!("{report:?}");
    };
    let names: Vec<_> = answer
        .custodians
        .iter()
        .map(|c| c.issuer.as_str())
        .collect();
    assert_eq!(names, ["General Hospital", "Second"]);
    assert!(!answer.verified);
}

#[test]
fn a_release_names_tallies_of_its_table_each_once() {
    let unknown = |change: fn(&mut [SubmitTally; 2], &mut ReleaseCohort)| {
        let problem = changed_together(change);
        assert!(
            matches!(problem, EntryProblem::TallyUnknown { .. }),
            "{problem}"
        );
    };
    unknown(|_, release| release.tallies[1] = 0);
    unknown(|_, release| release.tallies[1] = release.tallies[0]);
    unknown(|_, release| release.tallies[1] += 1);
    unknown(|tallies, _| tallies[1].table = Table::Attrition);
    let (forged, study) = together(|_, _| ());
    let again = forged.clone().last_transaction();
    let twice = forged.enter(again).head(3, 0, 1);
    let problem = problem(&twice, study);
    assert!(
        matches!(problem, EntryProblem::TallyUnknown { .. }),
        "{problem}"
    );
}

#[test]
fn a_release_is_of_the_study_s_whole_circle() {
    let alone = changed_together(|_, release| release.tallies.truncate(1));
    assert!(matches!(alone, EntryProblem::Circle), "{alone}");
    let nobody = changed_together(|_, release| release.tallies.clear());
    assert!(matches!(nobody, EntryProblem::Circle), "{nobody}");
    let (forged, study) = together(|_, _| ());
    let own = forged.with(count(study), &issuer()).head(3, 0, 1);
    let own = problem(&own, study);
    assert!(matches!(own, EntryProblem::Circle), "{own}");
}

#[test]
fn a_tally_in_a_release_is_of_its_height_s_day() {
    let other = changed_together(|tallies, _| tallies[0].day = day("2024-02-28"));
    assert!(matches!(other, EntryProblem::Day { .. }), "{other}");
}
