//! What can go wrong with an engine, as against with a transaction.

use std::path::PathBuf;

use thiserror::Error;

use super::attachment::AttachmentError;
use super::upstream::{ReplicaError, UpstreamError};
use crate::log::{CheckpointError, ProofError, TileError};
use crate::replay::ReplayError;
use crate::state::Rejection;

/// Why a ledger can't be made, opened, read or written.
#[derive(Debug, Error)]
pub enum LedgerError {
    /// There is no file.
    #[error("there is no ledger at {path}: create one, or name the directory that holds it")]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// There already is a file.
    #[error("there already is a ledger at {path}; it is never overwritten")]
    Exists {
        /// Where.
        path: PathBuf,
    },
    /// Another process has it open.
    #[error("the ledger is open in another process: wait until that has finished")]
    Locked,
    /// The operating system refused.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        source: std::io::Error,
    },
    /// There is no room on the disk for what was to be written. Nothing was, and reading goes on.
    #[error(
        "the disk that the ledger is on is full: {} MiB are free, and {} MiB are needed. Nothing was \
         written; make room, and try again", free >> 20, (needed >> 20) + 1
    )]
    DiskFull {
        /// Bytes that are free.
        free: u64,
        /// Bytes that have to be.
        needed: u64,
    },
    /// The store reports an error.
    #[error("the ledger's store failed: {0}")]
    Store(Box<redb::Error>),
    /// The file is not what the ledger wrote.
    #[error(
        "the ledger's file is damaged or was altered: {problem}. Nothing of it was used; restore \
         it from a copy"
    )]
    Damaged {
        /// What shows it.
        problem: String,
    },
    /// The entries are not the log of a ledger.
    #[error("the ledger's file is damaged or was altered: {0}. Restore it from a copy")]
    Replay(#[from] ReplayError),
    /// The stored checkpoint does not verify.
    #[error("the ledger's checkpoint does not verify: {0}. Restore the ledger from a copy")]
    Checkpoint(#[from] CheckpointError),
    /// The log does not continue the one under a checkpoint.
    #[error(
        "the ledger does not continue the log under the checkpoint of {size} entries: it was \
         rolled back or rewritten since that was signed"
    )]
    Rewritten {
        /// Entries under the checkpoint.
        size: u64,
    },
    /// The secret key is not the one that the ledger's genesis names.
    #[error("this is not the ledger's checkpoint key: its genesis names {expected}")]
    CheckpointKey {
        /// The key that the genesis names.
        expected: crate::key::PublicKey,
    },
    /// The ledger was opened without its checkpoint key.
    #[error("the ledger was opened for reading: open it with its checkpoint key to write")]
    ReadOnly,
    /// A genesis that is none.
    #[error("the ledger can't be founded: {0}")]
    Genesis(Rejection),
    /// An earlier write failed, so memory and file may differ.
    #[error("an earlier write to the ledger failed: open it anew to see what was kept")]
    Failed,
    /// A proof about the log can't be made.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// Tiles can't be made.
    #[error(transparent)]
    Tile(#[from] TileError),
    /// What a replica was given does not hold, or could not be had.
    #[error(transparent)]
    Replica(#[from] ReplicaError),
    /// It follows no other ledger.
    #[error("the ledger is no replica: it has nothing to be brought up to")]
    NoReplica,
    /// An attachment is missing or not what its digest says.
    #[error(transparent)]
    Attachment(#[from] AttachmentError),
}

impl From<UpstreamError> for LedgerError {
    fn from(error: UpstreamError) -> Self {
        Self::Replica(error.into())
    }
}

macro_rules! from_redb {
    ($($error:ty),*) => {$(
        impl From<$error> for LedgerError {
            fn from(error: $error) -> Self {
                Self::from_store(error.into())
            }
        }
    )*};
}
from_redb!(
    redb::DatabaseError,
    redb::TransactionError,
    redb::TableError,
    redb::StorageError,
    redb::CommitError,
    redb::CompactionError,
    redb::SetDurabilityError
);

impl LedgerError {
    pub(crate) fn from_store(error: redb::Error) -> Self {
        match error {
            redb::Error::DatabaseAlreadyOpen => Self::Locked,
            redb::Error::Corrupted(problem) => Self::Damaged { problem },
            redb::Error::TableDoesNotExist(table) => Self::Damaged {
                problem: format!("it has no table {table:?}"),
            },
            redb::Error::TableTypeMismatch { table, .. } => Self::Damaged {
                problem: format!("its table {table:?} has another shape"),
            },
            other => Self::Store(Box::new(other)),
        }
    }
}
