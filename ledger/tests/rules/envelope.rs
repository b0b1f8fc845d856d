//! Rules for any transaction, for the genesis and for the day.

use salus_ledger::state::{Rejection, State};
use salus_ledger::transaction::*;
use salus_protocol::nullifier::LedgerId;

use crate::world::*;

#[test]
fn genesis_rules() {
    let good = genesis(true);
    let id = State::found(&good).unwrap().id();
    let day = Envelope::sign(on_day(today()), &id, &checkpoint());
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
    let advance = on_day(today());
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
        world.apply(on_day(tomorrow), &governance()),
        Rejection::CheckpointKey { .. }
    );
    refused!(
        world.apply(on_day(day("2024-02-29")), &checkpoint()),
        Rejection::DayNotLater { .. }
    );
    world.enrol(1);
    refused!(
        world.apply(on_day(tomorrow), &checkpoint()),
        Rejection::NewHeight { .. }
    );
    world.seal();
    world.apply(on_day(tomorrow), &checkpoint()).unwrap();
    assert_eq!(world.state.day(), Some(tomorrow));
    world.seal();
    assert_eq!(world.state.latest_head().unwrap().day, Some(tomorrow));
}
