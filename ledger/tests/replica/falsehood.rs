//! Every lie of a node, or of an operator, is refused by name; what was kept before stays and is served.

use std::sync::{Arc, Mutex};

use salus_ledger::engine::{Anchor, Ledger, ReplicaError};
use salus_ledger::log::{Checkpoint, Entry, LogHash};
use salus_ledger::transaction::*;

use crate::node::*;
use crate::world::session::batches;
use crate::world::*;

#[test]
fn every_altered_or_omitted_entry_is_refused_and_not_kept() {
    let node = Node::with(batches().len());
    let size = node.ledger.log_head().unwrap().size;
    // The head after the genesis follows from it, and is not taken from the node.
    let taken = (0..size).filter(|entry| *entry != 1);
    for lie in taken.flat_map(|entry| [Lie::Alters(entry), Lie::Omits(entry)]) {
        let place = Place::new();
        let error = place.synced(node.lies(lie)).unwrap_err();
        assert!(replica_error(error).is_falsehood(), "{lie:?}");
        // What came before it was true; with the truth the same file goes on.
        same(&place.synced(node.lies(Lie::None)).unwrap(), &node);
    }
}

#[test]
fn a_log_that_breaks_a_rule_is_refused_though_it_is_signed() {
    let (place, node) = (Place::new(), Node::with(1));
    let upstream = Forged::rule_breaking(&node);
    let id = node.ledger.state().unwrap().id();
    let replica = Ledger::replicate(&place.path, &Anchor::Id(id), Box::new(upstream)).unwrap();
    let error = replica_error(replica.sync(&|_, _| ()).unwrap_err());
    assert!(matches!(error, ReplicaError::Rule(_)), "{error:?}");
    assert!(error.to_string().contains("governance"), "{error}");
    drop(replica);
    // The operator signed that log: another one is a fork, also one that keeps the rules.
    node.ledger.submit_many(&batches()[1]).unwrap();
    let error = replica_error(place.synced(&node).unwrap_err());
    assert!(matches!(error, ReplicaError::Forked { .. }), "{error:?}");
    same(&Place::new().synced(&node).unwrap(), &node);
}

#[test]
fn a_bad_height_leaves_what_is_served_as_it_was() {
    let (place, node) = (Place::new(), Node::with(1));
    let upstream = Exchanged(Arc::new(Mutex::new(Box::new(node.clone()))));
    let id = node.ledger.state().unwrap().id();
    let served = Ledger::replicate(&place.path, &Anchor::Id(id), Box::new(upstream.clone()));
    let served = served.unwrap();
    served.sync(&|_, _| ()).unwrap();
    let head = served.log_head().unwrap();
    let state = served.state().unwrap().clone();
    *upstream.0.lock().unwrap() = Box::new(Forged::rule_breaking(&node));
    // Each time the node's fault is named, and never that a write failed here.
    for _ in 0..2 {
        let error = replica_error(served.sync(&|_, _| ()).unwrap_err());
        assert!(matches!(error, ReplicaError::Rule(_)), "{error:?}");
        assert_eq!(served.log_head().unwrap(), head);
        assert!(*served.state().unwrap() == state);
        assert!(served.entry(head.size - 1).is_ok());
        assert_eq!(served.verify().unwrap().checkpoint, head);
    }
}

#[test]
fn a_served_replica_goes_on_when_its_node_tells_the_truth_again() {
    let (place, node) = (Place::new(), Node::with(1));
    let served = place.synced(&node).unwrap();
    for (batch, number) in batches()[1..].iter().zip(0u64..) {
        let before = served.log_head().unwrap();
        node.ledger.submit_many(batch).unwrap();
        node.lies(match number % 3 {
            0 => Lie::Alters(before.size),
            1 => Lie::Omits(before.size),
            _ => Lie::GoesAway(before.size + 1),
        });
        assert!(served.sync(&|_, _| ()).is_err());
        assert_eq!(served.log_head().unwrap(), before);
        node.lies(Lie::None);
        served.sync(&|_, _| ()).unwrap();
        same(&served, &node);
    }
}

#[test]
fn who_breaks_off_after_showing_a_log_can_show_no_other() {
    // Two logs with one beginning, both signed by the operator, both longer than what is kept.
    let (node, other) = (Node::with(3), Node::with(3));
    let kept = node.ledger.log_head().unwrap().size;
    let early = node.ledger.checkpoint().unwrap();
    for ledger in [&node, &other] {
        ledger.ledger.submit_many(&batches()[3]).unwrap();
    }
    let id = node.ledger.state().unwrap().id();
    for (ledger, date) in [(&node, "2024-06-01"), (&other, "2024-06-02")] {
        let day = Envelope::sign(on_day(day(date)), &id, &checkpoint());
        ledger.ledger.submit(day).unwrap().unwrap();
    }
    // With entries kept of it, and with nothing but its genesis.
    for breaks_off in [kept + 1, 2] {
        let place = Place::new();
        let replica = place.open(&node).unwrap();
        node.lies(Lie::GoesAway(breaks_off));
        let error = replica_error(replica.sync(&|_, _| ()).unwrap_err());
        assert_eq!(error, ReplicaError::Upstream(Node::away()));
        let here = replica.log_head().unwrap().size;
        assert!(here <= breaks_off, "{here}");
        drop(replica);
        node.lies(Lie::None);

        let error = replica_error(place.synced(&other).unwrap_err());
        assert!(matches!(error, ReplicaError::Forked { .. }), "{error:?}");
        // Neither may the same log be shown as it was before.
        *node.shows.lock().unwrap() = early.clone();
        let error = replica_error(place.synced(&node).unwrap_err());
        assert!(matches!(error, ReplicaError::Behind { .. }), "{error:?}");
        *node.shows.lock().unwrap() = None;
        same(&place.synced(&node).unwrap(), &node);
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
