//! Consents written as FHIR: a Bundle with the patient and one Consent for each wish.
//!
//! What is written reads back as the same wish. No salt, commitment or record is in it: the Bundle
//! says what somebody allows, and links to nothing on a ledger but a study that it may name.

use salus_protocol::consent::Grant;
use salus_protocol::day::Day;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::duo;
use super::wish::{NoConsent, Wish};
use super::{ACT_CODE, ACTION_SYSTEM, Purpose, Qualifier, SCOPE_SYSTEM, Version};
use crate::fhir::coding::Coding;
use crate::fhir::systems::LOINC;

/// Why consents can't be written as FHIR.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum ExportError {
    /// The patient's name can't be an id of FHIR.
    #[error("{0:?} can't be a FHIR id: those have 1 to 64 letters, digits, `-` and `.`")]
    Id(String),
    /// The wishes differ. Without the days on which they were given, which a wallet does not know,
    /// nobody can tell which of them counts.
    #[error("the consents differ, and FHIR has one consent of a person in force: the latest")]
    Differ,
    /// The wish allows nothing, so no resource permits what it says.
    #[error("the consent can't be stated in FHIR: {0}")]
    NoConsent(#[from] NoConsent),
}

/// A Bundle of type `collection` with the Patient `patient`, of whom it says nothing but the id, and
/// the wishes, which must be the same, as Consents of this version.
///
/// # Errors
/// [`ExportError`] when the id is none, the wishes differ, or one allows nothing.
pub fn export(patient: &str, wishes: &[Wish], version: Version) -> Result<Value, ExportError> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'.';
    if patient.is_empty() || patient.len() > 64 || !patient.bytes().all(plain) {
        return Err(ExportError::Id(patient.chars().take(80).collect()));
    }
    if wishes.iter().any(|wish| Some(wish) != wishes.first()) {
        return Err(ExportError::Differ);
    }
    let address = full_url("Patient", patient);
    let mut entries = vec![json!({
        "fullUrl": address,
        "resource": { "resourceType": "Patient", "id": patient },
    })];
    for (number, wish) in (1u32..).zip(wishes) {
        wish.check()?;
        let id = format!("consent-{number}");
        entries.push(json!({
            "fullUrl": full_url("Consent", &format!("{patient}/{id}")),
            "resource": consent(wish, &id, &address, version),
        }));
    }
    Ok(json!({ "resourceType": "Bundle", "type": "collection", "entry": entries }))
}

/// The address of an entry: a UUID (version 8) of what it is, the same at every export.
fn full_url(kind: &str, name: &str) -> String {
    let mut hasher = Sha256::new();
    for part in ["salus/v1/fhir-export", kind, name] {
        hasher.update(part.as_bytes());
        hasher.update(b"\0");
    }
    let digest: [u8; 32] = hasher.finalize().into();
    let mut number = u128::from_be_bytes(digest[..16].try_into().unwrap_or_default());
    number = number & !(0xf << 76) | 0x8 << 76;
    number = number & !(0x3 << 62) | 0x2 << 62;
    let hex = format!("{number:032x}");
    let (a, rest) = hex.split_at(8);
    let (b, rest) = rest.split_at(4);
    let (c, rest) = rest.split_at(4);
    let (d, e) = rest.split_at(4);
    format!("urn:uuid:{a}-{b}-{c}-{d}-{e}")
}

fn consent(wish: &Wish, id: &str, patient: &str, version: Version) -> Value {
    let form = concept(&[coding(LOINC, "59284-0")]);
    let patient = json!({ "reference": patient });
    match version {
        Version::R4 => json!({
            "resourceType": "Consent", "id": id, "status": "active",
            "scope": concept(&[coding(SCOPE_SYSTEM, "research")]),
            "category": [form],
            "patient": patient,
            "policyRule": concept(&[coding(ACT_CODE, "OPTIN")]),
            "provision": rule(wish, Some("permit")),
        }),
        // R5 states what is not excepted first: all is denied but the one rule.
        Version::R5 => json!({
            "resourceType": "Consent", "id": id, "status": "active",
            "category": [concept(&[coding(ACT_CODE, "RESEARCH")]), form],
            "subject": patient,
            "decision": "deny",
            "provision": [rule(wish, None)],
        }),
    }
}

/// The rule that permits. R4 says so in its `type`; in R5 it is the exception to a denial.
fn rule(wish: &Wish, kind: Option<&str>) -> Value {
    let mut rule = Map::new();
    if let Some(kind) = kind {
        rule.insert("type".to_owned(), kind.into());
    }
    let mut period = Map::new();
    if wish.from > Day::FIRST {
        period.insert("start".to_owned(), wish.from.to_string().into());
    }
    if wish.until < Day::LAST {
        period.insert("end".to_owned(), wish.until.to_string().into());
    }
    if !period.is_empty() {
        rule.insert("period".to_owned(), period.into());
    }
    let granted = Grant::ALL
        .iter()
        .filter(|grant| wish.terms.grants(**grant))
        .map(|grant| concept(&[coding(ACTION_SYSTEM, &grant.to_string())]));
    rule.insert("action".to_owned(), granted.collect());
    let purposes = duo::write(wish);
    rule.insert("purpose".to_owned(), purposes.iter().map(purpose).collect());
    rule.into()
}

fn purpose(purpose: &Purpose) -> Value {
    let mut coded = coding(&purpose.coding.system, &purpose.coding.code);
    if !purpose.qualifiers.is_empty() {
        coded["extension"] = purpose.qualifiers.iter().map(extension).collect();
    }
    coded
}

fn extension(qualifier: &Qualifier) -> Value {
    match &qualifier.text {
        Some(text) => json!({ "url": qualifier.url, "valueString": text }),
        None => {
            let coded = |of: &Coding| coding(&of.system, &of.code);
            let codings: Vec<Value> = qualifier.codings.iter().map(coded).collect();
            json!({ "url": qualifier.url, "valueCodeableConcept": concept(&codings) })
        }
    }
}

fn coding(system: &str, code: &str) -> Value {
    json!({ "system": system, "code": code })
}

fn concept(codings: &[Value]) -> Value {
    json!({ "coding": codings })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn addresses_are_uuids_of_version_8_and_differ() {
        let one = full_url("Patient", "p1");
        let parts: Vec<usize> = one["urn:uuid:".len()..].split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12]);
        let number = one["urn:uuid:".len()..].replace('-', "");
        assert_eq!(&number[12..13], "8");
        assert!("89ab".contains(&number[16..17]));
        assert_ne!(one, full_url("Consent", "p1"));
        assert_ne!(one, full_url("Patient", "p2"));
        assert_eq!(one, full_url("Patient", "p1"));
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for name in ["", "a_b", "a b", "é", &"x".repeat(65)] {
            let refused = export(name, &[], Version::R4);
            assert!(matches!(refused, Err(ExportError::Id(_))), "{name}");
        }
    }
}
