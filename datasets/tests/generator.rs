//! The generator: the same bytes again, a clean import, and a world in which things go together.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use salus_datasets::fhir::consent::{ACTION_SYSTEM, DISEASE_AREA, Decision};
use salus_datasets::fhir::systems::{DUO, LOINC, RXNORM, SNOMED};
use salus_datasets::fhir::{self, Event, EventKind, Import, Limits, Precision, Reason, Value};
use salus_datasets::generator::{GeneratorOptions, patient, write_folder};
use sha2::{Digest, Sha256};

/// One thousand patients, imported once for all tests.
static WORLD: LazyLock<Import> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let options = GeneratorOptions {
        patients: 1_000,
        ..GeneratorOptions::default()
    };
    write_folder(&options, folder.path(), false).unwrap();
    fhir::import(folder.path(), &Limits::default()).unwrap()
});

fn has(event: &Event, system: &str, codes: &[&str]) -> bool {
    event
        .codings
        .iter()
        .any(|coding| codes.iter().any(|code| coding.is(system, code)))
}

fn with(system: &str, codes: &[&str]) -> Vec<bool> {
    let mut found = vec![false; WORLD.patients.len()];
    for event in WORLD
        .events
        .iter()
        .filter(|event| has(event, system, codes))
    {
        found[event.patient] = true;
    }
    found
}

/// The mean of each patient's values of a LOINC code in a unit.
fn means(code: &str, unit: &str) -> BTreeMap<usize, f64> {
    let mut sums: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
    for event in WORLD
        .events
        .iter()
        .filter(|event| has(event, LOINC, &[code]))
    {
        if let Some(Value::Quantity(quantity)) = &event.value
            && quantity.unit() == Some(unit)
        {
            let entry = sums.entry(event.patient).or_default();
            *entry = (entry.0 + quantity.value.to_f64().unwrap(), entry.1 + 1.0);
        }
    }
    sums.into_iter()
        .map(|(patient, (sum, count))| (patient, sum / count))
        .collect()
}

/// The mean over patients who have, and who have not.
fn compare(values: &BTreeMap<usize, f64>, group: &[bool]) -> (f64, f64) {
    let mean = |inside: bool| {
        let of: Vec<f64> = values
            .iter()
            .filter(|(patient, _)| group[**patient] == inside)
            .map(|(_, value)| *value)
            .collect();
        assert!(of.len() >= 20, "too few to compare: {}", of.len());
        of.iter().sum::<f64>() / of.len() as f64
    };
    (mean(true), mean(false))
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let digest = |seed| {
        let options = GeneratorOptions {
            patients: 20,
            seed,
            ..GeneratorOptions::default()
        };
        let mut hasher = Sha256::new();
        for number in 0..options.patients {
            for lines in patient(&options, number).lines {
                hasher.update(lines);
            }
        }
        hex::encode(hasher.finalize())
    };
    assert_eq!(
        digest(1),
        "06bff77f6ccb09e27dc8e33060c844611e9c9821cccbf0e04b3a4952a7738908"
    );
    assert_ne!(digest(1), digest(2));
}

#[test]
fn a_patient_does_not_depend_on_how_many_there_are() {
    let one = GeneratorOptions {
        patients: 8,
        ..GeneratorOptions::default()
    };
    let other = GeneratorOptions {
        patients: 10_000,
        ..one
    };
    assert_eq!(patient(&one, 7), patient(&other, 7));
    assert_ne!(patient(&one, 7).patient, patient(&one, 6).patient);
}

#[test]
fn a_folder_holds_what_was_generated_plain_or_gzipped() {
    let options = GeneratorOptions {
        patients: 5,
        ..GeneratorOptions::default()
    };
    let import = |gzip| {
        let folder = tempfile::tempdir().unwrap();
        let generated = write_folder(&options, folder.path(), gzip).unwrap();
        let import = fhir::import(folder.path(), &Limits::default()).unwrap();
        let read: u64 = import
            .report
            .types
            .values()
            .map(|of_type| of_type.read)
            .sum();
        assert_eq!(read, generated.resources);
        assert_eq!(import.report.files.len(), generated.files.len());
        import
    };
    let (plain, gzipped) = (import(false), import(true));
    assert_eq!(plain.patients.len(), 5);
    assert_eq!(plain.events, gzipped.events);
}

