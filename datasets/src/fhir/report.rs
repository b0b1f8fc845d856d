//! The import report: what was read, what became of it, and what was left out and why.
//!
//! The report is for the custodian: its examples name files, lines and resource ids, and may quote
//! a malformed value. It never travels with an answer.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;

/// How many examples a tally keeps.
const EXAMPLES: usize = 3;

/// Where a resource was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Source {
    /// The place of the file in [`ImportReport::files`].
    pub file: u32,
    /// The line in an NDJSON file, or the entry in a Bundle, counted from 1.
    pub position: u32,
}

/// Why a resource was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// A resource type that nothing is derived from.
    TypeNotUsed,
    /// Not JSON, not UTF-8, or a member of the wrong type. The example says where.
    Malformed,
    /// A patient without an id: nothing can refer to it.
    NoId,
    /// The same type and id came again, with a later `meta.lastUpdated` or on a later line.
    Superseded,
    /// A patient whose `link` says that another record has replaced it. Its events go to that one.
    Replaced,
    /// No subject, or one that is no patient.
    NoPatient,
    /// The patient that it refers to is not in the export.
    PatientMissing,
    /// `status` or `verificationStatus` is `entered-in-error`.
    EnteredInError,
    /// It did not happen: `not-done`, `not-taken`, `doNotPerform`.
    NotDone,
    /// `cancelled`, `abandoned` or `discontinued` before it began.
    Cancelled,
    /// It has not begun: `planned`, `preparation`, `draft`, `intended`, `registered`.
    NotBegun,
    /// It carries a `modifierExtension`, which may turn its meaning around; none is known here.
    ModifierExtension,
    /// `refuted`.
    Refuted,
    /// A diagnosis that is `unconfirmed`, `provisional` or `differential`.
    NotConfirmed,
    /// A request whose `intent` is `proposal` or `option`.
    NotOrdered,
    /// No code: nothing says what it is.
    NoCode,
    /// The Medication that it refers to is not in the export.
    MedicationMissing,
    /// An observation without a value, or with a reason why the value is absent.
    NoValue,
}

impl Reason {
    /// The reason in a few plain words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::TypeNotUsed => "resource type not used",
            Self::Malformed => "malformed",
            Self::NoId => "no id",
            Self::Superseded => "superseded by a later version",
            Self::Replaced => "replaced by another patient record",
            Self::NoPatient => "subject is no patient",
            Self::PatientMissing => "patient not in the export",
            Self::EnteredInError => "entered in error",
            Self::NotDone => "not done",
            Self::Cancelled => "cancelled",
            Self::NotBegun => "planned, not begun",
            Self::ModifierExtension => "modifier extension may change its meaning",
            Self::Refuted => "refuted",
            Self::NotConfirmed => "diagnosis not confirmed",
            Self::NotOrdered => "proposed, not ordered",
            Self::NoCode => "no code",
            Self::MedicationMissing => "medication not in the export",
            Self::NoValue => "no value",
        }
    }
}

/// The outcome of one import.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ImportReport {
    /// Every file met, in the order read.
    pub files: Vec<FileReport>,
    /// Per resource type. Lines that name no type count under `?`.
    pub types: BTreeMap<String, TypeReport>,
    /// Events imported.
    pub events: u64,
    /// Events without any date.
    pub events_without_date: u64,
    /// Conditions and allergies dated by `recordedDate`, and observations by `issued`, for want of
    /// a date of their own.
    pub events_dated_by_record: u64,
}

/// What became of one file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FileReport {
    /// The file's path.
    pub path: PathBuf,
    /// Resources read from it.
    pub resources: u64,
    /// Whether positions in it are Bundle entries rather than lines.
    pub bundle: bool,
    /// How reading ended.
    pub outcome: FileOutcome,
}

/// How reading a file ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileOutcome {
    /// Read to its end.
    Complete,
    /// Broken off; what came before is imported. **The counts are then too low.**
    CutShort(String),
    /// Not read, or nothing in it is a FHIR resource.
    PassedOver(String),
}

/// What became of the resources of one type. `read` is `mapped` plus everything left out.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct TypeReport {
    /// Resources read.
    pub read: u64,
    /// Resources taken into the import.
    pub mapped: u64,
    /// Resources left out, by reason.
    pub left_out: BTreeMap<Reason, Tally>,
}

/// A count with its first examples.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Tally {
    /// How many.
    pub count: u64,
    /// The first few.
    pub examples: Vec<Example>,
}

/// One resource that was left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Example {
    /// File and line, or file and Bundle entry.
    pub place: String,
    /// The resource's id, where it has one.
    pub id: Option<String>,
    /// What exactly is wrong, with the path inside the resource.
    pub detail: Option<String>,
}

