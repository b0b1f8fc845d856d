//! The path from a dataset to verified answers, step by step: what the single commands and the
//! demo both do. Nothing is printed here.

pub(crate) mod answer;
pub(crate) mod cohort;
pub(crate) mod consent;
pub(crate) mod count;
pub(crate) mod hand_over;
pub(crate) mod profile;
pub(crate) mod prover;
pub(crate) mod record;
pub(crate) mod study;
pub(crate) mod table;
pub(crate) mod together;

use std::collections::BTreeMap;

use salus_ledger::engine::{Batch, Ledger, Receipt, Submission};
use salus_ledger::state::{Rejection, State};
use salus_protocol::record::RecordCommitment;
use salus_protocol::registry::RecordIndex;

use crate::failure::Failure;

/// Where each standing record is in the registry.
pub(crate) struct Places(BTreeMap<RecordCommitment, RecordIndex>);

impl Places {
    pub(crate) fn of(state: &State) -> Self {
        let standing = state.records().iter().zip(0..);
        Self(
            standing
                .filter_map(|(record, index)| Some((record.faces?.record, index)))
                .collect(),
        )
    }

    pub(crate) fn find(&self, record: &RecordCommitment) -> Option<RecordIndex> {
        self.0.get(record).copied()
    }
}

/// Enters one transaction; a broken rule is a failure.
pub(crate) fn submit(
    ledger: &Ledger,
    submission: impl Into<Submission>,
) -> Result<Receipt, Failure> {
    Ok(ledger.submit(submission)??)
}

/// Enters many at once, and gives for each what became of it.
pub(crate) fn submit_many(
    ledger: &Ledger,
    submissions: &[Submission],
) -> Result<Vec<Result<Receipt, Rejection>>, Failure> {
    if submissions.is_empty() {
        return Ok(Vec::new());
    }
    let Batch { outcomes, .. } = ledger.submit_many(submissions)?;
    Ok(outcomes)
}
