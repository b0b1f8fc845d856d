//! Upstreams for the tests: a node that lies as it is told, an operator who signs any log, and one that
//! is exchanged for another.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use salus_ledger::engine::*;
use salus_ledger::log::{Checkpoint, ConsistencyProof, SignedCheckpoint};
use salus_ledger::state::Rejection;
use salus_ledger::transaction::*;
use salus_protocol::profile::ProfileHash;
use tempfile::TempDir;

use crate::power::Disk;
use crate::world::session::batches;
use crate::world::*;

/// What the upstream does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lie {
    None,
    /// One byte of an entry is another.
    Alters(u64),
    /// An entry is left out.
    Omits(u64),
    /// It says that it took a transaction, and did not.
    Pretends,
    /// It refuses whatever it is handed.
    Refuses,
    /// It goes away before this entry.
    GoesAway(u64),
    /// Its profile documents are others.
    OtherProfile,
}

#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) ledger: Arc<Ledger>,
    /// The checkpoint that it shows, where that is not the latest.
    pub(crate) shows: Arc<Mutex<Option<SignedCheckpoint>>>,
    lie: Arc<Mutex<Lie>>,
    /// Entries in one answer.
    page: u64,
}

impl Node {
    pub(crate) fn of(ledger: Ledger) -> Self {
        Self {
            ledger: Arc::new(ledger),
            shows: Arc::default(),
            lie: Arc::new(Mutex::new(Lie::None)),
            page: 4,
        }
    }

    /// With the first so many batches of the session.
    pub(crate) fn with(count: usize) -> Self {
        let ledger = Ledger::create_on(Disk::default(), &genesis(true), &checkpoint()).unwrap();
        for batch in &batches()[..count] {
            let entered = ledger.submit_many(batch).unwrap();
            assert!(entered.outcomes.iter().all(Result::is_ok));
        }
        Self::of(ledger)
    }

    pub(crate) fn lies(&self, lie: Lie) -> &Self {
        *self.lie.lock().unwrap() = lie;
        self
    }

    pub(crate) fn lie(&self) -> Lie {
        *self.lie.lock().unwrap()
    }

    pub(crate) fn away() -> UpstreamError {
        UpstreamError::Away {
            node: "test".to_owned(),
            problem: "gone".to_owned(),
        }
    }
}

pub(crate) fn none<T>(problem: impl std::fmt::Display) -> Result<T, UpstreamError> {
    Err(UpstreamError::Answer {
        node: "test".to_owned(),
        asked: "something".to_owned(),
        problem: problem.to_string(),
    })
}

impl Upstream for Node {
    fn checkpoint(&self) -> Result<SignedCheckpoint, UpstreamError> {
        let shown = self.shows.lock().unwrap().clone();
        Ok(shown.unwrap_or_else(|| self.ledger.checkpoint().unwrap().unwrap()))
    }
    fn entries(&self, first: u64, size: u64) -> Result<Vec<Vec<u8>>, UpstreamError> {
        let mut entries = Vec::new();
        for index in first..size.min(first + self.page) {
            let mut bytes = self.ledger.entry(index).unwrap();
            match self.lie() {
                Lie::GoesAway(entry) if entry == index => return Err(Self::away()),
                Lie::Omits(entry) if entry == index => continue,
                Lie::Alters(entry) if entry == index => *bytes.last_mut().unwrap() ^= 1,
                _ => {}
            }
            entries.push(bytes);
        }
        Ok(entries)
    }
    fn consistency(&self, old: u64, new: u64) -> Result<ConsistencyProof, UpstreamError> {
        self.ledger.consistency(old, new).or_else(none)
    }
    fn proof_attachment(&self, digest: &AttachmentDigest) -> Result<Vec<u8>, UpstreamError> {
        self.ledger.proof_attachment(digest).or_else(none)
    }
    fn profile_document(&self, hash: ProfileHash) -> Result<String, UpstreamError> {
        if self.lie() == Lie::OtherProfile {
            return Ok(PROFILE.replace("1.0.0", "1.0.1"));
        }
        self.ledger.profile_document(hash).or_else(none)
    }
    fn hand_in(&self, submission: &Submission) -> Result<HandedIn, UpstreamError> {
        let refused = |rejection: Rejection| HandedIn::Refused {
            code: "Rule".to_owned(),
            detail: rejection.to_string(),
        };
        match self.lie() {
            Lie::Pretends => return Ok(HandedIn::Entered),
            Lie::Refuses => return Ok(refused(Rejection::NoDay)),
            _ => {}
        }
        let outcome = self.ledger.submit(submission.clone()).unwrap();
        Ok(outcome.map_or_else(refused, |_| HandedIn::Entered))
    }
}

/// A file of its own for a replica.
pub(crate) struct Place {
    _folder: TempDir,
    pub(crate) path: PathBuf,
}

