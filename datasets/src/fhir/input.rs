//! Input files: which there are, and their bytes, plain or gzipped, within limits.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;
use thiserror::Error;

/// Output that is never too much, whatever it was compressed to.
const ALWAYS_ALLOWED: u64 = 64 << 20;

/// How much an import may read at once.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The longest line of an NDJSON file, in bytes. Default 64 MiB.
    pub line_bytes: u64,
    /// The largest JSON document (a Bundle), in bytes. It is held in memory. Default 1 GiB.
    pub document_bytes: u64,
    /// The most that gzip may expand a file, as a factor, once the output exceeds 64 MiB. FHIR
    /// compresses by 10 to 40; a gzip bomb by 1,000. Default 200.
    pub expansion: u64,
    /// The most bytes of all files together, unpacked. Default 64 GiB.
    pub total_bytes: u64,
    /// The most facts of all files together: resources, whatever becomes of them, and the events
    /// that they state. They are held in memory, some 400 bytes each. Default 100 million.
    pub facts: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            line_bytes: 64 << 20,
            document_bytes: 1 << 30,
            expansion: 200,
            total_bytes: 64 << 30,
            facts: 100_000_000,
        }
    }
}

/// What of a source can be more than an import takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Bytes, unpacked.
    Bytes,
    /// Resources and the events that they state.
    Facts,
}

impl std::fmt::Display for Measure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Bytes => "bytes, unpacked",
            Self::Facts => "resources and events",
        })
    }
}

/// Why nothing could be imported at all. What is wrong inside a file is in the report instead.
#[derive(Debug, Error)]
pub enum ImportError {
    /// The path cannot be opened or listed.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The path.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A folder without any file of a known name.
    #[error("{} holds no .ndjson or .json file (plain or .gz): give the folder of a FHIR export, or one such file", path.display())]
    NothingToRead {
        /// The folder.
        path: PathBuf,
    },
    /// More than an import takes, all files together.
    #[error(
        "the source holds more than {at_most} {measure}, the most of one import; that is reached in \
         {place}"
    )]
    TooLarge {
        /// What there is too much of.
        measure: Measure,
        /// The limit.
        at_most: u64,
        /// The file's name and the line in it, or the file's name alone.
        place: String,
    },
    /// Whoever asked for it stopped it between two files.
    #[error("the import was stopped after {read} of {files} files; nothing was kept of it")]
    Stopped {
        /// Files read before.
        read: usize,
        /// Files that there are.
        files: usize,
    },
}

/// Why a file is not read further.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Broken {
    /// Something is wrong with it.
    Off(String),
    /// It, with those before it, holds more than an import takes. The line, where there are lines.
    TooLarge(Measure, Option<u32>),
}

impl From<String> for Broken {
    fn from(problem: String) -> Self {
        Self::Off(problem)
    }
}

/// How a file's bytes are to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// One resource a line.
    Lines,
    /// One JSON document; if it turns out to be more than one, lines after all.
    Document,
    /// Not FHIR by its name.
    Unknown,
}

/// The form that a file's name promises, compressed or not.
pub(crate) fn form(path: &Path) -> Form {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().to_ascii_lowercase())
        .unwrap_or_default();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    match name.rsplit_once('.') {
        Some((_, "ndjson" | "jsonl")) => Form::Lines,
        Some((_, "json")) => Form::Document,
        _ => Form::Unknown,
    }
}

/// The files of a folder, by name, hidden ones aside; a single file is itself.
pub(crate) fn files(path: &Path) -> Result<Vec<PathBuf>, ImportError> {
    let unreadable = |source| ImportError::Unreadable {
        path: path.to_owned(),
        source,
    };
    if !std::fs::metadata(path).map_err(unreadable)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if !entry.file_name().to_string_lossy().starts_with('.') {
            found.push(entry.path());
        }
    }
    found.sort();
    if found
        .iter()
        .all(|file| file.is_dir() || form(file) == Form::Unknown)
    {
        return Err(ImportError::NothingToRead {
            path: path.to_owned(),
        });
    }
    Ok(found)
}

/// Opens a file, unpacks it if it is gzipped (whatever its name), and skips a byte order mark.
pub(crate) fn open(path: &Path, limits: &Limits) -> Result<Box<dyn BufRead + Send>, ImportError> {
    let unreadable = |source| ImportError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(unreadable)?;
    let mut plain = BufReader::with_capacity(1 << 16, file);
    let gzipped = plain
        .fill_buf()
        .map_err(unreadable)?
        .starts_with(&[0x1f, 0x8b]);
    let mut reader: Box<dyn BufRead + Send> = if gzipped {
        let decoder = MultiGzDecoder::new(Counted {
            inner: plain,
            bytes: 0,
        });
        Box::new(BufReader::with_capacity(
            1 << 16,
            Unpacked {
                decoder,
                bytes: 0,
                expansion: limits.expansion,
            },
        ))
    } else {
        Box::new(plain)
    };
    // A broken gzip header shows here first; it is reported when reading goes on.
    if let Ok(start) = reader.fill_buf()
        && start.starts_with(&[0xef, 0xbb, 0xbf])
    {
        reader.consume(3);
    }
    Ok(reader)
}

