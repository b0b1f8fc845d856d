//! What expresses a concept, and what was taken back.

use serde_json::json;

use crate::case::{a1c, diabetes, metformin, value, with};

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
