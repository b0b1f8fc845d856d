//! What consents of many shapes come to, read through the importer.
#![allow(clippy::unwrap_used)]

use std::fs;

use salus_protocol::consent::{DiseaseArea, Grant, Modifier, Permission, Region, Terms};
use serde_json::{Value, json};

use super::*;
use crate::fhir::{Limits, import};

const DUO: &str = "http://purl.obolibrary.org/obo/duo.owl";

fn coding(system: &str, code: &str) -> Value {
    json!({"system": system, "code": code})
}

fn concept(system: &str, code: &str) -> Value {
    json!({"coding": [coding(system, code)]})
}

fn purpose(code: &str) -> Value {
    coding(DUO, code)
}

fn qualified(code: &str, url: &str, system: &str, value: &str) -> Value {
    json!({
        "extension": [{"url": url, "valueCodeableConcept": concept(system, value)}],
        "system": DUO, "code": code,
    })
}

/// A consent to health research with all grants, in R4's shape.
fn plain() -> Value {
    let actions: Vec<_> = ["be-counted", "be-contacted", "share-data"]
        .map(|action| concept("urn:salus:fhir:consent-action", action))
        .to_vec();
    json!({
        "resourceType": "Consent", "id": "c1", "status": "active",
        "scope": concept("http://terminology.hl7.org/CodeSystem/consentscope", "research"),
        "patient": {"reference": "Patient/p1"},
        "dateTime": "2020-05-01",
        "provision": {
            "type": "permit",
            "period": {"start": "2020-01-01", "end": "2030"},
            "action": actions,
            "purpose": [purpose("DUO:0000006")],
        },
    })
}

fn with(path: &str, value: Value) -> Value {
    let mut consent = plain();
    *consent.pointer_mut(path).unwrap() = value;
    consent
}

fn read(consents: &[Value]) -> Result<Wish, NoConsent> {
    let lines: Vec<_> = consents
        .iter()
        .enumerate()
        .map(|(i, consent)| {
            let mut consent = consent.clone();
            consent["id"] = json!(format!("c{i}"));
            consent.to_string()
        })
        .collect();
    let import = imported(&lines);
    assert_eq!(import.consents.len(), consents.len());
    wishes(&import).remove(0)
}

/// Two patients, p1 and p2, and these lines of Consents.
fn imported(lines: &[String]) -> Import {
    let folder = tempfile::tempdir().unwrap();
    let patients = ["p1", "p2"].map(|id| json!({"resourceType": "Patient", "id": id}).to_string());
    fs::write(folder.path().join("Patient.ndjson"), patients.join("\n")).unwrap();
    fs::write(folder.path().join("Consent.ndjson"), lines.join("\n")).unwrap();
    import(folder.path(), &Limits::default()).unwrap()
}

fn all_grants(terms: Terms) -> Terms {
    Grant::ALL.into_iter().fold(terms, Terms::grant)
}

#[test]
fn a_plain_consent_is_taken_as_it_says() {
    let wish = read(&[plain()]).unwrap();
    let terms = all_grants(Terms::none().permit(Permission::HealthResearch));
    assert_eq!(wish.terms, terms);
    // Never before it was given; to the end of a partial date.
    assert_eq!(wish.from.to_string(), "2020-05-01");
    assert_eq!(wish.until.to_string(), "2030-12-31");
}

#[test]
fn codes_become_permissions_and_modifiers() {
    let purposes = [
        purpose("DUO:0000042"),
        purpose("DUO_0000018"),
        purpose("DUO:0000021"),
        qualified(
            "DUO:0000007",
            "urn:salus:fhir:disease-area",
            "http://snomed.info/sct",
            "73211009",
        ),
        qualified(
            "DUO:0000022",
            "urn:salus:fhir:region",
            "urn:salus:fhir:region",
            "eea",
        ),
    ];
    let terms = read(&[with("/provision/purpose", json!(purposes))])
        .unwrap()
        .terms;
    let permissions = [
        Permission::GeneralResearch,
        Permission::Disease(DiseaseArea::Diabetes),
    ];
    assert_eq!(terms.permissions(), permissions);
    let modifiers = terms.modifiers();
    for expected in [
        Modifier::NonProfitOrganisation,
        Modifier::NonCommercialUse,
        Modifier::EthicsApproval,
        Modifier::NotIn(Region::Asia),
    ] {
        assert!(modifiers.contains(&expected), "{expected}");
    }
    assert!(!modifiers.contains(&Modifier::NotIn(Region::EuropeanEconomicArea)));
}

