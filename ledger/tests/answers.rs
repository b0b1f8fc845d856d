//! Each rule for answers, with only that wrong. `World::apply` also checks that every refused
//! transaction changed nothing.
#![allow(clippy::unwrap_used)]

mod world;

use salus_ledger::state::{Event, Rejection};
use salus_ledger::transaction::*;
use salus_protocol::field::Fr;
use salus_protocol::nullifier::StudyId;
use salus_protocol::purpose::Ask;
use salus_protocol::record::RecordCommitment;
use salus_protocol::registry::Root;
use salus_protocol::statement::{ContactDigest, InstitutionCode};
use world::*;

/// Asserts that a result is one named rejection.
macro_rules! refused {
    ($result:expr, $rule:pat) => {
        match $result {
            Err($rule) => {}
            other => panic!("expected {}, got {other:?}", stringify!($rule)),
        }
    };
}

/// A world whose study takes the answers of person 1.
fn asked() -> (World, StudyId) {
    let mut world = World::ready();
    world.enrol(1);
    let study = world.study();
    world.seal();
    (world, study)
}

#[test]
fn an_answer_must_say_what_the_study_asks() {
    let (mut world, study) = asked();
    let good = world.statement(&study, 1);
    let other = Fr::from(77u64);
    let mut check = |statement, expected: fn(&Rejection) -> bool| {
        // The proof is of the very statement, so only the statement is wrong.
        let rejection = world
            .apply(prover::answer(study, statement), &stranger())
            .unwrap_err();
        assert!(expected(&rejection), "{rejection:?}");
    };
    let mut wrong = good;
    wrong.day = day("2024-02-29");
    check(wrong, |r| matches!(r, Rejection::AnswerDay { .. }));
    wrong.day = day("2024-03-02");
    check(wrong, |r| matches!(r, Rejection::AnswerDay { .. }));
    let mut wrong = good;
    wrong.scope = salus_protocol::nullifier::Scope::new(other);
    check(wrong, |r| matches!(r, Rejection::AnswerScope));
    let mut wrong = good;
    wrong.query = salus_protocol::query::QueryDigest::new(other);
    check(wrong, |r| matches!(r, Rejection::AnswerQuery));
    let mut wrong = good;
    wrong.purpose = salus_protocol::purpose::PurposeCode::new(other);
    check(wrong, |r| matches!(r, Rejection::AnswerPurpose));
    let mut wrong = good;
    wrong.institution = InstitutionCode::new(other);
    check(wrong, |r| matches!(r, Rejection::AnswerInstitution));
    let mut wrong = good;
    wrong.root = Root::new(other);
    check(wrong, |r| matches!(r, Rejection::RootUnknown { .. }));
}

#[test]
fn an_answer_needs_a_proof_of_its_statement_under_an_accepted_key() {
    let (mut world, study) = asked();
    let good = world.answer(&study, 1);
    let other = world.answer(&study, 2);
    let swapped = SubmitEligibility {
        proof: other.proof,
        ..good.clone()
    };
    refused!(world.apply(swapped, &stranger()), Rejection::Proof { .. });
    let unknown = SubmitEligibility {
        key: salus_verifier::KeyId::new([1; 32]),
        ..good.clone()
    };
    refused!(
        world.apply(unknown, &stranger()),
        Rejection::KeyUnknown { .. }
    );
    for byte in 0..good.proof.len() {
        let mut changed = good.clone();
        changed.proof[byte] ^= 1 << (byte % 8);
        refused!(world.apply(changed, &stranger()), Rejection::Proof { .. });
    }
    world.apply(good, &stranger()).unwrap();
}

#[test]
fn one_answer_a_person() {
    let (mut world, study) = asked();
    let answer = world.answer(&study, 1);
    world.apply(answer.clone(), &stranger()).unwrap();
    refused!(
        world.apply(answer, &key(7, 2)),
        Rejection::NullifierUsed { .. }
    );
    world.seal();
    let again = world.answer(&study, 1);
    refused!(
        world.apply(again, &key(7, 3)),
        Rejection::NullifierUsed { .. }
    );
    let another = world.answer(&study, 2);
    world.apply(another, &key(7, 4)).unwrap();
    // In another study the nullifier is another; even the same number is no second answer there.
    let next = OpenStudy {
        title: Title::new("Another").unwrap(),
        ..open_study()
    };
    let Event::StudyOpened { study: next } = world.apply(next, &sponsor()).unwrap() else {
        panic!()
    };
    world
        .apply(ApproveStudy { study: next }, &board(1))
        .unwrap();
    let answer = world.answer(&next, 1);
    world.apply(answer, &key(7, 5)).unwrap();
}

