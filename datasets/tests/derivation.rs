//! The rules of derivation, one by one: in each test only what the rule speaks of differs.
//! The rules are in docs/spec/derivation.md. Every case goes through the import, as FHIR text.
#![allow(clippy::unwrap_used)]

use std::fs;

use salus_datasets::derivation::{Derivation, LeftOut, PatientLeftOut, derive};
use salus_datasets::fhir::{self, Limits};
use salus_protocol::day::Day;
use salus_protocol::profile::Profile;
use serde_json::{Value, json};

const INDEX: &str = "2020-01-01";

const PROFILE: &str = r#"
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

fn patient() -> Value {
    json!({ "resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1960-05-17" })
}

/// `base` with the members of `change` put over its own; `null` takes a member away.
fn with(mut base: Value, change: Value) -> Value {
    for (name, value) in change.as_object().unwrap() {
        if value.is_null() {
            base.as_object_mut().unwrap().remove(name);
        } else {
            base[name] = value.clone();
        }
    }
    base
}

fn a1c(date: &str, value: f64) -> Value {
    json!({
        "resourceType": "Observation", "status": "final", "subject": { "reference": "Patient/p" },
        "code": { "coding": [{ "system": "http://loinc.org", "code": "4548-4" }] },
        "effectiveDateTime": date,
        "valueQuantity": { "value": value, "unit": "%", "code": "%" },
    })
}

fn diabetes(onset: &str) -> Value {
    json!({
        "resourceType": "Condition", "subject": { "reference": "Patient/p" },
        "code": { "coding": [{ "system": "http://snomed.info/sct", "code": "44054006" }] },
        "onsetDateTime": onset,
    })
}

