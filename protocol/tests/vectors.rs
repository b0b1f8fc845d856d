//! Test vectors, version 1: fixed inputs, and every value that others must arrive at.
//!
//! `protocol/tests/vectors/v1.json` holds them. To write it anew after a deliberate change of the
//! protocol, run this test with SALUS_WRITE_VECTORS=1 and give the file a new version.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use salus_protocol::consent::{Consent, DiseaseArea, Grant, Modifier, Permission, Region, Terms};
use salus_protocol::day::Day;
use salus_protocol::field::{self, Fr};
use salus_protocol::nullifier::{LedgerId, Nullifier, Scope, StudyId, SubjectSecret};
use salus_protocol::profile::{Edition, ProfileHash};
use salus_protocol::purpose::{Ask, Institution, Purpose, PurposeCode, Research};
use salus_protocol::query::{CompiledQuery, Criterion, DIFFERENCE_OFFSET, QueryDigest};
use salus_protocol::record::{Record, Salt};
use salus_protocol::registry::{Leaf, Registry, Root};
use salus_protocol::row::Row;
use salus_protocol::row_commitment::{RowCommitment, RowSalt};
use salus_protocol::statement::{ContactDigest, InstitutionCode, Statement};
use serde_json::{Value, json};

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn record(edition: Edition, secret: &SubjectSecret) -> Record {
    let row = Row::new(std::array::from_fn(|i| (i * 1021) as u16));
    let (salt, row_salt) = (Salt::new(Fr::from(11u64)), RowSalt::zero());
    Record {
        edition,
        row,
        subject: secret.key(),
        salt,
        row_salt,
    }
}

fn consent() -> Consent {
    Consent {
        terms: Terms::none()
            .permit(Permission::Disease(DiseaseArea::Cardiovascular))
            .modify(Modifier::NonProfitOrganisation)
            .only_in(&[Region::EuropeanEconomicArea])
            .grant(Grant::Counted)
            .grant(Grant::Contacted),
        from: day("2025-01-01"),
        until: day("2030-12-31"),
        institution: Some(Institution::new("University Hospital").unwrap()),
        project: None,
        salt: Salt::new(Fr::from(12u64)),
        row_salt: RowSalt::zero(),
    }
}

fn purpose() -> Purpose {
    Purpose {
        research: Research::Disease(DiseaseArea::HeartFailure),
        ask: Ask::ContactAndData,
        institution: Institution::new("University Hospital").unwrap(),
        region: Region::EuropeanEconomicArea,
        for_profit: false,
        commercial: true,
        methods: false,
        genetic: false,
        publishes: true,
        collaborates: false,
        returns_data: true,
        ethics_approval: true,
        moratorium: true,
        approved_users: true,
    }
}

fn query(edition: Edition) -> CompiledQuery {
    let first = Criterion {
        start: DIFFERENCE_OFFSET + 100,
        length: 900,
        ..Criterion::carrier(3, true)
    };
    let second = Criterion {
        minus_previous: true,
        opens_group: false,
        at_least: 1,
        if_none: true,
        ..Criterion::carrier(9, false)
    };
    CompiledQuery::new(edition, &[first, second]).unwrap()
}

