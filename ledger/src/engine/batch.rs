//! Batches: what is handed in together, and what became of it.

use std::collections::BTreeMap;

use super::attachment::{Attachment, Kept, required_by};
use super::store::Store;
use crate::log::{Checkpoint, SignedCheckpoint};
use crate::state::{Attached, Event, Rejection};
use crate::transaction::{AttachmentDigest, Envelope, TransactionId};

/// A transaction to enter, with what travels beside it.
#[derive(Debug, Clone)]
pub struct Submission {
    /// The signed transaction.
    pub envelope: Envelope,
    /// What it names by its digest.
    pub attachment: Option<Attachment>,
}

impl From<Envelope> for Submission {
    fn from(envelope: Envelope) -> Self {
        Self {
            envelope,
            attachment: None,
        }
    }
}

impl Submission {
    /// A transaction with an attachment.
    #[must_use]
    pub const fn with(envelope: Envelope, attachment: Attachment) -> Self {
        Self {
            envelope,
            attachment: Some(attachment),
        }
    }

    /// What to keep beside the log: exactly what the transaction names, if it names anything.
    pub(super) fn kept(&self) -> Result<Option<Kept>, Rejection> {
        if self.attachment.is_none() {
            required_by(self.envelope.transaction())?;
        }
        self.kept_if_given()
    }

    /// The same, where what it names may be missing.
    pub(super) fn kept_if_given(&self) -> Result<Option<Kept>, Rejection> {
        let keep = |attachment: &Attachment| {
            let place = attachment.place_for(self.envelope.transaction())?;
            Ok((place, attachment.bytes().to_vec()))
        };
        self.attachment.as_ref().map(keep).transpose()
    }
}

/// What the transactions of a batch may rest on: its own attachments, and those in the store.
pub(super) struct BatchAttached<'a> {
    own: BTreeMap<AttachmentDigest, &'a Attachment>,
    store: &'a Store,
}

impl<'a> BatchAttached<'a> {
    pub(super) fn of(submissions: &'a [Submission], store: &'a Store) -> Self {
        let own = submissions.iter().filter_map(|s| s.attachment.as_ref());
        Self {
            own: own
                .filter_map(|attachment| Some((attachment.proof_digest()?, attachment)))
                .collect(),
            store,
        }
    }
}

impl Attached for BatchAttached<'_> {
    fn find(&self, digest: &AttachmentDigest) -> Option<Vec<u8>> {
        match self.own.get(digest) {
            Some(attachment) => Some(attachment.bytes().to_vec()),
            None => self.store.find(digest),
        }
    }
}

/// That a transaction entered, and is on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The transaction's identity.
    pub id: TransactionId,
    /// Index of its log entry.
    pub entry: u64,
    /// The height that it is in.
    pub height: u64,
    /// What it did.
    pub event: Event,
}

/// What became of a batch.
#[derive(Debug, Clone)]
pub struct Batch {
    /// For each submission, in order: its receipt, or the rule that it broke.
    pub outcomes: Vec<Result<Receipt, Rejection>>,
    /// The height after the batch.
    pub height: u64,
    /// The checkpoint after the batch, signed after its commit was on the disk.
    pub checkpoint: SignedCheckpoint,
}

/// What a full check of a ledger's log found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogReport {
    /// The checkpoint over all of it.
    pub checkpoint: Checkpoint,
    /// Registry heads in it.
    pub height: u64,
    /// Records ever committed.
    pub records: u64,
    /// Answers by subjects, of all studies.
    pub answers: u64,
    /// Answers by custodians, of all studies.
    pub cohort_answers: u64,
}
