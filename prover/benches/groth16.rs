//! One proof and many, beside plain ark-groth16 in the same run, on a synthetic circuit of the
//! eligibility circuit's shape: 8 public inputs, some 8,100 constraints (domain 2^13), a third of the
//! variables bits and the rest the insides of x^5 S-boxes.

use std::hint::black_box;

use ark_bn254::{Bn254, Fr};
use ark_ff::{Field, UniformRand};
use ark_groth16::Groth16;
use ark_relations::gr1cs::{
    ConstraintSynthesizer, ConstraintSystemRef, LinearCombination, SynthesisError, Variable,
};
use ark_snark::SNARK;
use ark_std::rand::SeedableRng;
use ark_std::rand::rngs::StdRng;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use salus_prover::groth16::{Arithmetic, Matrices, Preparation, Prover};

const BITS: usize = 2_700;
const BOXES: usize = 1_800;
const INPUTS: usize = 8;
const BATCH: usize = 16;

type Plain = Groth16<Bn254>;

/// Bits, then a chain of S-boxes, each over a mixture of the bits and the last outputs.
#[derive(Clone)]
struct Shape {
    seed: Fr,
    known: bool,
}

impl ConstraintSynthesizer<Fr> for Shape {
    fn generate_constraints(self, system: ConstraintSystemRef<Fr>) -> Result<(), SynthesisError> {
        let give = |value: Fr| {
            move || {
                if self.known {
                    Ok(value)
                } else {
                    Err(SynthesisError::AssignmentMissing)
                }
            }
        };
        let mut state = Vec::new();
        for i in 0..INPUTS {
            let value = self.seed + Fr::from(i as u64);
            state.push((value, system.new_input_variable(give(value))?));
        }
        let mut bits = Vec::new();
        let mut word = self.seed;
        for i in 0..BITS {
            word.square_in_place();
            let value = Fr::from(word.0.0[0] >> (i % 8) & 1);
            let bit = system.new_witness_variable(give(value))?;
            let not = move || LinearCombination(vec![(Fr::ONE, Variable::One), (-Fr::ONE, bit)]);
            system.enforce_r1cs_constraint(|| bit.into(), not, || LinearCombination(vec![]))?;
            bits.push((value, bit));
        }
        for i in 0..BOXES {
            let mut terms = vec![(Fr::from(i as u64 + 1), Variable::One)];
            let mut x = Fr::from(i as u64 + 1);
            let recent = state.iter().rev().take(6).chain(&bits[i % BITS..=i % BITS]);
            for (j, &(value, variable)) in recent.enumerate() {
                let factor = Fr::from(31 * j as u64 + 2);
                terms.push((factor, variable));
                x += factor * value;
            }
            let sum = || LinearCombination(terms.clone());
            let (square, fourth) = (x.square(), x.square().square());
            let second = system.new_witness_variable(give(square))?;
            let third = system.new_witness_variable(give(fourth))?;
            let output = system.new_witness_variable(give(fourth * x))?;
            system.enforce_r1cs_constraint(sum, sum, || second.into())?;
            system.enforce_r1cs_constraint(|| second.into(), || second.into(), || third.into())?;
            system.enforce_r1cs_constraint(sum, || third.into(), || output.into())?;
            state.push((fourth * x, output));
        }
        Ok(())
    }
}

fn assignment(shape: &Shape) -> Vec<Fr> {
    let system = ark_relations::gr1cs::ConstraintSystem::new_ref();
    shape
        .clone()
        .generate_constraints(system.clone())
        .expect("the shape has all its values");
    let system = system.into_inner().expect("this is the only reference");
    let instance = system.instance_assignment().expect("all values are given");
    let witness = system.witness_assignment().expect("all values are given");
    [instance, witness].concat()
}

fn proofs(criterion: &mut Criterion) {
    let rng = &mut StdRng::seed_from_u64(0);
    let shape = Shape {
        seed: Fr::rand(rng),
        known: true,
    };
    let assignment = assignment(&shape);
    let plain = Matrices::of(Shape {
        known: false,
        ..shape.clone()
    })
    .expect("the shape is sound");
    let plain_key = Plain::generate_random_parameters_with_reduction(&plain, rng)
        .expect("the circuit is sound");
    let matrices = plain.clone().with_sparse_b();
    let key = Plain::generate_random_parameters_with_reduction(&matrices, rng)
        .expect("the circuit is sound");
    let made = |preparation, arithmetic| {
        Prover::with_arithmetic(&key, matrices.clone(), preparation, arithmetic)
            .expect("the key is for these matrices")
    };
    let best = made(Preparation::Tables, Arithmetic::Best);
    let quick = made(Preparation::Quick, Arithmetic::Best);
    let portable = made(Preparation::Tables, Arithmetic::Portable);

    let mut group = criterion.benchmark_group("prove one");
    group.sample_size(10);
    group.bench_function("salus", |b| b.iter(|| best.prove(black_box(&assignment))));
    group.bench_function("salus, one core", |b| {
        b.iter(|| best.prove_on_one_core(black_box(&assignment)))
    });
    group.bench_function("salus, no tables", |b| {
        b.iter(|| quick.prove(black_box(&assignment)))
    });
    group.bench_function("salus, portable", |b| {
        b.iter(|| portable.prove(black_box(&assignment)))
    });
    let rows = plain.rows();
    group.bench_function("ark-groth16, from matrices", |b| {
        b.iter(|| {
            Plain::create_proof_with_reduction_and_matrices(
                &plain_key,
                Fr::rand(rng),
                Fr::rand(rng),
                &rows,
                plain.instance(),
                plain.height(),
                black_box(&assignment),
            )
        })
    });
    group.bench_function("ark-groth16, with synthesis", |b| {
        b.iter(|| Plain::prove(&plain_key, black_box(shape.clone()), rng))
    });
    group.bench_function("check the witness", |b| {
        b.iter(|| matrices.check(&assignment))
    });
    group.finish();

    let mut group = criterion.benchmark_group("prove many");
    group.sample_size(10);
    group.throughput(Throughput::Elements(BATCH as u64));
    let many = vec![assignment.clone(); BATCH];
    group.bench_function("salus", |b| {
        b.iter(|| best.prove_many(many.par_iter(), || ()))
    });
    group.bench_function("salus, portable", |b| {
        b.iter(|| portable.prove_many(many.par_iter(), || ()))
    });
    group.bench_function("ark-groth16, from matrices", |b| {
        b.iter(|| {
            many.par_iter()
                .map(|assignment| {
                    Plain::create_proof_with_reduction_and_matrices(
                        &plain_key,
                        Fr::from(3u8),
                        Fr::from(5u8),
                        &rows,
                        plain.instance(),
                        plain.height(),
                        assignment,
                    )
                })
                .collect::<Vec<_>>()
        })
    });
    group.finish();

    let mut group = criterion.benchmark_group("prepare");
    group.sample_size(10);
    for (name, preparation) in [
        ("tables", Preparation::Tables),
        ("quick", Preparation::Quick),
    ] {
        group.bench_function(name, |b| b.iter(|| made(preparation, Arithmetic::Best)));
    }
    group.finish();
}

criterion_group!(benches, proofs);
criterion_main!(benches);
