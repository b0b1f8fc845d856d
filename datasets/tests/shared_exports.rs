//! Imports of public FHIR exports, counted against their plain lines. Skipped, visibly, where the
//! shared data is absent.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use salus_datasets::fhir::{self, EventKind, FileOutcome, Import, Limits, Reason, Value};

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

/// Lines that name each resource type, counted without the importer.
fn plain_counts(folder: &Path) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let reader: Box<dyn Read> = if name.ends_with(".gz") {
            Box::new(flate2::read::GzDecoder::new(
                std::fs::File::open(&path).unwrap(),
            ))
        } else if name.ends_with(".ndjson") && name != "log.ndjson" {
            Box::new(std::fs::File::open(&path).unwrap())
        } else {
            continue;
        };
        let resource_type = name.split('.').next().unwrap().to_owned();
        *counts.entry(resource_type).or_default() += BufReader::new(reader).lines().count() as u64;
    }
    counts
}

fn read_counts(import: &Import) -> BTreeMap<String, u64> {
    import
        .report
        .types
        .iter()
        .map(|(name, of_type)| (name.clone(), of_type.read))
        .collect()
}

fn mapped(import: &Import, resource_type: &str) -> u64 {
    import.report.types[resource_type].mapped
}

#[test]
fn synthea_imports_whole() {
    let Some(folder) = shared("synthea-fhir-r4") else {
        return;
    };
    let import = fhir::import(&folder, &Limits::default()).unwrap();
    println!("{}", import.report);
    assert!(import.report.is_complete());
    assert_eq!(read_counts(&import), plain_counts(&folder));
    assert_eq!(
        import
            .report
            .types
            .values()
            .map(|of_type| of_type.read)
            .sum::<u64>(),
        144_751
    );
    assert_eq!(import.patients.len(), 615);
    assert_eq!(
        import
            .patients
            .iter()
            .filter(|patient| patient.deceased)
            .count(),
        124
    );
    for (resource_type, count) in [
        ("Condition", 4_546),
        ("Procedure", 14_081),
        ("MedicationRequest", 4_712),
        ("Encounter", 18_098),
    ] {
        assert_eq!(mapped(&import, resource_type), count, "{resource_type}");
    }
    assert_eq!(import.report.left_out(Reason::Malformed), 0);
    assert_eq!(import.report.left_out(Reason::PatientMissing), 0);
    // 5,660 blood pressures: both components each, 343 of them without a unit.
    let systolic = import
        .events
        .iter()
        .filter(|event| event.codings.iter().any(|coding| &*coding.code == "8480-6"));
    let units = systolic.map(|event| match &event.value {
        Some(Value::Quantity(quantity)) => quantity.unit().map(str::to_owned),
        _ => panic!("a blood pressure is a quantity"),
    });
    let units: Vec<_> = units.collect();
    assert_eq!(units.len(), 5_660);
    assert_eq!(units.iter().filter(|unit| unit.is_none()).count(), 343);
}

#[test]
fn a_bulk_export_imports_whole() {
    let Some(folder) = shared("fhir-bulk-10") else {
        return;
    };
    let import = fhir::import(&folder, &Limits::default()).unwrap();
    println!("{}", import.report);
    assert_eq!(read_counts(&import), plain_counts(&folder));
    assert_eq!(import.patients.len(), 13);
    assert_eq!(
        import.report.left_out(Reason::TypeNotUsed),
        16 + 44 + 43 + 43 + 43
    );
    let log = import
        .report
        .files
        .iter()
        .find(|file| file.path.ends_with("log.ndjson"))
        .unwrap();
    assert!(matches!(log.outcome, FileOutcome::PassedOver(_)));
    let kinds = |kind| {
        import
            .events
            .iter()
            .filter(|event| event.kind == kind)
            .count()
    };
    assert_eq!(kinds(EventKind::Immunization), 161);
    assert_eq!(kinds(EventKind::Medication), 1_745);
}
