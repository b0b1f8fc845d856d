//! What a row must hold, field by field, read off the profile's text and the patient's JSON.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::Date;
use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::Value;
use toml::{Table, Value as Toml};

use crate::world::{World, second, span};

/// A profile as its text has it.
pub(crate) struct Evaluation {
    profile: Table,
}

/// Something dated that expresses a concept. Compared in this order.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Happening {
    day: Date,
    second: u32,
    number: Option<Decimal>,
    place: usize,
}

impl Evaluation {
    pub(crate) fn of(text: &str) -> Self {
        Self {
            profile: text.parse().unwrap(),
        }
    }

    /// Field names and values of one patient.
    pub(crate) fn row(&self, world: &World, id: &str, day: &str) -> Vec<(&str, u16)> {
        let index: Date = day.parse().unwrap();
        let facts = facts_until(world, id, index);
        self.profile["field"]
            .as_array()
            .unwrap()
            .iter()
            .map(|field| {
                let value = match field.get("attribute") {
                    Some(attribute) => attribute_of(attribute, field, world.patient(id), index),
                    None => self.selected(field, &facts, index),
                };
                (field["name"].as_str().unwrap(), value)
            })
            .collect()
    }

    fn selected(&self, field: &Toml, facts: &[Fact<'_>], index: Date) -> u16 {
        let concepts = self.profile["concept"].as_array().unwrap();
        let concept = concepts
            .iter()
            .find(|c| c["name"] == field["concept"])
            .unwrap();
        let mut happened = happenings(concept, field, facts);
        if let Some(days) = field.get("within_days") {
            let start = index
                .checked_sub(days.as_integer().unwrap().days())
                .unwrap();
            happened.retain(|h| h.day >= start);
        }
        happened.sort();
        let chosen = match field["select"].as_str().unwrap() {
            "any" => return u16::from(!happened.is_empty()),
            "count" => {
                let days: BTreeSet<_> = happened.iter().map(|h| h.day).collect();
                return days.len().try_into().unwrap();
            }
            "first" => happened.first(),
            "latest" => happened.last(),
            "minimum" => happened.iter().min_by_key(|h| h.number),
            "maximum" => happened.iter().max_by_key(|h| h.number),
            other => panic!("{other}"),
        };
        let Some(chosen) = chosen else { return 0 };
        if field["take"].as_str() == Some("date") {
            number_of(chosen.day)
        } else if let Some(quantity) = field["encoding"].get("quantity") {
            in_steps(chosen.number.unwrap(), quantity)
        } else {
            chosen.place.try_into().unwrap()
        }
    }
}

fn attribute_of(attribute: &Toml, field: &Toml, patient: &Value, index: Date) -> u16 {
    let date = |name: &str| span(patient[name].as_str());
    match attribute.as_str().unwrap() {
        "birth-date" => date("birthDate").map_or(0, |(first, _)| number_of(first)),
        "death-date" => date("deceasedDateTime")
            .filter(|(_, last)| *last <= index)
            .map_or(0, |(first, _)| number_of(first)),
        "sex" => {
            let sex = patient["gender"].as_str().unwrap_or_default();
            place_in_list(field, &[format!("sex:{sex}")])
        }
        name @ ("race" | "ethnicity") => {
            let codes: Vec<_> = patient["extension"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|e| {
                    e["url"]
                        .as_str()
                        .unwrap()
                        .ends_with(&format!("us-core-{name}"))
                })
                .flat_map(|e| e["extension"].as_array().unwrap())
                .filter_map(|part| part["valueCoding"]["code"].as_str())
                .map(|code| format!("cdcrec:{code}"))
                .collect();
            place_in_list(field, &codes)
        }
        other => panic!("{other}"),
    }
}

/// A resource, or a component of one, that states a fact no later than the index day.
struct Fact<'w> {
    kind: &'w str,
    part: &'w Value,
    codes: Vec<String>,
    day: Date,
    second: u32,
}

