//! Each rule of the state machine, with only that wrong. `World::apply` also checks that every
//! refused transaction changed nothing.
#![allow(clippy::unwrap_used)]

mod world;

use salus_ledger::key::PublicKey;
use salus_ledger::state::{Event, Rejection, Standing};
use salus_ledger::transaction::*;
use salus_protocol::field::Fr;
use salus_protocol::nullifier::{LedgerId, StudyId};
use salus_protocol::purpose::Ask;
use salus_protocol::record::RecordCommitment;
use salus_protocol::registry::{Leaf, Root};
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

#[test]
fn the_whole_path_is_accepted() {
    let mut world = World::ready();
    let index = world.enrol(1);
    let study = world.study();
    world.seal();
    assert_eq!(
        world.state.standing(world.state.study(&study).unwrap()),
        Standing::Open
    );
    let answer = world.answer(&study, 1);
    let event = world.apply(answer, &stranger()).unwrap();
    assert_eq!(event, Event::AnswerEntered { study, place: 0 });
    world.seal();
    assert_eq!(
        world.state.membership(index).unwrap().leaf(),
        world.state.leaves()[0]
    );
    assert_eq!(world.state.study(&study).unwrap().answers.len(), 1);
}

#[test]
fn genesis_rules() {
    use salus_ledger::state::State;
    let good = genesis(true);
    let id = State::found(&good).unwrap().id();
    let day = Envelope::sign(AdvanceDay { day: today() }, &id, &checkpoint());
    refused!(State::found(&day), Rejection::NotGenesis { .. });
    let Transaction::Genesis(genesis) = good.transaction().clone() else {
        panic!()
    };
    let other = Envelope::sign(genesis.clone(), &id, &stranger());
    refused!(State::found(&other), Rejection::Governance { .. });
    let elsewhere = Envelope::sign(genesis.clone(), &LedgerId::new([1; 32]), &governance());
    refused!(State::found(&elsewhere), Rejection::Signature { .. });
    let mut renamed = genesis;
    renamed.nonce = [8; 32];
    assert_ne!(renamed.ledger_id(), id, "two ledgers founded alike differ");
    let mut world = World::founded();
    refused!(world.apply(renamed, &governance()), Rejection::GenesisAgain);
}

#[test]
fn signatures_are_bound_to_signer_transaction_and_ledger() {
    let mut world = World::founded();
    let advance = AdvanceDay { day: today() };
    let elsewhere = Envelope::sign(advance.clone(), &LedgerId::new([1; 32]), &checkpoint());
    refused!(world.state.apply(&elsewhere), Rejection::Signature { .. });
    let good = Envelope::sign(advance, &world.id(), &checkpoint());
    let bytes = good.to_bytes();
    // Every bit of the signature, and of the signed day.
    for bit in (bytes.len() - 64) * 8..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let envelope = Envelope::from_bytes(&flipped).unwrap();
        refused!(world.state.apply(&envelope), Rejection::Signature { .. });
    }
    let mut other_day = bytes;
    other_day[2] ^= 1;
    let envelope = Envelope::from_bytes(&other_day).unwrap();
    refused!(world.state.apply(&envelope), Rejection::Signature { .. });
    world.state.apply(&good).unwrap();
}

#[test]
fn a_transaction_enters_once() {
    let mut world = World::ready();
    let index = world.enrol(1);
    let grant_again = world.grant(index, 7);
    world.apply(grant_again.clone(), &subject(1)).unwrap();
    refused!(
        world.apply(grant_again.clone(), &subject(1)),
        Rejection::Replayed { .. }
    );
    let revoke = world.revoke(index);
    world.apply(revoke.clone(), &subject(1)).unwrap();
    // Neither the very transaction nor a fresh signature over an old sequence number returns.
    refused!(
        world.apply(grant_again.clone(), &subject(1)),
        Rejection::Replayed { .. }
    );
    let old = GrantConsent {
        consent: consent(8),
        ..grant_again
    };
    refused!(world.apply(old, &subject(1)), Rejection::Sequence { .. });
}

#[test]
fn an_entry_fits_the_log() {
    let mut world = World::ready();
    // The commitment of an empty row without salt: a value in memory, but not one that decodes.
    let identity = CommitRecord {
        row: row(0),
        ..commit_record(1)
    };
    refused!(
        world.apply(identity, &issuer()),
        Rejection::NotCanonical { .. }
    );
    let study = OpenStudy {
        query_text: "q".repeat(70_000),
        ..open_study()
    };
    refused!(world.apply(study, &sponsor()), Rejection::TooLong { .. });
}

