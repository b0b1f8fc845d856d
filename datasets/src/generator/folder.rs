//! A folder of generated NDJSON files, one for each resource type, as a Bulk Data export has them.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use rayon::prelude::*;
use serde::Serialize;
use thiserror::Error;

use super::{FILES, GeneratorOptions, Resources, patient};

/// Patients generated side by side before they are written, in order.
const BATCH: u32 = 256;

/// What was generated.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Generated {
    /// Patients.
    pub patients: u32,
    /// Resources, patients included.
    pub resources: u64,
    /// The files written, without those that would be empty.
    pub files: Vec<PathBuf>,
}

/// Why generated patients could not be written.
#[derive(Debug, Error)]
#[error("cannot write {}: {source}", path.display())]
pub struct GeneratorError {
    /// The file or folder.
    pub path: PathBuf,
    /// What the system says.
    pub source: io::Error,
}

enum Sink {
    Plain(BufWriter<File>),
    Gzip(GzEncoder<BufWriter<File>>),
}

impl Sink {
    fn write(&mut self, text: &str) -> io::Result<()> {
        match self {
            Self::Plain(file) => file.write_all(text.as_bytes()),
            Self::Gzip(file) => file.write_all(text.as_bytes()),
        }
    }

    fn finish(self) -> io::Result<()> {
        match self {
            Self::Plain(mut file) => file.flush(),
            Self::Gzip(file) => file.finish()?.flush(),
        }
    }
}

/// Generates patients into a folder, which is made if need be: one NDJSON file for each type of
/// [`FILES`] that occurs, gzipped if asked. Files of the same names are replaced.
///
/// # Errors
/// [`GeneratorError`] if the folder or a file cannot be written.
pub fn write_folder(
    options: &GeneratorOptions,
    folder: &Path,
    gzip: bool,
) -> Result<Generated, GeneratorError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| GeneratorError { path, source }
    };
    std::fs::create_dir_all(folder).map_err(failed(folder))?;
    let mut sinks: Vec<Option<(PathBuf, Sink)>> = FILES.iter().map(|_| None).collect();
    let mut generated = Generated {
        patients: options.patients,
        ..Generated::default()
    };
    for start in (0..options.patients).step_by(BATCH as usize) {
        let end = start.saturating_add(BATCH).min(options.patients);
        let batch: Vec<Resources> = (start..end)
            .into_par_iter()
            .map(|number| patient(options, number))
            .collect();
        for resources in &batch {
            for ((name, lines), sink) in FILES.iter().zip(&resources.lines).zip(&mut sinks) {
                if lines.is_empty() {
                    continue;
                }
                if sink.is_none() {
                    let path =
                        folder.join(format!("{name}.ndjson{}", if gzip { ".gz" } else { "" }));
                    *sink = Some((path.clone(), open(&path, gzip).map_err(failed(&path))?));
                }
                if let Some((path, sink)) = sink {
                    sink.write(lines).map_err(failed(path))?;
                }
                generated.resources += lines.bytes().filter(|byte| *byte == b'\n').count() as u64;
            }
        }
    }
    for (path, sink) in sinks.into_iter().flatten() {
        sink.finish().map_err(failed(&path))?;
        generated.files.push(path);
    }
    Ok(generated)
}

fn open(path: &Path, gzip: bool) -> io::Result<Sink> {
    let file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    Ok(if gzip {
        Sink::Gzip(GzEncoder::new(file, Compression::fast()))
    } else {
        Sink::Plain(file)
    })
}
