//! A case: a profile with one field for each rule, resources as FHIR text, and what is derived.

use std::fs;

use salus_datasets::derivation::{Derivation, LeftOut, derive};
use salus_datasets::fhir::{self, Limits};
use salus_protocol::profile::Profile;
use serde_json::{Value, json};

pub(super) const INDEX: &str = "2020-01-01";

pub(super) const PROFILE: &str = r#"
    name = "rules"
    version = "1.0.0"
    title = "One field for each rule"
    field = [
        { name = "birth", label = "", kind = "measurement", attribute = "birth-date", encoding = "date" },
        { name = "death", label = "", kind = "event", attribute = "death-date", encoding = "date" },
        { name = "sex", label = "", kind = "measurement", attribute = "sex", encoding = { code = [{ name = "female", codes = ["sex:female"] }, { name = "male", codes = ["sex:male"] }] } },
        { name = "race", label = "", kind = "measurement", attribute = "race", encoding = { code = [{ name = "asian", codes = ["cdcrec:2028-9"] }, { name = "white", codes = ["cdcrec:2106-3"] }] } },
        { name = "a1c.first", label = "", kind = "measurement", concept = "a1c", select = "first", take = "value", encoding = { quantity = { unit = "%", origin = "0", step = "0.1" } } },
        { name = "a1c.latest", label = "", kind = "measurement", concept = "a1c", select = "latest", take = "value", encoding = { quantity = { unit = "%", origin = "0", step = "0.1" } } },
        { name = "a1c.latest_date", label = "", kind = "measurement", concept = "a1c", select = "latest", take = "date", encoding = "date" },
        { name = "a1c.min", label = "", kind = "measurement", concept = "a1c", select = "minimum", take = "value", encoding = { quantity = { unit = "%", origin = "0", step = "0.1" } } },
        { name = "a1c.max_365", label = "", kind = "measurement", concept = "a1c", select = "maximum", take = "value", within_days = 365, encoding = { quantity = { unit = "%", origin = "0", step = "0.1" } } },
        { name = "a1c.count", label = "", kind = "event", concept = "a1c", select = "count", encoding = "count" },
        { name = "a1c.fine", label = "", kind = "measurement", concept = "a1c", select = "latest", take = "value", encoding = { quantity = { unit = "%", origin = "0", step = "0.0001" } } },
        { name = "sbp", label = "", kind = "measurement", concept = "sbp", select = "latest", take = "value", encoding = { quantity = { unit = "mm[Hg]", origin = "0", step = "1" } } },
        { name = "smoking", label = "", kind = "measurement", concept = "smoking", select = "latest", take = "value", encoding = { code = [{ name = "never", codes = ["snomed:266919005"] }, { name = "former", codes = ["snomed:8517006"] }] } },
        { name = "smoking.count", label = "", kind = "event", concept = "smoking", select = "count", encoding = "count" },
        { name = "diabetes.first", label = "", kind = "event", concept = "diabetes", select = "first", take = "date", encoding = "date" },
        { name = "diabetes.latest", label = "", kind = "event", concept = "diabetes", select = "latest", take = "date", encoding = "date" },
        { name = "diabetes.any_30", label = "", kind = "event", concept = "diabetes", select = "any", within_days = 30, encoding = "flag" },
        { name = "diabetes.count", label = "", kind = "event", concept = "diabetes", select = "count", encoding = "count" },
        { name = "metformin", label = "", kind = "event", concept = "metformin", select = "latest", take = "date", encoding = "date" },
        { name = "influenza", label = "", kind = "event", concept = "influenza", select = "any", encoding = "flag" },
        { name = "emergency", label = "", kind = "event", concept = "emergency", select = "count", encoding = "count" },
        { name = "colonoscopy", label = "", kind = "event", concept = "colonoscopy", select = "any", encoding = "flag" },
        { name = "peanuts", label = "", kind = "event", concept = "peanuts", select = "any", encoding = "flag" },
    ]
    concept = [
        { name = "a1c", label = "", resource = "observation", codes = ["loinc:4548-4", "loinc:17856-6"], units = [{ unit = "%" }, { unit = "mmol/mol", factor = "0.09148", offset = "2.152" }], plausible = { low = "2", high = "25" } },
        { name = "sbp", label = "", resource = "observation", codes = ["loinc:8480-6"], units = [{ unit = "mm[Hg]" }, { unit = "" }] },
        { name = "smoking", label = "", resource = "observation", codes = ["loinc:72166-2"] },
        { name = "diabetes", label = "", resource = "condition", codes = ["snomed:44054006", "snomed:73211009", "icd10cm:E11*"] },
        { name = "metformin", label = "", resource = "medication", codes = ["rxnorm:6809", "rxnorm:860975"] },
        { name = "influenza", label = "", resource = "immunization", codes = ["cvx:140"] },
        { name = "emergency", label = "", resource = "encounter", codes = ["actcode:EMER"] },
        { name = "colonoscopy", label = "", resource = "procedure", codes = ["snomed:73761001"] },
        { name = "peanuts", label = "", resource = "allergy", codes = ["snomed:91935009"] },
    ]
