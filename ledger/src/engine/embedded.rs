//! The embedded engine: one process writes, any number of its threads read.
//!
//! A batch is entered into the state, written with its head in one commit, and acknowledged when
//! that is on the disk; the checkpoint is signed after that. Opening rebuilds the state from the
//! log and believes nothing else that the file says.
//!
//! Never here: how a replica follows another's log (see [`super::replica`]).

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard, TryLockError};

use ed25519_dalek::SigningKey;
use redb::StorageBackend;
use salus_protocol::contact::SealedContact;
use salus_protocol::profile::{Profile, ProfileHash};
use salus_protocol::statement::ContactDigest;

use super::attachment::{self, AttachmentError};
use super::batch::{Batch, BatchAttached, LogReport, Receipt, Submission};
use super::error::LedgerError;
use super::queue::Queue;
use super::room::bytes_of;
use super::store::{Commit, Store};
use super::upstream::Upstream;
use super::view::{View, founding, no_genesis, rebuild};
use crate::key::PublicKey;
use crate::log::{Checkpoint, ConsistencyProof, InclusionProof, SignedCheckpoint, TileFile};
use crate::replay::{self, Replay};
use crate::state::{Rejection, State};
use crate::transaction::{AttachmentDigest, Envelope};

/// An open ledger. Share it between threads by reference or in an `Arc`.
#[derive(Debug)]
pub struct Ledger {
    pub(super) store: Store,
    pub(super) view: RwLock<View>,
    /// Held while writing.
    pub(super) writer: Mutex<Writer>,
    queue: Queue,
    pub(super) failed: AtomicBool,
}

/// What becomes of transactions that are submitted.
#[derive(Debug)]
pub(super) enum Writer {
    /// They are refused.
    None,
    /// They enter here, under checkpoints signed with this key.
    Signs(Box<SigningKey>),
    /// They are handed in elsewhere.
    HandsIn(Box<dyn Upstream>),
}

impl Ledger {
    /// Founds a ledger in a new file, with a signed genesis, and opens it.
    ///
    /// # Errors
    /// [`LedgerError::Exists`], [`LedgerError::Genesis`] for one that is not signed by its
    /// governance key, [`LedgerError::CheckpointKey`] for another key than it names, or what the
    /// file system says.
    pub fn create(
        path: &Path,
        genesis: &Envelope,
        checkpoint: &SigningKey,
    ) -> Result<Self, LedgerError> {
        Store::create(path, &founding(genesis, checkpoint)?)?;
        Self::open(path, Some(checkpoint))
    }

    /// Opens a ledger: with its checkpoint key for writing, without for reading. Either way no
    /// other process can have it open.
    ///
    /// Entries that the stored checkpoint covers are followed, others are checked in full, and
    /// the registry's root is compared; see [`Self::verify`] for checking everything.
    ///
    /// # Errors
    /// [`LedgerError::Missing`], [`LedgerError::Locked`], [`LedgerError::CheckpointKey`], or one
    /// that says how the file is damaged.
    pub fn open(path: &Path, checkpoint: Option<&SigningKey>) -> Result<Self, LedgerError> {
        Self::on_store(Store::open(path)?, checkpoint)
    }

    /// Founds a ledger on another storage backend of redb's, and opens it.
    ///
    /// # Errors
    /// As [`Self::create`].
    pub fn create_on(
        backend: impl StorageBackend,
        genesis: &Envelope,
        checkpoint: &SigningKey,
    ) -> Result<Self, LedgerError> {
        let founding = founding(genesis, checkpoint)?;
        Self::on_store(
            Store::on_backend(backend, Some(&founding))?,
            Some(checkpoint),
        )
    }

