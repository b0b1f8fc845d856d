//! The assembly of an import: versions of one resource, patients and their events, medications
//! beside their orders. Resources arrive in the order of their sources, so the result depends on
//! the input alone.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::coding::{Concept, Interner};
use super::consent::{Unread, UnreadConsents};
use super::event::Event;
use super::fact::{Facts, Rejection, Statement};
use super::import::Import;
use super::patient::Patient;
use super::report::{Example, ImportReport, Reason, Source};
use super::resource::Resource;
use super::{ConsentResource, FileReport};

/// How many replacements of a patient are followed before they are taken for a circle.
const REPLACEMENTS: usize = 8;

/// Everything read so far.
#[derive(Default)]
pub(crate) struct Assembly {
    pub(crate) files: Vec<FileReport>,
    interner: Interner,
    slots: Vec<Slot>,
    /// The standing slot of each type and id.
    versions: HashMap<(Arc<str>, Arc<str>), usize>,
    /// The number of each patient id that was referred to.
    subjects: HashMap<Arc<str>, usize>,
    patients: Vec<(usize, Patient, Option<String>)>,
    /// Events with their slots. Until the end, `patient` is the number of the subject.
    events: Vec<(usize, Event)>,
    medications: HashMap<Arc<str>, (usize, Concept)>,
    /// Slots whose events take their codings from a Medication.
    awaiting: HashMap<usize, Arc<str>>,
    consents: Vec<(usize, ConsentResource)>,
    /// Slots of Consents that can't be read, with the number of their subject where that can be.
    unread_consents: Vec<(usize, Option<usize>)>,
    dated_by_record: Vec<usize>,
}

/// One resource read, and what becomes of it.
struct Slot {
    resource_type: Arc<str>,
    id: Option<Arc<str>>,
    source: Source,
    updated: Option<Timestamp>,
    subject: Option<usize>,
    left_out: Option<Rejection>,
}

impl Assembly {
    /// Takes in one resource.
    pub(crate) fn add(&mut self, source: Source, resource: Resource) {
        let number = self.slots.len();
        let resource_type = self.interner.text(&resource.resource_type);
        let id: Option<Arc<str>> = resource.id.map(Arc::from);
        let mut slot = Slot {
            resource_type,
            id: id.clone(),
            source,
            updated: resource.updated,
            subject: None,
            left_out: None,
        };
        if let Some(id) = &id {
            self.choose_version(number, id, &mut slot);
        }
        match resource.unread_consent {
            None => {}
            Some(Unread::OfAnybody) => self.unread_consents.push((number, None)),
            Some(Unread::Of(subjects)) => {
                for id in subjects {
                    let subject = self.subject(&id);
                    self.unread_consents.push((number, Some(subject)));
                }
            }
        }
        match resource.statement {
            Err(rejection) => slot.left_out = Some(slot.left_out.take().unwrap_or(rejection)),
            // An earlier line holds a later version: nothing of this one is kept.
            Ok(_) if slot.left_out.is_some() => {}
            Ok(statement) => self.state(number, &mut slot, statement),
        }
        self.slots.push(slot);
    }

    /// Lets the later of two versions stand: by `meta.lastUpdated` where both have it, else by place.
    fn choose_version(&mut self, number: usize, id: &Arc<str>, slot: &mut Slot) {
        if &*slot.resource_type == super::resource::NO_TYPE {
            return;
        }
        let key = (Arc::clone(&slot.resource_type), Arc::clone(id));
        let earlier = self
            .versions
            .get(&key)
            .and_then(|standing| self.slots.get_mut(*standing));
        if let Some(earlier) = earlier {
            let superseded = |by: Source, files: &[FileReport]| {
                Some(Rejection {
                    reason: Reason::Superseded,
                    detail: Some(format!("by {}", ImportReport::place_in(files, by))),
                })
            };
            if matches!((earlier.updated, slot.updated), (Some(before), Some(now)) if before > now)
            {
                slot.left_out = superseded(earlier.source, &self.files);
                return;
            }
            earlier.left_out = superseded(slot.source, &self.files);
        }
        self.versions.insert(key, number);
    }

