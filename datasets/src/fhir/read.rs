//! Reading a source: files into resources, in parallel, and resources into an assembly, in order.

use std::ops::ControlFlow;
use std::path::Path;

use rayon::prelude::*;
use serde::de::IgnoredAny;

use super::assembly::Assembly;
use super::bundle;
use super::import::Import;
use super::input::{self, Batch, Form, ImportError, Limits, Lines};
use super::reference::FullUrls;
use super::report::{FileOutcome, FileReport, Reason, Source};
use super::resource::{NO_TYPE, Resource};

/// Reads a FHIR source: a Bulk Data export folder, an NDJSON file (plain or gzipped), a Bundle, or a
/// folder of Bundles. Files of other names in a folder, and files without any FHIR resource, are
/// passed over and reported; so is every resource that cannot be used.
///
/// # Errors
/// [`ImportError`] if the path or a file in it cannot be opened, or a folder holds nothing to read.
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
        read_file(file, form, limits, &mut assembly)?;
    }
    Ok(assembly.finish())
}

/// One file being read.
struct Reading<'a> {
    assembly: &'a mut Assembly,
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
        file,
        resources: 0,
        others: Vec::new(),
    };
    let broken = if form == Form::Document {
        reading.document(reader, limits)
    } else {
        reading.lines(Lines::new(reader, limits))
    };
    reading.end(broken);
    Ok(())
}

impl Reading<'_> {
    /// Reads line after line: while one batch is parsed on all cores, the next is read.
    fn lines(&mut self, mut lines: Lines) -> Option<String> {
        let (mut batch, mut broken) = lines.next_batch();
        while !batch.lines().is_empty() {
            let (parsed, next) = rayon::join(|| parse(&batch), || lines.next_batch());
            for (number, resource) in parsed.into_iter().flatten() {
                self.add(number, resource);
            }
            if broken.is_some() {
                return broken;
            }
            (batch, broken) = next;
        }
        broken
    }

    fn document(
        &mut self,
        reader: Box<dyn std::io::BufRead + Send>,
        limits: &Limits,
    ) -> Option<String> {
        let bytes = match input::read_document(reader, limits) {
            Ok(bytes) => bytes,
            Err(problem) => return Some(problem),
        };
        if let Err(error) = serde_json::from_slice::<IgnoredAny>(&bytes) {
            let first = bytes
                .split(|byte| *byte == b'\n')
                .find(|line| !line.trim_ascii().is_empty())
                .unwrap_or_default();
            if serde_json::from_slice::<IgnoredAny>(first).is_err() {
                return Some(format!("not JSON: {error}"));
            }
            // NDJSON under another name.
            return self.lines(Lines::new(Box::new(std::io::Cursor::new(bytes)), limits));
        }
        if let Some(report) = self.assembly.files.last_mut() {
            report.bundle = true;
        }
        for (number, resource) in parse_line(1, &bytes, true) {
            self.add(number, resource);
        }
        None
    }

    fn add(&mut self, position: u32, resource: Resource) {
        if resource.resource_type == NO_TYPE {
            self.others.push((position, resource));
            return;
        }
        self.resources += 1;
        self.assembly.add(
            Source {
                file: self.file,
                position,
            },
            resource,
        );
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

fn parse(batch: &Batch) -> Vec<Vec<(u32, Resource)>> {
    batch
        .lines()
        .into_par_iter()
        .with_min_len(64)
        .map(|(number, line)| parse_line(number, line, false))
        .collect()
}

/// The resources of one line or document: itself, or the entries of a Bundle. `by_entry` numbers
/// them by entry; otherwise they all have the number of the line.
fn parse_line(number: u32, line: &[u8], by_entry: bool) -> Vec<(u32, Resource)> {
    let json = match std::str::from_utf8(line) {
        Ok(json) => json,
        Err(error) => {
            return vec![(
                number,
                Resource::unreadable(
                    format!("not UTF-8 at byte {} of the line", error.valid_up_to() + 1),
                    &String::from_utf8_lossy(line),
                ),
            )];
        }
    };
    if !bundle::is_bundle(json) {
        return vec![(number, Resource::read(json, None, &FullUrls::default()))];
    }
    match bundle::read(json) {
        Ok(resources) if by_entry => resources,
        Ok(resources) => resources
            .into_iter()
            .map(|(_, resource)| (number, resource))
            .collect(),
        Err(rejection) => vec![(number, Resource::unopened(json, rejection))],
    }
}
