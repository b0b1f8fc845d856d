//! What one resource states, before its patient is known.

use std::sync::Arc;

use jiff::Timestamp;

use super::coding::{Concept, Interner};
use super::consent::{ConsentResource, Provision, Version};
use super::event::{Event, EventKind, Quantity, Value};
use super::partial_date::PartialDate;
use super::patient::Patient;
use super::reference::{FullUrls, Reference};
use super::report::{Reason, Source};

/// What a resource comes to.
#[derive(Debug)]
pub(crate) enum Statement {
    /// A patient; `source` is still unset. The second member is the id of a replacing patient.
    Patient(Box<Patient>, Option<String>),
    /// Facts about the patient with this id.
    Facts(Facts),
    /// A medication that others refer to.
    Medication(Concept),
    /// A consent of the patient with this id.
    Consent(String, Box<ConsentDraft>),
}

/// The facts that one resource states.
#[derive(Debug)]
pub(crate) struct Facts {
    /// The patient's id.
    pub(crate) subject: String,
    /// The id of a Medication that tells the codings of every fact here.
    pub(crate) medication: Option<String>,
    /// The facts.
    pub(crate) facts: Vec<Fact>,
}

/// An event without its patient and source.
#[derive(Debug, Clone)]
pub(crate) struct Fact {
    pub(crate) kind: EventKind,
    pub(crate) codings: Concept,
    pub(crate) status: Option<String>,
    pub(crate) clinical_status: Option<String>,
    pub(crate) verification_status: Option<String>,
    pub(crate) start: Option<PartialDate>,
    pub(crate) end: Option<PartialDate>,
    pub(crate) value: Option<Value>,
    /// Whether `start` is when it was recorded, not when it began.
    pub(crate) dated_by_record: bool,
}

/// A consent without its patient and source.
#[derive(Debug)]
pub(crate) struct ConsentDraft {
    pub(crate) status: Option<String>,
    pub(crate) version: Option<Version>,
    pub(crate) given_by_other: bool,
    pub(crate) scope: Concept,
    pub(crate) category: Concept,
    pub(crate) date: Option<PartialDate>,
    pub(crate) moment: Option<Timestamp>,
    pub(crate) provision: Provision,
}

/// Why a resource states nothing that is used.
#[derive(Debug)]
pub(crate) struct Rejection {
    pub(crate) reason: Reason,
    pub(crate) detail: Option<String>,
}

impl From<Reason> for Rejection {
    fn from(reason: Reason) -> Self {
        Self {
            reason,
            detail: None,
        }
    }
}

impl Fact {
    /// A fact of this kind and codings, and nothing else yet.
    pub(crate) fn new(kind: EventKind, codings: Concept) -> Self {
        Self {
            kind,
            codings,
            status: None,
            clinical_status: None,
            verification_status: None,
            start: None,
            end: None,
            value: None,
            dated_by_record: false,
        }
    }

    /// The event of this fact. `patient` is whatever number the caller keeps for the subject.
    pub(crate) fn event(self, patient: usize, source: Source, interner: &mut Interner) -> Event {
        let mut share = |text: Option<String>| text.map(|text| interner.text(&text));
        let status = share(self.status);
        let clinical_status = share(self.clinical_status);
        let verification_status = share(self.verification_status);
        Event {
            patient,
            kind: self.kind,
            codings: interner.concept(self.codings),
            status,
            clinical_status,
            verification_status,
            start: self.start,
            end: self.end,
            value: self.value.map(|value| shared(value, interner)),
            source,
        }
    }
}

impl Facts {
    /// Facts about the patient that `subject` refers to.
    pub(crate) fn of(
        subject: Option<&Reference>,
        urls: &FullUrls,
        facts: Vec<Fact>,
    ) -> Result<Self, Rejection> {
        Ok(Self {
            subject: patient_id(subject, urls)?,
            medication: None,
            facts,
        })
    }

    /// One fact, which must say what it is.
    pub(crate) fn one(
        subject: Option<&Reference>,
        urls: &FullUrls,
        fact: Fact,
    ) -> Result<Self, Rejection> {
        if fact.codings.is_empty() {
            return Err(Reason::NoCode.into());
        }
        Self::of(subject, urls, vec![fact])
    }
}

/// The id of the patient that a subject refers to.
pub(crate) fn patient_id(
    subject: Option<&Reference>,
    urls: &FullUrls,
) -> Result<String, Rejection> {
    subject
        .and_then(|subject| subject.id_of("Patient", urls))
        .ok_or_else(|| Reason::NoPatient.into())
}

impl ConsentDraft {
    /// The consent of this draft.
    pub(crate) fn consent(
        self,
        id: Option<String>,
        patient: usize,
        source: Source,
    ) -> ConsentResource {
        ConsentResource {
            id,
            patient,
            status: self.status.map(Arc::from),
            version: self.version,
            given_by_other: self.given_by_other,
            scope: self.scope,
            category: self.category.to_vec(),
            date: self.date,
            moment: self.moment,
            provision: self.provision,
            source,
        }
    }
}

fn shared(value: Value, interner: &mut Interner) -> Value {
    match value {
        Value::Quantity(quantity) => Value::Quantity(Quantity {
            code: quantity.code.map(|code| interner.text(&code)),
            unit: quantity.unit.map(|unit| interner.text(&unit)),
            ..quantity
        }),
        Value::Coded(concept) => Value::Coded(interner.concept(concept)),
        other => other,
    }
}
