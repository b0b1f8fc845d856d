//! Immunization.

use serde::Deserialize;

use super::States;
use crate::fhir::element::ConceptElement;
use crate::fhir::event::EventKind;
use crate::fhir::fact::{Fact, Facts, Rejection};
use crate::fhir::partial_date::PartialDate;
use crate::fhir::reference::{FullUrls, Reference};
use crate::fhir::status;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ImmunizationElement {
    status: Option<String>,
    vaccine_code: Option<ConceptElement>,
    patient: Option<Reference>,
    occurrence_date_time: Option<PartialDate>,
}

impl States for ImmunizationElement {
    fn facts(self, urls: &FullUrls) -> Result<Facts, Rejection> {
        if let Some(reason) = status::of_status(self.status.as_deref()) {
            return Err(reason.into());
        }
        let fact = Fact {
            status: self.status,
            start: self.occurrence_date_time,
            ..Fact::new(
                EventKind::Immunization,
                self.vaccine_code.unwrap_or_default().codings(),
            )
        };
        Facts::one(self.patient.as_ref(), urls, fact)
    }
}