#[test]
fn the_import_has_no_problems() {
    let report = &WORLD.report;
    println!("{report}");
    assert!(report.is_complete());
    for (name, of_type) in &report.types {
        let left_out: u64 = of_type.left_out.values().map(|tally| tally.count).sum();
        assert_eq!(of_type.read, of_type.mapped + left_out, "{name}");
    }
    let by_status = [
        Reason::EnteredInError,
        Reason::NotDone,
        Reason::Cancelled,
        Reason::Refuted,
        Reason::NotConfirmed,
    ];
    for of_type in report.types.values() {
        for reason in of_type.left_out.keys() {
            assert!(by_status.contains(reason), "{reason:?}");
        }
    }
    // Each of them occurs: the generated world is as uneven as real exports.
    for reason in by_status {
        assert!(report.left_out(reason) > 0, "{reason:?}");
    }
    assert_eq!(WORLD.patients.len(), 1_000);
    assert_eq!(report.events_without_date, 0);
}

#[test]
fn nothing_happens_before_birth_after_death_or_after_the_export() {
    let at = GeneratorOptions::default().at;
    let mut late = 0;
    for event in &WORLD.events {
        let patient = &WORLD.patients[event.patient];
        let start = event.start.unwrap();
        assert!(start.earliest() <= at, "{event:?}");
        let birth = patient.birth.unwrap();
        assert!(start.latest() >= birth.earliest(), "{event:?}");
        if let Some(death) = patient.death {
            late += usize::from(start.earliest() > death.latest());
        }
    }
    assert_eq!(late, 0);
}

#[test]
fn every_field_of_medicine_is_there() {
    for (kind, at_least) in [
        (EventKind::Condition, 3_000),
        (EventKind::Observation, 40_000),
        (EventKind::Medication, 3_000),
        (EventKind::Procedure, 1_000),
        (EventKind::Immunization, 4_000),
        (EventKind::Encounter, 5_000),
        (EventKind::Allergy, 200),
    ] {
        let count = WORLD
            .events
            .iter()
            .filter(|event| event.kind == kind)
            .count();
        assert!(count >= at_least, "{kind:?}: {count}");
    }
    let share = |group: Vec<bool>| group.iter().filter(|inside| **inside).count();
    for (codes, low, high) in [
        (vec!["44054006"], 60, 220),
        (vec!["59621000", "38341003"], 200, 480),
        (vec!["22298006"], 15, 120),
        (vec!["230690007"], 10, 120),
        (vec!["49436004"], 15, 120),
        (vec!["433144002"], 30, 250),
        (
            vec!["254837009", "254637007", "363406005", "399068003"],
            20,
            150,
        ),
        (vec!["72892002"], 60, 400),
        (vec!["195967001"], 30, 180),
        (vec!["13645005"], 10, 150),
        (vec!["64859006"], 20, 160),
        (vec!["370143000"], 80, 350),
    ] {
        let count = share(with(SNOMED, &codes));
        assert!((low..=high).contains(&count), "{codes:?}: {count}");
    }
    assert!(WORLD.events.iter().any(|event| event.codings.len() > 1));
    assert!(WORLD.events.iter().any(|event| {
        event
            .start
            .is_some_and(|start| start.precision() == Precision::Year)
    }));
    assert!(WORLD.patients.iter().any(|patient| patient.deceased));
}

#[test]
fn values_follow_diseases() {
    let diabetes = with(SNOMED, &["44054006", "46635009"]);
    let (with_it, without) = compare(&means("4548-4", "%"), &diabetes);
    assert!(with_it > without + 1.0, "HbA1c {with_it} {without}");
    let (with_it, without) = compare(&means("2339-0", "mg/dL"), &diabetes);
    assert!(with_it > without + 25.0, "glucose {with_it} {without}");
    let (with_it, without) = compare(&means("39156-5", "kg/m2"), &diabetes);
    assert!(with_it > without + 2.0, "BMI {with_it} {without}");
    let pressure = with(SNOMED, &["59621000", "38341003"]);
    let (with_it, without) = compare(&means("8480-6", "mm[Hg]"), &pressure);
    assert!(with_it > without + 10.0, "systolic {with_it} {without}");
    let kidney = with(SNOMED, &["433144002"]);
    let (with_it, without) = compare(&means("33914-3", "mL/min/{1.73_m2}"), &kidney);
    assert!(with_it < without - 20.0, "eGFR {with_it} {without}");
    let bones = with(SNOMED, &["64859006"]);
    let (with_it, without) = compare(&means("38265-5", "{T-score}"), &bones);
    assert!(with_it < without - 1.0, "T-score {with_it} {without}");
}

