//! Encounter: visits and stays. The class (R4 Coding, R5 concepts) joins the types as a coding.

use serde::Deserialize;

use super::States;
use crate::fhir::coding::Coding;
use crate::fhir::element::{CodingElement, ConceptElement, PeriodElement};
use crate::fhir::event::EventKind;
use crate::fhir::fact::{Fact, Facts, Rejection};
use crate::fhir::reference::{FullUrls, Reference};
use crate::fhir::status;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EncounterElement {
    status: Option<String>,
    class: Option<Class>,
    #[serde(rename = "type")]
    types: Option<Vec<ConceptElement>>,
    subject: Option<Reference>,
    #[serde(alias = "actualPeriod")]
    period: Option<PeriodElement>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Class {
    R4(CodingElement),
    R5(Vec<ConceptElement>),
}

impl States for EncounterElement {
    fn facts(self, urls: &FullUrls) -> Result<Facts, Rejection> {
        if let Some(reason) = status::of_status(self.status.as_deref()) {
            return Err(reason.into());
        }
        let mut codings: Vec<Coding> = match self.class {
            Some(Class::R4(class)) => class.coding().into_iter().collect(),
            Some(Class::R5(classes)) => classes
                .iter()
                .flat_map(|class| class.codings().to_vec())
                .collect(),
            None => Vec::new(),
        };
        codings.extend(
            self.types
                .iter()
                .flatten()
                .flat_map(|of_type| of_type.codings().to_vec()),
        );
        let period = self.period.unwrap_or_default();
        let fact = Fact {
            status: self.status,
            start: period.start,
            end: period.end,
            ..Fact::new(EventKind::Encounter, codings.into())
        };
        Facts::one(self.subject.as_ref(), urls, fact)
    }
}
