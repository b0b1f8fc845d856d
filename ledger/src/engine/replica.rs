//! The replica: a copy of a ledger that another process writes, each entry of it checked.
//!
//! It reads the upstream's log height by height. Entries are kept only once three things hold:
//! they lead to the root of a checkpoint signed with the key of the genesis, they continue what was
//! kept before, and every signature, proof, rule and registry root in them holds, as if they had
//! been submitted here. What is submitted here is handed in upstream, and counts when it comes back
//! in the log.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};

use salus_protocol::contact::SealedContact;

use super::attachment::{Attachment, AttachmentError, Kept};
use super::attachment::{contact_place, profile_place, proof_place};
use super::batch::{Batch, BatchAttached, Receipt, Submission};
use super::embedded::{Ledger, Writer};
use super::error::LedgerError;
use super::heights::{Heights, Reader, continues};
use super::room::bytes_of;
use super::store::{Commit, Store};
use super::upstream::{Anchor, HandedIn, ReplicaError, Upstream};
use super::view::{View, first_height, rebuild_checked};
use crate::log::{Checkpoint, Entry, LogTree, SignedCheckpoint};
use crate::replay::{ReplayError, ReplayProblem, admit_all, readmit};
use crate::state::{Rejection, State};
use crate::transaction::{Envelope, Transaction, TransactionId};

/// The upstream's checkpoint, signed by the ledger's key.
fn verified_checkpoint(
    upstream: &dyn Upstream,
    state: &State,
) -> Result<(SignedCheckpoint, Checkpoint), LedgerError> {
    let signed = upstream.checkpoint()?;
    let checkpoint = signed.verify(&state.checkpoint_key());
    let checkpoint = checkpoint.map_err(ReplicaError::Checkpoint)?;
    Ok((signed, checkpoint))
}

/// The ledger that an upstream says it keeps. Nothing but the genesis' own signature is checked:
/// show it to somebody who knows which ledger is meant, and believe it no further.
///
/// # Errors
/// [`ReplicaError`] when there is no genesis to be had.
pub fn claimed(upstream: &dyn Upstream) -> Result<State, ReplicaError> {
    claimed_genesis(upstream).map(|(_, state)| state)
}

fn claimed_genesis(upstream: &dyn Upstream) -> Result<(Envelope, State), ReplicaError> {
    let none = |problem: &dyn std::fmt::Display| ReplicaError::Genesis {
        problem: problem.to_string(),
    };
    let entries = upstream.entries(0, 1)?;
    let bytes = entries.first().ok_or_else(|| none(&ReplayProblem::Empty))?;
    match Entry::from_bytes(bytes).map_err(|error| none(&error))? {
        Entry::Head(_) => Err(none(&ReplayProblem::HeadFirst)),
        Entry::Transaction(genesis) => {
            let state = State::found(&genesis).map_err(|error| none(&error))?;
            Ok((genesis, state))
        }
    }
}

impl Ledger {
    /// Opens the replica in a file, made if there is none, of the ledger that the anchor names.
    /// Call [`Self::sync`] to bring it up to date.
    ///
    /// # Errors
    /// [`LedgerError::Replica`] when the upstream, or the file, has another ledger, or as
    /// [`Self::open`].
    pub fn replicate(
        path: &Path,
        anchor: &Anchor,
        upstream: Box<dyn Upstream>,
    ) -> Result<Self, LedgerError> {
        if !path.exists() {
            Store::create(path, &beginning(&*upstream, anchor)?)?;
        }
        let mut replica = Self::on_store(Store::open(path)?, None)?;
        anchor.check(&*replica.state()?)?;
        replica.writer = Mutex::new(Writer::HandsIn(upstream));
        Ok(replica)
    }

    /// Brings a replica up to the upstream's checkpoint. `progress` is told how many entries are
    /// here of how many; what was kept stays when this is interrupted.
    ///
    /// # Errors
    /// [`LedgerError::Replica`] says what does not hold: nothing of it is kept, what was there before
    /// is still served, and a later call goes on from it. [`LedgerError::NoReplica`] for a ledger that follows nobody.
    pub fn sync(&self, progress: &dyn Fn(u64, u64)) -> Result<Checkpoint, LedgerError> {
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        match &*writer {
            Writer::HandsIn(upstream) => {
                self.follow(&**upstream, &BTreeSet::new(), progress)?;
                self.log_head()
            }
            _ => Err(LedgerError::NoReplica),
        }
    }

