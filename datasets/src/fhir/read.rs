//! Reading a source: files into resources, in parallel, and resources into an assembly, in order.

use std::io::BufRead;
use std::ops::ControlFlow;
use std::path::Path;

use rayon::prelude::*;
use serde::de::IgnoredAny;

use super::assembly::Assembly;
use super::bundle;
use super::import::Import;
use super::input::{self, Batch, Broken, Form, ImportError, Limits, Lines, Measure};
use super::reference::FullUrls;
use super::report::{FileOutcome, FileReport, Reason, Source};
use super::resource::{NO_TYPE, Resource};

/// Reads a FHIR source: a Bulk Data export folder, an NDJSON file (plain or gzipped), a Bundle, or a
/// folder of Bundles. Files of other names in a folder, and files without any FHIR resource, are
/// passed over and reported; so is every resource that cannot be used.
///
/// # Errors
/// [`ImportError`] if the path or a file in it cannot be opened, a folder holds nothing to read, or
/// the source holds more than the limits of a whole import.
/// What is wrong *inside* files is never an error but in [`Import::report`]; look at
/// [`super::ImportReport::is_complete`].
pub fn import(path: &Path, limits: &Limits) -> Result<Import, ImportError> {
    import_in_steps(path, limits, |_, _| ControlFlow::Continue(()))
}

/// The same, file by file: before each, `step` is told how many files were read and how many there
/// are, and may stop the import there.
///
/// # Errors
/// Those of [`import`], and [`ImportError::Stopped`] if `step` stops it.
pub fn import_in_steps(
    path: &Path,
    limits: &Limits,
    mut step: impl FnMut(usize, usize) -> ControlFlow<()>,
) -> Result<Import, ImportError> {
    let files = input::files(path)?;
    let only_one = files.len() == 1 && files.first().is_some_and(|file| file == path);
    let mut assembly = Assembly::default();
    let mut left = Left {
        bytes: limits.total_bytes,
        facts: limits.facts,
    };
    for (read, file) in files.iter().enumerate() {
        if step(read, files.len()).is_break() {
            return Err(ImportError::Stopped {
                read,
                files: files.len(),
            });
        }
        let form = match input::form(file) {
            Form::Unknown if only_one => Form::Lines,
            form => form,
        };
        read_file(file, form, limits, &mut assembly, &mut left)?;
    }
    Ok(assembly.finish())
}

/// How much may still be read.
struct Left {
    bytes: u64,
    facts: u64,
}

impl Left {
    /// Takes away the facts of one resource.
    fn take(&mut self, facts: u64, position: u32) -> Result<(), Broken> {
        let left = self.facts.checked_sub(facts);
        self.facts = left.ok_or(Broken::TooLarge(Measure::Facts, Some(position)))?;
        Ok(())
    }
}

/// One file being read.
struct Reading<'a> {
    assembly: &'a mut Assembly,
    left: &'a mut Left,
    file: u32,
    resources: u64,
    /// What was no resource; reported only if the file has resources at all, or one of them may hold a Consent.
    others: Vec<(u32, Resource)>,
}

fn read_file(
    path: &Path,
    form: Form,
    limits: &Limits,
    assembly: &mut Assembly,
    left: &mut Left,
) -> Result<(), ImportError> {
    let file = u32::try_from(assembly.files.len()).unwrap_or(u32::MAX);
    let mut report = FileReport {
        path: path.to_owned(),
        resources: 0,
        bundle: false,
        outcome: FileOutcome::Complete,
    };
    if path.is_dir() {
        report.outcome = FileOutcome::PassedOver("a folder inside the folder".to_owned());
    } else if form == Form::Unknown {
        report.outcome = FileOutcome::PassedOver("not named .ndjson or .json".to_owned());
    }
    let skip = report.outcome != FileOutcome::Complete;
    assembly.files.push(report);
    if skip {
        return Ok(());
    }
    let reader = input::open(path, limits)?;
    let mut reading = Reading {
        assembly,
        left,
        file,
        resources: 0,
        others: Vec::new(),
    };
    let read = if form == Form::Document {
        reading.document(reader, limits)
    } else {
        reading.lines(reader, limits)
    };
    let problem = match read {
        Ok(()) => None,
        Err(Broken::Off(problem)) => Some(problem),
        Err(Broken::TooLarge(measure, line)) => {
            return Err(too_large(path, measure, line, limits));
        }
    };
    reading.end(problem);
    Ok(())
}

fn too_large(path: &Path, measure: Measure, line: Option<u32>, limits: &Limits) -> ImportError {
    let name = path.file_name().unwrap_or(path.as_os_str());
    let name = name.to_string_lossy();
    ImportError::TooLarge {
        measure,
        at_most: match measure {
            Measure::Bytes => limits.total_bytes,
            Measure::Facts => limits.facts,
        },
        place: line.map_or_else(|| name.to_string(), |line| format!("{name}:{line}")),
    }
}

