//! The power fails at each write, sync and change of length of a session: no acknowledged
//! transaction is lost, the ledger opens, and its state is the replay of its log.
#![allow(clippy::unwrap_used)]

mod power;
mod world;

use power::{Disk, Unsynced};
use salus_ledger::engine::{Ledger, Receipt};
use salus_ledger::log::SignedCheckpoint;
use salus_ledger::state::Rejection;
use salus_ledger::transaction::Envelope;
use world::session;

/// What a session was told before the power failed.
#[derive(Debug, Default)]
struct Told {
    founded: bool,
    receipts: Vec<Receipt>,
    checkpoints: Vec<SignedCheckpoint>,
}

/// Runs the session until it ends or the disk fails. In the middle it closes and opens again.
fn run(disk: &Disk) -> Told {
    let mut told = Told::default();
    let Ok(mut ledger) =
        Ledger::create_on(disk.clone(), &world::genesis(true), &world::checkpoint())
    else {
        return told;
    };
    told.founded = true;
    for (place, batch) in session::batches().iter().enumerate() {
        if place == 4 {
            drop(ledger);
            match Ledger::open_on(disk.clone(), Some(&world::checkpoint())) {
                Ok(again) => ledger = again,
                Err(_) => return told,
            }
        }
        let Ok(entered) = ledger.submit_many(batch) else {
            return told;
        };
        told.receipts
            .extend(entered.outcomes.into_iter().map(Result::unwrap));
        told.checkpoints.push(entered.checkpoint);
    }
    told
}

/// Opens what the power failure left, and says what is wrong with it.
fn check(bytes: Vec<u8>, told: &Told) -> Result<(), String> {
    let ledger = match Ledger::open_on(Disk::holding(bytes), Some(&world::checkpoint())) {
        Ok(ledger) => ledger,
        // Founding is acknowledged when `create_on` returns.
        Err(_) if !told.founded => return Ok(()),
        Err(error) => return Err(format!("it does not open: {error}")),
    };
    let report = ledger
        .verify()
        .map_err(|e| format!("its log does not replay: {e}"))?;
    let id = ledger.state().unwrap().id();
    for receipt in &told.receipts {
        let bytes = ledger
            .entry(receipt.entry)
            .map_err(|e| format!("{receipt:?} is lost: {e}"))?;
        let envelope = Envelope::from_bytes(&bytes).map_err(|e| e.to_string())?;
        if envelope.id(&id) != receipt.id {
            return Err(format!("{receipt:?} is another transaction"));
        }
    }
    let key = ledger.state().unwrap().checkpoint_key();
    for checkpoint in &told.checkpoints {
        let old = checkpoint.verify(&key).unwrap();
        ledger
            .consistency(old.size, report.checkpoint.size)
            .map_err(|e| format!("entries under a checkpoint are lost: {e}"))?
            .verify(&old.root, &report.checkpoint.root)
            .map_err(|e| format!("the log was rewritten: {e}"))?;
    }
    carry_on(&ledger)
}

/// The session's transactions again: what was kept is known, the rest enters.
fn carry_on(ledger: &Ledger) -> Result<(), String> {
    for batch in session::batches() {
        let entered = ledger.submit_many(batch).map_err(|e| e.to_string())?;
        for outcome in entered.outcomes {
            match outcome {
                Ok(_)
                | Err(
                    Rejection::Replayed { .. }
                    // An answer is checked for its study before it is known again.
                    | Rejection::NullifierUsed { .. }
                    | Rejection::RootRevised { .. }
                    | Rejection::AnswerDay { .. },
                ) => {}
                Err(other) => return Err(format!("it can't go on: {other}")),
            }
        }
    }
    let state = ledger.state().unwrap();
    let answers: usize = state.studies().values().map(|s| s.answers.len()).sum();
    if (state.records().len(), answers) == (3, 1) {
        Ok(())
    } else {
        Err("the session did not end as it should".to_owned())
    }
}

/// Crashes at every `stride`th step, each in every way, and gives what was wrong.
fn crash_everywhere(disk: impl Fn() -> Disk, stride: usize) -> (usize, Vec<String>) {
    let whole = disk();
    let told = run(&whole);
    assert_eq!(
        told.checkpoints.len(),
        session::batches().len(),
        "the session runs through"
    );
    let (mut crashes, mut wrong) = (0, Vec::new());
    for step in (0..whole.steps()).step_by(stride) {
        let disk = disk().failing_at(step);
        let told = run(&disk);
        for unsynced in [
            Unsynced::Lost,
            Unsynced::Kept,
            Unsynced::Torn,
            Unsynced::Reordered(step as u64),
            Unsynced::Reordered(!(step as u64)),
        ] {
            crashes += 1;
            if let Err(problem) = check(disk.after_power_loss(unsynced), &told) {
                wrong.push(format!("step {step}, {unsynced:?}: {problem}"));
            }
        }
    }
    (crashes, wrong)
}

#[test]
fn a_power_failure_at_any_step_loses_nothing_acknowledged() {
    let (crashes, wrong) = crash_everywhere(Disk::default, 1);
    println!("{crashes} power failures");
    assert!(
        crashes > 200,
        "only {crashes} crashes: the session is too short"
    );
    assert!(
        wrong.is_empty(),
        "{} of {crashes}: {:#?}",
        wrong.len(),
        &wrong[..wrong.len().min(5)]
    );
}

#[test]
fn the_test_notices_a_disk_that_lies() {
    let (crashes, wrong) = crash_everywhere(|| Disk::default().lying(), 7);
    println!(
        "{} of {crashes} power failures on a lying disk were noticed",
        wrong.len()
    );
    assert!(
        wrong.len() * 10 > crashes,
        "a disk that never syncs must lose what was promised"
    );
}