fn vectors() -> Value {
    let secret = SubjectSecret::from_bytes(&field::to_bytes(&Fr::from(7u64))).unwrap();
    let (ledger, study) = (LedgerId::new([1; 32]), StudyId::new([2; 32]));
    let scope = Scope::of(&ledger, &study);
    let edition = Edition::of(&ProfileHash::from_bytes([3; 32]), day("2020-01-01"));
    let (record, consent, query) = (record(edition, &secret), consent(), query(edition));
    let leaf = Leaf {
        record: record.commitment(),
        consent: consent.commitment(),
    };
    let mut registry = Registry::new();
    let empty_root = registry.root();
    registry.set_many(&[(0, Leaf::EMPTY), (1, leaf)]).unwrap();
    let statement = Statement {
        root: registry.root(),
        query: query.digest(),
        scope,
        nullifier: secret.nullifier(scope),
        day: day("2026-11-20"),
        purpose: purpose().masks().code(),
        institution: InstitutionCode::new(purpose().institution.element()),
        contact: ContactDigest::of(b"sealed"),
    };
    json!({
        "version": 1,
        "subject_key": secret.key(),
        "scope": scope,
        "nullifier": statement.nullifier,
        "edition": edition,
        "record_commitment": record.commitment(),
        "row_commitment": record.row_commitment(),
        "consent_word": field::to_hex(&consent.word()),
        "consent_commitment": consent.commitment(),
        "consent_row_commitment": consent.row_commitment(),
        "purpose": statement.purpose,
        "institution": statement.institution,
        "query_words": query.words().map(|w| field::to_hex(&w)),
        "query_digest": query.digest(),
        "empty_registry_root": empty_root,
        "registry_root": registry.root(),
        "contact_digest": statement.contact,
        "public_inputs": statement.public_inputs().map(|input| field::to_hex(&input)),
    })
}

#[test]
fn values_are_those_of_version_1() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/v1.json");
    if std::env::var_os("SALUS_WRITE_VECTORS").is_some() {
        let text = serde_json::to_string_pretty(&vectors()).unwrap() + "\n";
        std::fs::write(&path, text).unwrap();
    }
    let pinned: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(vectors(), pinned);
}

#[test]
fn second_encodings_are_refused() {
    let modulus = "30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001";
    let above = "30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000002";
    for text in [
        modulus,
        above,
        &"f".repeat(64),
        &modulus[2..],
        "",
        "0x00",
        &"G".repeat(64),
    ] {
        assert!(text.parse::<Root>().is_err(), "{text}");
        assert!(text.parse::<Nullifier>().is_err(), "{text}");
        let quoted = format!("{text:?}");
        assert!(
            serde_json::from_str::<PurposeCode>(&quoted).is_err(),
            "{text}"
        );
        assert!(
            serde_json::from_str::<QueryDigest>(&quoted).is_err(),
            "{text}"
        );
    }
    for text in ["f".repeat(64), "0".repeat(64), modulus[2..].to_owned()] {
        let quoted = format!("{text:?}");
        assert!(
            serde_json::from_str::<RowCommitment>(&quoted).is_err(),
            "{text}"
        );
    }
    let mut bytes = [0xff; 32];
    assert!(borsh::from_slice::<Root>(&bytes).is_err());
    bytes[0] = 0;
    assert!(borsh::from_slice::<Root>(&bytes).is_ok());
    assert!(borsh::from_slice::<Root>(&bytes[..31]).is_err());
    assert!(
        borsh::from_slice::<Root>(&[0; 33]).is_err(),
        "trailing byte"
    );
    assert!(borsh::from_slice::<Day>(&[0, 0]).is_err(), "day 0");
}

#[test]
fn malformed_queries_have_no_digest() {
    let edition = Edition::new(Fr::from(1u64));
    let good = Criterion {
        at_least: 1,
        ..Criterion::carrier(0, true)
    };
    let bad = [
        vec![Criterion { field: 64, ..good }],
        vec![Criterion {
            start: 1 << 17,
            ..good
        }],
        vec![Criterion {
            length: 1 << 17,
            ..good
        }],
        vec![Criterion {
            minus_previous: true,
            ..good
        }],
        vec![Criterion {
            opens_group: false,
            ..good
        }],
        vec![Criterion {
            at_least: 2,
            ..good
        }],
        vec![Criterion {
            at_least: 0,
            field: 1,
            ..good
        }],
        vec![
            good,
            Criterion {
                opens_group: false,
                ..good
            },
        ],
        vec![good; 17],
    ];
    for criteria in bad {
        assert!(
            CompiledQuery::new(edition, &criteria).is_err(),
            "{criteria:?}"
        );
    }
    assert!(CompiledQuery::new(edition, &[good; 16]).is_ok());
    let mut bytes = borsh::to_vec(&CompiledQuery::new(edition, &[good]).unwrap()).unwrap();
    bytes[32] = 64;
    assert!(borsh::from_slice::<CompiledQuery>(&bytes).is_err());
}
