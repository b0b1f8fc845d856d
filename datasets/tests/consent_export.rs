//! Consents written as FHIR read back as what they were, in both versions, and say nothing else.
#![allow(clippy::unwrap_used)]

#[path = "../../tests/tools/fhir/models.rs"]
mod fhir_models;
#[path = "../../tests/tools/skip.rs"]
mod skip;

use fhir_models::Models;
use proptest::prelude::*;
use salus_datasets::fhir::consent::{ExportError, NoConsent, Version, Wish, export, wishes};
use salus_datasets::fhir::{Limits, import};
use salus_protocol::consent::{
    DiseaseArea, Grant, MODIFIERS, Modifier, PERMISSIONS, Permission, Region, TERM_BITS, Terms,
};
use salus_protocol::day::Day;
use salus_protocol::nullifier::{LedgerId, Scope, StudyId};
use salus_protocol::purpose::Institution;
use serde_json::Value;

const VERSIONS: [Version; 2] = [Version::R4, Version::R5];

/// What the importer makes of an export.
fn read(bundle: &Value) -> Vec<Result<Wish, NoConsent>> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("consent.json");
    std::fs::write(&file, bundle.to_string()).unwrap();
    wishes(&import(&file, &Limits::default()).unwrap())
}

fn no_region(terms: Terms) -> bool {
    let modifiers = terms.modifiers();
    let denied = |region| modifiers.contains(&Modifier::NotIn(region));
    Region::ALL.into_iter().all(denied)
}

prop_compose! {
    /// Any terms that allow something: some permission, some grant, some region.
    fn terms()(
        bits in 0u64..1 << TERM_BITS,
        permission in 0..PERMISSIONS,
        grant in 0..Grant::ALL.len(),
        region in prop::sample::select(&Region::ALL[..]),
    ) -> Terms {
        // The spare modifier bit has no meaning; one region at least stays.
        let spare = 1u64 << (PERMISSIONS + MODIFIERS - 1);
        let region = 1u64 << (PERMISSIONS + Modifier::NotIn(region).bit());
        let terms = Terms::from_bits(bits & !spare & !region).unwrap();
        terms.permit(Permission::all().nth(permission).unwrap()).grant(Grant::ALL[grant])
    }
}