/// Everything of a patient that counts as of the index day, whatever it is about.
fn facts_until<'w>(world: &'w World, id: &str, index: Date) -> Vec<Fact<'w>> {
    let mut facts = Vec::new();
    for resource in world.resources(id) {
        let Some(date) = date_of(resource).filter(|_| !taken_back(resource)) else {
            continue;
        };
        let (first, last) = span(Some(date)).unwrap();
        if last > index || first < Date::constant(1880, 1, 2) {
            continue;
        }
        let components = resource["component"].as_array().into_iter().flatten();
        for part in std::iter::once(resource).chain(components) {
            facts.push(Fact {
                kind: resource["resourceType"].as_str().unwrap(),
                part,
                codes: codes_of(part, resource, world),
                day: first,
                second: second(date),
            });
        }
    }
    facts
}

/// The facts that express the concept and that the field can use.
fn happenings(concept: &Toml, field: &Toml, facts: &[Fact<'_>]) -> Vec<Happening> {
    let mut found = Vec::new();
    let (kinds, codes) = (kinds(concept), &concept["codes"]);
    for fact in facts {
        let expressed = || fact.codes.iter().any(|code| listed(codes, code));
        if !kinds.contains(&fact.kind) || !expressed() {
            continue;
        }
        if let Some((number, place)) = value_of(fact, concept, field) {
            found.push(Happening {
                day: fact.day,
                second: fact.second,
                number,
                place,
            });
        }
    }
    found
}

fn kinds(concept: &Toml) -> &'static [&'static str] {
    match concept["resource"].as_str().unwrap() {
        "condition" => &["Condition"],
        "observation" => &["Observation"],
        "medication" => &[
            "MedicationRequest",
            "MedicationStatement",
            "MedicationAdministration",
        ],
        "procedure" => &["Procedure"],
        "immunization" => &["Immunization"],
        "encounter" => &["Encounter"],
        "allergy" => &["AllergyIntolerance"],
        other => panic!("{other}"),
    }
}

/// Whether the resource says that it is no fact.
fn taken_back(resource: &Value) -> bool {
    let kind = resource["resourceType"].as_str().unwrap();
    let verification = resource["verificationStatus"]["coding"][0]["code"].as_str();
    let refused: &[&str] = match kind {
        "Condition" => &[
            "entered-in-error",
            "refuted",
            "unconfirmed",
            "provisional",
            "differential",
        ],
        _ => &["entered-in-error", "refuted"],
    };
    if verification.is_some_and(|status| refused.contains(&status)) {
        return true;
    }
    let status = resource["status"].as_str().unwrap_or("none");
    let never: &[&str] = match kind {
        "Observation" => &["entered-in-error", "cancelled", "registered"],
        "MedicationRequest" => &["entered-in-error", "cancelled", "draft"],
        "MedicationStatement" => &["entered-in-error", "not-taken", "intended"],
        "Encounter" => &["entered-in-error", "planned", "cancelled"],
        _ => &["entered-in-error", "not-done", "preparation", "cancelled"],
    };
    never.contains(&status)
        || resource["doNotPerform"] == true
        || resource["intent"] == "proposal"
        || resource["intent"] == "option"
}

fn date_of(resource: &Value) -> Option<&str> {
    let paths: &[&str] = match resource["resourceType"].as_str().unwrap() {
        "Condition" | "AllergyIntolerance" => {
            &["/onsetDateTime", "/onsetPeriod/start", "/recordedDate"]
        }
        "Observation" => &[
            "/effectiveDateTime",
            "/effectiveInstant",
            "/effectivePeriod/start",
            "/issued",
        ],
        "MedicationRequest" => &["/authoredOn"],
        "Procedure" => &["/performedDateTime", "/performedPeriod/start"],
        "Immunization" => &["/occurrenceDateTime"],
        "Encounter" => &["/period/start"],
        _ => &[
            "/effectiveDateTime",
            "/effectivePeriod/start",
            "/dateAsserted",
        ],
    };
    paths
        .iter()
        .find_map(|path| resource.pointer(path)?.as_str())
}

/// `system:code` of all codings of the resource or component.
fn codes_of(part: &Value, resource: &Value, world: &World) -> Vec<String> {
    let take = |concept: &'_ Value| -> Vec<String> {
        concept["coding"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(written)
            .collect()
    };
    let mut codes = take(&part["code"]);
    codes.extend(take(&part["medicationCodeableConcept"]));
    codes.extend(take(&part["vaccineCode"]));
    if let Some(reference) = part["medicationReference"]["reference"].as_str() {
        let medication = match reference.strip_prefix('#') {
            Some(id) => resource["contained"]
                .as_array()
                .unwrap()
                .iter()
                .find(|c| c["id"] == id),
            None => world.medication(reference.strip_prefix("Medication/").unwrap()),
        };
        codes.extend(medication.map(|m| take(&m["code"])).unwrap_or_default());
    }
    if part["resourceType"] == "Encounter" {
        codes.extend(written(&part["class"]));
        codes.extend(part["type"].as_array().into_iter().flatten().flat_map(take));
    }
    codes
}

