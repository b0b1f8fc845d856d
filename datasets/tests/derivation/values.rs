//! Numbers and coded answers: how they are read, and when they are left out.

use salus_datasets::derivation::LeftOut;
use serde_json::json;

use crate::case::{a1c, left_out, smoking, value, with};

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
fn an_observation_without_a_value_is_no_event_even_where_no_unit_is_needed() {
    let answered = smoking("2019-01-01", &["8517006"]);
    for (change, count) in [
        (json!({}), "1"),
        (
            json!({ "valueCodeableConcept": { "text": "used to" } }),
            "1",
        ),
        (json!({ "valueCodeableConcept": null }), ""),
        (
            json!({ "valueCodeableConcept": null, "dataAbsentReason": { "text": "asked" } }),
            "",
        ),
        (
            json!({ "valueCodeableConcept": null, "valueRange": { "low": { "value": 1 } } }),
            "",
        ),
    ] {
        let one = [with(answered.clone(), change.clone())];
        assert_eq!(value("smoking.count", &one), count, "{change}");
    }
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
