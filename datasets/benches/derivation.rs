//! How fast rows are derived: one shipped profile, one index day, a thousand generated patients.
#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use salus_datasets::derivation::derive;
use salus_datasets::fhir::{self, Limits};
use salus_datasets::generator::{GeneratorOptions, write_folder};
use salus_datasets::profiles;

const PATIENTS: u32 = 1_000;

fn derivation(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let options = GeneratorOptions {
        patients: PATIENTS,
        ..GeneratorOptions::default()
    };
    write_folder(&options, folder.path(), false).unwrap();
    let import = fhir::import(folder.path(), &Limits::default()).unwrap();
    let index = "2022-01-01".parse().unwrap();
    let mut group = criterion.benchmark_group("derive");
    group.sample_size(10);
    group.throughput(Throughput::Elements(PATIENTS.into()));
    for shipped in profiles::shipped() {
        group.bench_function(shipped.name, |bencher| {
            bencher.iter(|| derive(&shipped.profile, &import, index).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, derivation);
criterion_main!(benches);
