//! How fast the ledger takes transactions: the state machine alone, batches on a real file, and
//! opening what they left.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../tests/world/mod.rs"]
mod world;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use salus_ledger::engine::{Ledger, Submission};
use salus_ledger::transaction::Envelope;
use world::{World, commit_record, genesis, issuer, prover, setup, stranger};

const RECORDS: u32 = 1_000;

fn commits(id: salus_protocol::nullifier::LedgerId) -> Vec<Submission> {
    (1..=RECORDS)
        .map(|number| Envelope::sign(commit_record(number), &id, &issuer()).into())
        .collect()
}

fn state_machine(c: &mut Criterion) {
    let world = World::ready();
    let commits = commits(world.id());
    let mut group = c.benchmark_group("state");
    group
        .sample_size(10)
        .throughput(Throughput::Elements(u64::from(RECORDS)));
    group.bench_function("commit records, one height", |b| {
        b.iter_batched(
            || world.state.clone(),
            |mut state| {
                for commit in &commits {
                    state.apply(&commit.envelope).unwrap();
                }
                state.seal().unwrap()
            },
            BatchSize::LargeInput,
        );
    });
    group.throughput(Throughput::Elements(1));
    let mut asked = World::ready();
    asked.enrol(1);
    let study = asked.study();
    asked.seal();
    let answer = Envelope::sign(asked.answer(&study, 1), &asked.id(), &stranger());
    group.bench_function("admit one answer", |b| {
        b.iter(|| asked.state.admit(&answer).unwrap());
    });
    group.finish();
}

/// A new ledger in a file, ready for records.
fn founded(directory: &tempfile::TempDir) -> Ledger {
    let path = directory.path().join("ledger.redb");
    let ledger = Ledger::create(&path, &genesis(true), &world::checkpoint()).unwrap();
    let id = ledger.state().unwrap().id();
    let setup: Vec<_> = setup(id).into_iter().map(Into::into).collect();
    ledger.submit_many(&setup).unwrap();
    ledger
}

fn engine(c: &mut Criterion) {
    let _ = prover::verifying_key();
    let mut group = c.benchmark_group("engine");
    group.sample_size(10);
    for size in [1, RECORDS] {
        group.throughput(Throughput::Elements(u64::from(size)));
        group.bench_function(format!("a batch of {size}, to the disk"), |b| {
            b.iter_batched(
                || {
                    let directory = tempfile::tempdir().unwrap();
                    let ledger = founded(&directory);
                    let mut batch = commits(ledger.state().unwrap().id());
                    batch.truncate(size as usize);
                    (directory, ledger, batch)
                },
                |(directory, ledger, batch)| {
                    ledger.submit_many(&batch).unwrap();
                    (directory, ledger)
                },
                BatchSize::PerIteration,
            );
        });
    }
    let directory = tempfile::tempdir().unwrap();
    let ledger = founded(&directory);
    ledger
        .submit_many(&commits(ledger.state().unwrap().id()))
        .unwrap();
    drop(ledger);
    let path = directory.path().join("ledger.redb");
    group.throughput(Throughput::Elements(u64::from(RECORDS)));
    group.bench_function("open", |b| b.iter(|| Ledger::open(&path, None).unwrap()));
    let ledger = Ledger::open(&path, None).unwrap();
    group.bench_function("verify the whole log", |b| {
        b.iter(|| ledger.verify().unwrap())
    });
    group.finish();
}

criterion_group!(benches, state_machine, engine);
criterion_main!(benches);
