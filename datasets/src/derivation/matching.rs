//! From codings to concepts: which concepts of a profile an event expresses.

use std::collections::HashMap;

use salus_protocol::profile::{CodeRef, CodeSystem, Concept, Resource};

use crate::fhir::{Coding, EventKind};

/// The codes of a profile's concepts, ready for look-up.
pub(super) struct Matching<'p> {
    exact: HashMap<(EventKind, CodeSystem, &'p str), Vec<usize>>,
    beginnings: Vec<(EventKind, &'p CodeRef, usize)>,
}

impl<'p> Matching<'p> {
    /// Indexes the codes of `concepts`.
    pub(super) fn new(concepts: &'p [Concept]) -> Self {
        let mut matching = Self {
            exact: HashMap::new(),
            beginnings: Vec::new(),
        };
        for (place, concept) in concepts.iter().enumerate() {
            let kind = kind_of(concept.resource);
            for code in &concept.codes {
                if code.prefix {
                    matching.beginnings.push((kind, code, place));
                } else {
                    let key = (kind, code.system, code.code.as_str());
                    matching.exact.entry(key).or_default().push(place);
                }
            }
        }
        matching
    }

    /// The places of the concepts that these codings express, each once, in order.
    pub(super) fn concepts(&self, kind: EventKind, codings: &[Coding]) -> Vec<usize> {
        let mut found = Vec::new();
        for coding in codings {
            let Some(system) = CodeSystem::from_uri(&coding.system) else {
                continue;
            };
            let code: &str = &coding.code;
            found.extend(self.exact.get(&(kind, system, code)).into_iter().flatten());
            found.extend(
                self.beginnings
                    .iter()
                    .filter(|(of, beginning, _)| *of == kind && beginning.matches(system, code))
                    .map(|(.., place)| *place),
            );
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

fn kind_of(resource: Resource) -> EventKind {
    match resource {
        Resource::Condition => EventKind::Condition,
        Resource::Observation => EventKind::Observation,
        Resource::Medication => EventKind::Medication,
        Resource::Procedure => EventKind::Procedure,
        Resource::Immunization => EventKind::Immunization,
        Resource::Encounter => EventKind::Encounter,
        Resource::Allergy => EventKind::Allergy,
    }
}