impl Reading<'_> {
    /// Reads line after line: while one batch is parsed on all cores, the next is read.
    fn lines(&mut self, reader: Box<dyn BufRead + Send>, limits: &Limits) -> Result<(), Broken> {
        let mut lines = Lines::new(reader, limits, self.left.bytes);
        let (mut batch, mut broken) = lines.next_batch();
        while !batch.lines().is_empty() {
            let most = self.left.facts;
            let (parsed, next) = rayon::join(|| parse(&batch, most), || lines.next_batch());
            for parsed in parsed {
                for (number, resource) in parsed? {
                    self.add(number, resource)?;
                }
            }
            if broken.is_some() {
                break;
            }
            (batch, broken) = next;
        }
        self.left.bytes = lines.left();
        broken.map_or(Ok(()), Err)
    }

    fn document(&mut self, reader: Box<dyn BufRead + Send>, limits: &Limits) -> Result<(), Broken> {
        let bytes = input::read_document(reader, limits, self.left.bytes)?;
        let is_json = serde_json::from_slice::<IgnoredAny>(&bytes);
        if is_json.is_err() && first_line_is_json(&bytes) {
            // NDJSON under another name.
            return self.lines(Box::new(std::io::Cursor::new(bytes)), limits);
        }
        self.left.bytes -= bytes.len() as u64;
        is_json.map_err(|error| format!("not JSON: {error}"))?;
        if let Some(report) = self.assembly.files.last_mut() {
            report.bundle = true;
        }
        for (number, resource) in parse_line(1, &bytes, true, self.left.facts)? {
            self.add(number, resource)?;
        }
        Ok(())
    }

    fn add(&mut self, position: u32, resource: Resource) -> Result<(), Broken> {
        self.left.take(1 + resource.events(), position)?;
        if resource.resource_type == NO_TYPE {
            self.others.push((position, resource));
            return Ok(());
        }
        self.resources += 1;
        self.assembly.add(
            Source {
                file: self.file,
                position,
            },
            resource,
        );
        Ok(())
    }

    fn end(self, broken: Option<String>) {
        // What may hold a Consent is never passed over.
        let holds_any = self.resources > 0
            || self
                .others
                .iter()
                .any(|(_, other)| other.unread_consent.is_some());
        let outcome = match broken {
            Some(problem) => FileOutcome::CutShort(problem),
            None if !holds_any && !self.others.is_empty() => {
                FileOutcome::PassedOver("nothing in it is a FHIR resource".to_owned())
            }
            None => FileOutcome::Complete,
        };
        if holds_any {
            for (position, mut resource) in self.others {
                if let Err(rejection) = &mut resource.statement {
                    rejection.reason = Reason::Malformed;
                }
                self.assembly.add(
                    Source {
                        file: self.file,
                        position,
                    },
                    resource,
                );
            }
        }
        if let Some(report) = self.assembly.files.last_mut() {
            report.resources = self.resources;
            report.outcome = outcome;
        }
    }
}

fn first_line_is_json(bytes: &[u8]) -> bool {
    let mut lines = bytes.split(|byte| *byte == b'\n');
    let first = lines.find(|line| !line.trim_ascii().is_empty());
    serde_json::from_slice::<IgnoredAny>(first.unwrap_or_default()).is_ok()
}

/// The resources of a line or document, each with its number.
type Parsed = Result<Vec<(u32, Resource)>, Broken>;

fn parse(batch: &Batch, most: u64) -> Vec<Parsed> {
    batch
        .lines()
        .into_par_iter()
        .with_min_len(64)
        .map(|(number, line)| parse_line(number, line, false, most))
        .collect()
}

/// The resources of one line or document: itself, or the entries of a Bundle. `by_entry` numbers
/// them by entry; otherwise they all have the number of the line. A Bundle of more than `most`
/// entries is not taken apart.
fn parse_line(number: u32, line: &[u8], by_entry: bool, most: u64) -> Parsed {
    let json = match std::str::from_utf8(line) {
        Ok(json) => json,
        Err(error) => {
            return Ok(vec![(
                number,
                Resource::unreadable(
                    format!("not UTF-8 at byte {} of the line", error.valid_up_to() + 1),
                    &String::from_utf8_lossy(line),
                ),
            )]);
        }
    };
    if !bundle::is_bundle(json) {
        let resource = Resource::read(json, None, &FullUrls::default());
        return Ok(vec![(number, resource)]);
    }
    let entries = match bundle::entries(json) {
        Ok(entries) => entries,
        Err(rejection) => return Ok(vec![(number, Resource::unopened(json, rejection))]),
    };
    if entries.len() as u64 > most {
        return Err(Broken::TooLarge(Measure::Facts, Some(number)));
    }
    let mut resources = bundle::read(entries);
    if !by_entry {
        for (position, _) in &mut resources {
            *position = number;
        }
    }
    Ok(resources)
}
