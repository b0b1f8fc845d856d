//! Approvals in a bundle without the whole log: what the report says of them, and terms that were
//! altered so that fewer or other boards had to approve.

use salus_ledger::audit::{AuditError, EntryProblem, Report};
use salus_ledger::key::PublicKey;
use salus_ledger::state::Rejection;
use salus_ledger::transaction::*;
use salus_protocol::nullifier::{LedgerId, StudyId};

use crate::audited::*;
use crate::world::forged::Forged;
use crate::world::*;

/// A study on changed terms on a forged ledger, not yet approved.
fn opened(change: impl Fn(&mut OpenStudy)) -> (Forged, StudyId) {
    let mut study = open_study();
    change(&mut study);
    Forged::ready(true).study(study)
}

fn says(lines: &[String], words: &str) -> bool {
    lines.iter().any(|line| line.contains(words))
}

fn report(forged: &Forged, study: StudyId) -> Report {
    verify(&forged.bundle(study)).unwrap()
}

#[test]
fn without_answers_nothing_is_said_to_be_approved() {
    let (forged, study) = Forged::up_to_answer();
    let report = report(&forged, study);
    assert_eq!((report.answers.len(), report.approvals.len()), (0, 1));
    assert!(!says(&report.shown, "approved"), "{:?}", report.shown);
    assert!(!says(&report.shown, "subject"), "{:?}", report.shown);
    assert!(!says(&report.shown, "consent"), "{:?}", report.shown);
    assert!(!says(&report.shown, "proven"), "{:?}", report.shown);
    assert!(says(&report.not_shown, "no answers to the study"));
    assert!(says(
        &report.not_shown,
        "holds 1 of the 1 approval that it needs"
    ));
    assert!(report.to_string().contains("Answers    none\n"));
}

#[test]
fn approvals_count_up_to_the_first_answer() {
    let (forged, study) = Forged::up_to_answer();
    let late = forged
        .answered(study, 1)
        .with(ApproveStudy { study }, &board(1))
        .answered(study, 2)
        .head(2, 0, 2);
    let report = report(&late, study);
    assert_eq!((report.answers.len(), report.approvals.len()), (2, 2));
    assert!(
        says(
            &report.shown,
            "1 registered ethics board approved this very study before its first answer entered; \
             it needs 1."
        ),
        "{:?}",
        report.shown
    );
    assert!(says(
        &report.shown,
        "2 different subjects (by nullifier) each hold a record"
    ));
}

#[test]
fn two_boards_and_one_answer_are_told_in_words_that_fit() {
    let (opened, study) = opened(|study| study.approvals_needed = 2);
    let answered = opened
        .with(ApproveStudy { study }, &board(0))
        .with(ApproveStudy { study }, &board(1))
        .head(1, 0, 1)
        .answered(study, 1)
        .head(2, 0, 2);
    let report = report(&answered, study);
    assert!(
        says(
            &report.shown,
            "2 registered ethics boards approved this very study"
        ),
        "{:?}",
        report.shown
    );
    assert!(says(
        &report.shown,
        "1 subject (by nullifier) holds a record"
    ));
    assert!(says(&report.shown, "Its consent covers"));
    assert!(report.to_string().contains("Answers    1, verified\n"));
}

#[test]
fn an_answer_before_its_approvals_is_refused() {
    let (opened, study) = opened(|study| study.approvals_needed = 2);
    let early = opened
        .with(ApproveStudy { study }, &board(0))
        .head(1, 0, 1)
        .answered(study, 1)
        .with(ApproveStudy { study }, &board(1))
        .head(2, 0, 2);
    assert_eq!(
        problem(&early, study),
        EntryProblem::NotApproved {
            approvals: 1,
            needed: 2
        }
    );
}

