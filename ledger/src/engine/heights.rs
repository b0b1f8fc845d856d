//! Heights read from an upstream: whole ones, each shown to be under a signed checkpoint.
//!
//! Never here: whether they keep the rules, and keeping them (see [`super::replica`]).

use super::error::LedgerError;
use super::upstream::{ReplicaError, Upstream};
use crate::log::{Checkpoint, Entry, LogTree};
use crate::replay::{ReplayError, ReplayProblem};

/// The most bytes of entries that are read without an end of a height among them.
const MAX_HEIGHT_BYTES: usize = 1 << 30;

/// Entries of whole heights, shown to be under a signed checkpoint. Whether they keep the rules is
/// not yet known.
pub(super) struct Heights {
    /// Index of the first entry.
    pub(super) first: u64,
    pub(super) entries: Vec<(Vec<u8>, Entry)>,
}

/// Reads whole heights in the order of the log, and shows that they are under a checkpoint.
pub(super) struct Reader<'a> {
    upstream: &'a dyn Upstream,
    target: Checkpoint,
    /// The tree of all that was given.
    pub(super) tree: LogTree,
    /// Read, not yet given.
    ahead: Vec<(Vec<u8>, Entry)>,
}

impl<'a> Reader<'a> {
    /// Reads on from the log with this tree to a checkpoint that continues it.
    pub(super) fn new(upstream: &'a dyn Upstream, tree: LogTree, target: Checkpoint) -> Self {
        Self {
            upstream,
            target,
            tree,
            ahead: Vec::new(),
        }
    }

    /// The next heights: all that the entries read hold, at least one. None at the checkpoint.
    pub(super) fn next(&mut self) -> Result<Option<Heights>, LedgerError> {
        let first = self.tree.size();
        if first == self.target.size {
            return Ok(None);
        }
        let is_head = |(_, entry): &(_, Entry)| matches!(entry, Entry::Head(_));
        let end = loop {
            if let Some(last) = self.ahead.iter().rposition(is_head) {
                break last + 1;
            }
            self.read_on(first)?;
        };
        let rest = self.ahead.split_off(end);
        let entries = std::mem::replace(&mut self.ahead, rest);
        for (bytes, _) in &entries {
            self.tree.append(bytes);
        }
        if self.is_under_target()? {
            Ok(Some(Heights { first, entries }))
        } else {
            let last = self.tree.size() - 1;
            Err(ReplicaError::Entries { first, last }.into())
        }
    }

    fn read_on(&mut self, first: u64) -> Result<(), LedgerError> {
        let from = first + self.ahead.len() as u64;
        let rule = |entry, problem| ReplicaError::Rule(ReplayError { entry, problem });
        if from == self.target.size {
            return Err(rule(from - 1, ReplayProblem::Cut).into());
        }
        let page = self.upstream.entries(from, self.target.size)?;
        let wanted = usize::try_from(self.target.size - from).unwrap_or(usize::MAX);
        if page.is_empty() || page.len() > wanted {
            let last = self.target.size - 1;
            return Err(ReplicaError::Entries { first: from, last }.into());
        }
        for (entry, bytes) in (from..).zip(page) {
            let decoded = Entry::from_bytes(&bytes).map_err(|e| rule(entry, e.into()))?;
            self.ahead.push((bytes, decoded));
        }
        let bytes = self.ahead.iter().map(|(bytes, _)| bytes.len()).sum();
        if bytes > MAX_HEIGHT_BYTES {
            return Err(ReplicaError::Endless { first, bytes }.into());
        }
        Ok(())
    }

    /// Whether all that was given is the beginning of the log under the checkpoint.
    fn is_under_target(&self) -> Result<bool, LedgerError> {
        continues(self.upstream, &Checkpoint::of(&self.tree), &self.target)
    }
}

/// Whether the log under a checkpoint is the beginning of the one under another that is no shorter.
pub(super) fn continues(
    upstream: &dyn Upstream,
    old: &Checkpoint,
    new: &Checkpoint,
) -> Result<bool, LedgerError> {
    if old.size == new.size {
        return Ok(old.root == new.root);
    }
    let proof = upstream.consistency(old.size, new.size)?;
    let asked = proof.old == old.size && proof.new == new.size;
    Ok(asked && proof.verify(&old.root, &new.root).is_ok())
}
