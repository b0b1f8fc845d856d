//! An export as it lies on disk: people, and what their resources state, as plain JSON.
//!
//! Shares no code with the import: lines are read as `serde_json` values and nothing else.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use jiff::civil::Date;
use serde_json::Value;

/// A patient and everything that is stated of them.
pub(crate) struct Person {
    pub(crate) patient: Value,
    pub(crate) facts: Vec<Fact>,
}

/// A resource, or a component of one, that states a dated fact.
pub(crate) struct Fact {
    pub(crate) kind: String,
    /// `system:code` of every coding.
    pub(crate) codes: Vec<String>,
    /// First and last day that the date may mean.
    pub(crate) first: Date,
    pub(crate) last: Date,
    /// Seconds since midnight, 0 if no time is given.
    pub(crate) second: u32,
    /// Whether there is a value of any kind.
    pub(crate) has_value: bool,
    /// A number with its unit, or null.
    pub(crate) quantity: Value,
    /// The codes of a coded answer.
    pub(crate) answer: Vec<String>,
}

/// Reads the NDJSON files of a folder.
pub(crate) fn read(folder: &Path) -> BTreeMap<String, Person> {
    let mut people = BTreeMap::new();
    let mut medications = HashMap::new();
    let mut rest = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        // Those that others refer to come first.
        let is_referred_to = name.starts_with("Patient") || name.starts_with("Medication.");
        if !is_referred_to {
            rest.push(path);
            continue;
        }
        each_resource(&path, |resource| {
            let id = resource["id"].as_str().unwrap_or_default().to_owned();
            match resource["resourceType"].as_str().unwrap() {
                "Patient" => {
                    let (patient, facts) = (resource, Vec::new());
                    people.insert(id, Person { patient, facts });
                }
                _ => {
                    medications.insert(id, resource);
                }
            }
        });
    }
    for path in rest {
        each_resource(&path, |resource| {
            let subject = ["/subject/reference", "/patient/reference"]
                .iter()
                .find_map(|path| resource.pointer(path)?.as_str()?.strip_prefix("Patient/"));
            if let Some(person) = subject.and_then(|id| people.get_mut(id)) {
                state(person, &resource, &medications);
            }
        });
    }
    people
}

/// Resources one after the other: an export of ten thousand patients does not fit into memory.
fn each_resource(path: &Path, mut take: impl FnMut(Value)) {
    for line in text(path).lines().filter(|line| !line.is_empty()) {
        take(line.parse().unwrap());
    }
}

/// The text of an NDJSON file, and nothing of any other.
fn text(path: &Path) -> String {
    let name = path.file_name().unwrap().to_str().unwrap();
    let mut text = String::new();
    let mut file = File::open(path).unwrap();
    if name.ends_with(".ndjson.gz") {
        let mut file = flate2::read::MultiGzDecoder::new(file);
        file.read_to_string(&mut text).unwrap();
    } else if name.ends_with(".ndjson") {
        file.read_to_string(&mut text).unwrap();
    }
    text
}

fn state(person: &mut Person, resource: &Value, medications: &HashMap<String, Value>) {
    let Some(date) = date_of(resource).filter(|_| !is_taken_back(resource)) else {
        return;
    };
    let (first, last) = span(Some(date)).unwrap();
    let components = resource["component"].as_array().into_iter().flatten();
    for part in std::iter::once(resource).chain(components) {
        let mut codes = codes(&part["code"]);
        codes.extend(self::codes(&part["medicationCodeableConcept"]));
        codes.extend(self::codes(&part["vaccineCode"]));
        codes.extend(code(&part["class"]));
        for concept in part["type"].as_array().into_iter().flatten() {
            codes.extend(self::codes(concept));
        }
        if let Some(reference) = part["medicationReference"]["reference"].as_str() {
            codes.extend(referred(reference, resource, medications));
        }
        person.facts.push(Fact {
            kind: resource["resourceType"].as_str().unwrap().to_owned(),
            codes,
            first,
            last,
            second: second(date),
            has_value: part
                .as_object()
                .is_some_and(|part| part.keys().any(|name| name.starts_with("value"))),
            quantity: part["valueQuantity"].clone(),
            answer: self::codes(&part["valueCodeableConcept"]),
        });
    }
}

