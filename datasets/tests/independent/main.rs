//! Derivation against an independent evaluation of the raw resources, patient by patient and
//! field by field, over all fields of both shipped profiles and three index days.
//!
//! `evaluation` reads JSON text and the profile's TOML text and loops over them: slow, and plain
//! enough to be checked by eye. It shares no code with the import, the derivation or the profile
//! type, and knows no tables. Shared exports are skipped, visibly, where they are absent.
#![allow(clippy::unwrap_used)]

mod evaluation;
mod world;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use salus_datasets::derivation::derive;
use salus_datasets::fhir::{self, Limits};
use salus_datasets::generator::{GeneratorOptions, write_folder};
use salus_datasets::profiles;

use evaluation::Evaluation;
use world::World;

/// Compares every row of an export; returns in how many rows each field had a value.
fn compare(folder: &Path, days: [&str; 3]) -> BTreeMap<String, u64> {
    let import = fhir::import(folder, &Limits::default()).unwrap();
    let world = World::read(folder);
    let mut filled: BTreeMap<String, u64> = BTreeMap::new();
    let mut rows = 0;
    for shipped in profiles::shipped() {
        let evaluation = Evaluation::of(shipped.text);
        for day in days {
            let derivation = derive(&shipped.profile, &import, day.parse().unwrap()).unwrap();
            let derived: BTreeMap<_, _> = derivation
                .rows
                .iter()
                .map(|row| (row.patient.as_str(), row.row.values()))
                .collect();
            let alive: Vec<_> = world.alive_at(day).collect();
            let ids: Vec<_> = derived.keys().copied().collect();
            assert_eq!(ids, alive, "{} at {day}: who has a row", shipped.name);
            for id in alive {
                let expected = evaluation.row(&world, id, day);
                for (place, (field, value)) in expected.iter().enumerate() {
                    assert_eq!(
                        derived[id][place], *value,
                        "{}: {field} of {id} at {day}",
                        shipped.name
                    );
                    let name = format!("{}:{field}", shipped.name);
                    *filled.entry(name).or_default() += u64::from(*value != 0);
                }
                rows += 1;
            }
        }
    }
    println!("{rows} rows agree in all fields: {}", folder.display());
    filled
}

fn fields_with_values(filled: &BTreeMap<String, u64>) -> usize {
    let empty: Vec<_> = filled.iter().filter(|(_, n)| **n == 0).collect();
    println!("fields without any value here: {empty:?}");
    filled.len() - empty.len()
}

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
fn generated_patients() {
    let folder = tempfile::tempdir().unwrap();
    let options = GeneratorOptions {
        patients: 300,
        seed: 42,
        ..GeneratorOptions::default()
    };
    write_folder(&options, folder.path(), false).unwrap();
    let filled = compare(folder.path(), ["2012-06-30", "2020-01-01", "2024-12-31"]);
    assert_eq!(filled.len(), 128);
    assert!(fields_with_values(&filled) >= 100);
}

#[test]
fn the_615_synthea_patients() {
    let Some(folder) = shared("synthea-fhir-r4") else {
        return;
    };
    let filled = compare(&folder, ["2008-02-29", "2015-07-01", "2020-12-31"]);
    assert!(fields_with_values(&filled) >= 75);
}

#[test]
fn a_bulk_export_of_ten() {
    let Some(folder) = shared("fhir-bulk-10") else {
        return;
    };
    let filled = compare(&folder, ["1985-06-15", "2005-01-01", "2022-12-31"]);
    assert!(fields_with_values(&filled) >= 30);
}
