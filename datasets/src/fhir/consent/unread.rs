//! Consents that were left out though they may hold a refusal: whose they are or may be.
//!
//! Lives here: what can still be told of a Consent that can't be read as a whole. Never here: what a
//! Consent says.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;

use crate::fhir::fact::patient_id;
use crate::fhir::reference::{FullUrls, Reference};

/// Whose Consents an import left out unread. One that is entered in error, or that a later version
/// supersedes, is not among them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnreadConsents {
    /// Patients by place in the import.
    pub(crate) patients: BTreeSet<usize>,
    /// Whether there is one whose patient can't be read either: it may be anybody's.
    pub(crate) of_anybody: bool,
}

impl UnreadConsents {
    /// Whether one of them is, or may be, of the patient at this place in the import.
    #[must_use]
    pub fn may_be_of(&self, patient: usize) -> bool {
        self.of_anybody || self.patients.contains(&patient)
    }
}

/// A Consent that can't be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unread {
    /// Of the patients with these ids: one, or two that it names in two members.
    Of(Vec<String>),
    /// Of nobody that can be told.
    OfAnybody,
}

/// A resource as far as it is needed to see whose Consent it is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Whose {
    resource_type: Option<String>,
    patient: Option<Value>,
    subject: Option<Value>,
}

impl Unread {
    /// Whether a text that could not be read as a resource is a Consent, or may hold one, and whose.
    pub(crate) fn find(text: &str, urls: &FullUrls) -> Option<Self> {
        match serde_json::from_str::<Whose>(text) {
            Ok(whose) => match whose.resource_type.as_deref() {
                Some("Consent") => Some(whose.patients(urls)),
                Some("Bundle") => Self::mentioned(text),
                _ => None,
            },
            Err(_) => Self::mentioned(text),
        }
    }

    /// What is no resource, or a Bundle that can't be opened, may hold a Consent where it has the word.
    pub(crate) fn mentioned(text: &str) -> Option<Self> {
        text.contains("\"Consent\"").then_some(Self::OfAnybody)
    }
}

impl Whose {
    fn patients(self, urls: &FullUrls) -> Unread {
        let id = |member: Value| {
            let reference: Reference = serde_json::from_value(member).ok()?;
            patient_id(Some(&reference), urls).ok()
        };
        let named: Option<Vec<String>> = [self.patient, self.subject]
            .into_iter()
            .flatten()
            .map(id)
            .collect();
        named
            .filter(|ids| !ids.is_empty())
            .map_or(Unread::OfAnybody, Unread::Of)
    }
}
