//! What hashing and committing cost.
#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use salus_protocol::field::Fr;
use salus_protocol::nullifier::SubjectSecret;
use salus_protocol::poseidon::{self, Domain};
use salus_protocol::profile::Edition;
use salus_protocol::record::Record;
use salus_protocol::registry::{Leaf, Registry};
use salus_protocol::row::Row;

fn hash(c: &mut Criterion) {
    let two = [Fr::from(1u64), Fr::from(2u64)];
    c.bench_function("hash 2", |b| {
        b.iter(|| poseidon::hash(Domain::Nullifier, black_box(&two)))
    });
    let eight = [Fr::from(3u64); 8];
    c.bench_function("hash 8", |b| {
        b.iter(|| poseidon::hash(Domain::Record, black_box(&eight)))
    });
}

fn commit(c: &mut Criterion) {
    let secret = SubjectSecret::from_bytes(&[7; 32]).unwrap();
    let row = Row::new(std::array::from_fn(|i| (i * 1021) as u16));
    let record = Record::new(Edition::new(Fr::from(1u64)), row, secret.key()).unwrap();
    c.bench_function("commit record", |b| {
        b.iter(|| black_box(&record).commitment())
    });
    c.bench_function("commit row", |b| {
        b.iter(|| black_box(&record).row_commitment())
    });

    let mut registry = Registry::new();
    let leaves: Vec<_> = (0..1000).map(|i| (i, Leaf::EMPTY)).collect();
    registry.set_many(&leaves).unwrap();
    let leaf = Leaf {
        record: record.commitment(),
        ..Leaf::EMPTY
    };
    c.bench_function("registry: replace one of 1,000", |b| {
        b.iter(|| registry.set(black_box(500), leaf).unwrap());
    });
}

criterion_group!(benches, hash, commit);
criterion_main!(benches);
