//! What a replica follows: whatever gives it entries and takes its transactions, such as a node.

use salus_protocol::nullifier::LedgerId;
use salus_protocol::profile::ProfileHash;
use thiserror::Error;

use super::batch::Submission;
use crate::key::PublicKey;
use crate::log::{CheckpointError, ConsistencyProof, SignedCheckpoint};
use crate::replay::ReplayError;
use crate::state::{Rejection, State};
use crate::transaction::{AttachmentDigest, TransactionId};

/// Gives a replica its log and takes its transactions. A replica believes nothing that this says.
pub trait Upstream: std::fmt::Debug + Send + Sync {
    /// The latest signed checkpoint.
    ///
    /// # Errors
    /// [`UpstreamError`], as of every call here.
    fn checkpoint(&self) -> Result<SignedCheckpoint, UpstreamError>;

    /// Entries from index `first` on, of the log of so many entries: at least one, and as many
    /// more as it likes to give at once.
    ///
    /// # Errors
    /// [`UpstreamError`].
    fn entries(&self, first: u64, size: u64) -> Result<Vec<Vec<u8>>, UpstreamError>;

    /// That the log of `old` entries is a prefix of the log of `new` entries.
    ///
    /// # Errors
    /// [`UpstreamError`].
    fn consistency(&self, old: u64, new: u64) -> Result<ConsistencyProof, UpstreamError>;

    /// The publication, or the proofs of a cohort answer, with this digest.
    ///
    /// # Errors
    /// [`UpstreamError`].
    fn proof_attachment(&self, digest: &AttachmentDigest) -> Result<Vec<u8>, UpstreamError>;

    /// The profile document with this hash.
    ///
    /// # Errors
    /// [`UpstreamError`].
    fn profile_document(&self, hash: ProfileHash) -> Result<String, UpstreamError>;

    /// Hands a transaction in, and says what became of it. After a lost connection it is for this
    /// to hand in the same bytes again.
    ///
    /// # Errors
    /// [`UpstreamError`] when it is not known whether the transaction entered.
    fn hand_in(&self, submission: &Submission) -> Result<HandedIn, UpstreamError>;
}

/// What became of a transaction that was handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HandedIn {
    /// It entered.
    Entered,
    /// It was refused.
    Refused {
        /// The rule's name, or that of another kind of problem.
        code: String,
        /// What is wrong, in words.
        detail: String,
    },
}

/// Why a node gave no answer that could be used.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum UpstreamError {
    /// It can't be reached.
    #[error("the node at {node} cannot be reached: {problem}")]
    Away {
        /// Its address.
        node: String,
        /// What the network says.
        problem: String,
    },
    /// It has too much to do.
    #[error("the node at {node} is busy: come again later")]
    Busy {
        /// Its address.
        node: String,
    },
    /// It answered something else than was asked for.
    #[error("the node at {node} gave no usable answer to {asked}: {problem}")]
    Answer {
        /// Its address.
        node: String,
        /// What was asked.
        asked: String,
        /// What is wrong with the answer.
        problem: String,
    },
}

/// By what a replica knows its ledger. It must come from somebody who is trusted with it, and not
/// from the node: whoever is on the way could name another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Anchor {
    /// The ledger's id.
    Id(LedgerId),
    /// The key of its checkpoints as signed-note's tools write it
    /// ([`crate::log::CheckpointKey`]'s text).
    CheckpointKey(String),
    /// The bare public key of its checkpoints, for the operator who has its secret.
    Operator(PublicKey),
}

impl Anchor {
    /// Checks that a state is of the ledger that is meant.
    pub(super) fn check(&self, state: &State) -> Result<(), ReplicaError> {
        let meant = match self {
            Self::Id(id) => *id == state.id(),
            Self::CheckpointKey(text) => *text == state.checkpoint_key().to_string(),
            Self::Operator(key) => *key == state.genesis().checkpoint,
        };
        if meant {
            Ok(())
        } else {
            Err(ReplicaError::OtherLedger {
                expected: self.to_string(),
                id: state.id(),
                key: state.checkpoint_key().to_string(),
            })
        }
    }
}

impl std::fmt::Display for Anchor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Id(id) => write!(f, "the ledger {id}"),
            Self::CheckpointKey(text) => write!(f, "the ledger with checkpoint key {text}"),
            Self::Operator(key) => write!(f, "the ledger with checkpoint key {key}"),
        }
    }
}

/// What is wrong with what a replica was given. Nothing of it was kept.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum ReplicaError {
    /// No usable answer.
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    /// Another ledger.
    #[error("this is not {expected}, but ledger {id} with checkpoint key {key}")]
    OtherLedger {
        /// What was meant.
        expected: String,
        /// The ledger found.
        id: LedgerId,
        /// Its checkpoint key.
        key: String,
    },
    /// The genesis is none.
    #[error("the log does not begin with a genesis: {problem}")]
    Genesis {
        /// What is wrong.
        problem: String,
    },
    /// The checkpoint is not this ledger's.
    #[error("the node's checkpoint does not verify: {0}")]
    Checkpoint(CheckpointError),
    /// The log is shorter than it was.
    #[error(
        "the node shows a log of {shown} entries, but {seen} were seen before: it was rolled back, \
         or entries are withheld"
    )]
    Behind {
        /// Entries that the replica has.
        seen: u64,
        /// Entries under the checkpoint.
        shown: u64,
    },
    /// The log is another one.
    #[error(
        "the node's checkpoint of {shown} entries does not continue the log of {seen} entries that \
         was seen before: the ledger was forked or rewritten. Keep this replica: with it and the \
         node's checkpoint you can show that"
    )]
    Forked {
        /// Entries that the replica has.
        seen: u64,
        /// Entries under the checkpoint.
        shown: u64,
    },
    /// Entries that are not under the checkpoint.
    #[error(
        "entries {first} to {last} are not those under the node's signed checkpoint: they were \
         altered or left out on the way, or by the node"
    )]
    Entries {
        /// The first of them.
        first: u64,
        /// The last of them.
        last: u64,
    },
    /// Entries that break a rule.
    #[error("the node's log does not follow the ledger's rules: {0}")]
    Rule(ReplayError),
    /// Entries without an end of a height.
    #[error("from entry {first} on the log has no end of a height in {bytes} bytes: it is refused")]
    Endless {
        /// The first of them.
        first: u64,
        /// How many bytes were read.
        bytes: usize,
    },
    /// What a transaction names is not what was given for it.
    #[error("entry {entry}: {problem}")]
    Attachment {
        /// The transaction's entry.
        entry: u64,
        /// Why it was refused.
        problem: Rejection,
    },
    /// It said that a transaction entered, and its log does not have it.
    #[error("the node said that transaction {id} entered, but its log does not hold it")]
    Withheld {
        /// The transaction.
        id: TransactionId,
    },
    /// It refuses what its own log allows.
    #[error("the node refuses ({code}): {detail}")]
    Refuses {
        /// The name of the rule or problem.
        code: String,
        /// What it says.
        detail: String,
    },
}

impl ReplicaError {
    /// Whether it shows that something is false, rather than that nothing could be had.
    #[must_use]
    pub const fn is_falsehood(&self) -> bool {
        !matches!(self, Self::Upstream(_) | Self::Refuses { .. })
    }
}
