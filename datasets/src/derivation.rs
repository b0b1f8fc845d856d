//! From a patient's events to a row: what a profile's fields say, as of one index day.
//!
//! Lives here: which events count, when, with which value. Never here: reading FHIR (that is
//! [`crate::fhir`], which also decides what is a fact) and the profile document itself (that is
//! `salus_protocol::profile`). The rules, each with its reason, are in docs/spec/derivation.md.
//!
//! Rows depend on what the events say and never on their order in the source.

mod fact;
mod matching;
mod people;
mod reading;
mod report;
mod selection;

use polars::error::PolarsError;
use salus_protocol::day::Day;
use salus_protocol::profile::{Field, Profile};
use salus_protocol::row::{FIELDS, Row};
use thiserror::Error;

use crate::fhir::Import;

use fact::ConceptFacts;
use people::Person;

pub use report::{DerivationReport, LeftOut, PatientLeftOut};

/// The rows of one import, of one profile, as of one day.
#[derive(Debug, Clone)]
pub struct Derivation {
    /// One row for each patient alive on the index day, by patient id.
    pub rows: Vec<PatientRow>,
    /// What was left out and why. For the custodian only.
    pub report: DerivationReport,
}

/// A patient's row.
#[derive(Debug, Clone)]
pub struct PatientRow {
    /// The id of the Patient resource.
    pub patient: String,
    /// The row.
    pub row: Row,
}

/// Why no rows could be derived.
#[derive(Debug, Error)]
pub enum DerivationError {
    /// The table engine gave up, as it does when memory runs out.
    #[error("the rows could not be computed: {0}; try again with fewer patients at a time")]
    Table(#[from] PolarsError),
}

/// Derives the row of every patient as of `index`.
///
/// # Errors
/// [`DerivationError`] if the tables cannot be computed. Values that cannot be used are no errors:
/// they are left out and reported.
pub fn derive(
    profile: &Profile,
    import: &Import,
    index: Day,
) -> Result<Derivation, DerivationError> {
    let mut report = DerivationReport::new(profile, index);
    let people = people::alive_at(import, index, &mut report);
    let facts = fact::gather(profile, import, index, &people, &mut report);

    let mut rows = vec![[0; FIELDS]; people.len()];
    for (position, field) in profile.fields().iter().enumerate() {
        for (person, code) in column(profile, field, import, index, &people, &facts, &mut report)? {
            rows[person][position] = code;
        }
        let filled = rows.iter().filter(|row| row[position] != 0).count();
        report.count_filled(&field.name, filled);
    }
    let rows = people
        .iter()
        .zip(rows)
        .map(|(person, values)| PatientRow {
            patient: import.patients[person.patient].id.clone(),
            row: Row::new(values),
        })
        .collect();
    Ok(Derivation { rows, report })
}

/// One field's values: the place of a person and the encoded value, for those who have one.
fn column(
    profile: &Profile,
    field: &Field,
    import: &Import,
    index: Day,
    people: &[Person],
    facts: &[ConceptFacts],
    report: &mut DerivationReport,
) -> Result<Vec<(usize, u16)>, DerivationError> {
    let concept = field.concept.as_ref().and_then(|name| {
        let concepts = &profile.document().concepts;
        concepts.iter().position(|concept| concept.name == *name)
    });
    match (field.attribute, concept) {
        (Some(attribute), _) => Ok(people::attribute(attribute, field, import, people, report)),
        (None, Some(concept)) => {
            let candidates = selection::candidates(field, &facts[concept], index, import, report);
            Ok(selection::select(field, candidates)?)
        }
        // A checked profile has one or the other.
        (None, None) => Ok(Vec::new()),
    }
}
