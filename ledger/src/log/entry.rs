//! Entries of the log: a signed transaction, or the registry's head after a batch of them.

use borsh::{BorshDeserialize, BorshSerialize};
use salus_protocol::day::Day;
use salus_protocol::registry::Root;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::transaction::Envelope;

/// The longest entry, in bytes: C2SP's entry bundles give a length in 16 bits.
pub const MAX_ENTRY_BYTES: usize = 65_535;

/// Why bytes are not an entry.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum EntryError {
    /// Longer than [`MAX_ENTRY_BYTES`].
    #[error("the entry has {bytes} bytes; at most {MAX_ENTRY_BYTES} fit in the log")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// Not a canonical encoding.
    #[error("not a canonical entry: {problem}")]
    Malformed {
        /// What is wrong.
        problem: String,
    },
}

/// The registry's root at a height, put into the log after the transactions that led to it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct RegistryHead {
    /// How many heads the log holds up to this one; the first has height 1.
    pub height: u64,
    /// Index of the first entry of the height: its transactions are those from here up to the
    /// head's own entry.
    pub first: u64,
    /// The registry's root after those transactions.
    pub root: Root,
    /// The ledger's day for all of them; none before the first day is set.
    pub day: Option<Day>,
    /// The latest height that took something back (consent replaced or revoked, record amended
    /// or erased); 0 when none did. Roots of smaller heights are stale.
    pub revised: u64,
}

/// One entry of the log.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[allow(clippy::large_enum_variant)] // one entry at a time is held
pub enum Entry {
    /// A signed transaction.
    Transaction(Envelope),
    /// The end of a height.
    Head(RegistryHead),
}

impl Entry {
    /// The canonical bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        borsh::to_vec(self).expect("writing to memory does not fail")
    }

    /// Decodes canonical bytes.
    ///
    /// # Errors
    /// [`EntryError`] for anything that [`Self::to_bytes`] would not give.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EntryError> {
        if bytes.len() > MAX_ENTRY_BYTES {
            return Err(EntryError::TooLong { bytes: bytes.len() });
        }
        let malformed = |problem: String| EntryError::Malformed { problem };
        let entry: Self = borsh::from_slice(bytes).map_err(|e| malformed(e.to_string()))?;
        if entry.to_bytes() != bytes {
            return Err(malformed("it is a second encoding".to_owned()));
        }
        Ok(entry)
    }
}