    fn state(&mut self, number: usize, slot: &mut Slot, statement: Statement) {
        match statement {
            Statement::Patient(mut patient, replaced_by) => {
                patient.source = slot.source;
                patient.race = self.interner.concept(patient.race);
                patient.ethnicity = self.interner.concept(patient.ethnicity);
                self.patients.push((number, *patient, replaced_by));
            }
            Statement::Facts(facts) => self.add_facts(number, slot, facts),
            Statement::Medication(codings) => {
                if let Some(id) = &slot.id {
                    let codings = self.interner.concept(codings);
                    self.medications.insert(Arc::clone(id), (number, codings));
                }
            }
            Statement::Consent(subject, draft) => {
                let subject = self.subject(&subject);
                slot.subject = Some(subject);
                let id = slot.id.as_deref().map(str::to_owned);
                self.consents
                    .push((number, draft.consent(id, subject, slot.source)));
            }
        }
    }

    fn add_facts(&mut self, number: usize, slot: &mut Slot, facts: Facts) {
        let subject = self.subject(&facts.subject);
        slot.subject = Some(subject);
        if let Some(medication) = facts.medication {
            self.awaiting.insert(number, medication.into());
        }
        for fact in facts.facts {
            if fact.dated_by_record {
                self.dated_by_record.push(number);
            }
            self.events
                .push((number, fact.event(subject, slot.source, &mut self.interner)));
        }
    }

    fn subject(&mut self, id: &str) -> usize {
        if let Some(number) = self.subjects.get(id) {
            return *number;
        }
        let number = self.subjects.len();
        self.subjects.insert(id.into(), number);
        number
    }

    /// Resolves all references and gives the import.
    pub(crate) fn finish(mut self) -> Import {
        let patients = self.settle_patients();
        let place_of = |id: &str| {
            patients
                .binary_search_by(|(known, _)| known.as_str().cmp(id))
                .ok()
        };
        let replaced: HashMap<&str, &str> = self.replacements();
        let mut patient_of_subject: Vec<Option<usize>> = vec![None; self.subjects.len()];
        for (id, number) in &self.subjects {
            let mut id: &str = id;
            for _ in 0..REPLACEMENTS {
                id = replaced.get(id).copied().unwrap_or(id);
            }
            if let Some(entry) = patient_of_subject.get_mut(*number) {
                *entry = place_of(id);
            }
        }
        self.mark_patients_missing(&patient_of_subject);
        self.fill_medications();
        let patient_of = |subject: usize| patient_of_subject.get(subject).copied().flatten();
        let stands = |number: usize| {
            self.slots
                .get(number)
                .is_some_and(|slot| slot.left_out.is_none())
        };

        let unread_consents = unread(&self.unread_consents, &self.slots, patient_of);
        let mut events: Vec<Event> = Vec::with_capacity(self.events.len());
        for (number, event) in self.events {
            if let Some(patient) = patient_of(event.patient).filter(|_| stands(number)) {
                events.push(Event { patient, ..event });
            }
        }
        events.sort_by_key(|event| (event.patient, event.kind, event.start, event.source));
        let mut consents: Vec<ConsentResource> = Vec::with_capacity(self.consents.len());
        for (number, consent) in self.consents {
            if let Some(patient) = patient_of(consent.patient).filter(|_| stands(number)) {
                consents.push(ConsentResource { patient, ..consent });
            }
        }
        consents.sort_by_key(|consent| (consent.patient, consent.source));
        let dated_by_record = self
            .dated_by_record
            .iter()
            .filter(|number| stands(**number))
            .count() as u64;
        let report = report(self.files, &self.slots, &events, dated_by_record);
        Import {
            patients: patients.into_iter().map(|(_, patient)| patient).collect(),
            events,
            consents,
            unread_consents,
            report,
        }
    }

