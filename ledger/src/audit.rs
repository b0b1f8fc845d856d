//! Audit: one file that holds all that a study's answers rest on, and its verification.
//!
//! Verification needs no network, no ledger and no secret. Never here: trust in whoever made the
//! bundle. Spec: docs/spec/ledger.md, section "Audit bundle".

mod answers;
mod bundle;
mod cohort;
mod error;
mod export;
mod report;
mod verify;

pub use bundle::{BUNDLE_FORMAT, Bundle, Included};
pub use error::{AuditError, EntryProblem};
pub use export::{ExportError, export};
pub use report::{AnswerReport, ApprovalReport, CohortReport, KeyReport, Report};
pub use verify::{Expectations, verify};