/// Counts the compressed bytes that were read.
struct Counted<R> {
    inner: R,
    bytes: u64,
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.bytes += read as u64;
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.bytes += amount as u64;
        self.inner.consume(amount);
    }
}

/// Unpacked bytes, with a watch on how far they expand.
struct Unpacked<R: BufRead> {
    decoder: MultiGzDecoder<Counted<R>>,
    bytes: u64,
    expansion: u64,
}

impl<R: BufRead> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.decoder.read(buffer)?;
        self.bytes += read as u64;
        let packed = self.decoder.get_ref().bytes.max(1);
        if self.bytes > ALWAYS_ALLOWED && self.bytes / packed > self.expansion {
            return Err(io::Error::other(format!(
                "gzip expands it more than {} times: this looks like a gzip bomb, not a FHIR export",
                self.expansion
            )));
        }
        Ok(read)
    }
}

/// Some lines of a file, without their ends.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    bytes: Vec<u8>,
    /// The number of each line, from 1, and where it lies in `bytes`.
    lines: Vec<(u32, std::ops::Range<usize>)>,
}

impl Batch {
    /// Each line with its number.
    pub(crate) fn lines(&self) -> Vec<(u32, &[u8])> {
        self.lines
            .iter()
            .map(|(number, range)| (*number, self.bytes.get(range.clone()).unwrap_or_default()))
            .collect()
    }
}

/// The lines of a file, a batch at a time.
pub(crate) struct Lines {
    reader: Box<dyn BufRead + Send>,
    limit: u64,
    /// So many bytes may still be read, of this file and those after it.
    left: u64,
    number: u32,
    ended: bool,
}

impl Lines {
    const BATCH_BYTES: usize = 8 << 20;
    /// Short lines become much more than their bytes once they are read.
    const BATCH_LINES: usize = 1 << 17;

    /// The lines of a file, while `left` bytes may still be read.
    pub(crate) fn new(reader: Box<dyn BufRead + Send>, limits: &Limits, left: u64) -> Self {
        Self {
            reader,
            limit: limits.line_bytes,
            left,
            number: 0,
            ended: false,
        }
    }

    /// The next lines, blank ones skipped; empty at the end. On an error, also the lines that came
    /// whole before it.
    pub(crate) fn next_batch(&mut self) -> (Batch, Option<Broken>) {
        let mut batch = Batch::default();
        let has_room = |batch: &Batch| {
            batch.bytes.len() < Self::BATCH_BYTES && batch.lines.len() < Self::BATCH_LINES
        };
        while !self.ended && has_room(&batch) {
            if let Err(problem) = self.read_line(&mut batch) {
                self.ended = true;
                return (batch, Some(problem));
            }
        }
        (batch, None)
    }

    /// How many bytes may still be read.
    pub(crate) fn left(&self) -> u64 {
        self.left
    }

    fn read_line(&mut self, batch: &mut Batch) -> Result<(), Broken> {
        let start = batch.bytes.len();
        self.number = self
            .number
            .checked_add(1)
            .ok_or_else(|| "more lines than can be counted".to_owned())?;
        let read = self
            .reader
            .by_ref()
            .take(self.limit.min(self.left).saturating_add(1))
            .read_until(b'\n', &mut batch.bytes)
            .map_err(|error| format!("broken off in line {}: {error}", self.number))?;
        let bytes = read as u64;
        if bytes > self.left {
            batch.bytes.truncate(start);
            return Err(Broken::TooLarge(Measure::Bytes, Some(self.number)));
        }
        self.left -= bytes;
        if bytes > self.limit {
            return Err(Broken::Off(format!(
                "line {} is longer than the limit of {} bytes",
                self.number, self.limit
            )));
        }
        if read == 0 {
            self.ended = true;
            return Ok(());
        }
        let line = batch
            .bytes
            .get(start..)
            .unwrap_or_default()
            .trim_ascii_end();
        if line.trim_ascii_start().is_empty() {
            // Kept out, so that an empty batch means the end however many blank lines there are.
            batch.bytes.truncate(start);
        } else {
            batch.lines.push((self.number, start..start + line.len()));
        }
        Ok(())
    }
}

/// A whole document, while `left` bytes may still be read.
pub(crate) fn read_document(
    reader: Box<dyn BufRead + Send>,
    limits: &Limits,
    left: u64,
) -> Result<Vec<u8>, Broken> {
    let mut bytes = Vec::new();
    let read = reader
        .take(limits.document_bytes.min(left).saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| format!("broken off: {error}"))?;
    let read = read as u64;
    if read > left {
        return Err(Broken::TooLarge(Measure::Bytes, None));
    }
    if read > limits.document_bytes {
        return Err(Broken::Off(format!(
            "larger than the limit of {} bytes for one JSON document",
            limits.document_bytes
        )));
    }
    Ok(bytes)
}
