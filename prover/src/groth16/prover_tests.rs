//! Proofs equal ark-groth16's byte for byte, verify under its verifier, and bad witnesses get none.
#![allow(clippy::unwrap_used)]

use ark_bn254::{Bn254, Fr};
use ark_ff::{AdditiveGroup, Field, UniformRand};
use ark_groth16::{Groth16, Proof, ProvingKey, prepare_verifying_key};
use ark_serialize::CanonicalSerialize;
use ark_std::rand::rngs::StdRng;
use ark_std::rand::{Rng, SeedableRng};
use rayon::iter::IntoParallelRefIterator;

use super::*;
use crate::groth16::matrices::Rows;

type Reference = Groth16<Bn254>;

/// A random satisfied circuit: products of random combinations of earlier variables, booleans, rows of
/// zeros, a B in which most variables are absent, and unused variables.
fn random_circuit(rng: &mut StdRng, inputs: usize, rows: usize) -> (Matrices, Vec<Fr>) {
    let mut assignment = vec![Fr::ONE];
    for _ in 0..inputs {
        assignment.push(value(rng));
    }
    let [mut a, mut b, mut c]: [Rows; 3] = Default::default();
    for row in 0..rows {
        let known = assignment.len();
        let one = |column| vec![(Fr::ONE, column)];
        match row % 5 {
            0 => {
                assignment.push(Fr::from(u8::from(rng.gen_bool(0.5))));
                a.push(one(known));
                b.push(vec![(Fr::ONE, known), (-Fr::ONE, 0)]);
                c.push(vec![]);
            }
            1 => {
                assignment.push(value(rng));
                a.push(vec![]);
                b.push(vec![]);
                c.push(vec![]);
            }
            _ => {
                let combine = |rng: &mut StdRng, most: usize| -> Vec<(Fr, usize)> {
                    let terms = rng.gen_range(1..=most);
                    (0..terms)
                        .map(|_| (value(rng), rng.gen_range(0..known)))
                        .collect()
                };
                let (left, right) = (combine(rng, 6), combine(rng, 2));
                let sum = |terms: &[(Fr, usize)]| -> Fr {
                    terms
                        .iter()
                        .map(|(k, column)| *k * assignment[*column])
                        .sum()
                };
                let product = sum(&left) * sum(&right);
                assignment.push(product);
                a.push(left);
                b.push(right);
                c.push(one(known));
            }
        }
    }
    let instance = inputs + 1;
    let matrices = Matrices::new([a, b, c], instance, assignment.len() - instance).unwrap();
    (matrices, assignment)
}