    /// Keeps a sealed contact that some answer on the ledger binds: a replica has none but those
    /// that its sponsor fetched.
    ///
    /// # Errors
    /// [`LedgerError::Attachment`] for a contact that no answer binds, or what the store says.
    pub fn keep_contact(&self, sealed: &SealedContact) -> Result<(), LedgerError> {
        let digest = sealed.digest();
        let bound = {
            let state = self.state()?;
            let mut answers = state.studies().values().flat_map(|study| &study.answers);
            answers.any(|answer| answer.statement.contact == digest)
        };
        if !bound {
            return Err(AttachmentError::Unbound {
                digest: digest.to_string(),
            }
            .into());
        }
        let _writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let commit = Commit {
            attachments: vec![(contact_place(digest), sealed.as_bytes().to_vec())],
            ..Commit::default()
        };
        self.store.append(self.log_head()?.size, &commit)
    }

    /// Hands transactions in, and takes them back from the log.
    pub(super) fn hand_in_all(
        &self,
        upstream: &dyn Upstream,
        submissions: &[Submission],
    ) -> Result<Batch, LedgerError> {
        // Else it could enter there, and its receipt would be lost here.
        self.store.check_room(bytes_of(submissions))?;
        let ledger = self.state()?.id();
        let mut handed = Vec::with_capacity(submissions.len());
        for submission in submissions {
            handed.push(upstream.hand_in(submission)?);
        }
        let ids: Vec<_> = submissions.iter().map(|s| s.envelope.id(&ledger)).collect();
        let wanted = ids.iter().copied().collect();
        let mut receipts = self.follow(upstream, &wanted, &|_, _| ())?;
        let mut outcomes = Vec::with_capacity(submissions.len());
        for ((submission, id), handed) in submissions.iter().zip(ids).zip(handed) {
            let handed = match handed {
                HandedIn::Entered => HandedIn::Entered,
                refused => match self.refusal(submission)? {
                    Some(rejection) => {
                        outcomes.push(Err(rejection));
                        continue;
                    }
                    None => self.hand_in_again(upstream, submission, refused, &mut receipts)?,
                },
            };
            match handed {
                HandedIn::Entered => outcomes.push(match receipts.remove(&id) {
                    Some(receipt) => Ok(receipt),
                    None => Err(self.replayed(submission, id)?),
                }),
                HandedIn::Refused { code, detail } => {
                    return Err(ReplicaError::Refuses { code, detail }.into());
                }
            }
        }
        let view = self.read()?;
        Ok(Batch {
            outcomes,
            height: view.state.height(),
            checkpoint: view.checkpoint.clone().ok_or(LedgerError::Failed)?,
        })
    }

    /// What was refused may stand otherwise by now: another transaction came between.
    fn hand_in_again(
        &self,
        upstream: &dyn Upstream,
        submission: &Submission,
        refused: HandedIn,
        receipts: &mut BTreeMap<TransactionId, Receipt>,
    ) -> Result<HandedIn, LedgerError> {
        let again = upstream.hand_in(submission)?;
        let id = submission.envelope.id(&self.state()?.id());
        receipts.extend(self.follow(upstream, &BTreeSet::from([id]), &|_, _| ())?);
        Ok(match again {
            HandedIn::Refused { .. } => refused,
            HandedIn::Entered => HandedIn::Entered,
        })
    }

    /// The refusal of a transaction that had entered before it was handed in this time.
    fn replayed(
        &self,
        submission: &Submission,
        id: TransactionId,
    ) -> Result<Rejection, LedgerError> {
        match self.refusal(submission)? {
            Some(replayed @ Rejection::Replayed { .. }) => Ok(replayed),
            _ => Err(ReplicaError::Withheld { id }.into()),
        }
    }

    /// Why a transaction can't enter, by this replica's own check of the rules.
    fn refusal(&self, submission: &Submission) -> Result<Option<Rejection>, LedgerError> {
        let attached = BatchAttached::of(std::slice::from_ref(submission), &self.store);
        let view = self.read()?;
        let check = || {
            let admitted = view.state.admit_with(&submission.envelope, &attached)?;
            view.state.check(&admitted)?;
            submission.kept().map(drop)
        };
        Ok(check().err())
    }

