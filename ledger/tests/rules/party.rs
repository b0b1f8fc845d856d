//! Rules for issuers, boards and verifying keys.

use salus_ledger::key::PublicKey;
use salus_ledger::state::{Rejection, State};
use salus_ledger::transaction::*;
use salus_verifier::{KeyId, Setup};

use crate::world::*;

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
