//! An import: everything read from one source.

use super::consent::UnreadConsents;
use super::{ConsentResource, Event, ImportReport, Patient};

/// Everything read from one source, ready for derivation.
#[derive(Debug, Clone, Default)]
pub struct Import {
    /// Patients, by id.
    pub patients: Vec<Patient>,
    /// Events by patient, then kind, then start (undated first), then place in the source.
    pub events: Vec<Event>,
    /// Consents, by patient, then place in the source.
    pub consents: Vec<ConsentResource>,
    /// Whose Consents were left out though they may say no.
    pub unread_consents: UnreadConsents,
    /// What was left out and why.
    pub report: ImportReport,
}

impl Import {
    /// The events of one patient.
    #[must_use]
    pub fn events_of(&self, patient: usize) -> &[Event] {
        let start = self.events.partition_point(|event| event.patient < patient);
        let end = self
            .events
            .partition_point(|event| event.patient <= patient);
        self.events.get(start..end).unwrap_or_default()
    }

    /// The Consents of one patient that could be read.
    #[must_use]
    pub fn consents_of(&self, patient: usize) -> &[ConsentResource] {
        let start = self.consents.partition_point(|c| c.patient < patient);
        let end = self.consents.partition_point(|c| c.patient <= patient);
        self.consents.get(start..end).unwrap_or_default()
    }

    /// The place of the patient with this id.
    #[must_use]
    pub fn patient(&self, id: &str) -> Option<usize> {
        self.patients
            .binary_search_by(|patient| patient.id.as_str().cmp(id))
            .ok()
    }
}
