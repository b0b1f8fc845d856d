//! Verifying one proof, and 64 of them in a batch.

#![allow(missing_docs)] // criterion's macros write undocumented functions

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use salus_verifier::{KeyPolicy, Proof, verify, verify_batch};
use std::hint::black_box;

#[path = "../tests/verifier/circuit.rs"]
mod circuit;

const BATCH: u16 = 64;

fn verifying(criterion: &mut Criterion) {
    let mut prover = circuit::Prover::new(1);
    let key = prover
        .verifying_key()
        .trusted(KeyPolicy::AllowInsecureDevelopmentKeys)
        .expect("the policy allows it");
    let batch: Vec<_> = (1..=BATCH)
        .map(circuit::statement)
        .map(|statement| (statement, prover.prove(&statement)))
        .collect();
    let (statement, proof) = &batch[0];
    let bytes = proof.to_bytes();

    let mut group = criterion.benchmark_group("verify");
    group.throughput(Throughput::Elements(1));
    group.bench_function("decode one", |b| {
        b.iter(|| Proof::from_bytes(black_box(&bytes)))
    });
    group.bench_function("one", |b| {
        b.iter(|| verify(&key, black_box(statement), proof))
    });
    group.throughput(Throughput::Elements(u64::from(BATCH)));
    group.bench_function("64 in a batch", |b| {
        b.iter(|| verify_batch(&key, black_box(&batch)))
    });
    group.finish();
}

criterion_group!(benches, verifying);
criterion_main!(benches);
