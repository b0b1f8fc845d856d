//! Engines: what orders transactions and keeps the log.
//!
//! Lives here: the embedded engine, one process and one file. Never here: a rule of the ledger
//! (see [`crate::state`]). Spec: docs/spec/ledger.md, section "Engine".

mod attachment;
mod embedded;
mod error;
mod store;

pub use attachment::{Attachment, AttachmentError};
pub use embedded::{Batch, Ledger, LogReport, Receipt, Submission};
pub use error::LedgerError;