fn metformin(authored: &str) -> Value {
    json!({
        "resourceType": "MedicationRequest", "status": "active", "intent": "order",
        "subject": { "reference": "Patient/p" }, "authoredOn": authored,
        "medicationCodeableConcept": { "coding": [
            { "system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "860975" },
        ] },
    })
}

/// Derives as of `index`, from a Bulk Data file of these resources, each given an id.
fn derived_at(index: &str, resources: &[Value]) -> Derivation {
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
fn shown(derivation: &Derivation, field: &str) -> String {
    let profile = Profile::from_toml(PROFILE).unwrap();
    let (position, field) = profile.field(field).unwrap();
    let code = derivation.rows[0].row.values()[usize::from(position)];
    field.encoding.display(code).unwrap_or_default()
}

/// The value in a field of the patient with these resources besides.
fn value(field: &str, resources: &[Value]) -> String {
    let mut all = vec![patient()];
    all.extend_from_slice(resources);
    shown(&derived_at(INDEX, &all), field)
}

fn left_out(reason: LeftOut, resources: &[Value]) -> u64 {
    let mut all = vec![patient()];
    all.extend_from_slice(resources);
    derived_at(INDEX, &all).report.left_out(reason)
}

#[test]
fn the_index_day_itself_counts_and_the_next_does_not() {
    let two = [a1c("2019-06-01", 6.0), a1c("2020-01-01T23:59:00Z", 7.0)];
    assert_eq!(value("a1c.latest", &two), "7 %");
    let two = [a1c("2019-06-01", 6.0), a1c("2020-01-02T00:00:00Z", 7.0)];
    assert_eq!(value("a1c.latest", &two), "6 %");
}

#[test]
fn the_day_is_the_one_written() {
    // 2020-01-02 in Greenwich, but 2020-01-01 where it was measured.
    assert_eq!(
        value("a1c.latest", &[a1c("2020-01-01T22:00:00-05:00", 7.0)]),
        "7 %"
    );
    assert_eq!(
        value("a1c.latest", &[a1c("2020-01-02T01:00:00+05:00", 7.0)]),
        ""
    );
}

#[test]
fn each_selector_takes_its_own() {
    let four = [
        a1c("2019-03-01", 8.0),
        a1c("2018-03-01", 6.5),
        a1c("2017-03-01", 9.5),
        a1c("2019-09-01", 7.0),
    ];
    assert_eq!(value("a1c.first", &four), "9.5 %");
    assert_eq!(value("a1c.latest", &four), "7 %");
    assert_eq!(value("a1c.latest_date", &four), "2019-09-01");
    assert_eq!(value("a1c.min", &four), "6.5 %");
    assert_eq!(value("a1c.max_365", &four), "8 %");
    assert_eq!(value("a1c.count", &four), "4");
    assert_eq!(value("influenza", &four), "");
}

#[test]
fn a_window_begins_so_many_days_before_the_index() {
    assert_eq!(value("diabetes.any_30", &[diabetes("2019-12-02")]), "yes");
    assert_eq!(value("diabetes.any_30", &[diabetes("2019-12-01")]), "");
    assert_eq!(value("diabetes.any_30", &[diabetes("2020-01-01")]), "yes");
}

#[test]
fn on_one_day_the_time_decides() {
    let two = [
        a1c("2019-06-01T10:00:00Z", 6.0),
        a1c("2019-06-01T09:00:00Z", 7.0),
    ];
    assert_eq!(value("a1c.first", &two), "7 %");
    assert_eq!(value("a1c.latest", &two), "6 %");
    let untimed = [a1c("2019-06-01T10:00:00Z", 6.0), a1c("2019-06-01", 7.0)];
    assert_eq!(
        value("a1c.latest", &untimed),
        "6 %",
        "no time stands at midnight"
    );
}

#[test]
fn at_one_time_the_value_decides_in_any_order() {
    let (low, high) = (a1c("2019-06-01", 6.0), a1c("2019-06-01", 7.0));
    for two in [[low.clone(), high.clone()], [high, low]] {
        assert_eq!(value("a1c.first", &two), "6 %");
        assert_eq!(value("a1c.latest", &two), "7 %");
    }
}

#[test]
fn a_count_counts_days() {
    let three = [
        diabetes("2018-01-01T08:00:00Z"),
        diabetes("2018-01-01T09:00:00Z"),
        diabetes("2019-01-01"),
    ];
    assert_eq!(value("diabetes.count", &three), "2");
}

#[test]
fn a_partial_date_stands_at_its_first_day() {
    assert_eq!(value("diabetes.first", &[diabetes("2018")]), "2018-01-01");
    assert_eq!(
        value("diabetes.first", &[diabetes("2018-06")]),
        "2018-06-01"
    );
}

#[test]
fn a_partial_date_counts_only_if_all_of_it_is_past() {
    let mut all = vec![patient(), diabetes("2019")];
    assert_eq!(
        shown(&derived_at("2019-12-31", &all), "diabetes.first"),
        "2019-01-01"
    );
    let early = derived_at("2019-12-30", &all);
    assert_eq!(shown(&early, "diabetes.first"), "");
    assert_eq!(early.report.left_out(LeftOut::MaybeLater), 1);
    all[1] = diabetes("2021");
    let future = derived_at("2019-12-30", &all);
    assert_eq!(future.report.left_out(LeftOut::MaybeLater), 0);
    assert_eq!(future.report.after_index, 1);
}

#[test]
fn an_event_without_a_date_is_reported() {
    let undated = with(diabetes("2018"), json!({ "onsetDateTime": null }));
    assert_eq!(value("diabetes.first", std::slice::from_ref(&undated)), "");
    assert_eq!(left_out(LeftOut::NoDate, &[undated]), 1);
}

#[test]
fn a_date_outside_the_calendar_is_reported() {
    let old = diabetes("1879-12-31");
    assert_eq!(value("diabetes.first", std::slice::from_ref(&old)), "");
    assert_eq!(left_out(LeftOut::OutsideCalendar, &[old]), 1);
}

#[test]
fn units_are_converted_exactly() {
    let ifcc = json!({ "valueQuantity": { "value": 53, "code": "mmol/mol" } });
    // 53 * 0.09148 + 2.152 = 7.00044, rounded to the field's step
    let one = [with(a1c("2019-06-01", 0.0), ifcc)];
    assert_eq!(value("a1c.latest", &one), "7 %");
    let fine = json!({ "valueQuantity": { "value": 20, "code": "mmol/mol" } });
    // 20 * 0.09148 + 2.152 = 3.9816
    assert_eq!(
        value("a1c.fine", &[with(a1c("2019-06-01", 0.0), fine)]),
        "3.9816 %"
    );
}

#[test]
fn a_unit_may_stand_in_its_name_only() {
    let named = json!({ "valueQuantity": { "value": 7.1, "unit": "%" } });
    assert_eq!(
        value("a1c.latest", &[with(a1c("2019-06-01", 0.0), named)]),
        "7.1 %"
    );
}

#[test]
fn an_unknown_or_missing_unit_is_reported_and_the_one_before_counts() {
    for quantity in [
        json!({ "value": 7.1, "code": "mg/dL" }),
        json!({ "value": 7.1 }),
    ] {
        let bad = with(a1c("2019-06-01", 0.0), json!({ "valueQuantity": quantity }));
        let two = [a1c("2019-01-01", 6.0), bad];
        assert_eq!(value("a1c.latest", &two), "6 %");
        assert_eq!(value("a1c.latest_date", &two), "2019-01-01");
        assert_eq!(value("a1c.count", &two), "1");
        assert_eq!(left_out(LeftOut::UnknownUnit, &two), 1);
    }
}

#[test]
fn a_missing_unit_counts_where_the_profile_says_so() {
    let pressure = json!({
        "code": { "coding": [{ "system": "http://loinc.org", "code": "8480-6" }] },
        "valueQuantity": { "value": 121 },
    });
    assert_eq!(
        value("sbp", &[with(a1c("2019-06-01", 0.0), pressure)]),
        "121 mm[Hg]"
    );
}

#[test]
fn a_comparator_is_reported() {
    let below = json!({ "valueQuantity": { "value": 5, "comparator": "<", "code": "%" } });
    let one = [with(a1c("2019-06-01", 0.0), below)];
    assert_eq!(value("a1c.latest", &one), "");
    assert_eq!(left_out(LeftOut::Inexact, &one), 1);
}

#[test]
fn an_implausible_value_is_reported_and_the_edge_is_not() {
    assert_eq!(value("a1c.latest", &[a1c("2019-06-01", 25.0)]), "25 %");
    assert_eq!(value("a1c.latest", &[a1c("2019-06-01", 25.1)]), "");
    assert_eq!(
        left_out(LeftOut::Implausible, &[a1c("2019-06-01", 25.1)]),
        1
    );
    assert_eq!(left_out(LeftOut::Implausible, &[a1c("2019-06-01", 1.9)]), 1);
}

#[test]
fn a_value_beyond_one_encoding_still_counts_in_the_others() {
    // In steps of 0.0001 a field ends at 6.5534 %.
    let one = [a1c("2019-06-01", 8.0)];
    assert_eq!(value("a1c.fine", &one), "");
    assert_eq!(value("a1c.latest", &one), "8 %");
    assert_eq!(left_out(LeftOut::OutOfRange, &one), 1);
}

#[test]
fn a_text_is_no_number() {
    let text = json!({ "valueQuantity": null, "valueString": "7.1 %" });
    let one = [with(a1c("2019-06-01", 0.0), text)];
    assert_eq!(value("a1c.latest", &one), "");
    assert_eq!(left_out(LeftOut::NoNumber, &one), 1);
}

#[test]
fn a_component_counts_like_an_observation_of_its_own() {
    let panel = json!({
        "code": { "coding": [{ "system": "http://loinc.org", "code": "85354-9" }] },
        "valueQuantity": null,
        "component": [
            { "code": { "coding": [{ "system": "http://loinc.org", "code": "8480-6" }] },
              "valueQuantity": { "value": 133.4, "code": "mm[Hg]" } },
            { "code": { "coding": [{ "system": "http://loinc.org", "code": "8462-4" }] },
              "valueQuantity": { "value": 80, "code": "mm[Hg]" } },
        ],
    });
    assert_eq!(
        value("sbp", &[with(a1c("2019-06-01", 0.0), panel)]),
        "133 mm[Hg]"
    );
}

fn smoking(date: &str, codes: &[&str]) -> Value {
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

#[test]
fn a_coded_answer_is_its_place_in_the_list() {
    assert_eq!(
        value("smoking", &[smoking("2019-01-01", &["8517006"])]),
        "former"
    );
    let twice = [smoking("2019-01-01", &["8517006", "8517006"])];
    assert_eq!(value("smoking", &twice), "former", "one value, said twice");
}

#[test]
fn an_answer_that_is_not_listed_or_not_single_is_reported() {
    let former = smoking("2018-01-01", &["8517006"]);
    let unlisted = [former.clone(), smoking("2019-01-01", &["266927001"])];
    assert_eq!(value("smoking", &unlisted), "former");
    assert_eq!(left_out(LeftOut::CodeNotListed, &unlisted), 1);
    let both = [
        former.clone(),
        smoking("2019-01-01", &["8517006", "266919005"]),
    ];
    assert_eq!(value("smoking", &both), "former");
    assert_eq!(left_out(LeftOut::Ambiguous, &both), 1);
    let text = json!({ "valueCodeableConcept": null, "valueString": "never" });
    let uncoded = [former, with(smoking("2019-01-01", &[]), text)];
    assert_eq!(value("smoking", &uncoded), "former");
    assert_eq!(left_out(LeftOut::NotCoded, &uncoded), 1);
}

#[test]
fn one_resource_with_several_codings_counts_once() {
    let coded = json!({ "code": { "coding": [
        { "system": "http://snomed.info/sct", "code": "44054006" },
        { "system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "E11.9" },
        { "system": "http://hospital.example/codes", "code": "DM2" },
    ] } });
    assert_eq!(
        value("diabetes.count", &[with(diabetes("2018-01-01"), coded)]),
        "1"
    );
}

#[test]
fn a_code_must_be_of_its_system_and_its_beginning_is_enough_only_where_starred() {
    let coded = |system: &str, code: &str| {
        with(
            diabetes("2018-01-01"),
            json!({ "code": { "coding": [{ "system": system, "code": code }] } }),
        )
    };
    let icd = "http://hl7.org/fhir/sid/icd-10-cm";
    assert_eq!(value("diabetes.count", &[coded(icd, "E11.65")]), "1");
    assert_eq!(value("diabetes.count", &[coded(icd, "E10.65")]), "");
    assert_eq!(value("diabetes.count", &[coded(icd, "44054006")]), "");
    assert_eq!(
        value(
            "diabetes.count",
            &[coded("http://snomed.info/sct", "440540061")]
        ),
        ""
    );
}

#[test]
fn a_code_counts_in_its_own_kind_of_resource_only() {
    let as_procedure = json!({
        "resourceType": "Procedure", "status": "completed", "subject": { "reference": "Patient/p" },
        "code": { "coding": [{ "system": "http://snomed.info/sct", "code": "44054006" }] },
        "performedDateTime": "2018-01-01",
    });
    assert_eq!(value("diabetes.count", &[as_procedure]), "");
}

#[test]
fn what_was_taken_back_does_not_count() {
    let verification =
        |code: &str| json!({ "verificationStatus": { "coding": [{ "code": code }] } });
    for status in [
        "entered-in-error",
        "refuted",
        "provisional",
        "differential",
        "unconfirmed",
    ] {
        let taken = with(diabetes("2018-01-01"), verification(status));
        assert_eq!(value("diabetes.first", &[taken]), "", "{status}");
    }
    let confirmed = with(diabetes("2018-01-01"), verification("confirmed"));
    assert_eq!(value("diabetes.first", &[confirmed]), "2018-01-01");
    for (status, counts) in [
        ("entered-in-error", false),
        ("cancelled", false),
        ("registered", false),
        ("preliminary", true),
        ("amended", true),
    ] {
        let observed = with(a1c("2019-06-01", 7.0), json!({ "status": status }));
        assert_eq!(value("a1c.count", &[observed]) == "1", counts, "{status}");
    }
}

#[test]
fn a_resolved_condition_still_happened() {
    let resolved = json!({
        "clinicalStatus": { "coding": [{ "code": "resolved" }] }, "abatementDateTime": "2018-05-01",
    });
    assert_eq!(
        value("diabetes.first", &[with(diabetes("2018-01-01"), resolved)]),
        "2018-01-01"
    );
}

#[test]
fn a_stopped_order_was_prescribed_and_a_cancelled_one_was_not() {
    for (change, counts) in [
        (json!({ "status": "stopped" }), true),
        (json!({ "status": "completed" }), true),
        (json!({ "status": "on-hold" }), true),
        (json!({ "status": "cancelled" }), false),
        (json!({ "status": "draft" }), false),
        (json!({ "status": "entered-in-error" }), false),
        (json!({ "doNotPerform": true }), false),
        (json!({ "intent": "proposal" }), false),
    ] {
        let order = with(metformin("2019-03-01"), change.clone());
        assert_eq!(
            value("metformin", &[order]) == "2019-03-01",
            counts,
            "{change}"
        );
    }
}

#[test]
fn what_was_not_done_does_not_count() {
    for (status, counts) in [
        ("completed", "yes"),
        ("not-done", ""),
        ("entered-in-error", ""),
    ] {
        let vaccine = json!({
            "resourceType": "Immunization", "status": status, "patient": { "reference": "Patient/p" },
            "vaccineCode": { "coding": [{ "system": "http://hl7.org/fhir/sid/cvx", "code": "140" }] },
            "occurrenceDateTime": "2019-10-01",
        });
        assert_eq!(value("influenza", &[vaccine]), counts, "{status}");
        let procedure = json!({
            "resourceType": "Procedure", "status": status, "subject": { "reference": "Patient/p" },
            "code": { "coding": [{ "system": "http://snomed.info/sct", "code": "73761001" }] },
            "performedPeriod": { "start": "2019-10-01" },
        });
        assert_eq!(value("colonoscopy", &[procedure]), counts, "{status}");
    }
}

#[test]
fn encounters_count_by_class_and_allergies_by_code() {
    let encounter = json!({
        "resourceType": "Encounter", "status": "finished", "subject": { "reference": "Patient/p" },
        "class": { "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "EMER" },
        "period": { "start": "2019-10-01T10:00:00Z", "end": "2019-10-03T10:00:00Z" },
    });
    assert_eq!(value("emergency", &[encounter]), "1");
    let allergy = json!({
        "resourceType": "AllergyIntolerance", "patient": { "reference": "Patient/p" },
        "code": { "coding": [{ "system": "http://snomed.info/sct", "code": "91935009" }] },
        "recordedDate": "2019-10-01",
    });
    assert_eq!(value("peanuts", &[allergy]), "yes");
}

#[test]
fn who_died_before_the_index_day_has_no_row() {
    let died = |date: &str| {
        derived_at(
            INDEX,
            &[with(patient(), json!({ "deceasedDateTime": date }))],
        )
    };
    assert_eq!(died("2019-12-31").rows.len(), 0);
    assert_eq!(
        died("2019-12-31").report.patients_left_out[&PatientLeftOut::Died].count,
        1
    );
    assert_eq!(died("2020-01-01").rows.len(), 1);
    assert_eq!(shown(&died("2020-01-01"), "death"), "2020-01-01");
    assert_eq!(died("2020-01-02").rows.len(), 1);
    assert_eq!(
        shown(&died("2020-01-02"), "death"),
        "",
        "a later death is not known yet"
    );
    assert_eq!(died("2020").rows.len(), 1);
    assert_eq!(died("2019").rows.len(), 0);
}

#[test]
fn who_may_be_dead_has_no_row() {
    let all = [with(patient(), json!({ "deceasedBoolean": true }))];
    let derivation = derived_at(INDEX, &all);
    assert_eq!(derivation.rows.len(), 0);
    let reasons = &derivation.report.patients_left_out;
    assert_eq!(reasons[&PatientLeftOut::DiedOnUnknownDay].count, 1);
    let straddling = [with(patient(), json!({ "deceasedDateTime": "2020-01" }))];
    assert_eq!(derived_at("2020-01-01", &straddling).rows.len(), 1);
    assert_eq!(derived_at("2020-01-02", &straddling).rows.len(), 0);
}

#[test]
fn who_is_not_born_has_no_row_and_who_has_no_birth_date_has() {
    let born = |date: Value| derived_at(INDEX, &[with(patient(), json!({ "birthDate": date }))]);
    assert_eq!(born(json!("2020-01-01")).rows.len(), 1);
    let later = born(json!("2020-01-02"));
    assert_eq!(later.rows.len(), 0);
    assert_eq!(
        later.report.patients_left_out[&PatientLeftOut::NotBorn].count,
        1
    );
    assert_eq!(shown(&born(json!("1960-05")), "birth"), "1960-05-01");
    let unknown = born(Value::Null);
    assert_eq!(shown(&unknown, "birth"), "");
    assert_eq!(unknown.report.left_out(LeftOut::NoDate), 1);
}

#[test]
fn attributes_are_read_by_code() {
    let race = |codes: &[&str]| {
        let parts: Vec<_> = codes
            .iter()
            .map(|code| {
                json!({ "url": "ombCategory", "valueCoding": {
                "system": "urn:oid:2.16.840.1.113883.6.238", "code": code } })
            })
            .collect();
        let extension = json!([{
            "url": "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race",
            "extension": parts,
        }]);
        shown(
            &derived_at(INDEX, &[with(patient(), json!({ "extension": extension }))]),
            "race",
        )
    };
    assert_eq!(race(&["2106-3"]), "white");
    assert_eq!(race(&["2106-3", "2028-9"]), "", "two races are not one");
    assert_eq!(race(&["2131-1"]), "");
    assert_eq!(value("sex", &[]), "female");
    let other = [with(patient(), json!({ "gender": "other" }))];
    assert_eq!(shown(&derived_at(INDEX, &other), "sex"), "");
    assert_eq!(
        derived_at(INDEX, &other)
            .report
            .left_out(LeftOut::CodeNotListed),
        1
    );
}

#[test]
fn the_order_in_the_source_does_not_matter() {
    let mut all = vec![
        patient(),
        a1c("2019-06-01", 6.0),
        a1c("2019-06-01", 7.0),
        a1c("2019-06-01T08:00:00Z", 6.5),
        diabetes("2018"),
        diabetes("2018-01-01"),
        metformin("2019-03-01"),
        smoking("2019-01-01", &["8517006"]),
        smoking("2019-01-01", &["266919005"]),
    ];
    let row = derived_at(INDEX, &all).rows[0].row.clone();
    all[1..].reverse();
    assert_eq!(derived_at(INDEX, &all).rows[0].row.values(), row.values());
    all.rotate_left(4);
    assert_eq!(derived_at(INDEX, &all).rows[0].row.values(), row.values());
}

#[test]
fn everyone_has_a_row_and_only_their_own_events() {
    let other = with(patient(), json!({ "id": "q" }));
    let theirs = with(
        a1c("2019-06-01", 9.0),
        json!({ "subject": { "reference": "Patient/q" } }),
    );
    let derivation = derived_at(INDEX, &[patient(), other, a1c("2019-07-01", 6.0), theirs]);
    let profile = Profile::from_toml(PROFILE).unwrap();
    let place = usize::from(profile.field("a1c.latest").unwrap().0);
    let rows: Vec<_> = derivation
        .rows
        .iter()
        .map(|row| (row.patient.as_str(), row.row.values()[place]))
        .collect();
    assert_eq!(rows, [("p", 61), ("q", 91)]);
    assert_eq!(derivation.report.filled["a1c.latest"], 2);
    assert_eq!(derivation.report.index, INDEX.parse::<Day>().unwrap());
}

#[test]
fn nobody_gives_no_rows() {
    let observation = a1c("2019-06-01", 6.0);
    assert!(derived_at(INDEX, &[observation]).rows.is_empty());
}