#[test]
fn the_day_moves_forward_at_the_start_of_a_height() {
    let mut world = World::ready();
    let tomorrow = day("2024-03-02");
    refused!(
        world.apply(AdvanceDay { day: tomorrow }, &governance()),
        Rejection::CheckpointKey { .. }
    );
    refused!(
        world.apply(
            AdvanceDay {
                day: day("2024-02-29")
            },
            &checkpoint()
        ),
        Rejection::DayNotLater { .. }
    );
    world.enrol(1);
    refused!(
        world.apply(AdvanceDay { day: tomorrow }, &checkpoint()),
        Rejection::NewHeight { .. }
    );
    world.seal();
    world
        .apply(AdvanceDay { day: tomorrow }, &checkpoint())
        .unwrap();
    assert_eq!(world.state.day(), Some(tomorrow));
    world.seal();
    assert_eq!(world.state.latest_head().unwrap().day, Some(tomorrow));
}

#[test]
fn party_rules() {
    let mut world = World::ready();
    let name = Title::new("X").unwrap();
    let issuer_again = RegisterIssuer {
        name: name.clone(),
        key: PublicKey::of(&issuer()),
    };
    refused!(
        world.apply(issuer_again, &governance()),
        Rejection::IssuerKnown { .. }
    );
    let board_again = RegisterBoard {
        name: name.clone(),
        key: PublicKey::of(&board(0)),
    };
    refused!(
        world.apply(board_again, &governance()),
        Rejection::BoardKnown { .. }
    );
    let key = PublicKey::of(&stranger());
    let self_made = RegisterIssuer {
        name: name.clone(),
        key,
    };
    refused!(
        world.apply(self_made, &stranger()),
        Rejection::Governance { .. }
    );
    let self_made = RegisterBoard { name, key };
    refused!(
        world.apply(self_made, &stranger()),
        Rejection::Governance { .. }
    );
}

#[test]
fn verifying_key_rules() {
    use salus_ledger::state::State;
    use salus_verifier::{KeyId, Setup};
    let good = AcceptKey::of(prover::verifying_key());
    let mut world = World::founded();
    refused!(
        world.apply(good.clone(), &stranger()),
        Rejection::Governance { .. }
    );
    let id = AcceptKey {
        id: KeyId::new([1; 32]),
        ..good.clone()
    };
    refused!(world.apply(id, &governance()), Rejection::KeyId { .. });
    // The id covers where the key comes from, so an insecure key can't pass for a ceremony's.
    let setup = AcceptKey {
        setup: Setup::Ceremony,
        ..good.clone()
    };
    refused!(world.apply(setup, &governance()), Rejection::KeyId { .. });
    let circuit = AcceptKey {
        circuit: "other".to_owned(),
        ..good.clone()
    };
    refused!(
        world.apply(circuit, &governance()),
        Rejection::KeyCircuit { .. }
    );
    let mut malformed = good.clone();
    malformed.key[40] ^= 1;
    refused!(
        world.apply(malformed, &governance()),
        Rejection::KeyMalformed { .. } | Rejection::KeyId { .. }
    );
    world.apply(good.clone(), &governance()).unwrap();
    let again = AcceptKey {
        circuit: good.circuit.clone(),
        ..good.clone()
    };
    world.seal();
    refused!(
        world.apply(again, &governance()),
        Rejection::Replayed { .. } | Rejection::KeyKnown { .. }
    );
    let mut strict = World {
        state: State::found(&genesis(false)).unwrap(),
    };
    refused!(
        strict.apply(good, &governance()),
        Rejection::KeyInsecure { .. }
    );
}

#[test]
fn commit_rules() {
    let mut world = World::ready();
    world.apply(commit_record(1), &issuer()).unwrap();
    refused!(
        world.apply(commit_record(2), &stranger()),
        Rejection::IssuerUnknown { .. }
    );
    let zero = CommitRecord {
        record: Leaf::EMPTY.record,
        ..commit_record(2)
    };
    refused!(
        world.apply(zero, &issuer()),
        Rejection::EmptyCommitment { .. }
    );
    let record = CommitRecord {
        record: commit_record(1).record,
        ..commit_record(2)
    };
    refused!(
        world.apply(record, &issuer()),
        Rejection::RecordKnown { .. }
    );
    let row = CommitRecord {
        row: commit_record(1).row,
        ..commit_record(2)
    };
    refused!(world.apply(row, &issuer()), Rejection::RowKnown);
    let subject = CommitRecord {
        subject: commit_record(1).subject,
        ..commit_record(2)
    };
    refused!(
        world.apply(subject, &issuer()),
        Rejection::SubjectKeyReused { .. }
    );
    world.apply(commit_record(2), &issuer()).unwrap();
}

