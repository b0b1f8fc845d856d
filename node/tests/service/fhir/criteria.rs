//! A study's criteria as Group and as EvidenceVariable.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{fhir, service};

/// The R4 characteristic whose criterion says this.
fn r4_saying(group: &Value, words: &str) -> Value {
    let all = group["characteristic"].as_array().unwrap();
    let found = all.iter().find(|one| one.to_string().contains(words));
    found.unwrap_or_else(|| panic!("{words}: {all:#?}")).clone()
}

#[test]
fn r4_criteria_have_codes_units_and_exclusions() {
    let (service, id) = service();
    let group = fhir(&service, &format!("r4/Group/{id}"));
    assert_eq!(
        (&group["type"], &group["actual"]),
        (&"person".into(), &false.into())
    );
    let age = r4_saying(&group, "the age is from 35 to 75");
    assert_eq!(age["code"]["coding"][0]["code"], "30525-0");
    assert_eq!(
        age["valueRange"]["high"],
        json!({"value": 75, "unit": "years", "system": "http://unitsofmeasure.org", "code": "a"})
    );
    let hba1c = r4_saying(&group, "haemoglobin A1c is from 7.05");
    assert_eq!(hba1c["valueRange"]["low"]["value"], 7.05);
    assert_eq!(hba1c["valueRange"]["low"]["code"], "%");
    let coding = &hba1c["code"]["coding"][0];
    assert_eq!(
        (&coding["system"], &coding["code"]),
        (&"http://loinc.org".into(), &"17856-6".into())
    );
    let diabetes = r4_saying(&group, "First diagnosis of diabetes");
    assert_eq!(diabetes["valueBoolean"], true);
    assert_eq!(diabetes["period"], json!({"end": "2017-01-01"}));
    assert_eq!(diabetes["exclude"], false);
    let smoking = r4_saying(&group, "smoking");
    // Not one of these, but known: so one of the others.
    assert_eq!(smoking["exclude"], false);
    assert_eq!(smoking["valueCodeableConcept"]["text"], "Never smoked");
    assert_eq!(r4_saying(&group, "First stroke")["exclude"], true);
    let mi = r4_saying(&group, "myocardial infarction");
    assert_eq!(mi["exclude"], true);
    assert_eq!(
        mi["period"],
        json!({"start": "2019-07-01", "end": "2020-01-01"})
    );
    // Groups that R4 can't state are said in words, each once.
    let two = r4_saying(&group, "At least 2 of these");
    let words = two["valueCodeableConcept"]["text"].as_str().unwrap();
    assert!(
        words.contains("systolic") && words.contains("body mass"),
        "{words}"
    );
    assert_eq!(two["exclude"], false);
    assert_eq!(r4_saying(&group, "All of these")["exclude"], true);
    assert_eq!(group["characteristic"].as_array().unwrap().len(), 9);
    let text = group["text"]["div"].as_str().unwrap();
    assert!(text.contains("Uncontrolled &lt;diabetes&gt;"), "{text}");
    assert_eq!(
        group["extension"][0]["valueAttachment"]["contentType"],
        "text/x-salus-query"
    );
}

#[test]
fn r5_criteria_keep_every_group() {
    let (service, id) = service();
    let variable = fhir(&service, &format!("r5/EvidenceVariable/{id}"));
    let groups = variable["characteristic"].as_array().unwrap();
    let shapes: Vec<_> = groups
        .iter()
        .map(|group| {
            let combination = &group["definitionByCombination"];
            let code = combination["code"].as_str().unwrap();
            (
                code,
                combination["threshold"].as_u64(),
                group["exclude"] == true,
            )
        })
        .collect();
    assert_eq!(
        shapes,
        [
            ("all-of", None, false),
            ("at-least", Some(2), false),
            ("any-of", None, true),
            ("all-of", None, true),
        ]
    );
    let of = |group: usize, one: usize| {
        groups[group]["definitionByCombination"]["characteristic"][one].clone()
    };
    let counted = of(1, 0);
    assert_eq!(counted["instancesQuantity"]["comparator"], ">=");
    assert_eq!(
        counted["definitionCodeableConcept"]["coding"][0]["code"],
        "17856-6"
    );
    let pressure = &of(1, 1)["definitionByTypeAndValue"];
    assert_eq!(pressure["valueQuantity"]["code"], "mm[Hg]");
    let mi = of(2, 0);
    assert_eq!(mi["timeFromEvent"][0]["eventDateTime"], "2019-07-01");
    assert_eq!(mi["timeFromEvent"][0]["range"]["high"]["value"], 184);
    assert_eq!(mi["definitionByTypeAndValue"]["valueBoolean"], true);
    let before = of(3, 0);
    assert_eq!(before["timeFromEvent"][0]["eventDateTime"], "2010-01-30");
    assert!(before["timeFromEvent"][0]["range"].get("low").is_none());
    // A distance between two fields has words only.
    let distance = &of(3, 1)["definitionByTypeAndValue"]["valueCodeableConcept"];
    assert!(
        distance["text"].as_str().unwrap().contains("after"),
        "{distance}"
    );
    // Every name of a characteristic is there once.
    let text = variable.to_string();
    let links: Vec<&str> = text
        .split("\"linkId\":")
        .skip(1)
        .map(|rest| rest.split(',').next().unwrap())
        .collect();
    assert_eq!(links.iter().collect::<BTreeSet<_>>().len(), links.len());
    assert_eq!(links.len(), 4 + 12);
}
