//! Procedure.

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
pub(super) struct ProcedureElement {
    status: Option<String>,
    code: Option<ConceptElement>,
    subject: Option<Reference>,
    #[serde(alias = "occurrenceDateTime")]
    performed_date_time: Option<PartialDate>,
    #[serde(alias = "occurrencePeriod")]
    performed_period: Option<PeriodElement>,
}

impl States for ProcedureElement {
    fn facts(self, urls: &FullUrls) -> Result<Facts, Rejection> {
        if let Some(reason) = status::of_status(self.status.as_deref()) {
            return Err(reason.into());
        }
        let period = self.performed_period.unwrap_or_default();
        let fact = Fact {
            status: self.status,
            start: self.performed_date_time.or(period.start),
            end: period.end,
            ..Fact::new(
                EventKind::Procedure,
                self.code.unwrap_or_default().codings(),
            )
        };
        Facts::one(self.subject.as_ref(), urls, fact)
    }
}