#[test]
fn amend_rules() {
    let mut world = World::ready();
    let index = world.enrol(1);
    let second = key(3, 1);
    let name = Title::new("Second hospital").unwrap();
    world
        .apply(
            RegisterIssuer {
                name,
                key: PublicKey::of(&second),
            },
            &governance(),
        )
        .unwrap();
    let fresh = commit_record(9);
    let good = AmendRecord {
        index,
        sequence: 1,
        record: fresh.record,
        row: fresh.row,
    };
    refused!(
        world.apply(good.clone(), &second),
        Rejection::NotIssuerOfRecord { .. }
    );
    refused!(
        world.apply(good.clone(), &subject(1)),
        Rejection::NotIssuerOfRecord { .. }
    );
    let nowhere = AmendRecord {
        index: 5,
        ..good.clone()
    };
    refused!(
        world.apply(nowhere, &issuer()),
        Rejection::NoRecord { index: 5 }
    );
    let late = AmendRecord {
        sequence: 0,
        ..good.clone()
    };
    refused!(world.apply(late, &issuer()), Rejection::Sequence { .. });
    let same = AmendRecord {
        record: commit_record(1).record,
        ..good.clone()
    };
    refused!(world.apply(same, &issuer()), Rejection::RecordKnown { .. });
    world.apply(good, &issuer()).unwrap();
    world.seal();
    let leaf = world.state.registry().leaf(index).unwrap();
    assert_eq!(
        (leaf.record, leaf.consent),
        (fresh.record, consent(1)),
        "consent stays"
    );
    // What the record was before can't come back as another record.
    refused!(
        world.apply(commit_record(1), &issuer()),
        Rejection::Replayed { .. }
    );
    let back = CommitRecord {
        record: commit_record(1).record,
        ..commit_record(7)
    };
    refused!(world.apply(back, &issuer()), Rejection::RecordKnown { .. });
}

#[test]
fn erase_rules() {
    let mut world = World::ready();
    let (first, second) = (world.enrol(1), world.enrol(2));
    let erase = |index| EraseRecord { index, sequence: 1 };
    refused!(
        world.apply(erase(first), &subject(2)),
        Rejection::NotPartyToRecord { .. }
    );
    refused!(
        world.apply(erase(first), &governance()),
        Rejection::NotPartyToRecord { .. }
    );
    let late = EraseRecord {
        index: first,
        sequence: 0,
    };
    refused!(world.apply(late, &issuer()), Rejection::Sequence { .. });
    world.apply(erase(first), &issuer()).unwrap();
    world.apply(erase(second), &subject(2)).unwrap();
    world.seal();
    assert_eq!(world.state.leaves(), [Leaf::EMPTY; 2]);
    let grant = GrantConsent {
        index: first,
        sequence: 2,
        consent: consent(9),
        row: row(900),
    };
    refused!(
        world.apply(grant, &subject(1)),
        Rejection::RecordErased { .. }
    );
    let again = EraseRecord {
        index: first,
        sequence: 2,
    };
    refused!(
        world.apply(again, &issuer()),
        Rejection::RecordErased { .. }
    );
    assert_eq!(world.state.find_record(&commit_record(1).record), None);
}

#[test]
fn consent_rules() {
    let mut world = World::ready();
    let index = world.enrol(1);
    let grant = world.grant(index, 5);
    refused!(
        world.apply(grant.clone(), &subject(2)),
        Rejection::NotSubjectOfRecord { .. }
    );
    refused!(
        world.apply(grant.clone(), &issuer()),
        Rejection::NotSubjectOfRecord { .. }
    );
    let zero = GrantConsent {
        consent: Leaf::EMPTY.consent,
        ..grant.clone()
    };
    refused!(
        world.apply(zero, &subject(1)),
        Rejection::EmptyCommitment { .. }
    );
    let ahead = GrantConsent {
        sequence: 2,
        ..grant
    };
    refused!(world.apply(ahead, &subject(1)), Rejection::Sequence { .. });
    let revoke = world.revoke(index);
    refused!(
        world.apply(revoke.clone(), &issuer()),
        Rejection::NotSubjectOfRecord { .. }
    );
    refused!(
        world.apply(revoke.clone(), &governance()),
        Rejection::NotSubjectOfRecord { .. }
    );
    world.apply(revoke, &subject(1)).unwrap();
    let again = world.revoke(index);
    refused!(world.apply(again, &subject(1)), Rejection::NoConsent { .. });
}

