//! Patients: what a profile may ask about the person. Names and addresses are never read.

use serde::Deserialize;

use super::coding::Concept;
use super::partial_date::PartialDate;
use super::report::Source;

/// A person, without name or address.
#[derive(Debug, Clone, PartialEq)]
pub struct Patient {
    /// The resource's id.
    pub id: String,
    /// Date of birth.
    pub birth: Option<PartialDate>,
    /// Whether the patient is known to have died; a date may still be missing.
    pub deceased: bool,
    /// Date of death.
    pub death: Option<PartialDate>,
    /// Administrative gender.
    pub sex: Option<Sex>,
    /// US Core birth sex, where given.
    pub birth_sex: Option<Sex>,
    /// US Core race: `ombCategory` and `detailed` codings.
    pub race: Concept,
    /// US Core ethnicity: `ombCategory` and `detailed` codings.
    pub ethnicity: Concept,
    /// Where it was read.
    pub source: Source,
}

/// Administrative gender, as FHIR has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sex {
    /// female
    Female,
    /// male
    Male,
    /// other
    Other,
    /// unknown
    Unknown,
}
