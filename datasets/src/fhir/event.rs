//! Events: what happened to a patient, flat and typed, as derivation wants it.

use std::sync::Arc;

use rust_decimal::Decimal;

use super::coding::Concept;
use super::partial_date::PartialDate;
use super::report::Source;

/// What an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventKind {
    /// A diagnosis or finding, from Condition.
    Condition,
    /// A measurement or answer, from Observation or one of its components.
    Observation,
    /// A medicine ordered, taken or given, from MedicationRequest, -Statement or -Administration.
    Medication,
    /// From Procedure.
    Procedure,
    /// A vaccine given, from Immunization.
    Immunization,
    /// A visit or stay, from Encounter.
    Encounter,
    /// From AllergyIntolerance.
    Allergy,
}

/// Something that happened to a patient. What was taken back or never happened is not among them.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// The place of the patient in [`super::Import::patients`].
    pub patient: usize,
    /// What it is.
    pub kind: EventKind,
    /// Every coding of what happened. An encounter's class and types stand side by side.
    pub codings: Concept,
    /// The resource's `status` as written (`final`, `active`, `stopped`...).
    pub status: Option<Arc<str>>,
    /// The code of `clinicalStatus` (`active`, `resolved`, `inactive`...): conditions, allergies.
    pub clinical_status: Option<Arc<str>>,
    /// The code of `verificationStatus`: conditions, allergies.
    pub verification_status: Option<Arc<str>>,
    /// When it began or was measured; `None` where no date is on record.
    ///
    /// | kind | first of |
    /// |---|---|
    /// | Condition | onsetDateTime, onsetPeriod.start, recordedDate |
    /// | Observation | effectiveDateTime, effectiveInstant, effectivePeriod.start, issued |
    /// | Medication | authoredOn; effectiveDateTime, effectivePeriod.start, dateAsserted |
    /// | Procedure | performedDateTime, performedPeriod.start |
    /// | Immunization | occurrenceDateTime |
    /// | Encounter | period.start |
    /// | Allergy | onsetDateTime, onsetPeriod.start, recordedDate |
    pub start: Option<PartialDate>,
    /// When it ended (abatement, end of period); `None` where it goes on or no end is on record.
    pub end: Option<PartialDate>,
    /// The measured value or answer; only observations have one, and every one of them does.
    pub value: Option<Value>,
    /// Where it was read.
    pub source: Source,
}

/// An observation's value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A number with a unit.
    Quantity(Quantity),
    /// A coded answer, all codings kept.
    Coded(Concept),
    /// Free text. It may identify a person: never leaves the custodian.
    Text(Arc<str>),
    /// A whole number.
    Integer(i64),
    /// Yes or no.
    Boolean(bool),
    /// A date.
    Date(PartialDate),
}

/// A number with a unit, exactly as written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Quantity {
    /// The number, in decimal, without rounding.
    pub value: Decimal,
    /// Set where the true value is only known to be on one side of the number.
    pub comparator: Option<Comparator>,
    /// The unit's code (UCUM, as a rule).
    pub code: Option<Arc<str>>,
    /// The unit's name for people.
    pub unit: Option<Arc<str>>,
}

impl Quantity {
    /// The unit: its code, or its name where there is no code.
    #[must_use]
    pub fn unit(&self) -> Option<&str> {
        self.code.as_deref().or(self.unit.as_deref())
    }
}

/// On which side of the number the true value lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Comparator {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>=`
    AtLeast,
    /// `>`
    Greater,
}