impl ImportReport {
    /// Whether every file was read to its end. If not, resources are missing.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        !self
            .files
            .iter()
            .any(|file| matches!(file.outcome, FileOutcome::CutShort(_)))
    }

    /// How many resources were left out for this reason, over all types.
    #[must_use]
    pub fn left_out(&self, reason: Reason) -> u64 {
        self.types
            .values()
            .filter_map(|of_type| of_type.left_out.get(&reason))
            .map(|tally| tally.count)
            .sum()
    }

    /// Where `source` is, in words: `Condition.ndjson:12` or `bundle.json entry 12`.
    #[must_use]
    pub fn place(&self, source: Source) -> String {
        Self::place_in(&self.files, source)
    }

    pub(crate) fn place_in(files: &[FileReport], source: Source) -> String {
        let file = usize::try_from(source.file)
            .ok()
            .and_then(|file| files.get(file));
        let Some(file) = file else {
            return format!("file {} position {}", source.file, source.position);
        };
        let name = file.path.file_name().map_or_else(
            || file.path.to_string_lossy(),
            |name| name.to_string_lossy(),
        );
        if file.bundle {
            format!("{name} entry {}", source.position)
        } else {
            format!("{name}:{}", source.position)
        }
    }

    pub(crate) fn count_mapped(&mut self, resource_type: &str) {
        let of_type = self.of_type(resource_type);
        of_type.read += 1;
        of_type.mapped += 1;
    }

    pub(crate) fn count_left_out(
        &mut self,
        resource_type: &str,
        reason: Reason,
        example: impl FnOnce(&Self) -> Example,
    ) {
        let full = self
            .types
            .get(resource_type)
            .and_then(|of_type| of_type.left_out.get(&reason))
            .is_some_and(|tally| tally.examples.len() >= EXAMPLES);
        let example = (!full).then(|| example(self));
        let of_type = self.of_type(resource_type);
        of_type.read += 1;
        let tally = of_type.left_out.entry(reason).or_default();
        tally.count += 1;
        tally.examples.extend(example);
    }

    fn of_type(&mut self, resource_type: &str) -> &mut TypeReport {
        self.types.entry(resource_type.to_owned()).or_default()
    }
}

impl std::fmt::Display for ImportReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(
            f,
            "{:<26} {:>10} {:>10} {:>10}",
            "resource type", "read", "mapped", "left out"
        )?;
        for (name, of_type) in &self.types {
            let left_out = of_type.read - of_type.mapped;
            writeln!(
                f,
                "{name:<26} {:>10} {:>10} {left_out:>10}",
                of_type.read, of_type.mapped
            )?;
            for (reason, tally) in &of_type.left_out {
                writeln!(f, "  {:>10} {}", tally.count, reason.words())?;
                if *reason == Reason::TypeNotUsed {
                    continue;
                }
                for example in &tally.examples {
                    writeln!(f, "             {example}")?;
                }
            }
        }
        writeln!(f, "{:<26} {:>21}", "events", self.events)?;
        for (words, count) in [
            ("without a date", self.events_without_date),
            ("dated by their record", self.events_dated_by_record),
        ] {
            if count > 0 {
                writeln!(f, "  {count:>10} {words}")?;
            }
        }
        for file in &self.files {
            match &file.outcome {
                FileOutcome::Complete => {}
                FileOutcome::CutShort(why) => {
                    writeln!(f, "INCOMPLETE: {}: {why}", file.path.display())?
                }
                FileOutcome::PassedOver(why) => {
                    writeln!(f, "passed over: {}: {why}", file.path.display())?
                }
            }
        }
        Ok(())
    }
}

impl std::fmt::Display for Example {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.place)?;
        if let Some(id) = &self.id {
            write!(f, " (id {id})")?;
        }
        match &self.detail {
            Some(detail) => write!(f, ": {detail}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Example {
        Example {
            place: "Condition.ndjson:3".to_owned(),
            id: Some("c1".to_owned()),
            detail: Some("onset: no date".to_owned()),
        }
    }

    #[test]
    fn counts_add_up_and_examples_stay_few() {
        let mut report = ImportReport::default();
        report.count_mapped("Condition");
        for _ in 0..10 {
            report.count_left_out("Condition", Reason::Malformed, |_| example());
        }
        let conditions = &report.types["Condition"];
        assert_eq!((conditions.read, conditions.mapped), (11, 1));
        assert_eq!(report.left_out(Reason::Malformed), 10);
        assert_eq!(
            conditions.left_out[&Reason::Malformed].examples.len(),
            EXAMPLES
        );
    }

    #[test]
    fn the_table_names_file_line_id_and_path() {
        let mut report = ImportReport::default();
        report.count_left_out("Condition", Reason::Malformed, |_| example());
        assert!(
            report
                .to_string()
                .contains("Condition.ndjson:3 (id c1): onset: no date")
        );
    }
}
