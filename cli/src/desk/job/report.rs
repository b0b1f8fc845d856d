//! An import's report as it is kept and shown: what was read, what of it counts, and what was left
//! out, why. For the custodian alone: examples name places in the source and quote values.

use std::collections::BTreeMap;

use salus_datasets::derivation::DerivationReport;
use salus_datasets::fhir::consent::wishes;
use salus_datasets::fhir::{FileOutcome, FileReport, Import, Tally};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What an import reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ImportedReport {
    pub(super) patients: usize,
    pub(super) rows: u64,
    pub(super) events: u64,
    pub(super) events_of_profile: u64,
    pub(super) after_index: u64,
    /// Patients whose Consent resources come to a consent, which their wallets give.
    pub(super) consenting: usize,
    pub(super) files: Vec<FileLine>,
    /// Patients without a row, and why.
    pub(super) patients_left_out: Vec<LeftOutLine>,
    /// Resources that were not read into events.
    pub(super) resources_left_out: Vec<LeftOutLine>,
    /// Events that do not count, by concept or field.
    pub(super) events_left_out: Vec<LeftOutLine>,
    /// Rows that have a value, field by field.
    pub(super) filled: BTreeMap<String, u64>,
}

/// A file and how reading it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FileLine {
    pub(super) name: String,
    pub(super) resources: u64,
    pub(super) outcome: String,
    pub(super) broke_off: bool,
}

/// So many of something, left out for a reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LeftOutLine {
    pub(super) of: String,
    pub(super) reason: String,
    pub(super) count: u64,
    pub(super) examples: Vec<String>,
}

impl LeftOutLine {
    fn of(of: &str, reason: &str, tally: &Tally) -> Self {
        Self {
            of: of.to_owned(),
            reason: reason.to_owned(),
            count: tally.count,
            examples: tally.examples.iter().map(ToString::to_string).collect(),
        }
    }
}

impl FileLine {
    fn of(file: &FileReport) -> Self {
        let (outcome, broke_off) = match &file.outcome {
            FileOutcome::Complete => ("read to its end".to_owned(), false),
            FileOutcome::CutShort(why) => (format!("broke off: {why}"), true),
            FileOutcome::PassedOver(why) => (format!("passed over: {why}"), false),
        };
        // No path of this machine.
        let name = file.path.file_name().unwrap_or_default();
        Self {
            name: name.to_string_lossy().into_owned(),
            resources: file.resources,
            outcome,
            broke_off,
        }
    }
}

impl ImportedReport {
    pub(super) fn of(import: &Import, derived: &DerivationReport) -> Self {
        let mut resources = Vec::new();
        for (of, of_type) in &import.report.types {
            for (reason, tally) in &of_type.left_out {
                resources.push(LeftOutLine::of(of, reason.words(), tally));
            }
        }
        let mut events = Vec::new();
        for (of, reasons) in derived.concepts.iter().chain(&derived.fields) {
            for (reason, tally) in reasons {
                events.push(LeftOutLine::of(of, reason.words(), tally));
            }
        }
        let patients = derived.patients_left_out.iter();
        Self {
            patients: import.patients.len(),
            rows: derived.rows,
            events: derived.events,
            events_of_profile: derived.events_of_profile,
            after_index: derived.after_index,
            consenting: match import.report.is_complete() {
                true => wishes(import).iter().filter(|wish| wish.is_ok()).count(),
                // A refusal may be in what is missing.
                false => 0,
            },
            files: import.report.files.iter().map(FileLine::of).collect(),
            patients_left_out: patients
                .map(|(reason, tally)| LeftOutLine::of("patients", reason.words(), tally))
                .collect(),
            resources_left_out: resources,
            events_left_out: events,
            filled: derived.filled.clone(),
        }
    }

    /// Fields that some row has a value in, with the share of rows in percent.
    pub(super) fn filled_fields(&self) -> Vec<(&str, u64, u64)> {
        let share = |rows: u64| (100 * rows).checked_div(self.rows).unwrap_or_default();
        let fields = self.filled.iter();
        fields
            .map(|(field, rows)| (field.as_str(), *rows, share(*rows)))
            .collect()
    }
}