"#;

pub(super) fn patient() -> Value {
    json!({ "resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1960-05-17" })
}

/// `base` with the members of `change` put over its own; `null` takes a member away.
pub(super) fn with(mut base: Value, change: Value) -> Value {
    for (name, value) in change.as_object().unwrap() {
        if value.is_null() {
            base.as_object_mut().unwrap().remove(name);
        } else {
            base[name] = value.clone();
        }
    }
    base
}

pub(super) fn a1c(date: &str, value: f64) -> Value {
    json!({
        "resourceType": "Observation", "status": "final", "subject": { "reference": "Patient/p" },
        "code": { "coding": [{ "system": "http://loinc.org", "code": "4548-4" }] },
        "effectiveDateTime": date,
        "valueQuantity": { "value": value, "unit": "%", "code": "%" },
    })
}

pub(super) fn diabetes(onset: &str) -> Value {
    json!({
        "resourceType": "Condition", "subject": { "reference": "Patient/p" },
        "code": { "coding": [{ "system": "http://snomed.info/sct", "code": "44054006" }] },
        "onsetDateTime": onset,
    })
}

pub(super) fn metformin(authored: &str) -> Value {
    json!({
        "resourceType": "MedicationRequest", "status": "active", "intent": "order",
        "subject": { "reference": "Patient/p" }, "authoredOn": authored,
        "medicationCodeableConcept": { "coding": [
            { "system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "860975" },
        ] },
    })
}

/// Derives as of `index`, from a Bulk Data file of these resources, each given an id.
pub(super) fn derived_at(index: &str, resources: &[Value]) -> Derivation {
    let folder = tempfile::tempdir().unwrap();
    let mut text = String::new();
    for (number, resource) in resources.iter().enumerate() {
        let mut resource = resource.clone();
        if resource.get("id").is_none() {
            resource["id"] = json!(format!("r{number}"));
        }
        text.push_str(&resource.to_string());
        text.push('\n');
    }
    let file = folder.path().join("all.ndjson");
    fs::write(&file, text).unwrap();
    let import = fhir::import(&file, &Limits::default()).unwrap();
    let profile = Profile::from_toml(PROFILE).unwrap();
    derive(&profile, &import, index.parse().unwrap()).unwrap()
}

/// The patient's value in a field, as people read it; "" for none recorded.
pub(super) fn shown(derivation: &Derivation, field: &str) -> String {
    let profile = Profile::from_toml(PROFILE).unwrap();
    let (position, field) = profile.field(field).unwrap();
    let code = derivation.rows[0].row.values()[usize::from(position)];
    field.encoding.display(code).unwrap_or_default()
}

/// The value in a field of the patient with these resources besides.
pub(super) fn value(field: &str, resources: &[Value]) -> String {
    let mut all = vec![patient()];
    all.extend_from_slice(resources);
    shown(&derived_at(INDEX, &all), field)
}

pub(super) fn left_out(reason: LeftOut, resources: &[Value]) -> u64 {
    let mut all = vec![patient()];
    all.extend_from_slice(resources);
    derived_at(INDEX, &all).report.left_out(reason)
}

pub(super) fn smoking(date: &str, codes: &[&str]) -> Value {
    let codings: Vec<_> = codes
        .iter()
        .map(|code| json!({ "system": "http://snomed.info/sct", "code": code }))
        .collect();
    with(
        a1c(date, 0.0),
        json!({
            "code": { "coding": [{ "system": "http://loinc.org", "code": "72166-2" }] },
            "valueQuantity": null,
            "valueCodeableConcept": { "coding": codings },
        }),
    )
}
