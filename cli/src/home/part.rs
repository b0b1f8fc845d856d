//! Parts of a count that were proven and wait for the others: workers leave them here.

use std::io::ErrorKind;
use std::ops::Range;
use std::path::{Path, PathBuf};

use salus_protocol::day::Day;
use salus_prover::cohort::{CountedPart, KeptPartError};
use zeroize::Zeroizing;

use super::{Home, Issuer, Role, write_atomically};
use crate::failure::Failure;

const FOLDER: &str = "parts";

/// Where the parts of one answer are kept: under the day that it counts on, as they are of no use on
/// another, and its context.
pub(crate) struct PartsFolder(String);

impl PartsFolder {
    pub(crate) fn of(day: Day, context: &[u8; 32]) -> Self {
        Self(format!("{day}/{}", hex::encode(context)))
    }
}

impl Home {
    /// A kept part of an answer, if there is one.
    pub(crate) fn part(
        &self,
        issuer: &Issuer,
        under: &PartsFolder,
        run: &Range<usize>,
        read: impl FnOnce(&[u8]) -> Result<CountedPart, KeptPartError>,
    ) -> Result<Option<CountedPart>, Failure> {
        let path = self.parts(issuer).join(&under.0).join(file_name(run));
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => Zeroizing::new(bytes),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Failure::file("read", path)(error)),
        };
        let problem = match read(&bytes) {
            Ok(part) if part.pages() == (run.start, run.len()) => return Ok(Some(part)),
            Ok(_) => "it counts other pages than its name says".to_owned(),
            Err(error) => error.to_string(),
        };
        Err(Failure::Malformed {
            path,
            what: "a part of a count",
            problem,
        })
    }

    /// Keeps a part: as secret as the counts.
    pub(crate) fn put_part(
        &self,
        issuer: &Issuer,
        under: &PartsFolder,
        run: &Range<usize>,
        bytes: &[u8],
    ) -> Result<(), Failure> {
        let path = self.parts(issuer).join(&under.0).join(file_name(run));
        write_atomically(&path, bytes, true)
    }

    /// Destroys the parts of an answer.
    pub(crate) fn drop_parts_of(
        &self,
        issuer: &Issuer,
        under: &PartsFolder,
    ) -> Result<(), Failure> {
        remove(&self.parts(issuer).join(&under.0))
    }

    /// Destroys the parts of answers of other days.
    pub(crate) fn keep_parts_of(&self, issuer: &Issuer, day: Option<Day>) -> Result<(), Failure> {
        let kept = day.map(|day| day.to_string());
        let folder = [Role::Issuer.folder(), issuer.name.as_str(), FOLDER].join("/");
        for name in self.all_names(&folder)? {
            if Some(&name) != kept.as_ref() {
                remove(&self.parts(issuer).join(name))?;
            }
        }
        Ok(())
    }

    /// Destroys all parts of an issuer.
    pub(crate) fn drop_parts(&self, issuer: &Issuer) -> Result<(), Failure> {
        remove(&self.parts(issuer))
    }

    fn parts(&self, issuer: &Issuer) -> PathBuf {
        self.path(&[Role::Issuer.folder(), issuer.name.as_str(), FOLDER])
    }
}

fn remove(folder: &Path) -> Result<(), Failure> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(Failure::file("remove", folder)(error))
        }
        _ => Ok(()),
    }
}

fn file_name(run: &Range<usize>) -> String {
    format!("{}-{}", run.start, run.end)
}
