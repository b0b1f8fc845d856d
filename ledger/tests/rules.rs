//! Each rule of the state machine but those for answers, with only that wrong. `World::apply` also checks that every
//! refused transaction changed nothing.
#![allow(clippy::unwrap_used)]

mod world;

use salus_ledger::key::PublicKey;
use salus_ledger::state::{Event, Rejection, Standing};
use salus_ledger::transaction::*;
use salus_protocol::nullifier::{LedgerId, StudyId};
use salus_protocol::registry::Leaf;
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
        Rejection::KeyMalformed { .. }
    );
    world.apply(good.clone(), &governance()).unwrap();
    refused!(
        world.apply(good.clone(), &governance()),
        Rejection::Replayed { .. }
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
    // A board approves once: a second approval is the same transaction.
    refused!(
        world.apply(ApproveStudy { study }, &board(0)),
        Rejection::Replayed { .. }
    );
    let mut late = world.clone();
    late.seal();
    let day = day("2025-01-01");
    late.apply(AdvanceDay { day }, &checkpoint()).unwrap();
    refused!(
        late.apply(ApproveStudy { study }, &board(1)),
        Rejection::StudyExpired { .. }
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