#[test]
fn a_board_approves_once_and_after_its_registration() {
    let (forged, study) = Forged::up_to_answer();
    let twice = forged.with(ApproveStudy { study }, &board(0)).head(2, 0, 2);
    let key = PublicKey::of(&board(0));
    assert_eq!(problem(&twice, study), EntryProblem::ApprovedTwice { key });

    let (opened, study) = Forged::ready_without(&["register board"]).study(open_study());
    let name = Title::new("Ethics board").unwrap();
    let late = opened
        .with(ApproveStudy { study }, &board(0))
        .with(RegisterBoard { name, key }, &governance())
        .head(1, 0, 1);
    assert_eq!(
        problem(&late, study),
        EntryProblem::BoardUnregistered { key }
    );
}

/// Refused when a sponsor signs such terms and an operator enters them.
fn terms(change: impl Fn(&mut OpenStudy)) -> Rejection {
    let (opened, study) = opened(change);
    match verify(&opened.head(1, 0, 1).bundle(study)) {
        Err(AuditError::StudyTerms(rejection)) => rejection,
        other => panic!("{other:?}"),
    }
}

#[test]
fn terms_that_the_ledger_refuses_are_refused() {
    // A study that needs no approvals would be open to answers at once.
    for needed in [0, 3] {
        assert!(matches!(
            terms(|study| study.approvals_needed = needed),
            Rejection::ApprovalsNeeded { boards: 2, .. }
        ));
    }
    let lists: [fn(&mut OpenStudy); 3] = [
        |study| study.boards.clear(),
        |study| study.boards.reverse(),
        |study| study.boards[1] = study.boards[0],
    ];
    for change in lists {
        assert!(matches!(terms(change), Rejection::BoardList { .. }));
    }
    assert!(matches!(
        terms(|study| study.policy.round_to = 1),
        Rejection::PolicyTooWeak { .. }
    ));
}

/// The study that needs both boards, with other terms under the sponsor's signature of these.
fn under_the_old_signature(ledger: LedgerId, change: fn(&mut OpenStudy)) -> Envelope {
    let mut study = both_boards();
    let signed = Envelope::sign(study.clone(), &ledger, &sponsor()).to_bytes();
    change(&mut study);
    let mut altered = Envelope::sign(study, &ledger, &sponsor()).to_bytes();
    // The signature is an envelope's last 64 bytes.
    let (at, from) = (altered.len() - 64, signed.len() - 64);
    altered[at..].copy_from_slice(&signed[from..]);
    Envelope::from_bytes(&altered).unwrap()
}

fn both_boards() -> OpenStudy {
    OpenStudy {
        approvals_needed: 2,
        ..open_study()
    }
}

#[test]
fn altered_terms_are_refused() {
    let (good, study) = Forged::ready(true).study(both_boards());
    let ledger = good.ledger();
    let good = good.with(ApproveStudy { study }, &board(0)).head(1, 0, 1);
    assert!(verify(&good.bundle(study)).is_ok());
    let changes: [fn(&mut OpenStudy); 2] = [
        |study| study.approvals_needed = 1,
        |study| {
            study.boards = vec![PublicKey::of(&board(0))];
            study.approvals_needed = 1;
        },
    ];
    for change in changes {
        let altered = under_the_old_signature(ledger, change);
        // By somebody who holds the bundle.
        let mut bundle = good.bundle(study);
        let opened = bundle.entries.iter_mut().find(|e| e.kind == "open study");
        opened.unwrap().entry = hex::encode(altered.to_bytes());
        assert!(matches!(
            verify(&bundle),
            Err(AuditError::Entry {
                problem: EntryProblem::Inclusion(_),
                ..
            })
        ));
        // By the operator, who can put it into a log.
        let entered = Forged::ready(true).enter(altered);
        assert_eq!(
            problem(&entered.head(1, 0, 1), study),
            EntryProblem::Signature
        );
        // By the operator with the sponsor, who signs it: then it is another study.
        let mut terms = both_boards();
        change(&mut terms);
        let (signed, other) = Forged::ready(true).study(terms);
        assert_ne!(other, study);
        assert_eq!(
            problem(&signed.head(1, 0, 1), study),
            EntryProblem::Unexpected
        );
    }
}
