//! Whatever the bytes, the importer answers with a report or an error, and its counts add up.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use salus_datasets::fhir::{self, Limits, PartialDate};
use salus_datasets::generator::{GeneratorOptions, patient};

fn import_never_panics(name: &str, bytes: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(name), bytes).unwrap();
    let limits = Limits {
        line_bytes: 4_096,
        document_bytes: 100_000,
        ..Limits::default()
    };
    let import = fhir::import(folder.path(), &limits).unwrap();
    for of_type in import.report.types.values() {
        let left_out: u64 = of_type.left_out.values().map(|tally| tally.count).sum();
        assert_eq!(of_type.read, of_type.mapped + left_out);
    }
    assert!(
        import
            .events
            .iter()
            .all(|event| event.patient < import.patients.len())
    );
    assert!(
        import
            .consents
            .iter()
            .all(|consent| consent.patient < import.patients.len())
    );
    let _ = import.report.to_string();
}

/// Members that the importer looks at, at any depth.
const MEMBERS: &str = "id meta lastUpdated subject patient reference code coding system status \
    onsetDateTime onsetPeriod recordedDate valueQuantity valueInteger value unit component entry \
    resource fullUrl contained medicationReference medicationCodeableConcept provision purpose \
    extension modifierExtension url period start end class type link other birthDate gender \
    resourceType verificationStatus vaccineCode category decision scope";
/// Resource types that are read, and two that are not.
const TYPES: &str = "Patient Condition Observation MedicationRequest MedicationStatement Medication \
    Procedure Immunization Encounter AllergyIntolerance Consent Bundle Device";
/// Values that the importer takes a closer look at.
const VALUES: &str = r##""2020-02-30" "2020" "Patient/p1" "final" "#m" "urn:uuid:1" 1e999 -0.0
    "http://loinc.org" null true 7.25 1e-400 99999999999999999999999999999999"##;

fn one_of(words: &'static str) -> impl Strategy<Value = String> + Clone {
    prop::sample::select(words.split_whitespace().collect::<Vec<_>>()).prop_map(str::to_owned)
}

fn object(members: Vec<(String, String)>) -> String {
    let members: Vec<String> = members
        .iter()
        .map(|(name, value)| format!("\"{name}\":{value}"))
        .collect();
    format!("{{{}}}", members.join(","))
}

/// JSON of any shape under the names that the importer knows.
fn any_json() -> impl Strategy<Value = String> {
    let text = "[ -~]{0,12}".prop_map(|text| serde_json::to_string(&text).unwrap());
    prop_oneof![one_of(VALUES), text].prop_recursive(5, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec((one_of(MEMBERS), inner), 0..5).prop_map(object),
        ]
    })
}

fn any_resource() -> impl Strategy<Value = String> {
    let members = prop::collection::vec((one_of(MEMBERS), any_json()), 0..6);
    (one_of(TYPES), members).prop_map(|(resource_type, mut members)| {
        members.insert(
            0,
            ("resourceType".to_owned(), format!("\"{resource_type}\"")),
        );
        object(members)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..600), packed in any::<bool>()) {
        let mut all = if packed { vec![0x1f, 0x8b, 0x08, 0x00] } else { Vec::new() };
        all.extend(bytes);
        import_never_panics("a.ndjson", &all);
        import_never_panics("a.json", &all);
    }

    #[test]
    fn any_resources(resources in prop::collection::vec(any_resource(), 1..6)) {
        import_never_panics("a.ndjson", resources.join("\n").as_bytes());
        let entries: Vec<String> = resources.iter().map(|resource| format!("{{\"resource\":{resource}}}")).collect();
        let bundle = format!("{{\"resourceType\":\"Bundle\",\"entry\":[{}]}}", entries.join(","));
        import_never_panics("a.json", bundle.as_bytes());
    }

    #[test]
    fn generated_resources_with_one_change(number in 0_u32..20, at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        let lines = patient(&GeneratorOptions::default(), number).lines;
        let mut bytes = lines.concat().into_bytes();
        bytes.truncate(20_000);
        let at = at.index(bytes.len());
        if cut { bytes.truncate(at); } else { bytes[at] = byte; }
        import_never_panics("a.ndjson", &bytes);
    }

    #[test]
    fn any_text_is_a_date_or_not(text in "\\PC{0,30}") {
        let _ = PartialDate::parse(&text);
    }

    #[test]
    fn what_looks_like_a_date_is_one_or_not(text in "[0-9]{3,5}(-[0-9]{1,2}){0,2}(T[0-9:.]{0,12}[Z+-]?[0-9:]{0,6})?") {
        if let Ok(date) = PartialDate::parse(&text) {
            prop_assert!(date.earliest() <= date.latest());
            prop_assert!(text.starts_with(&date.to_string()));
        }
    }
}
