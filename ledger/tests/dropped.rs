//! A dropped contact leaves the ledger's file, and a power failure meanwhile loses nothing.
#![allow(clippy::unwrap_used)]

mod power;
mod world;

use power::{Disk, Unsynced};
use salus_ledger::engine::{Attachment, AttachmentError, Ledger, LedgerError, Submission};
use salus_ledger::transaction::Envelope;
use salus_protocol::contact::{SEALED_BYTES, SealedContact};
use world::*;

/// Answers, each with a contact: so many that a dropped one's page is not soon used again.
const ANSWERS: u8 = 20;
/// Whose contact is dropped.
const DROPPED: u8 = 7;

/// The contact of an answer.
fn contact(number: u8) -> SealedContact {
    SealedContact::from_bytes(vec![0xa0 + number; SEALED_BYTES]).unwrap()
}

/// Enters the answers, and drops a contact.
fn run(ledger: &Ledger) {
    for batch in &session::batches()[..6] {
        ledger.submit_many(batch).unwrap();
    }
    for number in 1..=ANSWERS {
        let answer = {
            let state = ledger.state().unwrap();
            let study = *state.studies().keys().next().unwrap();
            let mut said = statement(&state, &study, number.into());
            said.contact = contact(number).digest();
            Envelope::sign(prover::answer(study, said), &state.id(), &stranger())
        };
        let attachment = Attachment::Contact(contact(number));
        let submission = Submission::with(answer, attachment);
        ledger.submit(submission).unwrap().unwrap();
    }
    ledger.drop_contact(contact(DROPPED).digest()).unwrap();
}

/// Whether the dropped contact is among these bytes.
fn holds(bytes: &[u8]) -> bool {
    let contact = contact(DROPPED);
    let part = &contact.as_bytes()[..64];
    bytes.windows(part.len()).any(|window| window == part)
}

/// The others' contacts are there, and that one is not.
fn check(ledger: &Ledger) {
    for number in (1..=ANSWERS).filter(|number| *number != DROPPED) {
        let kept = contact(number);
        assert_eq!(ledger.contact(kept.digest()).unwrap(), kept);
    }
    assert!(matches!(
        ledger.contact(contact(DROPPED).digest()),
        Err(LedgerError::Attachment(AttachmentError::Missing { .. }))
    ));
}

#[test]
fn opening_for_writing_or_compacting_makes_the_file_forget() {
    for explicitly in [true, false] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ledger.redb");
        let mut ledger = Ledger::create(&path, &genesis(true), &checkpoint()).unwrap();
        run(&ledger);
        assert!(
            holds(&std::fs::read(&path).unwrap()),
            "there is something to forget"
        );
        let head = ledger.log_head().unwrap();
        if explicitly {
            ledger.compact().unwrap();
        } else {
            drop(ledger);
            ledger = Ledger::open(&path, Some(&checkpoint())).unwrap();
        }
        assert_eq!(ledger.log_head().unwrap(), head);
        ledger.verify().unwrap();
        check(&ledger);
        assert!(!holds(&std::fs::read(&path).unwrap()));
        drop(ledger);
        assert!(!holds(&std::fs::read(&path).unwrap()));
        let mut reader = Ledger::open(&path, None).unwrap();
        assert!(matches!(reader.compact(), Err(LedgerError::ReadOnly)));
    }
}

#[test]
fn a_power_failure_while_compacting_loses_nothing() {
    let disk = Disk::default();
    let ledger = Ledger::create_on(disk.clone(), &genesis(true), &checkpoint()).unwrap();
    run(&ledger);
    let head = ledger.log_head().unwrap();
    drop(ledger);
    let before = disk.bytes();
    assert!(holds(&before), "there is something to forget");
    let whole = Disk::holding(before.clone());
    drop(Ledger::open_on(whole.clone(), Some(&checkpoint())).unwrap());
    assert!(!holds(&whole.bytes()));
    println!("power fails at each of {} steps", whole.steps());
    for step in 0..whole.steps() {
        let disk = Disk::holding(before.clone()).failing_at(step);
        drop(Ledger::open_on(disk.clone(), Some(&checkpoint())));
        for unsynced in [
            Unsynced::Lost,
            Unsynced::Kept,
            Unsynced::Torn,
            Unsynced::Reordered(step as u64),
        ] {
            let left = Disk::holding(disk.after_power_loss(unsynced));
            let ledger = Ledger::open_on(left.clone(), Some(&checkpoint()))
                .unwrap_or_else(|e| panic!("step {step}, {unsynced:?}: {e}"));
            assert_eq!(ledger.log_head().unwrap(), head);
            assert_eq!(ledger.profile_document(profile().hash()).unwrap(), PROFILE);
            check(&ledger);
            drop(ledger);
            assert!(!holds(&left.bytes()), "step {step}, {unsynced:?}");
        }
    }
}
