//! Engines: what orders transactions and keeps the log.
//!
//! Lives here: the embedded engine, one process and one file, and replicas of it elsewhere. Never here: a rule of the ledger
//! (see [`crate::state`]). Spec: docs/spec/ledger.md, section "Engine".

mod attachment;
mod batch;
mod embedded;
mod error;
mod heights;
mod queue;
mod replica;
mod room;
mod store;
mod upstream;
mod view;

pub use attachment::{Attachment, AttachmentError};
pub use batch::{Batch, LogReport, Receipt, Submission};
pub use embedded::{Ledger, StateView};
pub use error::LedgerError;
pub use replica::claimed;
pub use upstream::{Anchor, HandedIn, ReplicaError, Upstream, UpstreamError};