    /// The standing patients by id. Those that another has replaced are left out.
    fn settle_patients(&mut self) -> Vec<(String, Patient)> {
        let mut standing = Vec::with_capacity(self.patients.len());
        for (number, patient, replaced_by) in &self.patients {
            let Some(slot) = self
                .slots
                .get_mut(*number)
                .filter(|slot| slot.left_out.is_none())
            else {
                continue;
            };
            match replaced_by {
                Some(other) => {
                    slot.left_out = Some(Rejection {
                        reason: Reason::Replaced,
                        detail: Some(format!("by Patient/{other}")),
                    });
                }
                None => standing.push((patient.id.clone(), patient.clone())),
            }
        }
        standing.sort_by(|(one, _), (other, _)| one.cmp(other));
        standing
    }

    fn replacements(&self) -> HashMap<&str, &str> {
        let replaced = self.patients.iter().filter(|(number, _, _)| {
            let slot = self.slots.get(*number);
            slot.and_then(|slot| slot.left_out.as_ref())
                .is_some_and(|why| why.reason == Reason::Replaced)
        });
        replaced
            .filter_map(|(_, patient, by)| Some((patient.id.as_str(), by.as_deref()?)))
            .collect()
    }

    fn mark_patients_missing(&mut self, patient_of_subject: &[Option<usize>]) {
        let mut ids: Vec<Arc<str>> = vec![Arc::default(); self.subjects.len()];
        for (id, number) in &self.subjects {
            if let Some(entry) = ids.get_mut(*number) {
                *entry = Arc::clone(id);
            }
        }
        for slot in &mut self.slots {
            let Some(subject) = slot.subject.filter(|_| slot.left_out.is_none()) else {
                continue;
            };
            if patient_of_subject.get(subject).copied().flatten().is_none() {
                let id = ids.get(subject).map(|id| format!("Patient/{id}"));
                slot.left_out = Some(Rejection {
                    reason: Reason::PatientMissing,
                    detail: id,
                });
            }
        }
    }

    /// Gives orders the codings of the Medications that they refer to.
    fn fill_medications(&mut self) {
        if self.awaiting.is_empty() {
            return;
        }
        for (number, event) in &mut self.events {
            let Some(id) = self.awaiting.get(number) else {
                continue;
            };
            let found = self.medications.get(id).filter(|(medication, _)| {
                self.slots
                    .get(*medication)
                    .is_some_and(|slot| slot.left_out.is_none())
            });
            let reason = match found {
                Some((_, codings)) if !codings.is_empty() => {
                    event.codings = Arc::clone(codings);
                    continue;
                }
                Some(_) => Reason::NoCode,
                None => Reason::MedicationMissing,
            };
            if let Some(slot) = self
                .slots
                .get_mut(*number)
                .filter(|slot| slot.left_out.is_none())
            {
                slot.left_out = Some(Rejection {
                    reason,
                    detail: Some(format!("Medication/{id}")),
                });
            }
        }
    }
}

/// Whose Consents stand unread. Patients that are not in the export get no consent in any case.
fn unread(
    consents: &[(usize, Option<usize>)],
    slots: &[Slot],
    patient_of: impl Fn(usize) -> Option<usize>,
) -> UnreadConsents {
    let mut unread = UnreadConsents::default();
    for (number, subject) in consents {
        let why = slots.get(*number).and_then(|slot| slot.left_out.as_ref());
        let settled = [Reason::Superseded, Reason::EnteredInError];
        if why.is_some_and(|why| settled.contains(&why.reason)) {
            continue;
        }
        match subject {
            Some(subject) => unread.patients.extend(patient_of(*subject)),
            None => unread.of_anybody = true,
        }
    }
    unread
}

fn report(
    files: Vec<FileReport>,
    slots: &[Slot],
    events: &[Event],
    dated_by_record: u64,
) -> ImportReport {
    let mut report = ImportReport {
        files,
        events: events.len() as u64,
        events_without_date: events.iter().filter(|event| event.start.is_none()).count() as u64,
        events_dated_by_record: dated_by_record,
        ..ImportReport::default()
    };
    for slot in slots {
        match &slot.left_out {
            None => report.count_mapped(&slot.resource_type),
            Some(why) => report.count_left_out(&slot.resource_type, why.reason, |report| Example {
                place: report.place(slot.source),
                id: slot.id.as_deref().map(str::to_owned),
                detail: why.detail.clone(),
            }),
        }
    }
    report
}
