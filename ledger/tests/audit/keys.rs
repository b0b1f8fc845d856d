//! Verifying keys in a bundle: each with one thing wrong that the ledger's own rules would refuse.

use salus_ledger::audit::EntryProblem;
use salus_ledger::transaction::*;
use salus_verifier::{KeyId, Setup, VerifyingKey};

use crate::audited::*;
use crate::world::forged::Forged;
use crate::world::*;

/// What is wrong with a good bundle's log into which governance put one more key.
fn with_key(key: AcceptKey) -> EntryProblem {
    let (forged, study) = Forged::up_to_answer();
    problem(&forged.with(key, &governance()).head(2, 0, 2), study)
}

#[test]
fn an_insecure_key_needs_a_genesis_that_accepts_such_keys() {
    let answered = |accepts_insecure_keys| {
        let (opened, study) = Forged::ready(accepts_insecure_keys).study(open_study());
        let approved = opened.with(ApproveStudy { study }, &board(0)).head(1, 0, 1);
        (approved.answered(study, 1).head(2, 0, 2), study)
    };
    let (accepting, study) = answered(true);
    assert_eq!(verify(&accepting.bundle(study)).unwrap().answers.len(), 1);
    // The same log under a genesis that does not accept such keys. The verifier would.
    let (strict, study) = answered(false);
    let id = prover::verifying_key().id();
    assert_eq!(problem(&strict, study), EntryProblem::KeyInsecure { id });
}

#[test]
fn a_key_for_another_circuit_is_refused() {
    let bytes = prover::verifying_key().to_bytes();
    let setup = Setup::InsecureDevelopment;
    let other = VerifyingKey::from_bytes("salus.v1.other", setup, &bytes).unwrap();
    let found = "salus.v1.other".to_owned();
    assert_eq!(
        with_key(AcceptKey::of(&other)),
        EntryProblem::KeyCircuit { found }
    );
}

#[test]
fn a_key_is_what_its_id_says() {
    let good = AcceptKey::of(prover::verifying_key());
    let stated = KeyId::new([1; 32]);
    let renamed = AcceptKey {
        id: stated,
        ..good.clone()
    };
    let computed = good.id;
    assert_eq!(with_key(renamed), EntryProblem::KeyId { computed, stated });
    // An insecure key can't pass for a ceremony's: the id covers where it comes from.
    let passing = AcceptKey {
        setup: Setup::Ceremony,
        ..good.clone()
    };
    assert!(matches!(with_key(passing), EntryProblem::KeyId { .. }));
    let mut malformed = good;
    malformed.key[40] ^= 1;
    assert!(matches!(with_key(malformed), EntryProblem::Key(_)));
}

#[test]
fn a_key_counts_from_its_acceptance_on() {
    // Everything but the key, which enters after the answer that is proven under it.
    let key = AcceptKey::of(prover::verifying_key());
    let id = key.id;
    let (opened, study) = Forged::ready_without(&["accept verifying key"]).study(open_study());
    let approved = opened.with(ApproveStudy { study }, &board(0)).head(1, 0, 1);
    let late = approved.answered(study, 1).with(key, &governance());
    assert_eq!(
        problem(&late.head(2, 0, 2), study),
        EntryProblem::KeyUnaccepted { id }
    );
}
