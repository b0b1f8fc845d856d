//! Many proofs at once: the same answer as one by one.

use ark_bn254::Bn254;
use ark_ec::AffineRepr;
use ark_ec::CurveGroup;
use ark_ec::pairing::Pairing;
use ark_groth16::Groth16;
use salus_protocol::statement::Statement;
use salus_verifier::{BatchError, Proof, TrustedKey, verify, verify_batch};

use crate::circuit::{Prover, statement};
use crate::verifying::trusted;

fn batch(prover: &mut Prover, count: u16) -> Vec<(Statement, Proof)> {
    let statements = (1..=count).map(statement);
    statements.map(|s| (s, prover.prove(&s))).collect()
}

fn refused(key: &TrustedKey, batch: &[(Statement, Proof)]) -> Vec<usize> {
    match verify_batch(key, batch) {
        Err(BatchError::NotValid { places }) => places,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

#[test]
fn a_batch_of_honest_proofs_is_accepted_in_order() {
    let mut prover = Prover::new(1);
    let key = trusted(&prover.verifying_key());
    for count in [0, 1, 2, 9] {
        let batch = batch(&mut prover, count);
        let verified = verify_batch(&key, &batch).unwrap();
        assert_eq!(verified.len(), batch.len());
        for (verified, (statement, _)) in verified.iter().zip(&batch) {
            assert_eq!(verified.statement(), statement);
            assert_eq!(verified.key_id(), key.id());
        }
    }
}

#[test]
fn a_bad_proof_is_named_wherever_it_stands() {
    let mut prover = Prover::new(2);
    let key = trusted(&prover.verifying_key());
    let good = batch(&mut prover, 5);
    let wrong = prover.prove(&statement(100));
    for place in 0..good.len() {
        let mut batch = good.clone();
        batch[place].1 = wrong.clone();
        assert_eq!(refused(&key, &batch), [place]);
        let mut batch = good.clone();
        batch[place].0.nullifier = statement(100).nullifier;
        assert_eq!(refused(&key, &batch), [place]);
    }
    let mut batch = good.clone();
    batch.swap(0, 4);
    (batch[0].0, batch[4].0) = (batch[4].0, batch[0].0);
    assert_eq!(refused(&key, &batch), [0, 4]);
    assert_eq!(refused(&key, &[(good[1].0, wrong)]), [0]);
}

#[test]
fn a_batch_longer_than_one_round_of_pairings_is_checked_whole() {
    let mut prover = Prover::new(3);
    let key = trusted(&prover.verifying_key());
    let few = batch(&mut prover, 3);
    let mut long: Vec<_> = few.iter().cycle().take(261).cloned().collect();
    assert_eq!(verify_batch(&key, &long).unwrap().len(), 261);
    for place in [0, 127, 128, 255, 256, 260] {
        long[place].0.contact = statement(100).contact;
    }
    assert_eq!(refused(&key, &long), [0, 127, 128, 255, 256, 260]);
}

/// Two wrong proofs whose errors cancel when the equations are multiplied as they are.
#[test]
fn errors_that_cancel_without_random_coefficients_are_refused() {
    let mut prover = Prover::new(4);
    let vk = prover.verifying_key();
    let key = trusted(&vk);
    let good = batch(&mut prover, 2);
    let error = ark_bn254::G1Affine::generator();
    let mut proofs = [good[0].1.as_ark().clone(), good[1].1.as_ark().clone()];
    proofs[0].c = (proofs[0].c + error).into_affine();
    proofs[1].c = (proofs[1].c - error).into_affine();

    let prepared = ark_groth16::prepare_verifying_key(vk.as_ark());
    let inputs = |place: usize| {
        let inputs = good[place].0.public_inputs();
        Groth16::<Bn254>::prepare_inputs(&prepared, &inputs).unwrap()
    };
    let left = Bn254::multi_pairing([proofs[0].a, proofs[1].a], [proofs[0].b, proofs[1].b]);
    let points = vk.as_ark();
    let right = Bn254::multi_pairing(
        [
            (points.alpha_g1 + points.alpha_g1).into_affine(),
            (inputs(0) + inputs(1)).into_affine(),
            (proofs[0].c + proofs[1].c).into_affine(),
        ],
        [points.beta_g2, points.gamma_g2, points.delta_g2],
    );
    assert_eq!(left, right, "the errors cancel in the plain product");

    let bad = proofs.map(|proof| Proof::try_from(proof).unwrap());
    let batch: Vec<_> = good
        .iter()
        .zip(bad)
        .map(|((s, _), proof)| (*s, proof))
        .collect();
    assert_eq!(refused(&key, &batch), [0, 1]);
    for (statement, proof) in &batch {
        verify(&key, statement, proof).unwrap_err();
    }
}