fn written(coding: &Value) -> Option<String> {
    let system = match coding["system"].as_str()? {
        "http://snomed.info/sct" => "snomed",
        "http://loinc.org" => "loinc",
        "http://hl7.org/fhir/sid/icd-10-cm" => "icd10cm",
        "http://www.nlm.nih.gov/research/umls/rxnorm" => "rxnorm",
        "http://hl7.org/fhir/sid/cvx" => "cvx",
        "http://terminology.hl7.org/CodeSystem/v3-ActCode" => "actcode",
        _ => return None,
    };
    Some(format!("{system}:{}", coding["code"].as_str()?))
}

fn listed(codes: &Toml, code: &str) -> bool {
    codes.as_array().unwrap().iter().any(|entry| {
        let entry = entry.as_str().unwrap();
        match entry.strip_suffix('*') {
            Some(beginning) => code.starts_with(beginning),
            None => code == entry,
        }
    })
}

/// The number in the concept's first unit, or the place of the coded answer in the field's list;
/// `None` if the field cannot use it.
fn value_of(fact: &Fact<'_>, concept: &Toml, field: &Toml) -> Option<(Option<Decimal>, usize)> {
    if fact.kind != "Observation" {
        return Some((None, 0));
    }
    let part = fact.part;
    let has_value = part
        .as_object()
        .unwrap()
        .keys()
        .any(|name| name.starts_with("value"));
    if !has_value {
        return None;
    }
    if let Some(units) = concept.get("units") {
        let quantity = &part["valueQuantity"];
        if quantity.get("comparator").is_some() {
            return None;
        }
        let unit = quantity["code"]
            .as_str()
            .or(quantity["unit"].as_str())
            .unwrap_or("");
        let unit = units
            .as_array()
            .unwrap()
            .iter()
            .find(|u| u["unit"].as_str() == Some(unit))?;
        let written: Decimal = quantity["value"].as_f64()?.to_string().parse().unwrap();
        let number = written * decimal(unit, "factor", "1") + decimal(unit, "offset", "0");
        let range = &concept["plausible"];
        let plausible = decimal(range, "low", "") <= number && number <= decimal(range, "high", "");
        return plausible.then_some((Some(number), 0));
    }
    if field["encoding"].get("code").is_none() {
        return Some((None, 0));
    }
    let answers: Vec<_> = part["valueCodeableConcept"]["coding"]
        .as_array()?
        .iter()
        .collect();
    let answers: Vec<_> = answers.into_iter().filter_map(written).collect();
    match place_in_list(field, &answers) {
        0 => None,
        place => Some((None, place.into())),
    }
}

fn decimal(table: &Toml, name: &str, absent: &str) -> Decimal {
    table
        .get(name)
        .map_or(absent, |v| v.as_str().unwrap())
        .parse()
        .unwrap()
}

/// The place, from 1, of the one listed value that the codes mean; 0 for none and for several.
fn place_in_list(field: &Toml, codes: &[String]) -> u16 {
    let values = field["encoding"]["code"].as_array().unwrap();
    let means = |value: &Toml| codes.iter().any(|code| listed(&value["codes"], code));
    let meant: Vec<_> = (1..)
        .zip(values)
        .filter(|(_, value)| means(value))
        .collect();
    if meant.len() == 1 { meant[0].0 } else { 0 }
}

fn in_steps(number: Decimal, quantity: &Toml) -> u16 {
    let steps = (number - decimal(quantity, "origin", "")) / decimal(quantity, "step", "");
    let steps = steps.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
    steps.to_u16().unwrap() + 1
}

/// Days since 1880-01-01.
fn number_of(day: Date) -> u16 {
    let epoch = Date::constant(1880, 1, 1);
    epoch.until(day).unwrap().get_days().try_into().unwrap()
}
