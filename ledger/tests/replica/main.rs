//! Replicas: they hold what the upstream's log holds, hand transactions in, and refuse every lie.
#![allow(clippy::unwrap_used)]

mod falsehood;
mod node;
#[path = "../power/mod.rs"]
mod power;
#[path = "../world/mod.rs"]
mod world;

use std::sync::Mutex;

use node::*;
use salus_ledger::engine::{
    Anchor, Attachment, Ledger, LedgerError, ReplicaError, Submission, claimed,
};
use salus_ledger::state::Rejection;
use salus_ledger::transaction::*;
use world::session::{batches, contact};
use world::*;

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
