//! A profile's lists of codes and units, as data: the TOML text is read as a plain table.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use toml::{Table, Value};

/// The concepts of a profile.
pub(crate) struct Lists {
    concepts: BTreeMap<String, Concept>,
}

/// What expresses a concept, and in which units.
pub(crate) struct Concept {
    pub(crate) kinds: &'static [&'static str],
    codes: Vec<String>,
    pub(crate) units: Vec<Unit>,
    pub(crate) low: Decimal,
    pub(crate) high: Decimal,
}

/// A unit, and how it is converted to the concept's first.
pub(crate) struct Unit {
    pub(crate) name: String,
    pub(crate) factor: Decimal,
    pub(crate) offset: Decimal,
}

impl Lists {
    pub(crate) fn of(text: &str) -> Self {
        let profile: Table = text.parse().unwrap();
        let mut concepts = BTreeMap::new();
        for concept in profile["concept"].as_array().unwrap() {
            let name = concept["name"].as_str().unwrap().to_owned();
            concepts.insert(name, Concept::of(concept));
        }
        Self { concepts }
    }

    pub(crate) fn concept(&self, name: &str) -> &Concept {
        &self.concepts[name]
    }
}

impl Concept {
    fn of(concept: &Value) -> Self {
        let codes = concept["codes"].as_array().unwrap().iter();
        let units = concept.get("units").and_then(Value::as_array);
        let plausible = concept.get("plausible");
        let end = |name| plausible.map_or(Decimal::ZERO, |range| decimal(range, name, "0"));
        Self {
            kinds: kinds(concept["resource"].as_str().unwrap()),
            codes: codes
                .map(|code| code.as_str().unwrap().to_owned())
                .collect(),
            units: units.into_iter().flatten().map(Unit::of).collect(),
            low: end("low"),
            high: end("high"),
        }
    }

    /// Whether a code is listed, or begins as one that is listed with a star.
    pub(crate) fn lists(&self, code: &str) -> bool {
        self.codes
            .iter()
            .any(|listed| match listed.strip_suffix('*') {
                Some(beginning) => code.starts_with(beginning),
                None => code == listed,
            })
    }
}

impl Unit {
    fn of(unit: &Value) -> Self {
        Self {
            name: unit["unit"].as_str().unwrap().to_owned(),
            factor: decimal(unit, "factor", "1"),
            offset: decimal(unit, "offset", "0"),
        }
    }
}

fn decimal(table: &Value, name: &str, absent: &str) -> Decimal {
    let text = table
        .get(name)
        .map_or(absent, |value| value.as_str().unwrap());
    text.parse().unwrap()
}

fn kinds(resource: &str) -> &'static [&'static str] {
    match resource {
        "allergy" => &["AllergyIntolerance"],
        "condition" => &["Condition"],
        "encounter" => &["Encounter"],
        "immunization" => &["Immunization"],
        "medication" => &[
            "MedicationRequest",
            "MedicationStatement",
            "MedicationAdministration",
        ],
        "observation" => &["Observation"],
        "procedure" => &["Procedure"],
        other => panic!("{other}"),
    }
}
