//! Consent, R4 and R5.

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::fhir::coding::{Coding, Concept};
use crate::fhir::consent::{Decision, Provision, Purpose, Qualifier};
use crate::fhir::element::{CodingElement, ConceptElement, ExtensionElement, PeriodElement};
use crate::fhir::fact::{ConsentDraft, Rejection, Statement, patient_id};
use crate::fhir::partial_date::PartialDate;
use crate::fhir::reference::{FullUrls, Reference};
use crate::fhir::report::Reason;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ConsentElement {
    status: Option<String>,
    scope: Option<ConceptElement>,
    category: Option<Vec<ConceptElement>>,
    #[serde(alias = "subject")]
    patient: Option<Reference>,
    #[serde(alias = "date")]
    date_time: Option<PartialDate>,
    period: Option<PeriodElement>,
    decision: Option<DecisionElement>,
    provision: Option<RootElement>,
}

/// R4 has one root provision; R5 has a list of exceptions to the root decision.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum RootElement {
    R4(Box<ProvisionElement>),
    R5(Vec<ProvisionElement>),
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum DecisionElement {
    Permit,
    Deny,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProvisionElement {
    #[serde(rename = "type")]
    kind: Option<DecisionElement>,
    period: Option<PeriodElement>,
    purpose: Option<Vec<CodingElement>>,
    action: Option<Vec<ConceptElement>>,
    actor: Option<Vec<IgnoredAny>>,
    security_label: Option<Vec<IgnoredAny>>,
    class: Option<Vec<IgnoredAny>>,
    resource_type: Option<Vec<IgnoredAny>>,
    document_type: Option<Vec<IgnoredAny>>,
    code: Option<Vec<IgnoredAny>>,
    data_period: Option<IgnoredAny>,
    data: Option<Vec<IgnoredAny>>,
    expression: Option<IgnoredAny>,
    provision: Option<Vec<ProvisionElement>>,
}

impl ConsentElement {
    pub(super) fn statement(self, urls: &FullUrls) -> Result<Statement, Rejection> {
        if self.status.as_deref() == Some("entered-in-error") {
            return Err(Reason::EnteredInError.into());
        }
        let patient = patient_id(self.patient.as_ref(), urls)?;
        let decision = self.decision.map(DecisionElement::decision);
        let provision = match self.provision {
            Some(RootElement::R4(root)) => root.provision(decision),
            Some(RootElement::R5(exceptions)) => Provision {
                decision,
                exceptions: exceptions_to(decision, exceptions),
                ..Provision::default()
            },
            None => Provision {
                decision,
                ..Provision::default()
            },
        };
        // R5 has the window on the consent itself.
        let window = self.period.unwrap_or_default();
        let provision = Provision {
            start: provision.start.or(window.start),
            end: provision.end.or(window.end),
            ..provision
        };
        let category = self
            .category
            .iter()
            .flatten()
            .flat_map(|category| category.codings().to_vec())
            .collect::<Vec<Coding>>();
        let draft = ConsentDraft {
            status: self.status,
            scope: self.scope.unwrap_or_default().codings(),
            category: category.into(),
            date: self.date_time,
            provision,
        };
        Ok(Statement::Consent(patient, Box::new(draft)))
    }
}

impl DecisionElement {
    fn decision(self) -> Decision {
        match self {
            Self::Permit => Decision::Permit,
            Self::Deny => Decision::Deny,
        }
    }
}

impl ProvisionElement {
    /// `default` is what it decides where it does not say.
    fn provision(self, default: Option<Decision>) -> Provision {
        let narrowed = self.is_narrowed();
        let decision = self.kind.map(DecisionElement::decision).or(default);
        let period = self.period.unwrap_or_default();
        Provision {
            decision,
            start: period.start,
            end: period.end,
            purposes: self
                .purpose
                .into_iter()
                .flatten()
                .filter_map(purpose)
                .collect(),
            actions: self
                .action
                .iter()
                .flatten()
                .map(ConceptElement::codings)
                .collect(),
            narrowed,
            exceptions: exceptions_to(decision, self.provision.unwrap_or_default()),
        }
    }

    fn is_narrowed(&self) -> bool {
        let lists = [
            &self.actor,
            &self.security_label,
            &self.class,
            &self.resource_type,
            &self.document_type,
            &self.code,
            &self.data,
        ];
        lists.into_iter().flatten().any(|list| !list.is_empty())
            || self.data_period.is_some()
            || self.expression.is_some()
    }
}

fn exceptions_to(decision: Option<Decision>, exceptions: Vec<ProvisionElement>) -> Vec<Provision> {
    let opposite = decision.map(|decision| match decision {
        Decision::Permit => Decision::Deny,
        Decision::Deny => Decision::Permit,
    });
    exceptions
        .into_iter()
        .map(|exception| exception.provision(opposite))
        .collect()
}

fn purpose(element: CodingElement) -> Option<Purpose> {
    let coding = element.coding()?;
    let qualifiers = element
        .extension
        .into_iter()
        .flatten()
        .map(qualifier)
        .collect();
    Some(Purpose { coding, qualifiers })
}

fn qualifier(extension: ExtensionElement) -> Qualifier {
    let of_concept = extension
        .value_codeable_concept
        .map(|concept| concept.codings());
    let of_coding = || -> Concept {
        extension
            .value_coding
            .iter()
            .filter_map(CodingElement::coding)
            .collect()
    };
    Qualifier {
        url: extension.url,
        codings: of_concept.unwrap_or_else(of_coding),
    }
}