    /// Opens a ledger on another storage backend of redb's.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_on(
        backend: impl StorageBackend,
        checkpoint: Option<&SigningKey>,
    ) -> Result<Self, LedgerError> {
        Self::on_store(Store::on_backend(backend, None)?, checkpoint)
    }

    pub(super) fn on_store(
        mut store: Store,
        checkpoint: Option<&SigningKey>,
    ) -> Result<Self, LedgerError> {
        let mut view = rebuild(&store)?;
        if let Some(secret) = checkpoint {
            let expected = view.state.genesis().checkpoint;
            if PublicKey::of(secret) != expected {
                return Err(LedgerError::CheckpointKey { expected });
            }
            store.forget_dropped()?;
            if view.covered() < view.tree.size() {
                view.sign(&store, secret)?;
            }
        }
        let writer = match checkpoint {
            Some(secret) => Writer::Signs(Box::new(secret.clone())),
            None => Writer::None,
        };
        Ok(Self {
            store,
            view: RwLock::new(view),
            writer: Mutex::new(writer),
            queue: Queue::default(),
            failed: AtomicBool::new(false),
        })
    }

    /// Enters one transaction.
    ///
    /// # Errors
    /// As [`Self::submit_many`]; a broken rule is the inner error.
    pub fn submit(
        &self,
        submission: impl Into<Submission>,
    ) -> Result<Result<Receipt, Rejection>, LedgerError> {
        let mut batch = self.submit_many(&[submission.into()])?;
        batch.outcomes.pop().ok_or(LedgerError::Failed)
    }

    /// Enters transactions in order, all that may, in one commit; others' may be in it too. When it returns, those with a
    /// receipt are on the disk; those refused left no trace. A replica hands them in one by one
    /// instead, and gives receipts once they have come back in the log.
    ///
    /// # Errors
    /// [`LedgerError::ReadOnly`] without the checkpoint key. [`LedgerError::DiskFull`], when nothing
    /// was written. [`LedgerError::Replica`] of a replica;
    /// then some may have entered. When writing fails nothing is
    /// acknowledged, and every later call says [`LedgerError::Failed`] until the ledger is opened
    /// anew.
    pub fn submit_many(&self, submissions: &[Submission]) -> Result<Batch, LedgerError> {
        // Who finds the writer free goes at once; the rest line up, and whoever has the writer next
        // serves them with its own.
        let (writer, ticket) = match self.writer.try_lock() {
            Ok(writer) => (writer, None),
            Err(TryLockError::Poisoned(poisoned)) => (poisoned.into_inner(), None),
            Err(TryLockError::WouldBlock) => {
                let ticket = self.queue.join(submissions);
                let writer = self.writer.lock();
                (writer.unwrap_or_else(PoisonError::into_inner), Some(ticket))
            }
        };
        let enter = |submissions: &[Submission]| self.enter(&writer, submissions);
        let Some(ticket) = ticket else {
            return enter(submissions);
        };
        let together = matches!(*writer, Writer::Signs(_));
        loop {
            if let Some(outcome) = ticket.outcome() {
                return outcome;
            }
            self.queue.serve(together, enter);
        }
    }

    /// Enters transactions with the writer in hand.
    fn enter(&self, writer: &Writer, submissions: &[Submission]) -> Result<Batch, LedgerError> {
        let secret = match writer {
            Writer::None => return Err(LedgerError::ReadOnly),
            Writer::Signs(secret) => secret,
            Writer::HandsIn(upstream) => return self.hand_in_all(&**upstream, submissions),
        };
        // After a failed write nothing else is said than that.
        drop(self.read()?);
        self.store.check_room(bytes_of(submissions))?;
        let envelopes: Vec<_> = submissions.iter().map(|s| s.envelope.clone()).collect();
        let attached = BatchAttached::of(submissions, &self.store);
        let admitted = replay::admit_all(&self.read()?.state, &envelopes, &attached);

        let mut guard = self.view.write().unwrap_or_else(PoisonError::into_inner);
        let view = &mut *guard;
        let first = view.tree.size();
        let mut commit = Commit::default();
        let mut outcomes = Vec::with_capacity(submissions.len());
        // From here to the end of the commit, memory is ahead of the disk: whatever goes wrong on
        // the way, nothing may build on it.
        self.failed.store(true, Ordering::Release);
        for (submission, admitted) in submissions.iter().zip(admitted) {
            outcomes.push(view.enter(submission, admitted, &attached, &mut commit));
        }
        if !commit.entries.is_empty() {
            view.seal(&mut commit);
            self.store.append(first, &commit)?;
            view.sign(&self.store, secret)?;
        }
        self.failed.store(false, Ordering::Release);
        let checkpoint = view.checkpoint.clone().ok_or(LedgerError::Failed)?;
        Ok(Batch {
            outcomes,
            height: view.state.height(),
            checkpoint,
        })
    }

    /// Checks that there is room on the disk for transactions.
    ///
    /// # Errors
    /// [`LedgerError::DiskFull`] when there is not, [`LedgerError::Failed`] after a write failed.
    pub fn check_room(&self) -> Result<(), LedgerError> {
        drop(self.read()?);
        self.store.check_room(0)
    }

    /// The state. Hold it briefly: a writer waits for it.
    ///
    /// # Errors
    /// [`LedgerError::Failed`] after a write failed.
    pub fn state(&self) -> Result<StateView<'_>, LedgerError> {
        Ok(StateView(self.read()?))
    }

    /// The latest signed checkpoint. None when the ledger is open for reading and was never
    /// closed by a writer since its last entries.
    ///
    /// # Errors
    /// [`LedgerError::Failed`] after a write failed.
    pub fn checkpoint(&self) -> Result<Option<SignedCheckpoint>, LedgerError> {
        let view = self.read()?;
        Ok(view
            .checkpoint
            .clone()
            .filter(|_| view.covered() == view.tree.size()))
    }

    /// The log's size and root.
    ///
    /// # Errors
    /// [`LedgerError::Failed`] after a write failed.
    pub fn log_head(&self) -> Result<Checkpoint, LedgerError> {
        Ok(Checkpoint::of(&self.read()?.tree))
    }

    /// Checks that the log continues the one under a checkpoint that the caller kept. A file can't
    /// show on its own that it was not replaced by an older copy; this does.
    ///
    /// # Errors
    /// [`LedgerError::Rewritten`] when it does not, [`LedgerError::Checkpoint`] when the checkpoint
    /// is not this ledger's.
    pub fn check_extends(&self, checkpoint: &SignedCheckpoint) -> Result<(), LedgerError> {
        let view = self.read()?;
        let kept = checkpoint.verify(&view.state.checkpoint_key())?;
        if view.tree.root_at(kept.size) == Ok(kept.root) {
            Ok(())
        } else {
            Err(LedgerError::Rewritten { size: kept.size })
        }
    }

    /// The canonical bytes of an entry of the log.
    ///
    /// # Errors
    /// [`LedgerError::Proof`] for an index beyond the log, [`LedgerError::Damaged`] when its bytes
    /// are not those that were read when the ledger was opened.
    pub fn entry(&self, index: u64) -> Result<Vec<u8>, LedgerError> {
        let (proof, root) = {
            let view = self.read()?;
            (
                view.tree.inclusion(index, view.tree.size())?,
                view.tree.root(),
            )
        };
        let damaged = || LedgerError::Damaged {
            problem: format!("entry {index} was altered"),
        };
        let bytes = self.store.entry(index)?.ok_or_else(damaged)?;
        proof.verify(&bytes, &root).map_err(|_| damaged())?;
        Ok(bytes)
    }

    /// That an entry is in the log of some size.
    ///
    /// # Errors
    /// [`LedgerError::Proof`] for an index or size beyond the log.
    pub fn inclusion(&self, index: u64, size: u64) -> Result<InclusionProof, LedgerError> {
        Ok(self.read()?.tree.inclusion(index, size)?)
    }

    /// That the log of one size is a prefix of the log of another.
    ///
    /// # Errors
    /// [`LedgerError::Proof`] for a size of 0 or beyond the log.
    pub fn consistency(&self, old: u64, new: u64) -> Result<ConsistencyProof, LedgerError> {
        Ok(self.read()?.tree.consistency(old, new)?)
    }

    /// The log as files in the layout of C2SP tlog-tiles.
    ///
    /// # Errors
    /// [`LedgerError::Tile`] when an entry can't be read.
    pub fn tiles(&self) -> Result<Vec<TileFile>, LedgerError> {
        let tree = self.read()?.tree.clone();
        Ok(tree.tiles(|index| self.entry(index).ok())?)
    }

    /// Replays the whole log in full, signatures, proofs, rules and roots, and compares the
    /// result with the open state.
    ///
    /// # Errors
    /// One that says what does not follow.
    pub fn verify(&self) -> Result<LogReport, LedgerError> {
        let view = self.read()?;
        let mut log = None;
        self.store.for_each_entry(|bytes| {
            match &mut log {
                None => log = Some(Replay::begin(bytes)?),
                Some(replay) => replay.check(bytes, &self.store)?,
            }
            Ok(())
        })?;
        let (state, tree) = log.ok_or_else(no_genesis)?.finish()?;
        if state != view.state || tree.root() != view.tree.root() {
            let problem = "the file changed since it was opened".to_owned();
            return Err(LedgerError::Damaged { problem });
        }
        Ok(LogReport {
            checkpoint: Checkpoint::of(&tree),
            height: state.height(),
            records: state.records().len() as u64,
            answers: state
                .studies()
                .values()
                .map(|s| s.answers.len() as u64)
                .sum(),
            cohort_answers: state
                .studies()
                .values()
                .map(|s| s.cohort_answers.len() as u64)
                .sum(),
        })
    }

    /// The sealed contact with this digest.
    ///
    /// # Errors
    /// [`LedgerError::Attachment`] when it is missing or altered.
    pub fn contact(&self, digest: ContactDigest) -> Result<SealedContact, LedgerError> {
        let missing = || AttachmentError::Missing {
            what: "contact",
            digest: digest.to_string(),
        };
        let altered = || AttachmentError::Altered {
            what: "contact",
            digest: digest.to_string(),
        };
        let place = attachment::contact_place(digest);
        let bytes = self.store.attachment(&place)?.ok_or_else(missing)?;
        match SealedContact::from_bytes(bytes) {
            Ok(sealed) if sealed.digest() == digest => Ok(sealed),
            _ => Err(altered().into()),
        }
    }

    /// Drops a sealed contact. The log, and every proof, stays as it is. Its bytes may stay in
    /// freed pages of the file until [`Self::compact`].
    ///
    /// # Errors
    /// What the store says. A contact that is not there is no error.
    pub fn drop_contact(&self, digest: ContactDigest) -> Result<(), LedgerError> {
        let _writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        self.store
            .drop_attachment(&attachment::contact_place(digest))
    }

    /// Compacts the file after contacts were dropped, so that their bytes leave it; opening the
    /// ledger for writing does the same. What the disk keeps of blocks that were cut off or
    /// written over, and what copies of the file hold, is beyond it.
    ///
    /// # Errors
    /// [`LedgerError::ReadOnly`] without the checkpoint key, or what the store says.
    pub fn compact(&mut self) -> Result<(), LedgerError> {
        let writer = self
            .writer
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        if matches!(writer, Writer::None) {
            return Err(LedgerError::ReadOnly);
        }
        self.store.forget_dropped()
    }

    /// The profile document with this hash, as its study brought it.
    ///
    /// # Errors
    /// [`LedgerError::Attachment`] when it is missing or altered.
    pub fn profile_document(&self, hash: ProfileHash) -> Result<String, LedgerError> {
        let missing = || AttachmentError::Missing {
            what: "profile",
            digest: hash.to_string(),
        };
        let altered = || AttachmentError::Altered {
            what: "profile",
            digest: hash.to_string(),
        };
        let place = attachment::profile_place(hash);
        let bytes = self.store.attachment(&place)?.ok_or_else(missing)?;
        let text = String::from_utf8(bytes).map_err(|_| altered())?;
        match Profile::from_toml(&text) {
            Ok(profile) if profile.hash() == hash => Ok(text),
            _ => Err(altered().into()),
        }
    }

    /// The publication, or the proofs of a cohort answer, with this digest.
    ///
    /// # Errors
    /// [`LedgerError::Attachment`] when it is missing or altered.
    pub fn proof_attachment(&self, digest: &AttachmentDigest) -> Result<Vec<u8>, LedgerError> {
        let what = "publication or cohort proof";
        let named = || digest.to_string();
        let place = attachment::proof_place(digest);
        match self.store.attachment(&place)? {
            None => Err(AttachmentError::Missing {
                what,
                digest: named(),
            }
            .into()),
            Some(bytes) if AttachmentDigest::of(&bytes) == *digest => Ok(bytes),
            Some(_) => Err(AttachmentError::Altered {
                what,
                digest: named(),
            }
            .into()),
        }
    }

    pub(super) fn read(&self) -> Result<RwLockReadGuard<'_, View>, LedgerError> {
        let view = self.view.read().unwrap_or_else(PoisonError::into_inner);
        if self.failed.load(Ordering::Acquire) {
            return Err(LedgerError::Failed);
        }
        Ok(view)
    }
}

/// A look at the state of an open ledger. A writer waits while it is held, so call nothing else of
/// the ledger meanwhile.
#[derive(Debug)]
pub struct StateView<'a>(RwLockReadGuard<'a, View>);

impl std::ops::Deref for StateView<'_> {
    type Target = State;
    fn deref(&self) -> &State {
        &self.0.state
    }
}