#[test]
fn study_rules() {
    let mut world = World::ready();
    let open = |change: &dyn Fn(&mut OpenStudy)| {
        let mut study = open_study();
        change(&mut study);
        study
    };
    refused!(
        world.apply(open_study(), &stranger()),
        Rejection::NotSponsor { .. }
    );
    let study = open(&|s| s.boards.reverse());
    refused!(world.apply(study, &sponsor()), Rejection::BoardList { .. });
    let study = open(&|s| s.boards[1] = s.boards[0]);
    refused!(world.apply(study, &sponsor()), Rejection::BoardList { .. });
    let study = open(&|s| s.boards.clear());
    refused!(world.apply(study, &sponsor()), Rejection::BoardList { .. });
    let study = open(&|s| s.boards = vec![PublicKey::of(&stranger())]);
    refused!(
        world.apply(study, &sponsor()),
        Rejection::BoardUnknown { .. }
    );
    let study = open(&|s| s.approvals_needed = 0);
    refused!(
        world.apply(study, &sponsor()),
        Rejection::ApprovalsNeeded { .. }
    );
    let study = open(&|s| s.approvals_needed = 3);
    refused!(
        world.apply(study, &sponsor()),
        Rejection::ApprovalsNeeded { .. }
    );
    let study = open(&|s| s.expires = day("2024-02-29"));
    refused!(
        world.apply(study, &sponsor()),
        Rejection::ExpiresInPast { .. }
    );
    let study = open(&|s| s.query_text = "q".repeat(16_385));
    refused!(world.apply(study, &sponsor()), Rejection::QueryText { .. });
    let study = open(&|s| s.index_day = day("2020-01-02"));
    refused!(world.apply(study, &sponsor()), Rejection::QueryEdition);
    let study = open(&|s| s.policy.suppress_up_to = 9);
    refused!(
        world.apply(study, &sponsor()),
        Rejection::PolicyTooWeak { .. }
    );
    let study = open(&|s| s.policy.round_to = 1);
    refused!(
        world.apply(study, &sponsor()),
        Rejection::PolicyTooWeak { .. }
    );
    let mut dayless = World::founded();
    for envelope in setup(dayless.id()).split_off(1) {
        dayless.state.apply(&envelope).unwrap();
    }
    refused!(dayless.apply(open_study(), &sponsor()), Rejection::NoDay);
    world.apply(open_study(), &sponsor()).unwrap();
}

#[test]
fn approval_rules() {
    let mut world = World::ready();
    let unknown = ApproveStudy {
        study: StudyId::new([1; 32]),
    };
    refused!(
        world.apply(unknown, &board(0)),
        Rejection::StudyUnknown { .. }
    );
    let study = world.study();
    refused!(
        world.apply(ApproveStudy { study }, &stranger()),
        Rejection::NotBoardOfStudy { .. }
    );
    // A second signature over the same approval is the same transaction; and were it not, the
    // board has approved already.
    refused!(
        world.apply(ApproveStudy { study }, &board(0)),
        Rejection::Replayed { .. } | Rejection::ApprovedTwice { .. }
    );
    refused!(
        world.apply(CloseStudy { study }, &board(0)),
        Rejection::NotSponsor { .. }
    );
    world.apply(CloseStudy { study }, &governance()).unwrap();
    refused!(
        world.apply(CloseStudy { study }, &sponsor()),
        Rejection::StudyClosed { .. }
    );
    refused!(
        world.apply(ApproveStudy { study }, &board(1)),
        Rejection::StudyClosed { .. }
    );
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
    late.apply(
        AdvanceDay {
            day: day("2025-01-01"),
        },
        &checkpoint(),
    )
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
    let taken_back: [(&str, fn(&World) -> (Transaction, ed25519_dalek::SigningKey)); 4] = [
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
