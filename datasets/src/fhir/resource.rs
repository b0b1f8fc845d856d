//! One file for each resource type: its JSON shape, and what it states.
//!
//! Members that nothing is derived from are not named, and so not read. A member of the wrong type
//! makes the resource malformed, never the import fail.

mod allergy_intolerance;
mod condition;
mod consent;
mod encounter;
mod immunization;
mod medication;
mod observation;
mod patient;
mod procedure;

use std::borrow::Cow;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::consent::Unread;
use super::fact::{Facts, Rejection, Statement};
use super::reference::FullUrls;
use super::report::Reason;

/// The type under which the report counts what names no type.
pub(crate) const NO_TYPE: &str = "?";

/// A resource as read, whatever came of it.
#[derive(Debug)]
pub(crate) struct Resource {
    /// The resource type, or [`NO_TYPE`].
    pub(crate) resource_type: String,
    /// Its id.
    pub(crate) id: Option<String>,
    /// `meta.lastUpdated`, where it can be read.
    pub(crate) updated: Option<Timestamp>,
    /// What it states, or why it is left out.
    pub(crate) statement: Result<Statement, Rejection>,
    /// Whose Consent it is, or holds, where it can't be read as one.
    pub(crate) unread_consent: Option<Unread>,
}

/// What every resource has. Read first, so that a malformed one can be named.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Header<'a> {
    #[serde(borrow)]
    resource_type: Cow<'a, str>,
    id: Option<String>,
    meta: Option<Meta>,
    modifier_extension: Option<Vec<IgnoredAny>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Meta {
    last_updated: Option<String>,
}

impl Resource {
    /// How many events it states.
    pub(crate) fn events(&self) -> u64 {
        match &self.statement {
            Ok(Statement::Facts(facts)) => facts.facts.len() as u64,
            _ => 0,
        }
    }

    /// Reads one resource. `fallback_id` names a Bundle entry that has no id of its own.
    pub(crate) fn read(json: &str, fallback_id: Option<&str>, urls: &FullUrls) -> Self {
        let header: Header<'_> = match decode(json) {
            Ok(header) => header,
            Err(rejection) => {
                return Self {
                    resource_type: NO_TYPE.to_owned(),
                    id: None,
                    updated: None,
                    statement: Err(rejection),
                    unread_consent: Unread::find(json, urls),
                };
            }
        };
        let id = header
            .id
            .or_else(|| fallback_id.map(str::to_owned))
            .filter(|id| !id.is_empty());
        let updated = header.meta.and_then(|meta| meta.last_updated?.parse().ok());
        // FHIR forbids to process what a modifier extension changes unless one knows it.
        let modified = header
            .modifier_extension
            .is_some_and(|extensions| !extensions.is_empty());
        let statement = state(&header.resource_type, json, id.as_deref(), urls);
        let statement = match statement {
            Ok(_) if modified => Err(Reason::ModifierExtension.into()),
            other => other,
        };
        Self {
            resource_type: header.resource_type.into_owned(),
            id,
            updated,
            unread_consent: match &statement {
                Ok(_) => None,
                Err(_) => Unread::find(json, urls),
            },
            statement,
        }
    }

    /// A resource that could not even be read as text; `rest` is what can be.
    pub(crate) fn unreadable(detail: String, rest: &str) -> Self {
        Self {
            resource_type: NO_TYPE.to_owned(),
            id: None,
            updated: None,
            statement: Err(Rejection {
                reason: Reason::Malformed,
                detail: Some(detail),
            }),
            unread_consent: Unread::mentioned(rest),
        }
    }

    /// A Bundle that can't be opened.
    pub(crate) fn unopened(json: &str, rejection: Rejection) -> Self {
        Self {
            resource_type: "Bundle".to_owned(),
            id: None,
            updated: None,
            statement: Err(rejection),
            unread_consent: Unread::mentioned(json),
        }
    }
}

fn state(
    resource_type: &str,
    json: &str,
    id: Option<&str>,
    urls: &FullUrls,
) -> Result<Statement, Rejection> {
    fn facts<'a, T: Deserialize<'a> + States>(
        json: &'a str,
        urls: &FullUrls,
    ) -> Result<Statement, Rejection> {
        decode::<T>(json)?.facts(urls).map(Statement::Facts)
    }
    match resource_type {
        "Patient" => {
            decode::<patient::PatientElement>(json)?.statement(id.ok_or(Reason::NoId)?, urls)
        }
        "Condition" => facts::<condition::ConditionElement>(json, urls),
        "Observation" => facts::<observation::ObservationElement>(json, urls),
        "MedicationRequest" => facts::<medication::RequestElement<'_>>(json, urls),
        "MedicationStatement" | "MedicationAdministration" => {
            facts::<medication::UseElement<'_>>(json, urls)
        }
        "Medication" => Ok(decode::<medication::MedicationElement>(json)?.statement()),
        "Procedure" => facts::<procedure::ProcedureElement>(json, urls),
        "Immunization" => facts::<immunization::ImmunizationElement>(json, urls),
        "Encounter" => facts::<encounter::EncounterElement>(json, urls),
        "AllergyIntolerance" => facts::<allergy_intolerance::AllergyElement>(json, urls),
        "Consent" => decode::<consent::ConsentElement>(json)?.statement(urls),
        _ => Err(Reason::TypeNotUsed.into()),
    }
}

/// A resource that states facts about a patient.
trait States {
    fn facts(self, urls: &FullUrls) -> Result<Facts, Rejection>;
}

/// Decodes JSON; on failure, decodes it again more slowly to say where it failed.
pub(crate) fn decode<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, Rejection> {
    if let Ok(value) = serde_json::from_str(json) {
        return Ok(value);
    }
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let detail = match serde_path_to_error::deserialize::<_, T>(&mut deserializer) {
        Err(error) => {
            let path = error.path().to_string();
            format!("at {path}: {}", error.into_inner())
        }
        Ok(_) => match deserializer.end() {
            Err(error) => error.to_string(),
            Ok(()) => "not JSON".to_owned(),
        },
    };
    Err(Rejection {
        reason: Reason::Malformed,
        detail: Some(detail),
    })
}
