//! The view: state, tree and checkpoint of an open ledger, as one writer changes them and readers
//! see them; and how it is rebuilt from the stored log.

use ed25519_dalek::SigningKey;

use super::batch::{Receipt, Submission};
use super::error::LedgerError;
use super::store::{Commit, Store};
use crate::key::PublicKey;
use crate::log::{Checkpoint, Entry, LogTree, SignedCheckpoint};
use crate::replay::{Replay, readmit};
use crate::state::{Admitted, Attached, Rejection, State};
use crate::transaction::Envelope;

/// What the writer replaces and readers look at.
#[derive(Debug)]
pub(super) struct View {
    pub(super) state: State,
    pub(super) tree: LogTree,
    pub(super) checkpoint: Option<SignedCheckpoint>,
}

impl View {
    /// Entries that the checkpoint covers. It was verified when it was read, and signed by this
    /// process otherwise.
    pub(super) fn covered(&self) -> u64 {
        let verified = |text: &SignedCheckpoint| text.verify(&self.state.checkpoint_key()).ok();
        self.checkpoint
            .as_ref()
            .and_then(verified)
            .map_or(0, |checkpoint| checkpoint.size)
    }

    /// Enters a transaction. Signature and rules come first: only what could enter has its
    /// attachment read, which may cost much, and ends the height before it. What is refused
    /// changes neither state nor log.
    pub(super) fn enter(
        &mut self,
        submission: &Submission,
        admitted: Result<Admitted, Rejection>,
        attached: &dyn Attached,
        commit: &mut Commit,
    ) -> Result<Receipt, Rejection> {
        let envelope = &submission.envelope;
        let transaction = envelope.transaction();
        let changed = !commit.entries.is_empty();
        let admitted = readmit(&self.state, envelope, admitted, changed, attached)?;
        let ends_height = self.state.needs_new_height(transaction);
        if ends_height || submission.attachment.is_some() {
            self.state.check(&admitted)?;
        }
        let kept = submission.kept()?;
        if ends_height {
            self.seal(commit);
        }
        let event = self.state.enter(&admitted)?;
        let entry = self.tree.size();
        self.append(envelope.to_bytes(), commit);
        commit.attachments.extend(kept);
        Ok(Receipt {
            id: envelope.id(&self.state.id()),
            entry,
            height: self.state.height() + 1,
            event,
        })
    }

    /// Ends the open height, if it has transactions.
    pub(super) fn seal(&mut self, commit: &mut Commit) {
        if let Some(head) = self.state.seal() {
            self.append(Entry::Head(head).to_bytes(), commit);
        }
    }

    fn append(&mut self, bytes: Vec<u8>, commit: &mut Commit) {
        self.tree.append(&bytes);
        commit.entries.push(bytes);
    }

    pub(super) fn sign(&mut self, store: &Store, secret: &SigningKey) -> Result<(), LedgerError> {
        let checkpoint = Checkpoint::of(&self.tree);
        let signed = checkpoint.sign(self.state.checkpoint_key().origin(), secret)?;
        store.put_checkpoint(signed.as_str())?;
        self.checkpoint = Some(signed);
        Ok(())
    }
}

/// The first commit of a ledger: its genesis and the head after it.
pub(super) fn founding(genesis: &Envelope, checkpoint: &SigningKey) -> Result<Commit, LedgerError> {
    let mut state = State::found(genesis).map_err(LedgerError::Genesis)?;
    let expected = state.genesis().checkpoint;
    if PublicKey::of(checkpoint) != expected {
        return Err(LedgerError::CheckpointKey { expected });
    }
    Ok(first_height(genesis, &mut state))
}

/// The first height of a log, which is its genesis alone: that, and the head which follows from it.
pub(super) fn first_height(genesis: &Envelope, state: &mut State) -> Commit {
    let head = state.seal().map(|head| Entry::Head(head).to_bytes());
    let mut entries = vec![genesis.to_bytes()];
    entries.extend(head);
    Commit {
        entries,
        ..Commit::default()
    }
}

/// The state, from the stored log alone.
pub(super) fn rebuild(store: &Store) -> Result<View, LedgerError> {
    rebuild_after(store, None)
}

/// The state again, from a log that this process has checked up to this head.
pub(super) fn rebuild_checked(store: &Store, checked: Checkpoint) -> Result<View, LedgerError> {
    rebuild_after(store, Some(checked))
}

fn rebuild_after(store: &Store, checked: Option<Checkpoint>) -> Result<View, LedgerError> {
    let checkpoint = store.checkpoint()?.map(SignedCheckpoint::new);
    let mut entries = Vec::new();
    store.for_each_entry(|bytes| {
        entries.push(bytes.to_vec());
        Ok(())
    })?;
    let (genesis, rest) = entries.split_first().ok_or_else(no_genesis)?;
    let mut replay = Replay::begin(genesis)?;
    // The key that signs checkpoints is in the genesis, so only now can it be checked.
    let key = replay.state().checkpoint_key();
    let covered = checkpoint
        .as_ref()
        .map(|text| text.verify(&key))
        .transpose()?;
    let covered = checked.or(covered);
    let rest = match &covered {
        Some(covered) if covered.size > 1 => follow(&mut replay, rest, covered)?,
        _ => rest,
    };
    for bytes in rest {
        replay.check(bytes, store)?;
    }
    let (state, tree) = replay.finish()?;
    if covered.is_some_and(|covered| tree.root_at(covered.size) != Ok(covered.root)) {
        return Err(LedgerError::Damaged {
            problem: "its entries are not those under its checkpoint".to_owned(),
        });
    }
    Ok(View {
        state,
        tree,
        checkpoint,
    })
}

/// Follows the entries that a checkpoint covers, after the genesis; gives those that it does not.
fn follow<'a>(
    replay: &mut Replay,
    entries: &'a [Vec<u8>],
    covered: &Checkpoint,
) -> Result<&'a [Vec<u8>], LedgerError> {
    let count = usize::try_from(covered.size - 1).ok();
    let split = count.and_then(|count| entries.split_at_checked(count));
    let (under, rest) = split.ok_or_else(|| LedgerError::Damaged {
        problem: format!(
            "its checkpoint is of {} entries, but it has {}: entries were cut off",
            covered.size,
            entries.len() + 1
        ),
    })?;
    replay.follow_all(under)?;
    Ok(rest)
}

pub(super) fn no_genesis() -> LedgerError {
    LedgerError::Damaged {
        problem: "it holds no entries".to_owned(),
    }
}
