//! An export as plain JSON values: patients by id, and each patient's resources.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::Read;
use std::path::Path;

use jiff::civil::Date;
use serde_json::Value;

pub(crate) struct World {
    patients: BTreeMap<String, Value>,
    resources: HashMap<String, Vec<Value>>,
    medications: HashMap<String, Value>,
}

impl World {
    pub(crate) fn read(folder: &Path) -> Self {
        let mut world = Self {
            patients: BTreeMap::new(),
            resources: HashMap::new(),
            medications: HashMap::new(),
        };
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let mut text = String::new();
            if name.ends_with(".ndjson.gz") {
                let file = fs::File::open(&path).unwrap();
                flate2::read::GzDecoder::new(file)
                    .read_to_string(&mut text)
                    .unwrap();
            } else if name.ends_with(".ndjson") {
                text = fs::read_to_string(&path).unwrap();
            }
            for line in text.lines().filter(|line| !line.trim().is_empty()) {
                world.add(serde_json::from_str(line).unwrap());
            }
        }
        world
    }

    fn add(&mut self, resource: Value) {
        let id = resource["id"].as_str().unwrap_or_default().to_owned();
        match resource["resourceType"].as_str() {
            Some("Patient") => {
                self.patients.insert(id, resource);
            }
            Some("Medication") => {
                self.medications.insert(id, resource);
            }
            _ => {
                let subject = resource["subject"]["reference"].as_str();
                let subject = subject.or(resource["patient"]["reference"].as_str());
                if let Some(patient) = subject.and_then(|text| text.strip_prefix("Patient/")) {
                    let patient = patient.to_owned();
                    self.resources.entry(patient).or_default().push(resource);
                }
            }
        }
    }

    pub(crate) fn patient(&self, id: &str) -> &Value {
        &self.patients[id]
    }

    pub(crate) fn resources(&self, id: &str) -> &[Value] {
        self.resources.get(id).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn medication(&self, id: &str) -> Option<&Value> {
        self.medications.get(id)
    }

    /// Born by the day, and not dead before it.
    pub(crate) fn alive_at<'w>(&'w self, day: &'w str) -> impl Iterator<Item = &'w str> {
        let index: Date = day.parse().unwrap();
        self.patients.iter().filter_map(move |(id, patient)| {
            let born = span(patient["birthDate"].as_str()).is_none_or(|(_, last)| last <= index);
            let died = patient["deceasedBoolean"] == true
                || span(patient["deceasedDateTime"].as_str())
                    .is_some_and(|(first, _)| first < index);
            (born && !died).then_some(id.as_str())
        })
    }
}

/// First and last day of a FHIR date, which may be a year or a month.
pub(crate) fn span(text: Option<&str>) -> Option<(Date, Date)> {
    let text = text?;
    let day = text.split('T').next().unwrap();
    Some(match day.len() {
        4 => (
            format!("{day}-01-01").parse().unwrap(),
            format!("{day}-12-31").parse().unwrap(),
        ),
        7 => {
            let first: Date = format!("{day}-01").parse().unwrap();
            (first, first.last_of_month())
        }
        _ => (day.parse().unwrap(), day.parse().unwrap()),
    })
}

/// Seconds since midnight as written, 0 if no time is.
pub(crate) fn second(text: &str) -> u32 {
    let Some((_, time)) = text.split_once('T') else {
        return 0;
    };
    let part = |range: std::ops::Range<usize>| time.get(range).map_or(0, |t| t.parse().unwrap());
    part(0..2) * 3600 + part(3..5) * 60 + part(6..8)
}
