//! MedicationRequest, MedicationStatement and MedicationAdministration, and the Medication that they
//! may refer to, contained or beside them.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{States, decode};
use crate::fhir::coding::Concept;
use crate::fhir::element::{ConceptElement, ConceptOrReference, PeriodElement};
use crate::fhir::event::EventKind;
use crate::fhir::fact::{Fact, Facts, Rejection, Statement};
use crate::fhir::partial_date::PartialDate;
use crate::fhir::reference::{FullUrls, Reference};
use crate::fhir::report::Reason;
use crate::fhir::status;

#[derive(Debug, Deserialize)]
pub(super) struct MedicationElement {
    code: Option<ConceptElement>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RequestElement<'a> {
    status: Option<String>,
    intent: Option<String>,
    do_not_perform: Option<bool>,
    medication_codeable_concept: Option<ConceptElement>,
    medication_reference: Option<Reference>,
    medication: Option<ConceptOrReference>,
    #[serde(borrow)]
    contained: Option<Vec<ContainedElement<'a>>>,
    subject: Option<Reference>,
    authored_on: Option<PartialDate>,
    dispense_request: Option<DispenseRequest>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct DispenseRequest {
    validity_period: Option<PeriodElement>,
}

/// MedicationStatement and MedicationAdministration.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UseElement<'a> {
    status: Option<String>,
    medication_codeable_concept: Option<ConceptElement>,
    medication_reference: Option<Reference>,
    medication: Option<ConceptOrReference>,
    #[serde(borrow)]
    contained: Option<Vec<ContainedElement<'a>>>,
    subject: Option<Reference>,
    #[serde(alias = "occurenceDateTime")]
    effective_date_time: Option<PartialDate>,
    #[serde(alias = "occurencePeriod")]
    effective_period: Option<PeriodElement>,
    date_asserted: Option<PartialDate>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ContainedElement<'a> {
    resource_type: Option<String>,
    id: Option<String>,
    #[serde(borrow)]
    code: Option<&'a RawValue>,
}

/// Which medicine it is: its codings, or the id of the Medication that has them.
enum Medicine {
    Coded(Concept),
    Elsewhere(String),
}

impl MedicationElement {
    pub(super) fn statement(self) -> Statement {
        Statement::Medication(self.code.unwrap_or_default().codings())
    }
}

impl States for RequestElement<'_> {
    fn facts(self, urls: &FullUrls) -> Result<Facts, Rejection> {
        let not_wanted = (self.do_not_perform == Some(true)).then_some(Reason::NotDone);
        let taken_back = status::of_status(self.status.as_deref())
            .or_else(|| status::of_intent(self.intent.as_deref()));
        if let Some(reason) = taken_back.or(not_wanted) {
            return Err(reason.into());
        }
        let validity = self
            .dispense_request
            .and_then(|request| request.validity_period);
        let fact = Fact {
            status: self.status,
            start: self.authored_on,
            end: validity.and_then(|period| period.end),
            ..Fact::new(EventKind::Medication, Concept::default())
        };
        let medicine = medicine(
            self.medication_codeable_concept,
            self.medication_reference,
            self.medication,
            self.contained.as_deref().unwrap_or_default(),
            urls,
        )?;
        facts(self.subject.as_ref(), urls, fact, medicine)
    }
}

impl States for UseElement<'_> {
    fn facts(self, urls: &FullUrls) -> Result<Facts, Rejection> {
        if let Some(reason) = status::of_status(self.status.as_deref()) {
            return Err(reason.into());
        }
        let period = self.effective_period.unwrap_or_default();
        let effective = self.effective_date_time.or(period.start);
        let fact = Fact {
            status: self.status,
            start: effective.or(self.date_asserted),
            end: period.end,
            dated_by_record: effective.is_none() && self.date_asserted.is_some(),
            ..Fact::new(EventKind::Medication, Concept::default())
        };
        let medicine = medicine(
            self.medication_codeable_concept,
            self.medication_reference,
            self.medication,
            self.contained.as_deref().unwrap_or_default(),
            urls,
        )?;
        facts(self.subject.as_ref(), urls, fact, medicine)
    }
}

fn facts(
    subject: Option<&Reference>,
    urls: &FullUrls,
    fact: Fact,
    medicine: Medicine,
) -> Result<Facts, Rejection> {
    match medicine {
        Medicine::Coded(codings) => Facts::one(subject, urls, Fact { codings, ..fact }),
        Medicine::Elsewhere(id) => Ok(Facts {
            medication: Some(id),
            ..Facts::of(subject, urls, vec![fact])?
        }),
    }
}

fn medicine(
    concept: Option<ConceptElement>,
    reference: Option<Reference>,
    r5: Option<ConceptOrReference>,
    contained: &[ContainedElement<'_>],
    urls: &FullUrls,
) -> Result<Medicine, Rejection> {
    let (r5_concept, r5_reference) =
        r5.map_or((None, None), |either| (either.concept, either.reference));
    if let Some(concept) = concept.or(r5_concept) {
        return Ok(Medicine::Coded(concept.codings()));
    }
    let Some(reference) = reference.or(r5_reference) else {
        return Err(Reason::NoCode.into());
    };
    if let Some(id) = reference.contained() {
        let found = contained.iter().find(|resource| {
            resource.id.as_deref().map(|id| id.trim_start_matches('#')) == Some(id)
                && resource.resource_type.as_deref() == Some("Medication")
        });
        let code = found
            .ok_or(Reason::MedicationMissing)?
            .code
            .ok_or(Reason::NoCode)?;
        return Ok(Medicine::Coded(
            decode::<ConceptElement>(code.get())?.codings(),
        ));
    }
    match reference.id_of("Medication", urls) {
        Some(id) => Ok(Medicine::Elsewhere(id)),
        None => Err(Reason::MedicationMissing.into()),
    }
}
