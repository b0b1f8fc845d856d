//! Import and generation: `cargo bench -p salus-datasets --bench import`.
//!
//! Both run on 200 generated patients (about 28,000 resources); the throughput is in resources.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use salus_datasets::fhir::{self, Limits};
use salus_datasets::generator::{GeneratorOptions, patient, write_folder};

fn import(criterion: &mut Criterion) {
    let options = GeneratorOptions::default();
    let mut group = criterion.benchmark_group("import");
    group.sample_size(10);
    for (name, gzip) in [("ndjson", false), ("ndjson.gz", true)] {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let generated =
            write_folder(&options, folder.path(), gzip).expect("a temporary folder can be written");
        group.throughput(Throughput::Elements(generated.resources));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                fhir::import(folder.path(), &Limits::default())
                    .expect("generated files can be read")
            });
        });
    }
    group.finish();
}

fn generate(criterion: &mut Criterion) {
    let options = GeneratorOptions::default();
    let mut next = 0;
    criterion.bench_function("generate/patient", |bencher| {
        bencher.iter_batched(
            || {
                next = (next + 1) % 1_000;
                next
            },
            |number| patient(&options, number),
            BatchSize::SmallInput,
        );
    });
}

criterion_group!(benches, import, generate);
criterion_main!(benches);
