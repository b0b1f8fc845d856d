//! Twenty cohorts, against an independent evaluation of the raw FHIR and of the consents.
//!
//! On one side the whole chain: import, derivation, query compiler, record and consent commitments,
//! and then either registry, relation and circuit, patient by patient, or a custodian's publication,
//! tally in parts and release, all verified. On the other, plain Rust over JSON lines: `export` and
//! `chart` read resources, `cohorts` says each query by hand, `tables` the bands, `standing` who
//! consents, `policy` what is shown of counts. The sides share the profiles' lists of codes and units,
//! as data, and no code.
//!
//! Proving: the native relation decides of every patient, each cohort at an index day of its own. The
//! circuit decides of two in five whose row matches, consent or not, and of every seventh of all; the
//! two must agree.
//!
//! Counting: each cohort with its table, at one index day for each profile.
#![allow(clippy::unwrap_used)]

mod chart;
mod cohorts;
mod count;
mod custodian;
mod eligibility;
mod export;
mod forms;
mod lists;
mod patients;
mod policy;
mod standing;
mod study;
mod tables;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use rayon::prelude::*;
use salus_datasets::generator::GeneratorOptions;

use custodian::Custodian;
use patients::Patients;

/// The generated patients that are counted, and how many of them make up one export.
const GENERATED: u32 = 10_000;
const EXPORT: u32 = 1_250;

const OPTIONS: GeneratorOptions = GeneratorOptions {
    patients: GENERATED,
    seed: 7,
    at: jiff::civil::Date::constant(2021, 1, 1),
};

/// The 615 Synthea patients, read once.
fn synthea() -> Option<&'static Patients> {
    static PATIENTS: OnceLock<Patients> = OnceLock::new();
    let folder = shared("synthea-fhir-r4")?;
    let patients = PATIENTS.get_or_init(|| Patients::of(&folder));
    assert_eq!(patients.len(), 615);
    Some(patients)
}

/// A folder of the shared data, or a message that it is not there.
fn shared(folder: &str) -> Option<PathBuf> {
    let root = std::env::var_os("SALUS_SHARED_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
        PathBuf::from,
    );
    let path = root.join(folder);
    if path.is_dir() {
        return Some(path);
    }
    println!(
        "SKIPPED: {} is absent; set SALUS_SHARED_DATA to the folder that has {folder}",
        path.display()
    );
    None
}

#[test]
fn the_615_synthea_patients_prove() {
    let Some(patients) = synthea() else {
        return;
    };
    let sizes = eligibility::compare_all(patients);
    for (cohort, sizes) in cohorts::ALL.iter().zip(sizes) {
        assert!((5..=450).contains(&sizes.matching), "{}", cohort.text);
        assert!(sizes.proving > 0, "{}", cohort.text);
        assert!(sizes.proving < sizes.matching, "{}", cohort.text);
    }
}

#[test]
fn the_615_synthea_patients_are_counted() {
    let Some(patients) = synthea() else {
        return;
    };
    for (cohort, counts) in cohorts::ALL.iter().zip(Custodian::of(patients).compare()) {
        assert!(counts[0] > 0, "{}", cohort.text);
    }
}

#[test]
fn generated_patients_prove() {
    let patients = Patients::generated(&OPTIONS, 0..300);
    for sizes in eligibility::compare_all(&patients) {
        assert!(sizes.proving > 0);
    }
}

#[test]
fn ten_thousand_generated_patients_are_counted() {
    let exports = (0..GENERATED / EXPORT).into_par_iter().map(|export| {
        let numbers = export * EXPORT..(export + 1) * EXPORT;
        Custodian::of(&Patients::generated(&OPTIONS, numbers))
    });
    let mut custodian = Custodian::new();
    for export in exports.collect::<Vec<_>>() {
        custodian.take(export);
    }
    for (cohort, counts) in cohorts::ALL.iter().zip(custodian.compare()) {
        // What is released is a number, of everyone.
        assert!(counts[0] > 10, "{}", cohort.text);
    }
}
