//! Room: whether the disk under a ledger's file takes what is about to be written.
//!
//! Asked before anything is changed, so that a full disk refuses transactions and harms nothing else:
//! what is there is read as before, and writing goes on when there is room. A disk that fills within
//! one commit is found by the commit instead.

use std::path::{Path, PathBuf};

use super::batch::Submission;
use super::error::LedgerError;

/// So many bytes of a disk are left free: for the store's own pages, and for what else the service
/// keeps there.
const LEFT_FREE: u64 = 16 << 20;
/// The store writes whole pages of powers of two, and new copies of those that it changes.
const COPIES: u64 = 4;

/// The disk that a ledger's file is on.
#[derive(Debug)]
pub(super) struct Room {
    /// The folder of the file.
    folder: PathBuf,
}

impl Room {
    /// Of the file at a path.
    pub(super) fn of(file: &Path) -> Self {
        let folder = file
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        Self {
            folder: folder.unwrap_or(Path::new(".")).to_owned(),
        }
    }

    /// Checks that there is room for a commit of so many bytes.
    pub(super) fn check(&self, bytes: u64) -> Result<(), LedgerError> {
        let needed = bytes.saturating_mul(COPIES).saturating_add(LEFT_FREE);
        match free(&self.folder)? {
            Some(free) if free < needed => Err(LedgerError::DiskFull { free, needed }),
            _ => Ok(()),
        }
    }
}

/// How many bytes transactions and what travels beside them have.
pub(super) fn bytes_of(submissions: &[Submission]) -> u64 {
    let bytes = |submission: &Submission| {
        let attached = submission.attachment.as_ref();
        let attached = attached.map_or(0, |attachment| attachment.bytes().len());
        submission
            .envelope
            .to_bytes()
            .len()
            .saturating_add(attached) as u64
    };
    submissions.iter().map(bytes).fold(0, u64::saturating_add)
}

/// The free bytes of the disk that a folder is on; none where the system does not tell.
#[cfg(unix)]
fn free(folder: &Path) -> Result<Option<u64>, LedgerError> {
    let disk = rustix::fs::statvfs(folder).map_err(|error| LedgerError::Io {
        what: format!("can't see how full the disk of {} is", folder.display()),
        source: error.into(),
    })?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    Ok((disk.f_blocks > 0).then_some(free))
}

#[cfg(not(unix))]
fn free(_folder: &Path) -> Result<Option<u64>, LedgerError> {
    Ok(None)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_no_disk_holds_is_refused_and_the_disk_is_named_full() {
        let folder = tempfile::tempdir().unwrap();
        let room = Room::of(&folder.path().join("ledger.redb"));
        let error = room.check(u64::MAX).unwrap_err();
        assert!(matches!(error, LedgerError::DiskFull { .. }), "{error:?}");
        assert!(error.to_string().contains("make room"), "{error}");
        // A file without a folder is in the current one.
        assert_eq!(Room::of(Path::new("ledger.redb")).folder, Path::new("."));
        assert!(matches!(
            Room::of(&folder.path().join("no/ledger.redb")).check(0),
            Err(LedgerError::Io { .. })
        ));
    }
}