    /// Reads on to the upstream's checkpoint. Gives the receipts of the transactions wanted.
    fn follow(
        &self,
        upstream: &dyn Upstream,
        wanted: &BTreeSet<TransactionId>,
        progress: &dyn Fn(u64, u64),
    ) -> Result<BTreeMap<TransactionId, Receipt>, LedgerError> {
        let (signed, target, tree) = {
            let view = self.read()?;
            let (signed, target) = verified_checkpoint(upstream, &view.state)?;
            (signed, target, view.tree.clone())
        };
        self.check_continues(upstream, &Checkpoint::of(&tree), &target)?;
        let (seen, shown) = (tree.size(), target.size);
        if self.store.shown()?.as_deref() != Some(signed.as_str()) {
            self.store.check_room(0)?;
            // On the disk before an entry is asked for: whoever breaks off after showing it can't
            // show another log later.
            let commit = Commit {
                shown: Some(signed.as_str().to_owned()),
                ..Commit::default()
            };
            self.store.append(seen, &commit)?;
        }
        let mut reader = Reader::new(upstream, tree, target);
        let mut receipts = BTreeMap::new();
        progress(seen, shown);
        while let Some(heights) = reader.next()? {
            self.enter_heights(upstream, heights, wanted, &mut receipts)?;
            progress(reader.tree.size(), shown);
        }
        let mut view = self.view.write().unwrap_or_else(PoisonError::into_inner);
        if view.checkpoint.as_ref() != Some(&signed) {
            self.store.put_checkpoint(signed.as_str())?;
            view.checkpoint = Some(signed);
        }
        Ok(receipts)
    }

    /// Checks that a checkpoint continues what is here, and what was shown before.
    fn check_continues(
        &self,
        upstream: &dyn Upstream,
        here: &Checkpoint,
        target: &Checkpoint,
    ) -> Result<(), LedgerError> {
        let key = self.read()?.state.checkpoint_key();
        let before = self.store.shown()?.map(SignedCheckpoint::new);
        let before = before.map(|text| text.verify(&key)).transpose()?;
        // Up to what is here, `here` says the same.
        let before = before.filter(|before| before.size > here.size);
        let shown = target.size;
        let seen = before.as_ref().map_or(here.size, |before| before.size);
        if shown < seen {
            return Err(ReplicaError::Behind { seen, shown }.into());
        }
        for old in std::iter::once(here).chain(&before) {
            if !continues(upstream, old, target)? {
                let seen = old.size;
                return Err(ReplicaError::Forked { seen, shown }.into());
            }
        }
        Ok(())
    }

    /// Checks heights by every rule, and keeps them. When one breaks a rule, all is as it was before
    /// these heights.
    fn enter_heights(
        &self,
        upstream: &dyn Upstream,
        heights: Heights,
        wanted: &BTreeSet<TransactionId>,
        receipts: &mut BTreeMap<TransactionId, Receipt>,
    ) -> Result<(), LedgerError> {
        let (submissions, attachments) = with_attachments(upstream, &self.store, &heights)?;
        self.store.check_room(bytes_of(&submissions))?;
        let attached = BatchAttached::of(&submissions, &self.store);
        let mut guard = self.view.write().unwrap_or_else(PoisonError::into_inner);
        let view = &mut *guard;
        let before = Checkpoint::of(&view.tree);
        // Memory is ahead of the disk until the entries are there.
        self.failed.store(true, Ordering::Release);
        let entered = match enter(view, &heights, &submissions, &attached) {
            Ok(entered) => entered,
            Err(error) => {
                *view = rebuild_checked(&self.store, before)?;
                self.failed.store(false, Ordering::Release);
                return Err(ReplicaError::Rule(error).into());
            }
        };
        let entered = entered.into_iter().filter(|r| wanted.contains(&r.id));
        receipts.extend(entered.map(|receipt| (receipt.id, receipt)));
        let entries = heights
            .entries
            .into_iter()
            .map(|(bytes, _)| bytes)
            .collect();
        let commit = Commit {
            entries,
            attachments,
            ..Commit::default()
        };
        self.store.append(heights.first, &commit)?;
        self.failed.store(false, Ordering::Release);
        Ok(())
    }
}