#[test]
fn medicines_follow_diagnoses() {
    let metformin = with(RXNORM, &["860975", "861007", "6809"]);
    let diabetes = with(SNOMED, &["44054006"]);
    let both = metformin
        .iter()
        .zip(&diabetes)
        .filter(|(drug, disease)| **drug && **disease)
        .count();
    let only_drug = metformin
        .iter()
        .zip(&diabetes)
        .filter(|(drug, disease)| **drug && !**disease)
        .count();
    assert!(both > 40, "{both}");
    // A diagnosis may have been entered in error; that is rare.
    assert!(only_drug * 20 <= both, "{only_drug} {both}");
    let anticoagulants = with(
        RXNORM,
        &["855332", "1364445", "1364430", "1114195", "11289"],
    );
    let fibrillation = with(SNOMED, &["49436004"]);
    let treated = anticoagulants
        .iter()
        .zip(&fibrillation)
        .filter(|(drug, disease)| **drug && **disease)
        .count();
    assert!(treated * 2 > fibrillation.iter().filter(|inside| **inside).count());
}

#[test]
fn other_units_occur() {
    let units = |code: &str| {
        let mut units: BTreeMap<String, usize> = BTreeMap::new();
        for event in WORLD
            .events
            .iter()
            .filter(|event| has(event, LOINC, &[code]))
        {
            if let Some(Value::Quantity(quantity)) = &event.value {
                assert!(quantity.value > Decimal::from(-6));
                *units
                    .entry(quantity.unit().unwrap_or_default().to_owned())
                    .or_default() += 1;
            }
        }
        units.into_keys().collect::<Vec<_>>()
    };
    assert_eq!(units("29463-7"), ["[lb_av]", "kg"]);
    assert_eq!(units("8302-2"), ["[in_i]", "cm"]);
    assert_eq!(units("4548-4"), ["%", "mmol/mol"]);
    assert_eq!(units("2339-0"), ["mg/dL", "mmol/L"]);
    assert_eq!(units("8480-6"), ["", "mm[Hg]"]);
}

#[test]
fn consents_cover_the_ways_of_answering() {
    let consents = &WORLD.consents;
    assert!((900..1_000).contains(&consents.len()), "{}", consents.len());
    let count = |holds: &dyn Fn(&fhir::ConsentResource) -> bool| {
        consents.iter().filter(|consent| holds(consent)).count()
    };
    let at = GeneratorOptions::default().at;
    let has_purpose = |consent: &fhir::ConsentResource, code: &str| {
        consent
            .provision
            .purposes
            .iter()
            .any(|purpose| purpose.coding.is(DUO, code))
    };
    let grants = |consent: &fhir::ConsentResource, code: &str| {
        consent
            .provision
            .actions
            .iter()
            .any(|action| action.iter().any(|coding| coding.is(ACTION_SYSTEM, code)))
    };
    assert!(count(&|consent| consent.provision.decision == Some(Decision::Deny)) > 30);
    assert!(count(&|consent| consent.provision.end.is_some_and(|end| end.latest() < at)) > 15);
    assert!(count(&|consent| consent.status.as_deref() == Some("inactive")) > 10);
    assert!(count(&|consent| has_purpose(consent, "DUO:0000042")) > 200);
    assert!(count(&|consent| has_purpose(consent, "DUO:0000045")) > 10);
    assert!(
        count(&|consent| grants(consent, "be-counted") && !grants(consent, "be-contacted")) > 50
    );
    let limited = |consent: &fhir::ConsentResource| {
        let disease = consent
            .provision
            .purposes
            .iter()
            .find(|purpose| purpose.coding.is(DUO, "DUO:0000007"));
        disease.is_some_and(|purpose| {
            purpose
                .qualifiers
                .iter()
                .any(|qualifier| qualifier.url == DISEASE_AREA && qualifier.codings.len() == 3)
        })
    };
    assert!(count(&limited) > 70);
    assert!(consents.iter().all(|consent| {
        consent
            .scope
            .iter()
            .any(|coding| &*coding.code == "research")
            && !consent.provision.narrowed
    }));
}
