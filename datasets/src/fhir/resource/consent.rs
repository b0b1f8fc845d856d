//! Consent, R4 and R5.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::de::{Error as _, IgnoredAny};
use serde::{Deserialize, Deserializer};

use crate::fhir::coding::{Coding, Concept};
use crate::fhir::consent::{Decision, Provision, Purpose, Qualifier, Version};
use crate::fhir::element::{CodingElement, ConceptElement, ExtensionElement, PeriodElement};
use crate::fhir::fact::{ConsentDraft, Rejection, Statement, patient_id};
use crate::fhir::partial_date::PartialDate;
use crate::fhir::reference::{FullUrls, Reference};
use crate::fhir::report::Reason;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ConsentElement {
    status: Option<String>,
    category: Option<Vec<ConceptElement>>,
    provision: Option<RootElement>,
    // R4 only.
    scope: Option<ConceptElement>,
    patient: Option<Reference>,
    date_time: Option<GivenAt>,
    performer: Option<Vec<Reference>>,
    organization: Option<IgnoredAny>,
    policy: Option<IgnoredAny>,
    policy_rule: Option<IgnoredAny>,
    // R5 only.
    subject: Option<Reference>,
    date: Option<GivenAt>,
    period: Option<PeriodElement>,
    decision: Option<DecisionElement>,
    grantor: Option<Vec<Reference>>,
    grantee: Option<Vec<IgnoredAny>>,
    manager: Option<IgnoredAny>,
    controller: Option<IgnoredAny>,
    regulatory_basis: Option<IgnoredAny>,
    policy_basis: Option<IgnoredAny>,
    policy_text: Option<IgnoredAny>,
}

/// When a consent was given: the written day, and the moment where it has a zone.
#[derive(Debug, Clone, Copy)]
struct GivenAt {
    date: PartialDate,
    moment: Option<Timestamp>,
}

impl<'de> Deserialize<'de> for GivenAt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        Ok(Self {
            date: PartialDate::parse(&text).map_err(D::Error::custom)?,
            moment: text.trim().parse().ok(),
        })
    }
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
    modifier_extension: Option<Vec<IgnoredAny>>,
    provision: Option<Vec<ProvisionElement>>,
}

impl ConsentElement {
    pub(super) fn statement(self, urls: &FullUrls) -> Result<Statement, Rejection> {
        if self.status.as_deref() == Some("entered-in-error") {
            return Err(Reason::EnteredInError.into());
        }
        let patient = self.patient_id(urls)?;
        let given = self.date_time.or(self.date);
        let draft = ConsentDraft {
            version: self.version(),
            given_by_other: self.is_given_by_other(&patient, urls),
            scope: self
                .scope
                .as_ref()
                .map(ConceptElement::codings)
                .unwrap_or_default(),
            category: self
                .category
                .iter()
                .flatten()
                .flat_map(|category| category.codings().to_vec())
                .collect(),
            date: given.map(|given| given.date),
            moment: given.and_then(|given| given.moment),
            status: self.status.clone(),
            provision: self.root(),
        };
        Ok(Statement::Consent(patient, Box::new(draft)))
    }

    /// Whom it is about: R4's `patient`, R5's `subject`.
    fn patient_id(&self, urls: &FullUrls) -> Result<String, Rejection> {
        let patient = patient_id(self.patient.as_ref().or(self.subject.as_ref()), urls)?;
        match (&self.patient, &self.subject) {
            (Some(_), Some(_)) if patient_id(self.subject.as_ref(), urls)? != patient => {
                Err(Rejection {
                    reason: Reason::Malformed,
                    detail: Some("its patient and its subject are two people".to_owned()),
                })
            }
            _ => Ok(patient),
        }
    }

    /// The version that has all of its members.
    fn version(&self) -> Option<Version> {
        let r4 = self.scope.is_some()
            || self.patient.is_some()
            || self.date_time.is_some()
            || self.performer.is_some()
            || self.organization.is_some()
            || self.policy.is_some()
            || self.policy_rule.is_some()
            || matches!(self.provision, Some(RootElement::R4(_)));
        let r5 = self.subject.is_some()
            || self.date.is_some()
            || self.period.is_some()
            || self.decision.is_some()
            || self.grantor.is_some()
            || self.grantee.is_some()
            || self.manager.is_some()
            || self.controller.is_some()
            || self.regulatory_basis.is_some()
            || self.policy_basis.is_some()
            || self.policy_text.is_some()
            || matches!(self.provision, Some(RootElement::R5(_)));
        match (r4, r5) {
            (true, false) => Some(Version::R4),
            (false, true) => Some(Version::R5),
            _ => None,
        }
    }

    /// Whether R4's performers or R5's grantors are others than the patient, or can't be told.
    fn is_given_by_other(&self, patient: &str, urls: &FullUrls) -> bool {
        let givers = [&self.performer, &self.grantor];
        let mut givers = givers.into_iter().flatten().flatten();
        givers.any(|giver| giver.id_of("Patient", urls).as_deref() != Some(patient))
    }

    /// The root rule: R4's provision, or R5's decision with its exceptions and its window.
    fn root(self) -> Provision {
        let decision = self.decision.map(DecisionElement::decision);
        let root = match self.provision {
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
        let window = self.period.unwrap_or_default();
        Provision {
            start: root.start.or(window.start),
            end: root.end.or(window.end),
            // To whom rights are given is not read, so they are fewer than they seem.
            narrowed: root.narrowed || self.grantee.is_some_and(|grantees| !grantees.is_empty()),
            ..root
        }
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
            purposes: self.purpose.into_iter().flatten().map(purpose).collect(),
            actions: self
                .action
                .iter()
                .flatten()
                .map(ConceptElement::all_codings)
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
            &self.modifier_extension,
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

fn purpose(element: CodingElement) -> Purpose {
    let coding = element.coding().unwrap_or_else(|| Coding::new("", ""));
    let qualifiers = element
        .extension
        .into_iter()
        .flatten()
        .map(qualifier)
        .collect();
    Purpose { coding, qualifiers }
}

fn qualifier(extension: ExtensionElement) -> Qualifier {
    let of_concept = extension
        .value_codeable_concept
        .map(|concept| concept.all_codings());
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
        text: extension.value_string,
    }
}
