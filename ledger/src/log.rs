//! The log: an RFC 6962 Merkle tree of entries, and the signed checkpoints over it.
//!
//! Lives here: entries, the tree's hashes and proofs, tiles in C2SP's layout, checkpoints.
//! Never here: what an entry means (see [`crate::state`]) or where it is kept (see
//! [`crate::engine`]). Spec: docs/spec/ledger.md, section "Log".

mod checkpoint;
mod entry;
mod proof;
mod tile;
mod tree;

pub use checkpoint::{Checkpoint, CheckpointError, CheckpointKey, Origin, SignedCheckpoint};
pub use entry::{Entry, EntryError, MAX_ENTRY_BYTES, RegistryHead};
pub use proof::{ConsistencyProof, InclusionProof, ProofError};
pub use tile::{TileError, TileFile};
pub use tree::{LogHash, LogTree};
