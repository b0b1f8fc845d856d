//! Replay: the state that follows from a log, rebuilt from its entries alone.
//!
//! In full, every signature, proof, rule and registry root is checked again, so nobody who made
//! the log needs to be believed. Entries under a checkpoint that the ledger itself signed may be
//! followed instead: it checked them before it signed.

use rayon::prelude::*;
use thiserror::Error;

use crate::log::{Entry, EntryError, LogTree};
use crate::state::{Admitted, Attached, HeadError, Rejection, State};
use crate::transaction::{Envelope, Transaction};

/// Why entries are not the log of a ledger.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[error("entry {entry} of the log: {problem}")]
pub struct ReplayError {
    /// The entry's index.
    pub entry: u64,
    /// What is wrong with it.
    pub problem: ReplayProblem,
}

/// What is wrong with an entry of a log.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum ReplayProblem {
    /// Its bytes are not an entry.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// The transaction breaks a rule.
    #[error(transparent)]
    Rejection(#[from] Rejection),
    /// The head does not follow.
    #[error(transparent)]
    Head(#[from] HeadError),
    /// There is no entry at all, so no genesis.
    #[error("there is none: the log is empty")]
    Empty,
    /// A head where the genesis belongs.
    #[error("a log begins with a genesis, not with a registry head")]
    HeadFirst,
    /// The log ends within a height.
    #[error("the log ends here, within a height: its last entries were cut off")]
    Cut,
}

/// A log being replayed, entry by entry.
#[derive(Debug)]
pub struct Replay {
    state: State,
    tree: LogTree,
    /// Transactions of the open height, not yet entered.
    height: Vec<Envelope>,
}

impl Replay {
    /// Begins with the first entry, which founds the ledger.
    ///
    /// # Errors
    /// [`ReplayError`] when the bytes are not a genesis.
    pub fn begin(bytes: &[u8]) -> Result<Self, ReplayError> {
        let at = |problem: ReplayProblem| ReplayError { entry: 0, problem };
        let entry = Entry::from_bytes(bytes).map_err(|e| at(e.into()))?;
        let Entry::Transaction(envelope) = entry else {
            return Err(at(ReplayProblem::HeadFirst));
        };
        let state = State::found(&envelope).map_err(|e| at(e.into()))?;
        let mut tree = LogTree::new();
        tree.append(bytes);
        Ok(Self {
            state,
            tree,
            height: Vec::new(),
        })
    }

    /// Replays one entry in full, with what the log's transactions name by digest. Transactions are
    /// entered when their height ends, so that their signatures and proofs are checked side by side.
    ///
    /// # Errors
    /// [`ReplayError`] names the first entry that does not follow.
    pub fn check(&mut self, bytes: &[u8], attached: &dyn Attached) -> Result<(), ReplayError> {
        let entry = self.tree.size();
        let at = |problem: ReplayProblem| ReplayError { entry, problem };
        match Entry::from_bytes(bytes).map_err(|e| at(e.into()))? {
            Entry::Transaction(envelope) => self.height.push(envelope),
            Entry::Head(head) => {
                self.enter_height(attached)?;
                self.state.check_head(&head).map_err(|e| at(e.into()))?;
            }
        }
        self.tree.append(bytes);
        Ok(())
    }

    /// Replays entries that a checkpoint of this ledger's own key covers, without checking
    /// signatures and proofs again. The registry is hashed once, at the end, and compared with
    /// the last head.
    ///
    /// # Errors
    /// [`ReplayError`] names the first entry that does not follow.
    pub(crate) fn follow_all(&mut self, entries: &[Vec<u8>]) -> Result<(), ReplayError> {
        // Decoding points and keys is the slow part.
        let decoded: Vec<_> = entries
            .par_iter()
            .map(|bytes| Entry::from_bytes(bytes))
            .collect();
        for (bytes, decoded) in entries.iter().zip(decoded) {
            let entry = self.tree.size();
            self.follow(decoded)
                .map_err(|problem| ReplayError { entry, problem })?;
            self.tree.append(bytes);
        }
        let entry = self.tree.size().saturating_sub(1);
        self.state.settle().map_err(|e| ReplayError {
            entry,
            problem: e.into(),
        })
    }

    fn follow(&mut self, decoded: Result<Entry, EntryError>) -> Result<(), ReplayProblem> {
        match decoded? {
            Entry::Transaction(envelope) => {
                let admitted = Admitted::logged(envelope, self.state.id());
                self.state.enter(&admitted)?;
            }
            Entry::Head(head) => self.state.follow_head(&head)?,
        }
        Ok(())
    }

    /// The state and the tree at the end of a height.
    ///
    /// # Errors
    /// [`ReplayProblem::Cut`] when the last entry was no head.
    pub fn finish(self) -> Result<(State, LogTree), ReplayError> {
        let ended = self.state.latest_head().is_some() && self.height.is_empty();
        if ended && self.state.entries() == self.tree.size() {
            Ok((self.state, self.tree))
        } else {
            let entry = self.tree.size().saturating_sub(1);
            Err(ReplayError {
                entry,
                problem: ReplayProblem::Cut,
            })
        }
    }

    /// The ledger as replayed so far, up to the last head.
    #[must_use]
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// The tree over all entries so far.
    #[must_use]
    pub const fn tree(&self) -> &LogTree {
        &self.tree
    }

    fn enter_height(&mut self, attached: &dyn Attached) -> Result<(), ReplayError> {
        let envelopes = std::mem::take(&mut self.height);
        let first = self.state.entries();
        let admitted = admit_all(&self.state, &envelopes, attached);
        for (envelope, admitted) in envelopes.iter().zip(admitted) {
            let entry = self.state.entries();
            readmit(&self.state, envelope, admitted, entry > first, attached)
                .and_then(|admitted| self.state.enter(&admitted))
                .map_err(|e| ReplayError {
                    entry,
                    problem: e.into(),
                })?;
        }
        Ok(())
    }
}

/// Checks signatures and proofs side by side, against the state as it is.
pub(crate) fn admit_all(
    state: &State,
    envelopes: &[Envelope],
    attached: &dyn Attached,
) -> Vec<Result<Admitted, Rejection>> {
    envelopes
        .par_iter()
        .map(|envelope| state.admit_with(envelope, attached))
        .collect()
}

/// What was refused may follow from a transaction that entered in between; then it is checked again.
/// A false proof of eligibility is not: what it is verified against can't have changed.
pub(crate) fn readmit(
    state: &State,
    envelope: &Envelope,
    admitted: Result<Admitted, Rejection>,
    changed: bool,
    attached: &dyn Attached,
) -> Result<Admitted, Rejection> {
    let of_eligibility = matches!(envelope.transaction(), Transaction::SubmitEligibility(_));
    match admitted {
        Err(Rejection::Proof { .. }) if of_eligibility => admitted,
        Err(_) if changed => state.admit_with(envelope, attached),
        known => known,
    }
}

/// Replays a whole log in full, with the publications and cohort proofs that it names by digest:
/// without them such a log is refused, since their proofs can't be checked.
///
/// # Errors
/// [`ReplayError`] names the first entry that does not follow.
pub fn replay<B: AsRef<[u8]>>(
    entries: impl IntoIterator<Item = B>,
    attached: &dyn Attached,
) -> Result<(State, LogTree), ReplayError> {
    let mut entries = entries.into_iter();
    let empty = ReplayError {
        entry: 0,
        problem: ReplayProblem::Empty,
    };
    let mut replay = Replay::begin(entries.next().ok_or(empty)?.as_ref())?;
    for entry in entries {
        replay.check(entry.as_ref(), attached)?;
    }
    replay.finish()
}
