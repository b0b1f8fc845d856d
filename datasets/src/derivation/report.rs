//! The derivation report: what was left out of the rows and why.
//!
//! For the custodian: its examples name places in the source and quote values. It never travels
//! with an answer.

use std::collections::BTreeMap;

use salus_protocol::day::Day;
use salus_protocol::profile::Profile;
use serde::Serialize;

use crate::fhir::{Example, Tally};

/// How many examples a tally keeps.
const EXAMPLES: usize = 3;

/// Why an event, or an attribute of a patient, does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LeftOut {
    /// It has no date.
    NoDate,
    /// Its date leaves open whether it is later than the index day.
    MaybeLater,
    /// Its date lies before 1880-01-02 or after 2059-06-06.
    OutsideCalendar,
    /// A number is needed, and its value is none.
    NoNumber,
    /// Only known to be above or below its number, such as `<5`.
    Inexact,
    /// The concept does not accept its unit.
    UnknownUnit,
    /// Outside what the concept holds for plausible.
    Implausible,
    /// Outside what the field's encoding holds.
    OutOfRange,
    /// A coded answer is needed, and its value is none.
    NotCoded,
    /// None of its codes is among the field's values.
    CodeNotListed,
    /// Its codes mean more than one of the field's values.
    Ambiguous,
}

impl LeftOut {
    /// The reason in a few plain words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::NoDate => "no date",
            Self::MaybeLater => "date may be after the index day",
            Self::OutsideCalendar => "date outside 1880 to 2059",
            Self::NoNumber => "value is no number",
            Self::Inexact => "value only known to be above or below",
            Self::UnknownUnit => "unknown unit",
            Self::Implausible => "implausible value",
            Self::OutOfRange => "value out of range",
            Self::NotCoded => "value is not coded",
            Self::CodeNotListed => "code not among the field's values",
            Self::Ambiguous => "codes mean several values",
        }
    }
}

/// Why a patient has no row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PatientLeftOut {
    /// Died before the index day, or may have.
    Died,
    /// Known to have died, no date on record.
    DiedOnUnknownDay,
    /// Born after the index day, or may have been.
    NotBorn,
}

impl PatientLeftOut {
    /// The reason in a few plain words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Died => "died before the index day",
            Self::DiedOnUnknownDay => "died, no date on record",
            Self::NotBorn => "not born by the index day",
        }
    }
}

/// The outcome of one derivation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DerivationReport {
    /// The profile's name.
    pub profile: String,
    /// The index day.
    pub index: Day,
    /// Rows derived.
    pub rows: u64,
    /// Patients without a row, by reason.
    pub patients_left_out: BTreeMap<PatientLeftOut, Tally>,
    /// Events of the patients who have a row.
    pub events: u64,
    /// Those of them that express a concept of the profile.
    pub events_of_profile: u64,
    /// Events of a concept that are later than the index day, concept by concept.
    pub after_index: u64,
    /// Events that do not count, by concept and reason. They count in no field of the concept.
    pub concepts: BTreeMap<String, BTreeMap<LeftOut, Tally>>,
    /// Events and attributes that do not count in one field, by field and reason.
    pub fields: BTreeMap<String, BTreeMap<LeftOut, Tally>>,
    /// How many rows have a value in each field.
    pub filled: BTreeMap<String, u64>,
}

impl DerivationReport {
    pub(super) fn new(profile: &Profile, index: Day) -> Self {
        Self {
            profile: profile.name().to_owned(),
            index,
            rows: 0,
            patients_left_out: BTreeMap::new(),
            events: 0,
            events_of_profile: 0,
            after_index: 0,
            concepts: BTreeMap::new(),
            fields: BTreeMap::new(),
            filled: BTreeMap::new(),
        }
    }

    /// How many events or attributes were left out for this reason, over concepts and fields.
    #[must_use]
    pub fn left_out(&self, reason: LeftOut) -> u64 {
        self.concepts
            .values()
            .chain(self.fields.values())
            .filter_map(|reasons| reasons.get(&reason))
            .map(|tally| tally.count)
            .sum()
    }

    pub(super) fn count_rows(&mut self, rows: usize) {
        self.rows = rows as u64;
    }

    pub(super) fn count_event(&mut self, of_profile: bool) {
        self.events += 1;
        self.events_of_profile += u64::from(of_profile);
    }

    pub(super) fn count_after_index(&mut self) {
        self.after_index += 1;
    }

    pub(super) fn count_filled(&mut self, field: &str, rows: usize) {
        self.filled.insert(field.to_owned(), rows as u64);
    }

    pub(super) fn leave_out_patient(&mut self, reason: PatientLeftOut, place: String) {
        let tally = self.patients_left_out.entry(reason).or_default();
        add(tally, place, None);
    }

    pub(super) fn leave_out_of_concept(
        &mut self,
        concept: &str,
        reason: LeftOut,
        place: String,
        detail: Option<String>,
    ) {
        let reasons = self.concepts.entry(concept.to_owned()).or_default();
        add(reasons.entry(reason).or_default(), place, detail);
    }

    pub(super) fn leave_out_of_field(
        &mut self,
        field: &str,
        reason: LeftOut,
        place: String,
        detail: Option<String>,
    ) {
        let reasons = self.fields.entry(field.to_owned()).or_default();
        add(reasons.entry(reason).or_default(), place, detail);
    }
}

fn add(tally: &mut Tally, place: String, detail: Option<String>) {
    tally.count += 1;
    if tally.examples.len() < EXAMPLES {
        tally.examples.push(Example {
            place,
            id: None,
            detail,
        });
    }
}

impl std::fmt::Display for DerivationReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "profile {} as of {}", self.profile, self.index)?;
        writeln!(f, "{:>10} rows", self.rows)?;
        for (reason, tally) in &self.patients_left_out {
            writeln!(
                f,
                "{:>10} patients left out: {}",
                tally.count,
                reason.words()
            )?;
        }
        writeln!(
            f,
            "{:>10} events, {} of them of this profile",
            self.events, self.events_of_profile
        )?;
        writeln!(f, "{:>10} later than the index day", self.after_index)?;
        for (what, left_out) in [("concept", &self.concepts), ("field", &self.fields)] {
            for (name, reasons) in left_out {
                writeln!(f, "left out of {what} {name}:")?;
                for (reason, tally) in reasons {
                    writeln!(f, "{:>10} {}", tally.count, reason.words())?;
                    for example in &tally.examples {
                        writeln!(f, "{:>14}{example}", "")?;
                    }
                }
            }
        }
        Ok(())
    }
}
