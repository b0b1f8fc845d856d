//! Logs that an operator with the true checkpoint key forged: answers against the rules.

use salus_ledger::audit::{AuditError, EntryProblem};
use salus_ledger::state::Rejection;
use salus_ledger::transaction::*;
use salus_protocol::field::Fr;
use salus_protocol::registry::Root;
use salus_protocol::statement::{ContactDigest, Statement};

use crate::audited::*;
use crate::world::forged::{Forged, said};
use crate::world::*;

/// Checks that a forged ledger with this answer, and after it this head, has a problem.
fn forged(change: impl Fn(&mut Statement), revised: u64, expected: fn(&EntryProblem) -> bool) {
    let (forged, study) = Forged::up_to_answer();
    let mut statement = said(forged.ledger(), &study, 1);
    change(&mut statement);
    let forged = forged
        .with(prover::answer(study, statement), &stranger())
        .head(2, revised, 2);
    let problem = problem(&forged, study);
    assert!(expected(&problem), "{problem:?}");
}

#[test]
fn an_answer_is_of_its_day_and_a_root_that_holds() {
    let (good, study) = Forged::up_to_answer();
    let answer = prover::answer(study, said(good.ledger(), &study, 1));
    let good = good.with(answer, &stranger()).head(2, 0, 2);
    assert_eq!(
        verify(&good.bundle(study)).unwrap().answers.len(),
        1,
        "only what is wrong is wrong"
    );

    forged(
        |s| s.day = day("2024-03-02"),
        0,
        |p| matches!(p, EntryProblem::Day { .. }),
    );
    forged(
        |s| s.day = day("2025-01-01"),
        0,
        |p| matches!(p, EntryProblem::Expired { .. }),
    );
    forged(
        |s| s.root = Root::new(Fr::from(9u64)),
        0,
        |p| matches!(p, EntryProblem::RootUnknown),
    );
    forged(
        |s| s.root = Root::new(Fr::from(2u64)),
        0,
        |p| matches!(p, EntryProblem::RootUnknown),
    );
    forged(
        |_| {},
        2,
        |p| {
            matches!(
                p,
                EntryProblem::RootRevised {
                    root: 1,
                    revised: 2
                }
            )
        },
    );
}

#[test]
fn an_answer_says_what_its_study_asks() {
    let other = salus_protocol::query::QueryDigest::new(Fr::from(5u64));
    forged(
        |s| s.query = other,
        0,
        |p| matches!(p, EntryProblem::Statement(Rejection::AnswerQuery)),
    );
    let scope = salus_protocol::nullifier::Scope::new(Fr::from(5u64));
    forged(
        |s| s.scope = scope,
        0,
        |p| matches!(p, EntryProblem::Statement(Rejection::AnswerScope)),
    );
    let code = salus_protocol::statement::InstitutionCode::new(Fr::from(5u64));
    forged(
        |s| s.institution = code,
        0,
        |p| matches!(p, EntryProblem::Statement(Rejection::AnswerInstitution)),
    );
    let mut purpose = purpose();
    purpose.commercial = true;
    forged(
        |s| s.purpose = purpose.masks().code(),
        0,
        |p| matches!(p, EntryProblem::Statement(Rejection::AnswerPurpose)),
    );
}

#[test]
fn an_answer_has_its_time_and_its_proof() {
    let (good, study) = Forged::up_to_answer();
    let answer = prover::answer(study, said(good.ledger(), &study, 1));
    let good = good.with(answer.clone(), &stranger()).head(2, 0, 2);
    let twice = good.clone().with(answer.clone(), &key(7, 2)).head(3, 0, 3);
    assert!(matches!(
        problem(&twice, study),
        EntryProblem::NullifierTwice { .. }
    ));
    let stale = (2..=5).fold(Forged::up_to_answer().0, |f, height| f.head_after(height));
    let stale = stale.with(answer.clone(), &stranger()).head(6, 0, 6);
    assert!(matches!(
        problem(&stale, study),
        EntryProblem::RootOld {
            age: 4,
            freshness: 3
        }
    ));
    let closed = Forged::up_to_answer()
        .0
        .with(CloseStudy { study }, &sponsor());
    let closed = closed.with(answer.clone(), &stranger()).head(2, 0, 2);
    assert!(matches!(problem(&closed, study), EntryProblem::Closed));
    let mut unproven = answer;
    unproven.statement.contact = ContactDigest::of(b"another's");
    let unproven = Forged::up_to_answer()
        .0
        .with(unproven, &stranger())
        .head(2, 0, 2);
    assert!(matches!(problem(&unproven, study), EntryProblem::Proof));
}

#[test]
fn a_bundle_holds_its_study() {
    let (_, study) = Forged::up_to_answer();
    let empty = Forged::ready(true).head(1, 0, 1);
    assert!(matches!(
        verify(&empty.bundle(study)),
        Err(AuditError::NoStudy { .. })
    ));
}

#[test]
fn heads_follow_each_other() {
    let (good, study) = Forged::up_to_answer();
    let good = good.answered(study, 1);
    assert!(verify(&good.clone().head(2, 0, 2).bundle(study)).is_ok());
    // The same height again, and something taken back in a height to come.
    for (height, revised) in [(1, 0), (0, 0), (2, 3)] {
        let wrong = good.clone().head(height, revised, 2);
        assert_eq!(problem(&wrong, study), EntryProblem::Height);
    }
    // What was taken back is not taken back after all.
    let wrong = good.head(2, 2, 2).head_after(3);
    assert_eq!(problem(&wrong, study), EntryProblem::Height);
}

#[test]
fn a_proof_is_a_proof() {
    let (forged, study) = Forged::up_to_answer();
    let mut answer = prover::answer(study, said(forged.ledger(), &study, 1));
    answer.proof = [0xff; 128];
    let malformed = forged.with(answer, &stranger()).head(2, 0, 2);
    assert!(matches!(
        problem(&malformed, study),
        EntryProblem::ProofMalformed(_)
    ));
}
