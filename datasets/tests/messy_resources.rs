//! The mess inside real resources, one test each: what is left out is named and counted.
#![allow(clippy::unwrap_used)]

mod export;

use export::{condition, import_lines, only_reason};
use salus_datasets::fhir::systems::{LOINC, RXNORM, SNOMED};
use salus_datasets::fhir::{self, Coding, EventKind, Reason, Sex, Value};

#[test]
fn a_wrong_type_names_file_line_id_and_path() {
    let import = import_lines(&[&condition(
        "c9",
        r#","onsetDateTime":"2020-01-01","abatementPeriod":{"start":5}"#,
    )]);
    let example = only_reason(&import, Reason::Malformed);
    assert!(
        example.starts_with("Rest.ndjson:1 (id c9): at abatementPeriod.start: "),
        "{example}"
    );
}

#[test]
fn a_date_that_does_not_exist_names_its_path() {
    let import = import_lines(&[&condition("c9", r#","onsetDateTime":"2019-02-30""#)]);
    let example = only_reason(&import, Reason::Malformed);
    assert!(
        example.contains("onsetDateTime") && example.contains("2019-02-30"),
        "{example}"
    );
}

#[test]
fn broken_json_is_malformed() {
    let broken = condition("c1", "").replace("]}", "]");
    let import = import_lines(&[&broken, &condition("c2", "")]);
    assert_eq!(import.events.len(), 1);
    assert_eq!(import.report.left_out(Reason::Malformed), 1);
}

#[test]
fn of_two_versions_the_later_update_stands() {
    let version = |code: &str, updated: &str| {
        condition("c1", &format!(r#","meta":{{"lastUpdated":"{updated}"}}"#))
            .replace("44054006", code)
    };
    let (old, new) = (
        version("1", "2020-01-01T00:00:00Z"),
        version("2", "2021-01-01T00:00:00+01:00"),
    );
    for lines in [[&*old, &*new], [&*new, &*old]] {
        let import = import_lines(&lines);
        assert_eq!(import.events.len(), 1);
        assert!(import.events[0].codings[0].is(SNOMED, "2"));
        assert_eq!(import.report.left_out(Reason::Superseded), 1);
    }
    // Without dates, the later line stands.
    let import = import_lines(&[
        &condition("c1", "").replace("44054006", "1"),
        &condition("c1", "").replace("44054006", "2"),
    ]);
    assert!(import.events[0].codings[0].is(SNOMED, "2"));
}

#[test]
fn a_later_version_can_take_back_an_earlier_one() {
    let wrong = r#","verificationStatus":{"coding":[{"code":"entered-in-error"}]}"#;
    let import = import_lines(&[&condition("c1", ""), &condition("c1", wrong)]);
    assert!(import.events.is_empty());
    assert_eq!(import.report.left_out(Reason::Superseded), 1);
    assert_eq!(import.report.left_out(Reason::EnteredInError), 1);
}

#[test]
fn the_same_id_of_another_type_is_another_resource() {
    let procedure = r#"{"resourceType":"Procedure","id":"c1","code":{"coding":[{"code":"x"}]},"subject":{"reference":"Patient/p1"}}"#;
    assert_eq!(
        import_lines(&[&condition("c1", ""), procedure])
            .events
            .len(),
        2
    );
}

#[test]
fn a_missing_patient_and_a_missing_subject_are_reported() {
    let import = import_lines(&[&condition("c1", "").replace("Patient/p1", "Patient/p2")]);
    assert!(only_reason(&import, Reason::PatientMissing).ends_with("Patient/p2"));
    let import = import_lines(&[&condition("c1", "").replace("Patient/p1", "Group/g1")]);
    only_reason(&import, Reason::NoPatient);
}

#[test]
fn a_replaced_patient_hands_its_events_over() {
    let old = r#"{"resourceType":"Patient","id":"old","link":[{"other":{"reference":"Patient/p1"},"type":"replaced-by"}]}"#;
    let import = import_lines(&[
        old,
        &condition("c1", "").replace("Patient/p1", "Patient/old"),
    ]);
    assert_eq!(import.patients.len(), 1);
    assert_eq!(import.events.len(), 1);
    assert_eq!(import.report.left_out(Reason::Replaced), 1);
}

#[test]
fn patients_that_replace_each_other_end_the_search() {
    let link = |id: &str, other: &str| {
        format!(
            r#"{{"resourceType":"Patient","id":"{id}","link":[{{"other":{{"reference":"Patient/{other}"}},"type":"replaced-by"}}]}}"#
        )
    };
    let import = import_lines(&[
        &link("a", "b"),
        &link("b", "a"),
        &condition("c1", "").replace("Patient/p1", "Patient/a"),
    ]);
    assert_eq!(import.report.left_out(Reason::PatientMissing), 1);
}

#[test]
fn statuses_that_take_back_are_counted() {
    let with = |resource_type: &str, more: &str| {
        format!(
            r#"{{"resourceType":"{resource_type}","id":"x","code":{{"coding":[{{"code":"c"}}]}},"medicationCodeableConcept":{{"coding":[{{"code":"m"}}]}},"vaccineCode":{{"coding":[{{"code":"v"}}]}},"valueInteger":1,"subject":{{"reference":"Patient/p1"}},"patient":{{"reference":"Patient/p1"}},{more}}}"#
        )
    };
    let verification =
        |code: &str| format!(r#""verificationStatus":{{"coding":[{{"code":"{code}"}}]}}"#);
    for (resource_type, more, reason) in [
        (
            "Observation",
            r#""status":"entered-in-error""#.to_owned(),
            Reason::EnteredInError,
        ),
        (
            "Observation",
            r#""status":"cancelled""#.to_owned(),
            Reason::Cancelled,
        ),
        (
            "Observation",
            r#""status":"registered""#.to_owned(),
            Reason::NotBegun,
        ),
        (
            "Procedure",
            r#""status":"not-done""#.to_owned(),
            Reason::NotDone,
        ),
        (
            "Procedure",
            r#""status":"preparation""#.to_owned(),
            Reason::NotBegun,
        ),
        (
            "Immunization",
            r#""status":"not-done""#.to_owned(),
            Reason::NotDone,
        ),
        (
            "MedicationRequest",
            r#""status":"cancelled""#.to_owned(),
            Reason::Cancelled,
        ),
        (
            "MedicationRequest",
            r#""status":"active","doNotPerform":true"#.to_owned(),
            Reason::NotDone,
        ),
        (
            "MedicationRequest",
            r#""intent":"proposal""#.to_owned(),
            Reason::NotOrdered,
        ),
        (
            "MedicationStatement",
            r#""status":"not-taken""#.to_owned(),
            Reason::NotDone,
        ),
        ("Condition", verification("refuted"), Reason::Refuted),
        (
            "Condition",
            verification("provisional"),
            Reason::NotConfirmed,
        ),
        (
            "AllergyIntolerance",
            verification("refuted"),
            Reason::Refuted,
        ),
    ] {
        only_reason(&import_lines(&[&with(resource_type, &more)]), reason);
    }
    for (resource_type, more) in [
        ("Observation", r#""status":"preliminary""#.to_owned()),
        (
            "MedicationRequest",
            r#""status":"stopped","intent":"plan","doNotPerform":false"#.to_owned(),
        ),
        (
            "MedicationAdministration",
            r#""status":"completed""#.to_owned(),
        ),
        ("Condition", verification("confirmed")),
        ("AllergyIntolerance", verification("unconfirmed")),
    ] {
        assert_eq!(
            import_lines(&[&with(resource_type, &more)]).events.len(),
            1,
            "{resource_type} {more}"
        );
    }
}

#[test]
fn components_take_date_and_status_of_the_whole() {
    let line = format!(
        r#"{{"resourceType":"Observation","id":"o","status":"final","code":{{"coding":[{{"system":"{LOINC}","code":"85354-9"}}]}},"subject":{{"reference":"Patient/p1"}},"effectiveDateTime":"2020-05-01T10:00:00+02:00","component":[{{"code":{{"coding":[{{"system":"{LOINC}","code":"8480-6"}}]}},"valueQuantity":{{"value":120.50,"unit":"mmHg","code":"mm[Hg]","comparator":">="}}}},{{"code":{{"coding":[{{"system":"{LOINC}","code":"8462-4"}}]}},"dataAbsentReason":{{"text":"refused"}}}}]}}"#
    );
    let import = import_lines(&[&line]);
    assert_eq!(import.events.len(), 1);
    let event = &import.events[0];
    assert!(event.codings[0].is(LOINC, "8480-6"));
    assert_eq!(event.status.as_deref(), Some("final"));
    assert_eq!(event.start.unwrap().to_string(), "2020-05-01");
    let Some(Value::Quantity(quantity)) = &event.value else {
        panic!("{event:?}")
    };
    assert_eq!(
        (quantity.value.to_string().as_str(), quantity.unit()),
        ("120.50", Some("mm[Hg]"))
    );
    assert_eq!(quantity.comparator, Some(fhir::Comparator::AtLeast));
}

#[test]
fn every_kind_of_value_is_read() {
    let observation = |value: &str| {
        format!(
            r#"{{"resourceType":"Observation","id":"o","code":{{"coding":[{{"code":"c"}}]}},"subject":{{"reference":"Patient/p1"}},{value}}}"#
        )
    };
    let value = |json: &str| {
        import_lines(&[&observation(json)]).events[0]
            .value
            .clone()
            .unwrap()
    };
    assert_eq!(value(r#""valueInteger":7"#), Value::Integer(7));
    assert_eq!(value(r#""valueBoolean":false"#), Value::Boolean(false));
    assert_eq!(value(r#""valueString":"yes""#), Value::Text("yes".into()));
    assert_eq!(
        value(r#""valueDateTime":"2020-01""#),
        Value::Date("2020-01".parse().unwrap())
    );
    assert_eq!(
        value(r#""valueCodeableConcept":{"text":"brown"}"#),
        Value::Text("brown".into())
    );
    let coded = value(
        r#""valueCodeableConcept":{"coding":[{"system":"s","code":"1"},{"system":"t","code":"2"}]}"#,
    );
    assert_eq!(
        coded,
        Value::Coded(
            [Coding::new("s", "1"), Coding::new("t", "2")]
                .into_iter()
                .collect()
        )
    );
    let example = only_reason(
        &import_lines(&[&observation(r#""valueRange":{"low":{"value":1}}"#)]),
        Reason::NoValue,
    );
    assert!(example.ends_with("valueRange is not read"), "{example}");
    only_reason(
        &import_lines(&[&observation(r#""dataAbsentReason":{"text":"unknown"}"#)]),
        Reason::NoValue,
    );
}

#[test]
fn medicines_inside_and_beside_their_order_are_found() {
    let code = format!(r#"{{"coding":[{{"system":"{RXNORM}","code":"6809"}}]}}"#);
    let order = |more: &str| {
        format!(
            r#"{{"resourceType":"MedicationRequest","id":"m","subject":{{"reference":"Patient/p1"}},{more}}}"#
        )
    };
    let inside = order(&format!(
        r##""contained":[{{"resourceType":"Medication","id":"a","code":{code}}}],"medicationReference":{{"reference":"#a"}}"##
    ));
    let beside = order(r#""medicationReference":{"reference":"Medication/a"}"#);
    let r5 = order(&format!(r#""medication":{{"concept":{code}}}"#));
    let medication = format!(r#"{{"resourceType":"Medication","id":"a","code":{code}}}"#);
    for lines in [
        vec![&*inside],
        vec![&*r5],
        vec![&*beside, &*medication],
        vec![&*medication, &*beside],
    ] {
        let import = import_lines(&lines);
        assert_eq!(import.events.len(), 1, "{}", import.report);
        assert!(import.events[0].codings[0].is(RXNORM, "6809"));
    }
    assert!(
        only_reason(&import_lines(&[&beside]), Reason::MedicationMissing).ends_with("Medication/a")
    );
}

#[test]
fn conditions_without_onset_are_dated_by_their_record() {
    let import = import_lines(&[
        &condition("c1", r#","recordedDate":"2020-03-04T00:10:00+13:00""#),
        &condition("c2", ""),
    ]);
    assert_eq!(import.report.events_dated_by_record, 1);
    assert_eq!(import.report.events_without_date, 1);
    assert_eq!(import.events[0].start, None);
    assert_eq!(import.events[1].start.unwrap().to_string(), "2020-03-04");
}

#[test]
fn a_patient_is_read_without_name_or_address() {
    let line = r#"{"resourceType":"Patient","id":"p2","name":[{"family":"Doe"}],"gender":"male","birthDate":"1950","deceasedBoolean":true,"extension":[{"url":"http://hl7.org/fhir/us/core/StructureDefinition/us-core-race","extension":[{"url":"ombCategory","valueCoding":{"system":"s","code":"2106-3"}},{"url":"text","valueString":"White"}]},{"url":"http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex","valueCode":"F"}]}"#;
    let import = import_lines(&[line]);
    let patient = &import.patients[import.patient("p2").unwrap()];
    assert_eq!(
        (patient.sex, patient.birth_sex),
        (Some(Sex::Male), Some(Sex::Female))
    );
    assert!(patient.deceased && patient.death.is_none());
    assert_eq!(&*patient.race, &[Coding::new("s", "2106-3")]);
    assert!(!format!("{patient:?}").contains("Doe"));
    assert!(import.patient("p3").is_none());
}

#[test]
fn a_patient_without_id_is_left_out() {
    let import = import_lines(&[r#"{"resourceType":"Patient"}"#]);
    assert_eq!(import.report.left_out(Reason::NoId), 1);
}

#[test]
fn consents_of_both_versions_have_one_shape() {
    let r4 = r#"{"resourceType":"Consent","id":"k","status":"active","scope":{"coding":[{"code":"research"}]},"patient":{"reference":"Patient/p1"},"dateTime":"2020-01-01","provision":{"type":"permit","period":{"start":"2020-01-01","end":"2030-01-01"},"purpose":[{"system":"http://purl.obolibrary.org/obo/duo.owl","code":"DUO:0000007","extension":[{"url":"urn:salus:fhir:disease-area","valueCodeableConcept":{"coding":[{"code":"cancer"}]}},{"url":"other","valueString":"x"}]}],"action":[{"coding":[{"code":"be-counted"}]}],"provision":[{"actor":[{}]}]}}"#;
    let r5 = r#"{"resourceType":"Consent","id":"k","status":"active","subject":{"reference":"Patient/p1"},"date":"2020-01-01","decision":"permit","period":{"end":"2030-01-01"},"provision":[{"purpose":[{"code":"x"}]}]}"#;
    for (line, narrowed) in [(r4, true), (r5, false)] {
        let import = import_lines(&[line]);
        let consent = &import.consents[0];
        assert_eq!(
            consent.provision.decision,
            Some(fhir::consent::Decision::Permit)
        );
        assert_eq!(consent.provision.end.unwrap().to_string(), "2030-01-01");
        assert_eq!(consent.date.unwrap().to_string(), "2020-01-01");
        let exception = &consent.provision.exceptions[0];
        assert_eq!(exception.decision, Some(fhir::consent::Decision::Deny));
        assert_eq!(exception.narrowed, narrowed);
    }
    let consent = import_lines(&[r4]).consents.remove(0);
    let qualifiers = &consent.provision.purposes[0].qualifiers;
    assert_eq!(
        (qualifiers[0].codings.len(), qualifiers[1].codings.len()),
        (1, 0)
    );
    let import = import_lines(&[&r4.replace("\"active\"", "\"entered-in-error\"")]);
    assert_eq!(import.report.left_out(Reason::EnteredInError), 1);
    assert!(import.consents.is_empty());
}

#[test]
fn an_encounter_has_class_and_types_as_codings() {
    for class in [r#"{"code":"AMB"}"#, r#"[{"coding":[{"code":"AMB"}]}]"#] {
        let line = format!(
            r#"{{"resourceType":"Encounter","id":"e","status":"finished","class":{class},"type":[{{"coding":[{{"code":"t"}}]}}],"subject":{{"reference":"Patient/p1"}},"period":{{"start":"2020","end":"2021"}}}}"#
        );
        let import = import_lines(&[&line]);
        let event = &import.events[0];
        assert_eq!(event.kind, EventKind::Encounter);
        let codes: Vec<&str> = event.codings.iter().map(|coding| &*coding.code).collect();
        assert_eq!(codes, ["AMB", "t"]);
        assert!(event.start < event.end);
    }
}

#[test]
fn a_modifier_extension_leaves_a_resource_out() {
    let import = import_lines(&[&condition(
        "c1",
        r#","modifierExtension":[{"url":"http://example.org/negated","valueBoolean":true}]"#,
    )]);
    only_reason(&import, Reason::ModifierExtension);
    assert_eq!(
        import_lines(&[&condition("c1", r#","modifierExtension":[]"#)])
            .events
            .len(),
        1
    );
}
