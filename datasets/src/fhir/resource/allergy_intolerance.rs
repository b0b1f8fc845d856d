//! AllergyIntolerance.

use serde::Deserialize;

use super::States;
use crate::fhir::element::{ConceptElement, PeriodElement};
use crate::fhir::event::EventKind;
use crate::fhir::fact::{Fact, Facts, Rejection};
use crate::fhir::partial_date::PartialDate;
use crate::fhir::reference::{FullUrls, Reference};
use crate::fhir::status;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AllergyElement {
    clinical_status: Option<ConceptElement>,
    verification_status: Option<ConceptElement>,
    code: Option<ConceptElement>,
    patient: Option<Reference>,
    onset_date_time: Option<PartialDate>,
    onset_period: Option<PeriodElement>,
    recorded_date: Option<PartialDate>,
}

impl States for AllergyElement {
    fn facts(self, urls: &FullUrls) -> Result<Facts, Rejection> {
        let verification = self
            .verification_status
            .as_ref()
            .and_then(ConceptElement::first_code);
        if let Some(reason) = status::of_allergy(verification) {
            return Err(reason.into());
        }
        let onset = self
            .onset_date_time
            .or(self.onset_period.and_then(|period| period.start));
        let fact = Fact {
            clinical_status: self
                .clinical_status
                .as_ref()
                .and_then(ConceptElement::first_code)
                .map(str::to_owned),
            verification_status: verification.map(str::to_owned),
            start: onset.or(self.recorded_date),
            dated_by_record: onset.is_none() && self.recorded_date.is_some(),
            ..Fact::new(EventKind::Allergy, self.code.unwrap_or_default().codings())
        };
        Facts::one(self.patient.as_ref(), urls, fact)
    }
}