/// What a new replica's file begins with: the genesis that is meant with the head that follows from
/// it, and the checkpoint that was shown over the log that they begin.
fn beginning(upstream: &dyn Upstream, anchor: &Anchor) -> Result<Commit, LedgerError> {
    let (genesis, state) = claimed_genesis(upstream)?;
    anchor.check(&state)?;
    let (signed, target) = verified_checkpoint(upstream, &state)?;
    let commit = first_height(&genesis, &mut state.clone());
    let mut tree = LogTree::new();
    commit.entries.iter().for_each(|bytes| tree.append(bytes));
    if !continues(upstream, &Checkpoint::of(&tree), &target)? {
        let problem = "the log under the checkpoint has another first height".to_owned();
        return Err(ReplicaError::Genesis { problem }.into());
    }
    Ok(Commit {
        shown: Some(signed.as_str().to_owned()),
        ..commit
    })
}

/// The transactions of heights, each with what it names, and what to keep of that. Sealed contacts
/// are not asked for: they are their sponsor's, and the log is checked without them.
fn with_attachments(
    upstream: &dyn Upstream,
    store: &Store,
    heights: &Heights,
) -> Result<(Vec<Submission>, Vec<Kept>), LedgerError> {
    let (mut submissions, mut all_kept) = (Vec::new(), Vec::new());
    for (index, (_, entry)) in (heights.first..).zip(&heights.entries) {
        let Entry::Transaction(envelope) = entry else {
            continue;
        };
        let submission = Submission {
            envelope: envelope.clone(),
            attachment: named(upstream, store, envelope)?,
        };
        // A study's text is compiled with its profile here, as when it was submitted.
        let kept = submission.kept_if_given();
        all_kept.extend(kept.map_err(|problem| ReplicaError::Attachment {
            entry: index,
            problem,
        })?);
        submissions.push(submission);
    }
    Ok((submissions, all_kept))
}

/// What a transaction names, from the store or from the upstream.
fn named(
    upstream: &dyn Upstream,
    store: &Store,
    envelope: &Envelope,
) -> Result<Option<Attachment>, LedgerError> {
    let transaction = envelope.transaction();
    if let Transaction::OpenStudy(study) = transaction {
        let kept = store.attachment(&profile_place(study.profile))?;
        let kept = kept.and_then(|bytes| String::from_utf8(bytes).ok());
        let text = kept.map_or_else(|| upstream.profile_document(study.profile), Ok)?;
        return Ok(Some(Attachment::Profile(text)));
    }
    let Some(digest) = transaction.proof_attachment() else {
        return Ok(None);
    };
    let kept = store.attachment(&proof_place(&digest))?;
    let bytes = kept.map_or_else(|| upstream.proof_attachment(&digest), Ok)?;
    Ok(Some(match transaction {
        Transaction::PublishPage(_) => Attachment::Publication(bytes),
        _ => Attachment::CohortProof(bytes),
    }))
}

/// Enters heights into a view. Signatures and proofs are checked side by side against the state
/// before all of them; what fails so, or no longer fits when its turn comes, is checked again
/// against the state of its turn.
fn enter(
    view: &mut View,
    heights: &Heights,
    submissions: &[Submission],
    attached: &BatchAttached<'_>,
) -> Result<Vec<Receipt>, ReplayError> {
    let envelopes: Vec<_> = submissions.iter().map(|s| s.envelope.clone()).collect();
    let mut admitted = admit_all(&view.state, &envelopes, attached).into_iter();
    let state = &mut view.state;
    let mut receipts = Vec::with_capacity(envelopes.len());
    for (entry, (bytes, decoded)) in (heights.first..).zip(&heights.entries) {
        let at = |problem: ReplayProblem| ReplayError { entry, problem };
        match decoded {
            Entry::Head(head) => state.check_head(head).map_err(|e| at(e.into()))?,
            Entry::Transaction(envelope) => {
                let changed = entry > heights.first;
                let known = admitted.next().ok_or_else(|| at(ReplayProblem::Cut))?;
                let known = readmit(state, envelope, known, changed, attached);
                let event = match known.and_then(|known| state.enter(&known)) {
                    Err(_) if changed => state.apply_with(envelope, attached),
                    known => known,
                };
                let event = event.map_err(|e| at(e.into()))?;
                let id = envelope.id(&state.id());
                receipts.push(Receipt {
                    id,
                    entry,
                    height: state.height() + 1,
                    event,
                });
            }
        }
        view.tree.append(bytes);
    }
    Ok(receipts)
}
