//! Proofs of eligibility on the real circuit: one and many, beside plain ark-groth16.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../../circuits/tests/eligibility/scene.rs"]
#[allow(dead_code)]
mod scene;

use ark_bn254::{Bn254, Fr};
use ark_groth16::Groth16;
use ark_relations::gr1cs::{ConstraintSynthesizer, ConstraintSystemRef, SynthesisError};
use ark_snark::SNARK;
use ark_std::rand::SeedableRng;
use ark_std::rand::rngs::StdRng;
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use salus_circuits::eligibility::{Circuit, assign, shape};
use salus_prover::eligibility::{EligibilityProver, insecure_development_key};
use salus_prover::groth16::Preparation;
use scene::Scene;

/// The circuit with its values, as plain ark-groth16 takes it.
struct Plain(Vec<Fr>);

impl ConstraintSynthesizer<Fr> for Plain {
    fn generate_constraints(self, system: ConstraintSystemRef<Fr>) -> Result<(), SynthesisError> {
        shape().write_into(&system, &self.0)
    }
}

fn eligibility(c: &mut Criterion) {
    let key = insecure_development_key().unwrap();
    let prover = EligibilityProver::new(&key, Preparation::Tables).unwrap();
    let scene = Scene::new();
    let pair = (scene.statement(), scene.witness());
    let mut group = c.benchmark_group("eligibility");
    group.sample_size(10);
    group.bench_function("prove one", |b| {
        b.iter(|| prover.prove(&pair.0, &pair.1).unwrap())
    });
    let many = vec![pair.clone(); 16];
    group.bench_with_input(
        BenchmarkId::new("prove many", many.len()),
        &many,
        |b, many| {
            b.iter(|| prover.prove_many(many, || ()));
        },
    );

    let mut rng = StdRng::seed_from_u64(1);
    let (plain, _) = Groth16::<Bn254>::circuit_specific_setup(Circuit, &mut rng).unwrap();
    let values = assign(&pair.0, &pair.1).variables;
    group.bench_function("prove one, plain ark-groth16", |b| {
        b.iter(|| Groth16::<Bn254>::prove(&plain, Plain(values.clone()), &mut rng).unwrap());
    });
    group.finish();
}

criterion_group!(benches, eligibility);
criterion_main!(benches);
