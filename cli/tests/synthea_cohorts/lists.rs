//! A profile's lists of codes and units, as data: the TOML text is read as a plain table.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use rust_decimal::Decimal;
use toml::{Table, Value};

use crate::export::{Fact, Person};

/// The concepts of a profile.
pub(crate) struct Lists {
    concepts: BTreeMap<String, Concept>,
    /// Which concepts list a code, by their places, for the codes met so far.
    listing: RefCell<HashMap<String, Vec<usize>>>,
}

/// A patient's facts by the concept that they express.
pub(crate) type Sorted<'a> = BTreeMap<&'a str, Vec<&'a Fact>>;

/// What expresses a concept, and in which units.
pub(crate) struct Concept {
    kinds: &'static [&'static str],
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
        Self {
            concepts,
            listing: RefCell::default(),
        }
    }

    pub(crate) fn concept(&self, name: &str) -> &Concept {
        &self.concepts[name]
    }

    /// Sorts a patient's facts by concept. One may express several.
    pub(crate) fn sort<'a>(&'a self, person: &'a Person) -> Sorted<'a> {
        let concepts: Vec<(&String, &Concept)> = self.concepts.iter().collect();
        let mut sorted = Sorted::new();
        for fact in &person.facts {
            let mut places: BTreeSet<usize> = BTreeSet::new();
            for code in &fact.codes {
                let mut listing = self.listing.borrow_mut();
                if !listing.contains_key(code) {
                    let list = |place: &usize| concepts[*place].1.lists(code);
                    let found = (0..concepts.len()).filter(list).collect();
                    listing.insert(code.clone(), found);
                }
                places.extend(&listing[code]);
            }
            for place in places {
                let (name, concept): (&String, &Concept) = concepts[place];
                if concept.kinds.contains(&fact.kind.as_str()) {
                    sorted.entry(name.as_str()).or_default().push(fact);
                }
            }
        }
        sorted
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
    fn lists(&self, code: &str) -> bool {
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
