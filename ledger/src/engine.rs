//! Engines: what orders transactions and keeps the log.
//!
//! Lives here: the embedded engine, one process and one file. Never here: a rule of the ledger
//! (see [`crate::state`]). Spec: docs/spec/ledger.md, section "Engine".

mod attachment;
mod batch;
mod embedded;
mod error;
mod store;
mod view;

pub use attachment::{Attachment, AttachmentError};
pub use batch::{Batch, LogReport, Receipt, Submission};
pub use embedded::{Ledger, StateView};
pub use error::LedgerError;
