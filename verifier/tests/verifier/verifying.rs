//! One proof: accepted as made, refused with anything changed.

use ark_bn254::{Bn254, Fr};
use ark_groth16::Groth16;
use ark_std::rand::SeedableRng;
use ark_std::rand::rngs::StdRng;
use salus_protocol::day::Day;
use salus_protocol::nullifier::{Nullifier, Scope};
use salus_protocol::purpose::PurposeCode;
use salus_protocol::query::QueryDigest;
use salus_protocol::registry::Root;
use salus_protocol::statement::{ContactDigest, InstitutionCode, PUBLIC_INPUTS, Statement};
use salus_verifier::{KeyPolicy, Proof, TrustedKey, VerifyError, VerifyingKey, verify};

use crate::circuit::{Prover, statement};

pub(crate) fn trusted(key: &VerifyingKey) -> TrustedKey {
    key.trusted(KeyPolicy::AllowInsecureDevelopmentKeys)
        .unwrap()
}

/// The statement whose public inputs are these small numbers.
fn of_inputs(inputs: [u16; PUBLIC_INPUTS]) -> Statement {
    let value = |place: usize| Fr::from(inputs[place]);
    Statement {
        root: Root::new(value(0)),
        query: QueryDigest::new(value(1)),
        scope: Scope::new(value(2)),
        nullifier: Nullifier::new(value(3)),
        day: Day::from_number(inputs[4]).unwrap(),
        purpose: PurposeCode::new(value(5)),
        institution: InstitutionCode::new(value(6)),
        contact: ContactDigest::new(value(7)),
    }
}

/// What arkworks' own verifier says.
fn ark_accepts(key: &TrustedKey, vk: &VerifyingKey, statement: &Statement, proof: &Proof) -> bool {
    assert_eq!(key.id(), vk.id());
    let prepared = ark_groth16::prepare_verifying_key(vk.as_ark());
    Groth16::<Bn254>::verify_proof(&prepared, proof.as_ark(), &statement.public_inputs()).unwrap()
}

#[test]
fn an_honest_proof_is_accepted_and_says_what_was_shown() {
    let mut prover = Prover::new(1);
    let vk = prover.verifying_key();
    let key = trusted(&vk);
    for statement in [1, 2, 3].map(statement) {
        let proof = prover.prove(&statement);
        let verified = verify(&key, &statement, &proof).unwrap();
        assert_eq!(verified.statement(), &statement);
        assert_eq!(verified.nullifier, statement.nullifier);
        assert_eq!(verified.key_id(), vk.id());
        assert_eq!(verified.into_statement(), statement);
        assert!(ark_accepts(&key, &vk, &statement, &proof));
    }
}

#[test]
fn every_changed_bit_of_a_proof_is_refused() {
    let mut prover = Prover::new(2);
    let key = trusted(&prover.verifying_key());
    let statement = statement(1);
    let bytes = prover.prove(&statement).to_bytes();
    let (mut malformed, mut not_valid) = (0, 0);
    for place in 0..8 * bytes.len() {
        let mut changed = bytes;
        changed[place / 8] ^= 1 << (place % 8);
        match Proof::from_bytes(&changed) {
            Err(_) => malformed += 1,
            Ok(proof) => {
                let refused = VerifyError::NotValid { key_id: key.id() };
                assert_eq!(
                    verify(&key, &statement, &proof),
                    Err(refused),
                    "bit {place}"
                );
                not_valid += 1;
            }
        }
    }
    // Both kinds of refusal were met: a changed x is on the first curve half of the time.
    assert!(
        malformed > 100 && not_valid > 100,
        "{malformed}, {not_valid}"
    );
}

#[test]
fn every_changed_public_input_is_refused() {
    let mut prover = Prover::new(3);
    let vk = prover.verifying_key();
    let key = trusted(&vk);
    let inputs = [11, 12, 13, 14, 15, 16, 17, 18];
    let proof = prover.prove(&of_inputs(inputs));
    verify(&key, &of_inputs(inputs), &proof).unwrap();
    for place in 0..PUBLIC_INPUTS {
        let mut changed = inputs;
        changed[place] += 1;
        verify(&key, &of_inputs(changed), &proof).unwrap_err();
        assert!(!ark_accepts(&key, &vk, &of_inputs(changed), &proof));
        for other in 0..place {
            let mut swapped = inputs;
            swapped.swap(place, other);
            verify(&key, &of_inputs(swapped), &proof).unwrap_err();
        }
    }
}

#[test]
fn a_proof_of_another_statement_or_key_is_refused() {
    let (mut prover, mut other) = (Prover::new(4), Prover::new(5));
    let key = trusted(&prover.verifying_key());
    let (first, second) = (statement(1), statement(2));
    let proof = prover.prove(&second);
    verify(&key, &first, &proof).unwrap_err();
    let foreign = other.prove(&first);
    verify(&key, &first, &foreign).unwrap_err();
    verify(&trusted(&other.verifying_key()), &first, &foreign).unwrap();
}

#[test]
fn negated_or_exchanged_points_are_refused() {
    let mut prover = Prover::new(6);
    let key = trusted(&prover.verifying_key());
    let statement = statement(1);
    let proof = prover.prove(&statement).as_ark().clone();
    let mut changed = [(); 4].map(|()| proof.clone());
    changed[0].a = -proof.a;
    changed[1].b = -proof.b;
    changed[2].c = -proof.c;
    (changed[3].a, changed[3].c) = (proof.c, proof.a);
    for proof in changed {
        verify(&key, &statement, &proof.try_into().unwrap()).unwrap_err();
    }
}

/// Groth16 is malleable: other bytes, the same statement. Who must not count twice compares
/// nullifiers.
#[test]
fn other_proofs_of_the_same_statement_are_accepted() {
    let mut prover = Prover::new(7);
    let vk = prover.verifying_key();
    let key = trusted(&vk);
    let statement = statement(1);
    let proof = prover.prove(&statement);
    let mut rng = StdRng::seed_from_u64(1);
    let again = Groth16::<Bn254>::rerandomize_proof(vk.as_ark(), proof.as_ark(), &mut rng);
    let mut negated = proof.as_ark().clone();
    (negated.a, negated.b) = (-negated.a, -negated.b);
    for other in [again, negated] {
        let other = Proof::try_from(other).unwrap();
        assert_ne!(other.to_bytes(), proof.to_bytes());
        let verified = verify(&key, &statement, &other).unwrap();
        assert_eq!(verified.nullifier, statement.nullifier);
    }
}