prop_compose! {
    fn wish()(
        terms in terms(),
        days in any::<[u16; 2]>(),
        open in any::<[bool; 2]>(),
        name in prop::option::of("[A-Za-zäß\"<&][A-Za-z äß\"<&.-]{0,30}[A-Za-zäß\"<&.]"),
        study in prop::option::of(any::<[u8; 32]>()),
    ) -> Wish {
        let day = |number: u16| Day::from_number(number.max(1)).unwrap();
        let [low, high] = [days[0].min(days[1]), days[0].max(days[1])];
        let scope = |id| Scope::of(&LedgerId::new([7; 32]), &StudyId::new(id));
        Wish {
            terms,
            from: if open[0] { Day::FIRST } else { day(low) },
            until: if open[1] { Day::LAST } else { day(high) },
            institution: name.map(|name| Institution::new(name).unwrap()),
            project: study.map(scope),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_is_written_reads_back_as_it_was(wish in wish()) {
        for version in VERSIONS {
            let bundle = export("p1", std::slice::from_ref(&wish), version).unwrap();
            prop_assert_eq!(read(&bundle), vec![Ok(wish.clone())]);
        }
    }

    #[test]
    fn what_allows_nothing_is_not_written(bits in 0u64..1 << TERM_BITS, from in 1u16.., until in 1u16..) {
        let terms = Terms::from_bits(bits).unwrap();
        let day = |number| Day::from_number(number).unwrap();
        let wish = Wish { terms, from: day(from), until: day(until), institution: None, project: None };
        let nothing = terms.permissions().is_empty()
            || no_region(terms)
            || !Grant::ALL.iter().any(|grant| terms.grants(*grant))
            || until < from;
        for version in VERSIONS {
            let refused = matches!(export("p1", std::slice::from_ref(&wish), version), Err(ExportError::NoConsent(_)));
            prop_assert_eq!(refused, nothing);
        }
    }
}

fn health() -> Wish {
    Wish {
        terms: Terms::none()
            .permit(Permission::HealthResearch)
            .grant(Grant::Counted)
            .grant(Grant::Contacted),
        from: "2024-01-01".parse().unwrap(),
        until: "2026-12-31".parse().unwrap(),
        institution: None,
        project: None,
    }
}

#[test]
fn differing_wishes_are_not_written_together() {
    let longer = Wish {
        until: Day::LAST,
        ..health()
    };
    for version in VERSIONS {
        let refused = export("p1", &[health(), longer.clone()], version);
        assert_eq!(refused, Err(ExportError::Differ));
        let twice = export("p1", &[health(), health()], version).unwrap();
        assert_eq!(read(&twice), [Ok(health())]);
    }
}

#[test]
fn each_release_has_its_own_members() {
    let r4 = export("p1", &[health()], Version::R4).unwrap();
    let consent = &r4["entry"][1]["resource"];
    assert_eq!(consent["provision"]["type"], "permit");
    assert_eq!(
        consent["provision"]["purpose"][0]["system"],
        "http://purl.obolibrary.org/obo/duo.owl"
    );
    assert_eq!(consent["provision"]["purpose"][0]["code"], "DUO:0000006");
    assert_eq!(consent["patient"]["reference"], r4["entry"][0]["fullUrl"]);
    // Each grant is an action of its own.
    assert_eq!(consent["provision"]["action"].as_array().unwrap().len(), 2);
    let r5 = export("p1", &[health()], Version::R5).unwrap();
    let consent = &r5["entry"][1]["resource"];
    assert_eq!(consent["decision"], "deny");
    assert_eq!(consent["provision"][0]["period"]["end"], "2026-12-31");
    for gone in ["scope", "patient", "dateTime", "policyRule"] {
        assert!(consent.get(gone).is_none(), "{gone}");
    }
    assert!(consent["provision"][0].get("type").is_none());
}

/// The R4 and R5 export of [`health`], changed, and what becomes of it.
fn changed(version: Version, change: impl Fn(&mut Value)) -> Result<Wish, NoConsent> {
    let mut bundle = export("p1", &[health()], version).unwrap();
    change(&mut bundle["entry"][1]["resource"]);
    read(&bundle).remove(0)
}

#[test]
fn what_cannot_be_honoured_is_no_consent() {
    use NoConsent as N;
    type Change = fn(&mut Value);
    let cases: [(Version, Change, NoConsent); 12] = [
        (Version::R4, |c| c["decision"] = "permit".into(), N::Mixed),
        (
            Version::R5,
            |c| c["scope"] = serde_json::json!({}),
            N::Mixed,
        ),
        (
            Version::R5,
            |c| c["policyRule"] = serde_json::json!({}),
            N::Mixed,
        ),
        (
            Version::R4,
            |c| c["performer"] = serde_json::json!([{"reference": "RelatedPerson/mother"}]),
            N::GivenByOther,
        ),
        (
            Version::R5,
            |c| c["grantor"] = serde_json::json!([{"display": "somebody"}]),
            N::GivenByOther,
        ),
        (
            Version::R5,
            |c| c["grantee"] = serde_json::json!([{"reference": "Organization/o1"}]),
            N::Narrowed,
        ),
        (
            Version::R5,
            |c| c["provision"][0]["resourceType"] = serde_json::json!([{"code": "Observation"}]),
            N::Narrowed,
        ),
        (
            Version::R4,
            |c| c["provision"]["modifierExtension"] = serde_json::json!([{"url": "urn:x"}]),
            N::Narrowed,
        ),
        (
            Version::R4,
            |c| c["provision"]["purpose"] = serde_json::json!([{"display": "not for profit"}]),
            N::Purpose("without a code".to_owned()),
        ),
        (
            Version::R5,
            |c| c["category"][0]["coding"][0]["code"] = "INFA".into(),
            N::OtherScope,
        ),
        // A refusal is one, however it is mixed and whoever it is from.
        (
            Version::R5,
            |c| {
                c["provision"] = serde_json::json!([]);
                c["scope"] = serde_json::json!({});
            },
            N::Refused,
        ),
        (
            Version::R4,
            |c| {
                c["provision"]["type"] = "deny".into();
                c["performer"] = serde_json::json!([{"reference": "RelatedPerson/mother"}]);
            },
            N::Refused,
        ),
    ];
    for (number, (version, change, reason)) in cases.into_iter().enumerate() {
        assert_eq!(changed(version, change), Err(reason), "case {number}");
    }
    // The patient may be named as the one who gave it.
    for (version, member) in [(Version::R4, "performer"), (Version::R5, "grantor")] {
        let same = changed(version, |consent| {
            let who = consent.get("patient").or(consent.get("subject"));
            consent[member] = serde_json::json!([who]);
        });
        assert_eq!(same, Ok(health()));
    }
}

#[test]
fn every_spelling_of_a_duo_code_is_read() {
    let spellings = [
        ("http://purl.obolibrary.org/obo/duo.owl", "DUO_0000006"),
        ("http://purl.obolibrary.org/obo/", "DUO_0000006"),
        ("", "http://purl.obolibrary.org/obo/DUO_0000006"),
        ("", "DUO:0000006"),
    ];
    for (system, code) in spellings {
        let read = changed(Version::R4, |consent| {
            let purpose = &mut consent["provision"]["purpose"][0];
            *purpose = serde_json::json!({"code": code});
            if !system.is_empty() {
                purpose["system"] = system.into();
            }
        });
        assert_eq!(read, Ok(health()), "{system} {code}");
    }
}

#[test]
fn two_names_or_the_scope_zero_are_undecided() {
    let wish = Wish {
        institution: Some(Institution::new("University Hospital").unwrap()),
        project: Some(Scope::of(&LedgerId::new([1; 32]), &StudyId::new([2; 32]))),
        ..health()
    };
    let bundle = export("p1", &[wish], Version::R5).unwrap();
    let purposes = bundle["entry"][1]["resource"]["provision"][0]["purpose"].clone();
    let last = purposes.as_array().unwrap().len() - 1;
    for (at, value) in [
        (last - 1, "Another Hospital".to_owned()),
        (last, "0".repeat(64)),
        (last, "not a scope".to_owned()),
    ] {
        let mut more = bundle.clone();
        let list = &mut more["entry"][1]["resource"]["provision"][0]["purpose"];
        let mut second = purposes[at].clone();
        second["extension"][0]["valueString"] = value.clone().into();
        if at == last {
            list[at] = second;
        } else {
            list.as_array_mut().unwrap().push(second);
        }
        let read = read(&more).remove(0);
        assert!(
            matches!(read, Err(NoConsent::Purpose(_))),
            "{value}: {read:?}"
        );
    }
}

#[test]
fn independent_models_accept_what_is_written() {
    let Some(models) = Models::find() else { return };
    let full = Wish {
        terms: health()
            .terms
            .permit(Permission::Disease(DiseaseArea::Diabetes))
            .modify(Modifier::GeneticOnly)
            .only_in(&[Region::Asia, Region::Africa]),
        from: Day::FIRST,
        until: Day::LAST,
        institution: Some(Institution::new("University Hospital").unwrap()),
        project: Some(Scope::of(&LedgerId::new([1; 32]), &StudyId::new([2; 32]))),
    };
    let write = |wish: &Wish, version| export("p1", std::slice::from_ref(wish), version).unwrap();
    let written = [("r4", Version::R4), ("r5", Version::R5)]
        .map(|(name, version)| [health(), full.clone()].map(|wish| (name, write(&wish, version))));
    models.accept(&written.concat()).unwrap();
    // R4's Consent is no R5 Consent, and the models see it.
    let r4 = write(&full, Version::R4);
    assert!(models.accept(&[("r5", r4)]).is_err());
}