#[test]
fn an_answer_enters_an_approved_open_study_only() {
    let mut world = World::ready();
    world.enrol(1);
    let open = OpenStudy {
        approvals_needed: 2,
        ..open_study()
    };
    let Event::StudyOpened { study } = world.apply(open, &sponsor()).unwrap() else {
        panic!()
    };
    world.apply(ApproveStudy { study }, &board(0)).unwrap();
    world.seal();
    let answer = world.answer(&study, 1);
    let mut unknown = answer.clone();
    unknown.study = StudyId::new([5; 32]);
    refused!(
        world.apply(unknown, &stranger()),
        Rejection::StudyUnknown { .. }
    );
    refused!(
        world.apply(answer.clone(), &stranger()),
        Rejection::StudyNotApproved { missing: 1, .. }
    );
    world.apply(ApproveStudy { study }, &board(1)).unwrap();
    let mut closed = world.clone();
    closed.apply(CloseStudy { study }, &sponsor()).unwrap();
    refused!(
        closed.apply(answer.clone(), &stranger()),
        Rejection::StudyClosed { .. }
    );
    let mut late = world.clone();
    late.seal();
    late.apply(on_day(day("2025-01-01")), &checkpoint())
        .unwrap();
    refused!(
        late.apply(answer.clone(), &stranger()),
        Rejection::StudyExpired { .. }
    );
    world.apply(answer, &stranger()).unwrap();
}

#[test]
fn a_contact_only_where_the_study_asks_to_contact() {
    let mut world = World::ready();
    world.enrol(1);
    let mut open = open_study();
    open.purpose.ask = Ask::Data;
    let Event::StudyOpened { study: data } = world.apply(open, &sponsor()).unwrap() else {
        panic!()
    };
    world
        .apply(ApproveStudy { study: data }, &board(0))
        .unwrap();
    let contact = world.study();
    world.seal();
    let with_contact = |world: &World, study| {
        let mut statement = world.statement(study, 1);
        statement.contact = ContactDigest::of(b"sealed");
        prover::answer(*study, statement)
    };
    let answer = with_contact(&world, &data);
    refused!(world.apply(answer, &stranger()), Rejection::ContactNotAsked);
    let answer = with_contact(&world, &contact);
    world.apply(answer, &stranger()).unwrap();
}

#[test]
fn a_root_has_a_best_before() {
    let (mut world, study) = asked();
    let answer = world.answer(&study, 1);
    // Freshness 3: new records in three further heights do no harm, a fourth does.
    for number in 10..13 {
        world.enrol(number);
        world.seal();
    }
    world.clone().apply(answer.clone(), &stranger()).unwrap();
    world.enrol(13);
    world.clone().apply(answer.clone(), &stranger()).unwrap();
    world.seal();
    refused!(world.apply(answer, &stranger()), Rejection::RootOld { .. });
}

#[test]
fn a_root_from_before_anything_was_taken_back_is_refused() {
    type TakeBack = fn(&World) -> (Transaction, ed25519_dalek::SigningKey);
    let taken_back: [(&str, TakeBack); 4] = [
        ("revoked", |w| (w.revoke(1).into(), subject(2))),
        ("replaced", |w| (w.grant(1, 8).into(), subject(2))),
        ("erased", |_| {
            (
                EraseRecord {
                    index: 1,
                    sequence: 1,
                }
                .into(),
                issuer(),
            )
        }),
        ("amended", |_| {
            let (record, row) = (RecordCommitment::new(Fr::from(5u64)), row(77));
            (
                AmendRecord {
                    index: 1,
                    sequence: 1,
                    record,
                    row,
                }
                .into(),
                issuer(),
            )
        }),
    ];
    for (what, change) in taken_back {
        let mut world = World::ready();
        world.enrol(1);
        world.enrol(2);
        let study = world.study();
        world.seal();
        let answer = world.answer(&study, 1);
        world.clone().apply(answer.clone(), &stranger()).unwrap();
        let (transaction, signer) = change(&world);
        world.apply(transaction, &signer).unwrap();
        // At once, before the height ends, and after.
        for _ in 0..2 {
            match world.apply(answer.clone(), &stranger()) {
                Err(Rejection::RootRevised { .. }) => {}
                other => panic!("{what}: {other:?}"),
            }
            let _ = world.state.seal();
        }
        let fresh = world.answer(&study, 1);
        world.apply(fresh, &stranger()).unwrap();
    }
}

#[test]
fn within_a_height_nothing_is_taken_back_after_an_answer() {
    let (mut world, study) = asked();
    let answer = world.answer(&study, 1);
    world.apply(answer, &stranger()).unwrap();
    let revoke = world.revoke(0);
    refused!(
        world.apply(revoke.clone(), &subject(1)),
        Rejection::NewHeight { .. }
    );
    let regrant = world.grant(0, 9);
    refused!(
        world.apply(regrant, &subject(1)),
        Rejection::NewHeight { .. }
    );
    // A first grant takes nothing back.
    world.enrol(2);
    world.seal();
    world.apply(revoke, &subject(1)).unwrap();
}