#[test]
fn what_cannot_be_decided_is_no_consent() {
    let health = purpose("DUO:0000006");
    // RS, CC, PS, IS, TS, an unknown code, another system.
    for code in [
        "DUO:0000012",
        "DUO:0000043",
        "DUO:0000027",
        "DUO:0000028",
        "DUO:0000025",
        "DUO:9999999",
    ] {
        let consent = with("/provision/purpose", json!([health, purpose(code)]));
        assert!(
            matches!(read(&[consent]), Err(NoConsent::Purpose(_))),
            "{code}"
        );
    }
    let other = coding(
        "http://terminology.hl7.org/CodeSystem/v3-ActReason",
        "TREAT",
    );
    let undecided = [
        json!([health, other]),
        // A disease area that isn't named, or isn't known; a country, which no region is.
        json!([purpose("DUO:0000007")]),
        json!([qualified(
            "DUO:0000007",
            "urn:salus:fhir:disease-area",
            "http://snomed.info/sct",
            "1"
        )]),
        json!([
            health,
            qualified(
                "DUO:0000022",
                "urn:salus:fhir:region",
                "urn:iso:std:iso:3166",
                "US"
            )
        ]),
        // A qualifier of a meaning that isn't known.
        json!([qualified("DUO:0000006", "urn:example:narrower", "x", "y")]),
    ];
    for purposes in undecided {
        let consent = with("/provision/purpose", purposes.clone());
        assert!(
            matches!(read(&[consent]), Err(NoConsent::Purpose(_))),
            "{purposes}"
        );
    }
    let mut narrowed = plain();
    narrowed["provision"]["class"] = json!([coding("x", "y")]);
    assert_eq!(read(&[narrowed]), Err(NoConsent::Narrowed));
    let modifiers_only = with("/provision/purpose", json!([purpose("DUO:0000045")]));
    assert_eq!(read(&[modifiers_only]), Err(NoConsent::NoPermission));
    let action = concept("http://terminology.hl7.org/CodeSystem/consentaction", "use");
    let unknown_action = with("/provision/action", json!([action]));
    assert!(matches!(read(&[unknown_action]), Err(NoConsent::Action(_))));
    assert_eq!(
        read(&[with("/provision/action", json!([]))]),
        Err(NoConsent::NoGrant)
    );
    let ends_early = with("/provision/period/end", json!("2019-12-31"));
    assert_eq!(read(&[ends_early]), Err(NoConsent::Window));
}

#[test]
fn refusals_and_other_states() {
    assert_eq!(
        read(&[with("/provision/type", json!("deny"))]),
        Err(NoConsent::Refused)
    );
    for status in ["inactive", "draft", "proposed", "rejected"] {
        let consent = with("/status", json!(status));
        assert_eq!(read(&[consent]), Err(NoConsent::Status(status.to_owned())));
    }
    let privacy = concept(
        "http://terminology.hl7.org/CodeSystem/consentscope",
        "patient-privacy",
    );
    assert_eq!(read(&[with("/scope", privacy)]), Err(NoConsent::OtherScope));
    assert_eq!(read(&[]), Err(NoConsent::None));
}

#[test]
fn exceptions_take_grants_away_or_leave_nothing() {
    let mut consent = plain();
    let denied = concept("urn:salus:fhir:consent-action", "be-contacted");
    consent["provision"]["provision"] = json!([{"type": "deny", "action": [denied]}]);
    let terms = read(&[consent.clone()]).unwrap().terms;
    assert!(terms.grants(Grant::Counted) && !terms.grants(Grant::Contacted));
    consent["provision"]["provision"] =
        json!([{"type": "deny", "purpose": [purpose("DUO:0000011")]}]);
    assert_eq!(read(&[consent]), Err(NoConsent::Exceptions));
}

#[test]
fn r5_denies_all_but_one_rule() {
    let rule = plain()["provision"].clone();
    let r5 = json!({
        "resourceType": "Consent", "id": "c1", "status": "active",
        "subject": {"reference": "Patient/p1"}, "date": "2021-01-01",
        "decision": "deny", "provision": [rule],
    });
    let wish = read(std::slice::from_ref(&r5)).unwrap();
    assert_eq!(wish.from.to_string(), "2021-01-01");
    let two = json!([r5["provision"][0], r5["provision"][0]]);
    let mut more = r5;
    more["provision"] = two;
    assert_eq!(read(&[more]), Err(NoConsent::Exceptions));
}