fn value(rng: &mut StdRng) -> Fr {
    match rng.gen_range(0..6) {
        0 => Fr::ZERO,
        1 => Fr::ONE,
        2 => -Fr::ONE,
        3 => Fr::from(rng.r#gen::<u16>()),
        _ => Fr::rand(rng),
    }
}

fn setup(matrices: &Matrices, rng: &mut StdRng) -> ProvingKey<Bn254> {
    Reference::generate_random_parameters_with_reduction(matrices, rng).unwrap()
}

fn reference(
    key: &ProvingKey<Bn254>,
    matrices: &Matrices,
    assignment: &[Fr],
    [r, s]: [Fr; 2],
) -> Proof<Bn254> {
    let (instance, height) = (matrices.instance(), matrices.height());
    let rows = matrices.rows();
    Reference::create_proof_with_reduction_and_matrices(
        key, r, s, &rows, instance, height, assignment,
    )
    .unwrap()
}

fn bytes(proof: &Proof<Bn254>) -> Vec<u8> {
    let mut bytes = Vec::new();
    proof.serialize_compressed(&mut bytes).unwrap();
    bytes
}

fn verifies(key: &ProvingKey<Bn254>, inputs: &[Fr], proof: &Proof<Bn254>) -> bool {
    Reference::verify_proof(&prepare_verifying_key(&key.vk), proof, inputs).unwrap()
}

fn all_kinds(key: &ProvingKey<Bn254>, matrices: &Matrices) -> Vec<Prover> {
    let mut provers = Vec::new();
    for preparation in [Preparation::Quick, Preparation::Tables] {
        for arithmetic in [Arithmetic::Best, Arithmetic::Portable] {
            let matrices = matrices.clone();
            provers.push(Prover::with_arithmetic(key, matrices, preparation, arithmetic).unwrap());
        }
    }
    provers
}

#[test]
fn proofs_are_those_of_ark_groth16() {
    let rng = &mut StdRng::seed_from_u64(1);
    for (inputs, rows) in [(0, 1), (1, 2), (3, 20), (2, 61), (8, 150), (5, 700)] {
        let (matrices, assignment) = random_circuit(rng, inputs, rows);
        let matrices = if rows % 2 == 0 {
            matrices.with_sparse_b()
        } else {
            matrices
        };
        let key = setup(&matrices, rng);
        for prover in all_kinds(&key, &matrices) {
            for [r, s] in [[Fr::rand(rng), Fr::rand(rng)], [Fr::ONE, -Fr::ONE]] {
                let expected = bytes(&reference(&key, &matrices, &assignment, [r, s]));
                for cores in [Cores::One, Cores::All] {
                    let proof = prover.prove_with(&assignment, r, s, cores).unwrap();
                    assert_eq!(bytes(&proof), expected, "{inputs} inputs, {rows} rows");
                }
            }
            let proof = prover.prove(&assignment).unwrap();
            assert!(verifies(&key, &assignment[1..=inputs], &proof));
        }
    }
}

#[test]
fn many_proofs_verify_and_no_two_are_alike() {
    let rng = &mut StdRng::seed_from_u64(2);
    let (matrices, assignment) = random_circuit(rng, 4, 100);
    let key = setup(&matrices, rng);
    let prover =
        Prover::with_arithmetic(&key, matrices, Preparation::Tables, Arithmetic::Best).unwrap();
    let mut assignments = vec![assignment.clone(); 6];
    assignments[3][5] += Fr::ONE;
    let finished = std::sync::atomic::AtomicUsize::new(0);
    let proofs = prover.prove_many(assignments.par_iter(), || {
        finished.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    });
    assert_eq!(finished.into_inner(), 6);
    let mut seen = std::collections::BTreeSet::new();
    for (i, proof) in proofs.iter().enumerate() {
        if i == 3 {
            assert!(matches!(
                proof,
                Err(ProveError::Assignment(AssignmentError::Unsatisfied { .. }))
            ));
        } else {
            let proof = proof.as_ref().unwrap();
            assert!(verifies(&key, &assignment[1..=4], proof));
            assert!(seen.insert(bytes(proof)));
        }
    }
}

#[test]
fn an_unsatisfied_constraint_is_named() {
    let rng = &mut StdRng::seed_from_u64(3);
    let (matrices, assignment) = random_circuit(rng, 2, 40);
    let key = setup(&matrices, rng);
    let prover =
        Prover::with_arithmetic(&key, matrices, Preparation::Quick, Arithmetic::Best).unwrap();
    // Row 35 is a boolean, held by variable 3 + 35, which is made later than rows 0 to 34.
    let mut wrong = assignment.clone();
    wrong[3 + 35] = Fr::from(2u8);
    let row = AssignmentError::Unsatisfied { row: 35 };
    assert_eq!(prover.prove(&wrong), Err(row.into()));
    let mut wrong = assignment.clone();
    wrong[0] = Fr::from(2u8);
    assert_eq!(prover.prove(&wrong), Err(AssignmentError::Constant.into()));
    let length = AssignmentError::Length {
        found: assignment.len() - 1,
        expected: assignment.len(),
    };
    assert_eq!(prover.prove(&assignment[1..]), Err(length.into()));
}

#[test]
fn a_key_of_another_circuit_is_refused() {
    let rng = &mut StdRng::seed_from_u64(4);
    let (matrices, _) = random_circuit(rng, 2, 40);
    let (other, _) = random_circuit(rng, 3, 40);
    let key = setup(&other, rng);
    let refused = Prover::with_arithmetic(&key, matrices, Preparation::Quick, Arithmetic::Best);
    assert!(matches!(refused, Err(ProverError::Key { .. })));
}
