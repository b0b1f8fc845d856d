//! Who has a row, and the patient's own attributes.

use salus_datasets::derivation::{LeftOut, PatientLeftOut};
use serde_json::{Value, json};

use crate::case::{INDEX, a1c, derived_at, patient, shown, value, with};

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
fn nobody_gives_no_rows() {
    let observation = a1c("2019-06-01", 6.0);
    assert!(derived_at(INDEX, &[observation]).rows.is_empty());
}