/// The codes of a medication that is contained, or a resource of its own.
fn referred(reference: &str, resource: &Value, apart: &HashMap<String, Value>) -> Vec<String> {
    let medication = match reference.strip_prefix('#') {
        Some(id) => {
            let contained = resource["contained"].as_array().into_iter().flatten();
            contained.into_iter().find(|c| c["id"] == id)
        }
        None => reference
            .strip_prefix("Medication/")
            .and_then(|id| apart.get(id)),
    };
    medication.map_or_else(Vec::new, |medication| codes(&medication["code"]))
}

/// Where each type of resource says when.
fn date_of(resource: &Value) -> Option<&str> {
    let paths: &[&str] = match resource["resourceType"].as_str()? {
        "Condition" | "AllergyIntolerance" => {
            &["/onsetDateTime", "/onsetPeriod/start", "/recordedDate"]
        }
        "Observation" => &["/effectiveDateTime", "/effectivePeriod/start", "/issued"],
        "MedicationRequest" => &["/authoredOn"],
        "MedicationStatement" | "MedicationAdministration" => &[
            "/effectiveDateTime",
            "/effectivePeriod/start",
            "/dateAsserted",
        ],
        "Procedure" => &["/performedDateTime", "/performedPeriod/start"],
        "Immunization" => &["/occurrenceDateTime"],
        "Encounter" => &["/period/start"],
        _ => return None,
    };
    let mut dates = paths.iter().filter_map(|path| resource.pointer(path));
    dates.next()?.as_str()
}

/// Whether the resource says that it is no fact: docs/spec/derivation.md, "What counts as a fact".
fn is_taken_back(resource: &Value) -> bool {
    let kind = resource["resourceType"].as_str().unwrap();
    let verified = resource["verificationStatus"]["coding"][0]["code"].as_str();
    let status = resource["status"].as_str().unwrap_or_default();
    let intent = resource["intent"].as_str().unwrap_or_default();
    if status == "entered-in-error" || resource["doNotPerform"] == true {
        return true;
    }
    match kind {
        "Condition" => matches!(
            verified,
            Some("entered-in-error" | "refuted" | "unconfirmed" | "provisional" | "differential")
        ),
        "AllergyIntolerance" => matches!(verified, Some("entered-in-error" | "refuted")),
        "Observation" => matches!(status, "cancelled" | "registered"),
        "MedicationRequest" => {
            matches!(status, "cancelled" | "draft") || matches!(intent, "proposal" | "option")
        }
        "MedicationStatement" => matches!(status, "not-taken" | "intended"),
        "Encounter" => matches!(status, "planned" | "cancelled"),
        _ => matches!(status, "not-done" | "preparation" | "cancelled"),
    }
}

fn codes(concept: &Value) -> Vec<String> {
    let codings = concept["coding"].as_array().into_iter().flatten();
    codings.filter_map(code).collect()
}

fn code(coding: &Value) -> Option<String> {
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

/// First and last day that a date may mean: of a year or a month, all of it.
pub(crate) fn span(date: Option<&str>) -> Option<(Date, Date)> {
    let day = date?.split('T').next()?;
    let parse = |text: String| text.parse::<Date>().unwrap();
    Some(match day.len() {
        4 => (parse(format!("{day}-01-01")), parse(format!("{day}-12-31"))),
        7 => {
            let first = parse(format!("{day}-01"));
            (first, first.last_of_month())
        }
        _ => (parse(day.to_owned()), parse(day.to_owned())),
    })
}

/// Seconds since midnight, as written.
fn second(date: &str) -> u32 {
    let time = date.split_once('T').map_or("00:00:00", |(_, time)| time);
    let part = |from: usize| time.get(from..from + 2).map_or(0, |t| t.parse().unwrap());
    part(0) * 3600 + part(3) * 60 + part(6)
}
