//! Patient.

use serde::Deserialize;

use crate::fhir::coding::{Coding, Concept};
use crate::fhir::element::{CodingElement, ExtensionElement};
use crate::fhir::fact::{Rejection, Statement};
use crate::fhir::partial_date::PartialDate;
use crate::fhir::patient::{Patient, Sex};
use crate::fhir::reference::{FullUrls, Reference};
use crate::fhir::report::Source;

const RACE: &str = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race";
const ETHNICITY: &str = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-ethnicity";
const BIRTH_SEX: &str = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PatientElement {
    gender: Option<Sex>,
    birth_date: Option<PartialDate>,
    deceased_boolean: Option<bool>,
    deceased_date_time: Option<PartialDate>,
    extension: Option<Vec<ExtensionElement>>,
    link: Option<Vec<Link>>,
}

#[derive(Debug, Deserialize)]
struct Link {
    other: Reference,
    #[serde(rename = "type")]
    kind: String,
}

impl PatientElement {
    pub(super) fn statement(self, id: &str, urls: &FullUrls) -> Result<Statement, Rejection> {
        let replaced_by = self
            .link
            .iter()
            .flatten()
            .find(|link| link.kind == "replaced-by")
            .and_then(|link| link.other.id_of("Patient", urls));
        let patient = Patient {
            id: id.to_owned(),
            birth: self.birth_date,
            deceased: self.deceased_date_time.is_some() || self.deceased_boolean == Some(true),
            death: self.deceased_date_time,
            sex: self.gender,
            birth_sex: self
                .extension(BIRTH_SEX)
                .and_then(|found| birth_sex(found.value_code.as_deref()?)),
            race: self.extension(RACE).map(categories).unwrap_or_default(),
            ethnicity: self
                .extension(ETHNICITY)
                .map(categories)
                .unwrap_or_default(),
            source: Source {
                file: 0,
                position: 0,
            },
        };
        Ok(Statement::Patient(Box::new(patient), replaced_by))
    }

    fn extension(&self, url: &str) -> Option<&ExtensionElement> {
        self.extension
            .iter()
            .flatten()
            .find(|extension| extension.url == url)
    }
}

fn birth_sex(code: &str) -> Option<Sex> {
    match code {
        "F" => Some(Sex::Female),
        "M" => Some(Sex::Male),
        "UNK" | "OTH" => Some(Sex::Unknown),
        _ => None,
    }
}

fn categories(extension: &ExtensionElement) -> Concept {
    let codings = extension
        .extension
        .iter()
        .flatten()
        .filter(|part| matches!(part.url.as_str(), "ombCategory" | "detailed"));
    codings
        .filter_map(|part| part.value_coding.as_ref().and_then(CodingElement::coding))
        .collect::<Vec<Coding>>()
        .into()
}
