//! Many proofs at once: one random combination instead of one equation each.

use ark_bn254::{Bn254, Fr, G1Projective};
use ark_ec::pairing::{MillerLoopOutput, Pairing, PairingOutput};
use ark_ec::{CurveGroup, VariableBaseMSM};
use ark_ff::AdditiveGroup;
use salus_protocol::statement::{PUBLIC_INPUTS, Statement};
use thiserror::Error;

use super::{Verified, combine_inputs, holds, shown};
use crate::key::TrustedKey;
use crate::proof::Proof;

/// Proofs whose pairings are computed together: bounds the memory of prepared points to a few
/// megabytes, whatever the batch's length.
const CHUNK: usize = 128;

/// Why a batch is refused.
#[derive(Debug, Error)]
pub enum BatchError {
    /// Some proofs do not show their statements; all others in the batch do.
    #[error("{} of the batch's proofs do not show their statements, at places {places:?}", places.len())]
    NotValid {
        /// Places of the refused proofs in the batch, from 0, ascending.
        places: Vec<usize>,
    },
    /// The operating system gave no randomness, so nothing was checked.
    #[error("the operating system gave no randomness; verify the proofs one by one")]
    Randomness(#[source] getrandom::Error),
}

/// Verifies every proof of a batch, at less cost than one by one: n + 3 pairings and a single final
/// exponentiation. Where some do not hold, each is checked on its own to name them.
///
/// # Soundness
/// Each equation e(A_i, B_i) = e(alpha, beta) · e(X_i, gamma) · e(C_i, delta) is raised to the
/// power of a coefficient c_i, drawn uniformly from 2^128 values *after* the batch is fixed, and
/// the product of all is checked. All points lie in the groups of prime order r > 2^128 (decoding
/// saw to that), so writing d_i for the discrete logarithm of the quotient of equation i's sides,
/// the check is sum c_i · d_i = 0 modulo r. If some d_i is not zero then, whatever the other
/// coefficients, at most one value of c_i satisfies it. A batch with a wrong proof therefore
/// passes with a probability of at most 2^-128. The coefficients come from the operating system
/// and are used once; with coefficients that a prover could foresee, errors could be made to cancel.
///
/// # Errors
/// [`BatchError::NotValid`] with the places of all proofs that do not hold.
pub fn verify_batch(
    key: &TrustedKey,
    batch: &[(Statement, Proof)],
) -> Result<Vec<Verified<Statement>>, BatchError> {
    let coefficients = draw(batch.len()).map_err(BatchError::Randomness)?;
    let places: Vec<usize> = if combination_holds(key, batch, &coefficients) {
        Vec::new()
    } else {
        let refused = |(_, (statement, proof)): &(usize, &(_, _))| !holds(key, statement, proof);
        let places = batch.iter().enumerate().filter(refused);
        places.map(|(place, _)| place).collect()
    };
    if !places.is_empty() {
        return Err(BatchError::NotValid { places });
    }
    Ok(batch
        .iter()
        .map(|(statement, _)| shown(key, *statement))
        .collect())
}

/// Uniform 128-bit coefficients from the operating system.
fn draw(count: usize) -> Result<Vec<Fr>, getrandom::Error> {
    let mut bytes = vec![0u8; count * 16];
    getrandom::fill(&mut bytes)?;
    let number = |chunk: &[u8]| chunk.iter().fold(0u128, |n, b| (n << 8) | u128::from(*b));
    let coefficients = bytes.chunks_exact(16).map(number);
    Ok(coefficients.map(Fr::from).collect())
}

/// Whether the product of all equations, each to the power of its coefficient, holds.
fn combination_holds(key: &TrustedKey, batch: &[(Statement, Proof)], coefficients: &[Fr]) -> bool {
    let mut product = shared_pairs(key, batch, coefficients).0;
    for (proofs, coefficients) in batch.chunks(CHUNK).zip(coefficients.chunks(CHUNK)) {
        let left: Vec<_> = proofs
            .iter()
            .zip(coefficients)
            .map(|((_, proof), c)| proof.as_ark().a * c)
            .collect();
        let left = G1Projective::normalize_batch(&left);
        let right = proofs.iter().map(|(_, proof)| proof.as_ark().b);
        product *= Bn254::multi_miller_loop(left, right).0;
    }
    // The final exponentiation fails only for zero, which is not a pairing's value.
    Bn254::final_exponentiation(MillerLoopOutput(product))
        .is_some_and(|value| value == PairingOutput::ZERO)
}

/// The three pairings whose second point is the key's: one each for alpha, inputs and C.
fn shared_pairs(
    key: &TrustedKey,
    batch: &[(Statement, Proof)],
    coefficients: &[Fr],
) -> MillerLoopOutput<Bn254> {
    let mut inputs = [Fr::ZERO; PUBLIC_INPUTS];
    for ((statement, _), c) in batch.iter().zip(coefficients) {
        for (sum, input) in inputs.iter_mut().zip(statement.public_inputs()) {
            *sum += input * c;
        }
    }
    let sum: Fr = coefficients.iter().sum();
    let last: Vec<_> = batch.iter().map(|(_, proof)| proof.as_ark().c).collect();
    let prepared = key.prepared();
    Bn254::multi_miller_loop(
        [
            (prepared.vk.alpha_g1 * -sum).into_affine(),
            combine_inputs(key, sum, &inputs),
            G1Projective::msm_unchecked(&last, coefficients).into_affine(),
        ],
        [
            key.prepared_beta().clone(),
            prepared.gamma_g2_neg_pc.clone(),
            prepared.delta_g2_neg_pc.clone(),
        ],
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use ark_bn254::{G1Affine, G2Affine};
    use ark_ec::AffineRepr;
    use ark_ff::Field;
    use salus_protocol::day::Day;
    use salus_protocol::nullifier::{Nullifier, Scope};
    use salus_protocol::purpose::PurposeCode;
    use salus_protocol::query::QueryDigest;
    use salus_protocol::registry::Root;
    use salus_protocol::statement::{ContactDigest, InstitutionCode};

    use crate::key::{KeyPolicy, Setup, VerifyingKey};

    fn first(n: Fr) -> G1Affine {
        (G1Affine::generator() * n).into_affine()
    }

    fn second(n: Fr) -> G2Affine {
        (G2Affine::generator() * n).into_affine()
    }

    /// A key whose secrets are known: alpha 2, beta 3, gamma 4, delta 5, input points 6 to 14.
    fn key() -> TrustedKey {
        let points = ark_groth16::VerifyingKey {
            alpha_g1: first(2.into()),
            beta_g2: second(3.into()),
            gamma_g2: second(4.into()),
            delta_g2: second(5.into()),
            gamma_abc_g1: (6..15u64).map(|n| first(n.into())).collect(),
        };
        let key = VerifyingKey::new("simulated", Setup::InsecureDevelopment, points).unwrap();
        key.trusted(KeyPolicy::AllowInsecureDevelopmentKeys)
            .unwrap()
    }

    fn statement(number: u16) -> Statement {
        let value = |place: u64| Fr::from(100_000 * place + u64::from(number));
        Statement {
            root: Root::new(value(1)),
            query: QueryDigest::new(value(2)),
            scope: Scope::new(value(3)),
            nullifier: Nullifier::new(value(4)),
            day: Day::from_number(number).unwrap(),
            purpose: PurposeCode::new(value(6)),
            institution: InstitutionCode::new(value(7)),
            contact: ContactDigest::new(-value(8)),
        }
    }

    /// A proof made from the key's secrets, whose C is off by `error`.
    fn simulate(statement: &Statement, error: u64) -> Proof {
        let inputs = statement.public_inputs();
        let weighted = inputs
            .iter()
            .zip(7u64..)
            .map(|(input, n)| *input * Fr::from(n));
        let x: Fr = Fr::from(6u64) + weighted.sum::<Fr>();
        let (a, b) = (inputs[0] + Fr::from(1u64), inputs[1]);
        let c = (a * b - Fr::from(6u64) - x * Fr::from(4u64)) / Fr::from(5u64);
        let (a, b, c) = (first(a), second(b), first(c + Fr::from(error)));
        Proof::try_from(ark_groth16::Proof { a, b, c }).unwrap()
    }

    fn batch(count: u16) -> Vec<(Statement, Proof)> {
        let statements = (1..=count).map(statement);
        statements.map(|s| (s, simulate(&s, 0))).collect()
    }

    // The public interface can't tell whether the combination holds: it asks each proof if not.
    #[test]
    fn the_combination_of_honest_proofs_holds() {
        let key = key();
        let long = batch(u16::try_from(CHUNK).unwrap() + 3);
        for count in [0, 1, 2, CHUNK, long.len()] {
            let batch = &long[..count];
            assert!(batch.iter().all(|(s, proof)| holds(&key, s, proof)));
            assert!(
                combination_holds(&key, batch, &draw(count).unwrap()),
                "{count}"
            );
        }
    }

    #[test]
    fn the_combination_fails_with_one_wrong_proof_anywhere() {
        let key = key();
        let long = batch(u16::try_from(CHUNK).unwrap() + 3);
        for place in [0, 1, CHUNK - 1, CHUNK, long.len() - 1] {
            let mut batch = long.clone();
            batch[place].1 = simulate(&batch[place].0, 1);
            assert!(
                !combination_holds(&key, &batch, &draw(batch.len()).unwrap()),
                "{place}"
            );
        }
    }

    #[test]
    fn only_coefficients_unknown_to_the_prover_keep_errors_apart() {
        let key = key();
        let mut batch = batch(2);
        batch[0].1 = simulate(&batch[0].0, 3);
        let mut opposite = simulate(&batch[1].0, 0).as_ark().clone();
        opposite.c = (opposite.c - first(3.into())).into_affine();
        batch[1].1 = opposite.try_into().unwrap();
        assert!(combination_holds(&key, &batch, &[Fr::ONE; 2]));
        assert!(!combination_holds(&key, &batch, &draw(2).unwrap()));
        assert!(verify_batch(&key, &batch).is_err());
    }

    #[test]
    fn coefficients_differ_and_have_128_bits() {
        let coefficients = draw(64).unwrap();
        let limbs = |c: &Fr| ark_ff::PrimeField::into_bigint(*c).0;
        assert!(
            coefficients
                .iter()
                .all(|c| limbs(c)[2] == 0 && limbs(c)[3] == 0)
        );
        // Among 64 draws the top bit of neither half is always zero, but for 2^-64.
        assert!(coefficients.iter().any(|c| limbs(c)[0] >> 63 == 1));
        assert!(coefficients.iter().any(|c| limbs(c)[1] >> 63 == 1));
        let distinct: std::collections::BTreeSet<_> = coefficients.iter().map(limbs).collect();
        assert_eq!(distinct.len(), coefficients.len());
    }
}
