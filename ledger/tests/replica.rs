//! Replicas: they hold what the upstream's log holds, hand transactions in, and refuse every lie.
#![allow(clippy::unwrap_used)]

mod power;
mod world;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use power::Disk;
use salus_ledger::engine::{
    Anchor, Attachment, HandedIn, Ledger, LedgerError, ReplicaError, Submission, Upstream,
    UpstreamError, claimed,
};
use salus_ledger::log::{Checkpoint, ConsistencyProof, Entry, LogHash, SignedCheckpoint};
use salus_ledger::state::Rejection;
use salus_ledger::transaction::*;
use salus_protocol::profile::ProfileHash;
use tempfile::TempDir;
use world::session::{batches, contact};
use world::*;

/// What the upstream does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lie {
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
struct Node {
    ledger: Arc<Ledger>,
    /// The checkpoint that it shows, where that is not the latest.
    shows: Arc<Mutex<Option<SignedCheckpoint>>>,
    lie: Arc<Mutex<Lie>>,
    /// Entries in one answer.
    page: u64,
}

impl Node {
    fn of(ledger: Ledger) -> Self {
        Self {
            ledger: Arc::new(ledger),
            shows: Arc::default(),
            lie: Arc::new(Mutex::new(Lie::None)),
            page: 4,
        }
    }

    /// With the first so many batches of the session.
    fn with(count: usize) -> Self {
        let ledger = Ledger::create_on(Disk::default(), &genesis(true), &checkpoint()).unwrap();
        for batch in &batches()[..count] {
            let entered = ledger.submit_many(batch).unwrap();
            assert!(entered.outcomes.iter().all(Result::is_ok));
        }
        Self::of(ledger)
    }

    fn lies(&self, lie: Lie) -> &Self {
        *self.lie.lock().unwrap() = lie;
        self
    }

    fn lie(&self) -> Lie {
        *self.lie.lock().unwrap()
    }

    fn away() -> UpstreamError {
        UpstreamError::Away {
            node: "test".to_owned(),
            problem: "gone".to_owned(),
        }
    }
}

fn none<T>(problem: impl std::fmt::Display) -> Result<T, UpstreamError> {
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
struct Place {
    _folder: TempDir,
    path: PathBuf,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            path: folder.path().join("replica.redb"),
            _folder: folder,
        }
    }

    fn open(&self, node: &Node) -> Result<Ledger, LedgerError> {
        let id = node.ledger.state().unwrap().id();
        Ledger::replicate(&self.path, &Anchor::Id(id), Box::new(node.clone()))
    }

    fn synced(&self, node: &Node) -> Result<Ledger, LedgerError> {
        let replica = self.open(node)?;
        replica.sync(&|_, _| ())?;
        Ok(replica)
    }
}

fn same(replica: &Ledger, node: &Node) {
    assert_eq!(replica.log_head().unwrap(), node.ledger.log_head().unwrap());
    assert_eq!(
        replica.checkpoint().unwrap(),
        node.ledger.checkpoint().unwrap()
    );
    assert!(*replica.state().unwrap() == *node.ledger.state().unwrap());
}