#[test]
fn a_refusal_wins_and_only_the_latest_counts() {
    let refusal = with("/provision/type", json!("deny"));
    assert_eq!(read(&[plain(), refusal.clone()]), Err(NoConsent::Refused));
    assert_eq!(read(&[refusal, plain()]), Err(NoConsent::Refused));
    // A later consent that can't be decided is not replaced by an earlier one that can.
    let mut later = with("/provision/purpose", json!([purpose("DUO:0000043")]));
    later["dateTime"] = json!("2022-01-01");
    for pair in [[plain(), later.clone()], [later.clone(), plain()]] {
        assert!(matches!(read(&pair), Err(NoConsent::Purpose(_))));
    }
    // A withdrawn one says nothing about the one that is active.
    let inactive = with("/status", json!("inactive"));
    assert!(read(&[inactive, plain()]).is_ok());
}

/// A permit of p1 and one of p2, then this line: what each comes to.
fn beside(line: &str) -> [bool; 2] {
    let mut other = with("/patient/reference", json!("Patient/p2"));
    other["id"] = json!("c2");
    let import = imported(&[plain().to_string(), other.to_string(), line.to_owned()]);
    assert!(import.report.is_complete());
    let wishes = wishes(&import);
    for wish in &wishes {
        assert!(
            matches!(wish, Ok(_) | Err(NoConsent::Unreadable)),
            "{wish:?}"
        );
    }
    [wishes[0].is_ok(), wishes[1].is_ok()]
}

#[test]
fn an_unreadable_consent_leaves_its_patient_none() {
    let mut later = plain();
    later["id"] = json!("c3");
    let change = |member: &str, value: Value| {
        let mut consent = later.clone();
        consent[member] = value;
        consent.to_string()
    };
    // A member of the wrong type, in the header too; what turns its meaning around.
    for line in [
        change("provision", json!("deny")),
        change("id", json!(3)),
        change("dateTime", json!("yesterday")),
        change("modifierExtension", json!([{"url": "urn:x"}])),
    ] {
        assert_eq!(beside(&line), [false, true], "{line}");
    }
    // It names two people, so it may be of either.
    let two = change("subject", json!({"reference": "Patient/p2"}));
    assert_eq!(beside(&two), [false, false]);
    // Its patient is not among these.
    let far = json!({"reference": "Patient/p9"});
    assert_eq!(beside(&change("patient", far)), [true, true]);
}

#[test]
fn an_unreadable_consent_of_nobody_known_leaves_all_none() {
    let mut later = plain();
    later["id"] = json!("c3");
    let change = |member: &str, value: Value| {
        let mut consent = later.clone();
        consent[member] = value;
        consent.to_string()
    };
    let whole = later.to_string();
    let group = change("patient", json!({"reference": "Group/g1"}));
    let broken_off = &whole[..whole.len() - 1];
    let bundle = format!("{{\"resourceType\":\"Bundle\",\"entry\":{whole}}}");
    for line in [
        &change("patient", json!(7)),
        &change("patient", json!(null)),
        &group,
        broken_off,
        &bundle,
    ] {
        assert_eq!(beside(line), [false, false], "{line}");
    }
    // Alone in its file, too, which then has no resource.
    let import = imported(&[broken_off.to_owned()]);
    assert_eq!(wish_of(&import, 0), Err(NoConsent::Unreadable));
}

#[test]
fn what_is_settled_leaves_no_doubt() {
    let mut error = with("/status", json!("entered-in-error"));
    error["id"] = json!("c3");
    assert_eq!(beside(&error.to_string()), [true, true]);
    // A later version of the same Consent that can be read stands for it.
    let mut bad = plain();
    bad["provision"] = json!("deny");
    let import = imported(&[bad.to_string(), plain().to_string()]);
    assert!(wish_of(&import, 0).is_ok());
    let import = imported(&[plain().to_string(), bad.to_string()]);
    assert_eq!(wish_of(&import, 0), Err(NoConsent::Unreadable));
}

