//! Parts of a count that were proven and wait for the others: workers leave them here.

use std::ops::Range;

use salus_verifier::cohort::EncodingError;
use zeroize::Zeroizing;

use super::{Home, Issuer, Role, write_atomically};
use crate::failure::Failure;

const FOLDER: &str = "parts";

impl Home {
    /// A kept part of the answer of this context, if there is one.
    pub(crate) fn part<T>(
        &self,
        issuer: &Issuer,
        context: &[u8; 32],
        run: &Range<usize>,
        read: impl FnOnce(&[u8]) -> Result<T, EncodingError>,
    ) -> Result<Option<T>, Failure> {
        let path = self.path(&place(issuer, &hex::encode(context), &file_name(run)));
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => Zeroizing::new(bytes),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Failure::file("read", path)(error)),
        };
        match read(&bytes) {
            Ok(part) => Ok(Some(part)),
            Err(error) => Err(Failure::Malformed {
                path,
                what: "a part of a count",
                problem: error.to_string(),
            }),
        }
    }

    /// Keeps a part: as secret as the counts.
    pub(crate) fn put_part(
        &self,
        issuer: &Issuer,
        context: &[u8; 32],
        run: &Range<usize>,
        bytes: &[u8],
    ) -> Result<(), Failure> {
        let path = self.path(&place(issuer, &hex::encode(context), &file_name(run)));
        write_atomically(&path, bytes, true)
    }

    /// Destroys the parts of an answer that is in.
    pub(crate) fn drop_parts_of(&self, issuer: &Issuer, context: &[u8; 32]) -> Result<(), Failure> {
        let folder = self.path(&place(issuer, &hex::encode(context), ""));
        remove(&folder)
    }

    /// Destroys all parts of an issuer.
    pub(crate) fn drop_parts(&self, issuer: &Issuer) -> Result<(), Failure> {
        remove(&self.path(&[Role::Issuer.folder(), issuer.name.as_str(), FOLDER]))
    }
}

fn remove(folder: &std::path::Path) -> Result<(), Failure> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::file("remove", folder)(error))
        }
        _ => Ok(()),
    }
}

fn file_name(run: &Range<usize>) -> String {
    format!("{}-{}", run.start, run.end)
}

fn place<'a>(issuer: &'a Issuer, context: &'a str, file: &'a str) -> [&'a str; 5] {
    [
        Role::Issuer.folder(),
        issuer.name.as_str(),
        FOLDER,
        context,
        file,
    ]
}
