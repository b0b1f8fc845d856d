//! What the ledger's engine reports, as problems.

use axum::http::StatusCode;
use salus_ledger::audit::ExportError;
use salus_ledger::engine::{LedgerError, ReplicaError};

use super::Problem;

impl From<LedgerError> for Problem {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Proof(error) => Self::not_found(error.to_string()),
            LedgerError::Attachment(error) => Self::not_found(error.to_string()),
            LedgerError::ReadOnly => Self::new(
                StatusCode::FORBIDDEN,
                "ReadOnly",
                "Read only",
                "this node only reads its ledger: send the transaction to the ledger's operator",
            ),
            LedgerError::DiskFull { .. } => {
                tracing::error!(%error, "the ledger takes no transactions");
                Self::disk_full()
            }
            // Nothing was acknowledged, and nothing more is until the operator has looked.
            LedgerError::Failed | LedgerError::Store(_) | LedgerError::Io { .. } => {
                tracing::error!(%error, "the ledger does not write");
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "LedgerFailed",
                    "The ledger failed",
                    "the ledger could not be read or written; its operator has to restart it",
                )
            }
            // Of the other node this says nothing: its address may be the operator's own affair.
            LedgerError::Replica(error) => {
                tracing::error!(
                    why = sort(&error),
                    "the node that this one follows can't be used"
                );
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "Upstream",
                    "The followed node failed",
                    "this node follows another one, which is away, refuses, or gives what does not \
                     hold; what was checked before is served here. Come again later, or ask the \
                     ledger's operator",
                )
            }
            other => Self::internal(&other.to_string()),
        }
    }
}

/// A followed node's fault without what could name a transaction, a path or an entry; whoever keeps
/// the copy is told all of it at the terminal.
const fn sort(error: &ReplicaError) -> &'static str {
    match error {
        ReplicaError::Upstream(_) => "it is away, refuses, or answers otherwise than asked",
        _ => "what it gives does not hold",
    }
}

impl From<ExportError> for Problem {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::StudyUnknown { .. } => Self::not_found(error.to_string()),
            ExportError::NoCheckpoint => Self::new(
                StatusCode::CONFLICT,
                "NoCheckpoint",
                "No checkpoint",
                error.to_string(),
            ),
            ExportError::Ledger(error) => error.into(),
        }
    }
}