#[test]
fn codes_beside_each_other_must_all_say_the_same() {
    let area = "urn:salus:fhir:disease-area";
    let snomed = "http://snomed.info/sct";
    let qualified = |codings: &[Value]| {
        let mut purpose = qualified("DUO:0000007", area, area, "diabetes");
        purpose["extension"][0]["valueCodeableConcept"]["coding"] = json!(codings);
        read(&[with("/provision/purpose", json!([purpose]))])
    };
    let [own, same] = [coding(area, "diabetes"), coding(snomed, "73211009")];
    assert!(qualified(&[own.clone(), same]).is_ok());
    // Type 2 diabetes, an unknown code, no code.
    for other in [
        coding(snomed, "44054006"),
        coding(snomed, "1"),
        json!({"display": "of children"}),
    ] {
        for pair in [[own.clone(), other.clone()], [other.clone(), own.clone()]] {
            assert!(
                matches!(qualified(&pair), Err(NoConsent::Purpose(_))),
                "{other}"
            );
        }
    }
    let counted = coding("urn:salus:fhir:consent-action", "be-counted");
    for other in [
        coding("urn:salus:fhir:consent-action", "share-data"),
        coding("http://terminology.hl7.org/CodeSystem/consentaction", "use"),
        json!({"display": "be asked first"}),
    ] {
        let action = json!([{"coding": [counted, other]}]);
        let wish = read(&[with("/provision/action", action)]);
        assert!(matches!(wish, Err(NoConsent::Action(_))), "{wish:?}");
    }
}

#[test]
fn a_denial_of_something_is_no_denial_of_all_else() {
    let mut consent = plain();
    let permit = consent["provision"].clone();
    consent["provision"] = json!({"type": "deny", "provision": [permit]});
    assert!(read(&[consent.clone()]).is_ok());
    let action = concept("urn:salus:fhir:consent-action", "share-data");
    for (member, value) in [
        ("action", json!([action])),
        ("purpose", json!([purpose("DUO:0000004")])),
    ] {
        let mut narrower = consent.clone();
        narrower["provision"][member] = value;
        assert_eq!(read(&[narrower]), Err(NoConsent::Exceptions), "{member}");
    }
}

/// A consent given then, and one of ancestry research given at the other time: what they come to
/// must not depend on which is read first.
fn given(plain_at: Option<&str>, other_at: Option<&str>) -> Result<Wish, NoConsent> {
    let at = |mut consent: Value, date: Option<&str>| {
        consent["dateTime"] = date.map_or(Value::Null, Into::into);
        consent
    };
    let pair = [
        at(plain(), plain_at),
        at(
            with("/provision/purpose", json!([purpose("DUO:0000011")])),
            other_at,
        ),
    ];
    let wish = read(&pair);
    let [one, other] = pair;
    assert_eq!(read(&[other, one]), wish);
    wish
}

#[test]
fn the_latest_counts_only_where_it_is_certain() {
    for (earlier, later) in [
        ("2020-05-01", "2020-05-02"),
        ("2020", "2021-01-01"),
        ("2020-05-01T09:00:00Z", "2020-05-01T09:00:01Z"),
        // By the moment, not by the day as written.
        ("2020-05-02T00:30:00+02:00", "2020-05-01T23:00:00Z"),
        ("2020-05-01T09:00:00Z", "2020-05-04"),
    ] {
        let wish = given(Some(later), Some(earlier)).unwrap();
        assert_eq!(wish.terms.permissions(), [Permission::HealthResearch]);
        let wish = given(Some(earlier), Some(later)).unwrap();
        assert_eq!(wish.terms.permissions(), [Permission::Ancestry]);
    }
    for (one, other) in [
        (Some("2020-05-01"), Some("2020-05-01")),
        (Some("2020"), Some("2020-06-01")),
        (Some("2020-05"), Some("2020-05-31T10:00:00Z")),
        (Some("2020-05-01T10:00:00Z"), Some("2020-05-01T10:00:00Z")),
        (Some("2020-05-01T10:00"), Some("2020-05-01T11:00")),
        (Some("2020-05-01T23:00:00-11:00"), Some("2020-05-02")),
        (None, Some("2020-05-01")),
        (None, None),
    ] {
        assert_eq!(
            given(one, other),
            Err(NoConsent::Ambiguous),
            "{one:?} {other:?}"
        );
        assert_eq!(
            given(other, one),
            Err(NoConsent::Ambiguous),
            "{one:?} {other:?}"
        );
    }
    // The same twice leaves no doubt.
    assert!(read(&[plain(), plain()]).is_ok());
}