impl Place {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            path: folder.path().join("replica.redb"),
            _folder: folder,
        }
    }

    pub(crate) fn open(&self, node: &Node) -> Result<Ledger, LedgerError> {
        let id = node.ledger.state().unwrap().id();
        Ledger::replicate(&self.path, &Anchor::Id(id), Box::new(node.clone()))
    }

    pub(crate) fn synced(&self, node: &Node) -> Result<Ledger, LedgerError> {
        let replica = self.open(node)?;
        replica.sync(&|_, _| ())?;
        Ok(replica)
    }
}

pub(crate) fn same(replica: &Ledger, node: &Node) {
    assert_eq!(replica.log_head().unwrap(), node.ledger.log_head().unwrap());
    assert_eq!(
        replica.checkpoint().unwrap(),
        node.ledger.checkpoint().unwrap()
    );
    assert!(*replica.state().unwrap() == *node.ledger.state().unwrap());
}

pub(crate) fn replica_error(error: LedgerError) -> ReplicaError {
    match error {
        LedgerError::Replica(error) => error,
        other => panic!("{other:?}"),
    }
}

/// An upstream that is exchanged for another while it is followed.
#[derive(Debug, Clone)]
pub(crate) struct Exchanged(pub(crate) Arc<Mutex<Box<dyn Upstream>>>);

impl Upstream for Exchanged {
    fn checkpoint(&self) -> Result<SignedCheckpoint, UpstreamError> {
        self.0.lock().unwrap().checkpoint()
    }
    fn entries(&self, first: u64, size: u64) -> Result<Vec<Vec<u8>>, UpstreamError> {
        self.0.lock().unwrap().entries(first, size)
    }
    fn consistency(&self, old: u64, new: u64) -> Result<ConsistencyProof, UpstreamError> {
        self.0.lock().unwrap().consistency(old, new)
    }
    fn proof_attachment(&self, digest: &AttachmentDigest) -> Result<Vec<u8>, UpstreamError> {
        self.0.lock().unwrap().proof_attachment(digest)
    }
    fn profile_document(&self, hash: ProfileHash) -> Result<String, UpstreamError> {
        self.0.lock().unwrap().profile_document(hash)
    }
    fn hand_in(&self, submission: &Submission) -> Result<HandedIn, UpstreamError> {
        self.0.lock().unwrap().hand_in(submission)
    }
}

/// A log of any entries under a checkpoint that the operator's key signs.
#[derive(Debug)]
pub(crate) struct Forged {
    entries: Vec<Vec<u8>>,
    tree: salus_ledger::log::LogTree,
    signed: SignedCheckpoint,
}

impl Forged {
    /// The log of a node, and after it a registration that is signed by a stranger.
    pub(crate) fn rule_breaking(node: &Node) -> Self {
        let id = node.ledger.state().unwrap().id();
        let register = RegisterBoard {
            name: Title::new("No board").unwrap(),
            key: salus_ledger::key::PublicKey::of(&stranger()),
        };
        let good = Envelope::sign(register.clone(), &id, &governance());
        let bad = Envelope::sign(register, &id, &stranger());
        // With the head that would end its height, had the governance key signed.
        let longer = Ledger::create_on(Disk::default(), &genesis(true), &checkpoint()).unwrap();
        for batch in &batches()[..1] {
            longer.submit_many(batch).unwrap();
        }
        longer.submit(good.clone()).unwrap().unwrap();
        let size = longer.log_head().unwrap().size;
        let mut forged: Vec<_> = (0..size).map(|i| longer.entry(i).unwrap()).collect();
        for bytes in forged.iter_mut().filter(|bytes| **bytes == good.to_bytes()) {
            *bytes = bad.to_bytes();
        }
        Self::new(node, forged)
    }

    pub(crate) fn new(node: &Node, entries: Vec<Vec<u8>>) -> Self {
        let mut tree = salus_ledger::log::LogTree::new();
        entries.iter().for_each(|bytes| tree.append(bytes));
        let key = node.ledger.state().unwrap().checkpoint_key();
        let head = Checkpoint {
            size: tree.size(),
            root: tree.root(),
        };
        let signed = head.sign(key.origin(), &checkpoint()).unwrap();
        Self {
            entries,
            tree,
            signed,
        }
    }
}

impl Upstream for Forged {
    fn checkpoint(&self) -> Result<SignedCheckpoint, UpstreamError> {
        Ok(self.signed.clone())
    }
    fn entries(&self, first: u64, _: u64) -> Result<Vec<Vec<u8>>, UpstreamError> {
        Ok(self.entries[usize::try_from(first).unwrap()..].to_vec())
    }
    fn consistency(&self, old: u64, new: u64) -> Result<ConsistencyProof, UpstreamError> {
        self.tree.consistency(old, new).or_else(none)
    }
    fn proof_attachment(&self, _: &AttachmentDigest) -> Result<Vec<u8>, UpstreamError> {
        none("nothing")
    }
    fn profile_document(&self, _: ProfileHash) -> Result<String, UpstreamError> {
        none("nothing")
    }
    fn hand_in(&self, _: &Submission) -> Result<HandedIn, UpstreamError> {
        none("nothing")
    }
}