fn replica_error(error: LedgerError) -> ReplicaError {
    match error {
        LedgerError::Replica(error) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_replica_grows_with_its_node_and_stands_alone() {
    let place = Place::new();
    let node = Node::with(2);
    same(&place.synced(&node).unwrap(), &node);
    for batch in &batches()[2..] {
        node.ledger.submit_many(batch).unwrap();
        same(&place.synced(&node).unwrap(), &node);
    }
    // Without its node it opens, and everything in it checks.
    let alone = Ledger::open(&place.path, None).unwrap();
    let report = alone.verify().unwrap();
    assert_eq!(report.checkpoint, node.ledger.log_head().unwrap());
    assert_eq!(report.answers, 1);
    // Contacts are not among what everyone copies.
    assert!(alone.contact(contact().digest()).is_err());
    assert!(matches!(
        alone.sync(&|_, _| ()),
        Err(LedgerError::NoReplica)
    ));
}

#[test]
fn an_interrupted_replica_goes_on_where_it_was() {
    let place = Place::new();
    let node = Node::with(batches().len());
    let size = node.ledger.log_head().unwrap().size;
    let replica = place.open(&node).unwrap();
    node.lies(Lie::GoesAway(size - 3));
    let error = replica_error(replica.sync(&|_, _| ()).unwrap_err());
    assert_eq!(error, ReplicaError::Upstream(Node::away()));
    assert!(!error.is_falsehood());
    let kept = replica.log_head().unwrap().size;
    assert!(kept > 2 && kept < size, "{kept} of {size}");
    drop(replica);
    let replica = place.open(node.lies(Lie::None)).unwrap();
    assert_eq!(replica.log_head().unwrap().size, kept);
    let told = Mutex::new(Vec::new());
    replica
        .sync(&|done, all| told.lock().unwrap().push((done, all)))
        .unwrap();
    let told = told.into_inner().unwrap();
    assert_eq!(
        (told[0], *told.last().unwrap()),
        ((kept, size), (size, size))
    );
    same(&replica, &node);
}

#[test]
fn every_altered_or_omitted_entry_is_refused_and_not_kept() {
    let node = Node::with(batches().len());
    let size = node.ledger.log_head().unwrap().size;
    for lie in (0..size).flat_map(|entry| [Lie::Alters(entry), Lie::Omits(entry)]) {
        let place = Place::new();
        let error = place.synced(node.lies(lie)).unwrap_err();
        assert!(replica_error(error).is_falsehood(), "{lie:?}");
        // What came before it was true; with the truth the same file goes on.
        same(&place.synced(node.lies(Lie::None)).unwrap(), &node);
    }
}

#[test]
fn a_log_that_breaks_a_rule_is_refused_though_it_is_signed() {
    // An operator who signs what the rules refuse: the log of a ledger whose last transaction, a
    // registration, is signed by a stranger.
    let node = Node::with(1);
    let id = node.ledger.state().unwrap().id();
    let log = |ledger: &Ledger| -> Vec<Vec<u8>> {
        let size = ledger.log_head().unwrap().size;
        (0..size).map(|i| ledger.entry(i).unwrap()).collect()
    };
    let register = RegisterBoard {
        name: Title::new("No board").unwrap(),
        key: salus_ledger::key::PublicKey::of(&stranger()),
    };
    let good = Envelope::sign(register.clone(), &id, &governance());
    let bad = Envelope::sign(register, &id, &stranger());
    node.ledger.submit(good.clone()).unwrap().unwrap();
    let entries = log(&node.ledger);
    let mut forged = entries.clone();
    for bytes in forged.iter_mut().filter(|bytes| **bytes == good.to_bytes()) {
        *bytes = bad.to_bytes();
    }
    assert_ne!(entries, forged);
    let place = Place::new();
    let upstream = Forged::new(&node, forged);
    let replica = Ledger::replicate(&place.path, &Anchor::Id(id), Box::new(upstream)).unwrap();
    let error = replica_error(replica.sync(&|_, _| ()).unwrap_err());
    assert!(matches!(error, ReplicaError::Rule(_)), "{error:?}");
    assert!(error.to_string().contains("governance"), "{error}");
    drop(replica);
    same(&place.synced(&node).unwrap(), &node);
}

/// A log of any entries under a checkpoint that the operator's key signs.
#[derive(Debug)]
struct Forged {
    entries: Vec<Vec<u8>>,
    tree: salus_ledger::log::LogTree,
    signed: SignedCheckpoint,
}

impl Forged {
    fn new(node: &Node, entries: Vec<Vec<u8>>) -> Self {
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

#[test]
fn forks_rollbacks_and_strangers_checkpoints_are_refused() {
    let place = Place::new();
    let node = Node::with(3);
    let early = node.ledger.checkpoint().unwrap().unwrap();
    node.ledger.submit_many(&batches()[3]).unwrap();
    drop(place.synced(&node).unwrap());

    // The node goes back to what it was.
    *node.shows.lock().unwrap() = Some(early);
    let error = replica_error(place.synced(&node).unwrap_err());
    assert!(matches!(error, ReplicaError::Behind { .. }), "{error:?}");

    // Another log of the same ledger, signed by the same key: of the same size, and longer.
    let other = Node::with(3);
    let key = other.ledger.state().unwrap().checkpoint_key();
    let seen = Ledger::open(&place.path, None).unwrap().log_head().unwrap();
    let head = Checkpoint {
        size: seen.size,
        root: LogHash::new([9; 32]),
    };
    let signed = head.sign(key.origin(), &checkpoint()).unwrap();
    *other.shows.lock().unwrap() = Some(signed);
    let error = replica_error(place.synced(&other).unwrap_err());
    assert!(matches!(error, ReplicaError::Forked { .. }), "{error:?}");
    let id = other.ledger.state().unwrap().id();
    let day = Envelope::sign(on_day(day("2029-01-01")), &id, &checkpoint());
    other.ledger.submit(day).unwrap().unwrap();
    while other.ledger.log_head().unwrap().size <= seen.size {
        let next = other.ledger.state().unwrap().day().unwrap().number() + 1;
        let next = salus_protocol::day::Day::from_number(next).unwrap();
        let moved = Envelope::sign(on_day(next), &id, &checkpoint());
        other.ledger.submit(moved).unwrap().unwrap();
    }
    *other.shows.lock().unwrap() = None;
    let error = replica_error(place.synced(&other).unwrap_err());
    assert!(matches!(error, ReplicaError::Forked { .. }), "{error:?}");

    // Signed by somebody else.
    let signed = seen.sign(key.origin(), &stranger()).unwrap();
    *node.shows.lock().unwrap() = Some(signed);
    let error = replica_error(place.synced(&node).unwrap_err());
    assert!(matches!(error, ReplicaError::Checkpoint(_)), "{error:?}");

    *node.shows.lock().unwrap() = None;
    same(&place.synced(&node).unwrap(), &node);
}

#[test]
fn only_the_ledger_that_is_meant_is_followed() {
    let node = Node::with(1);
    let state = claimed(&node).unwrap();
    let key = state.checkpoint_key();
    let right = [
        Anchor::Id(state.id()),
        Anchor::CheckpointKey(key.to_string()),
        Anchor::Operator(key.key()),
    ];
    let stranger = salus_ledger::key::PublicKey::of(&stranger());
    let wrong = [
        Anchor::Id(salus_protocol::nullifier::LedgerId::new([1; 32])),
        Anchor::CheckpointKey(key.to_string().replace('+', "-")),
        Anchor::Operator(stranger),
    ];
    let place = Place::new();
    for anchor in &wrong {
        let error = Ledger::replicate(&place.path, anchor, Box::new(node.clone()));
        let error = replica_error(error.unwrap_err());
        assert!(matches!(error, ReplicaError::OtherLedger { .. }));
        assert!(!place.path.exists(), "nothing was kept of it");
    }
    for anchor in &right {
        drop(Ledger::replicate(&place.path, anchor, Box::new(node.clone())).unwrap());
    }
    for anchor in &wrong {
        let error = Ledger::replicate(&place.path, anchor, Box::new(node.clone()));
        let error = replica_error(error.unwrap_err());
        assert!(matches!(error, ReplicaError::OtherLedger { .. }));
    }
}

#[test]
fn what_is_submitted_comes_back_with_the_receipts_of_the_node() {
    let (place, node) = (Place::new(), Node::with(0));
    let direct = Node::with(0);
    let replica = place.open(&node).unwrap();
    for batch in batches() {
        let here = replica.submit_many(batch).unwrap();
        same(&replica, &node);
        assert_eq!(here.height, node.ledger.state().unwrap().height());
        for (submission, outcome) in batch.iter().zip(here.outcomes) {
            let receipt = outcome.unwrap();
            let bytes = node.ledger.entry(receipt.entry).unwrap();
            assert_eq!(bytes, submission.envelope.to_bytes());
            let event = direct.ledger.submit(submission.clone()).unwrap().unwrap();
            assert_eq!(receipt.event, event.event);
        }
        // What has entered is refused when it is handed in once more, by the same rule as there.
        let again = replica.submit(batch[0].clone()).unwrap();
        assert!(
            matches!(again, Err(Rejection::Replayed { .. })),
            "{again:?}"
        );
    }
    // The sponsor keeps the contact that it fetched, and no other.
    replica.keep_contact(&contact()).unwrap();
    assert_eq!(replica.contact(contact().digest()).unwrap(), contact());
    let other = salus_protocol::contact::SealedContact::from_bytes(vec![
        1;
        salus_protocol::contact::SEALED_BYTES
    ]);
    assert!(replica.keep_contact(&other.unwrap()).is_err());
}

#[test]
fn a_refusal_is_explained_by_the_replica_and_a_false_one_is_named() {
    let (place, node) = (Place::new(), Node::with(1));
    let replica = place.synced(&node).unwrap();
    let id = replica.state().unwrap().id();
    let commit = |number, signer: &ed25519_dalek::SigningKey| {
        Submission::from(Envelope::sign(commit_record(number), &id, signer))
    };
    let batch = [
        commit(1, &issuer()),
        commit(2, &stranger()),
        commit(3, &issuer()),
    ];
    let outcomes = replica.submit_many(&batch).unwrap().outcomes;
    assert!(outcomes[0].is_ok() && outcomes[2].is_ok());
    assert!(matches!(outcomes[1], Err(Rejection::IssuerUnknown { .. })));
    same(&replica, &node);
    // An attachment that is not what the transaction names.
    let open = Envelope::sign(open_study(), &id, &sponsor());
    let wrong = Submission::with(open, Attachment::Profile("no profile".to_owned()));
    let refused = replica.submit(wrong).unwrap();
    assert!(matches!(refused, Err(Rejection::Attachment { .. })));

    node.lies(Lie::Refuses);
    let error = replica_error(replica.submit(commit(4, &issuer())).unwrap_err());
    assert!(matches!(error, ReplicaError::Refuses { .. }), "{error:?}");
    node.lies(Lie::Pretends);
    let error = replica_error(replica.submit(commit(4, &issuer())).unwrap_err());
    assert!(matches!(error, ReplicaError::Withheld { .. }), "{error:?}");
    assert!(error.is_falsehood());
    let again = replica.submit(batch[0].clone()).unwrap();
    assert!(
        matches!(again, Err(Rejection::Replayed { .. })),
        "{again:?}"
    );
    node.lies(Lie::None);
    replica.submit(commit(4, &issuer())).unwrap().unwrap();
}

#[test]
fn a_study_is_compiled_again_with_the_profile_that_it_names() {
    let (place, node) = (Place::new(), Node::with(batches().len()));
    let error = place.synced(node.lies(Lie::OtherProfile)).unwrap_err();
    let error = replica_error(error);
    let is_open = |entry: u64| {
        let bytes = node.ledger.entry(entry).unwrap();
        match Entry::from_bytes(&bytes).unwrap() {
            Entry::Transaction(envelope) => {
                matches!(envelope.transaction(), Transaction::OpenStudy(_))
            }
            Entry::Head(_) => false,
        }
    };
    match error {
        ReplicaError::Attachment { entry, .. } => assert!(is_open(entry)),
        error => panic!("{error:?}"),
    }
}
