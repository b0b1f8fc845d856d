//! Bundles that somebody without the operator's key altered.

use salus_ledger::audit::{AuditError, Bundle, EntryProblem};
use salus_ledger::log::{CheckpointError, LogHash, SignedCheckpoint};
use salus_ledger::transaction::*;
use salus_protocol::nullifier::{LedgerId, StudyId};

use crate::audited::*;

#[test]
fn a_changed_bundle_is_refused() {
    let small = &AUDITED.small;
    refused!(
        small,
        |b: &mut Bundle| b.format = "salus-audit/2".into(),
        AuditError::Format { .. }
    );
    refused!(
        small,
        |b: &mut Bundle| b.entries.clear(),
        AuditError::NoGenesis
    );
    refused!(
        small,
        |b: &mut Bundle| drop(b.entries.remove(0)),
        AuditError::NoGenesis
    );
    refused!(
        small,
        |b: &mut Bundle| b.entries.swap(1, 2),
        AuditError::Entry {
            problem: EntryProblem::Order,
            ..
        }
    );
    refused!(
        small,
        |b: &mut Bundle| b.entries[1].kind = "genesis".into(),
        AuditError::Entry {
            problem: EntryProblem::Kind { .. },
            ..
        }
    );
    refused!(
        small,
        |b: &mut Bundle| b.entries[1].entry.replace_range(0..1, "g"),
        AuditError::Entry {
            problem: EntryProblem::NotHex,
            ..
        }
    );
    refused!(
        small,
        |b: &mut Bundle| b.entries[1].path[0] = LogHash::new([1; 32]),
        AuditError::Entry {
            problem: EntryProblem::Inclusion(_),
            ..
        }
    );
    refused!(
        small,
        |b: &mut Bundle| b.profile = b.profile.replace("1.0.0", "1.0.1"),
        AuditError::StudyText(StudyTextError::Profile { .. })
    );
    refused!(
        small,
        |b: &mut Bundle| b.profile = "x".into(),
        AuditError::Profile { .. }
    );
    refused!(
        small,
        |b: &mut Bundle| b.study = StudyId::new([1; 32]),
        AuditError::Entry {
            problem: EntryProblem::Unexpected,
            ..
        }
    );
}

#[test]
fn a_changed_checkpoint_is_refused() {
    let small = &AUDITED.small;
    let text = small.checkpoint.as_str();
    let other = SignedCheckpoint::new(text.replacen("test-ledger", "test-ledgex", 1));
    refused!(
        small,
        |b: &mut Bundle| b.checkpoint = other.clone(),
        AuditError::Checkpoint(CheckpointError::Origin { .. })
    );
    let size = text.lines().nth(1).unwrap();
    let longer = SignedCheckpoint::new(text.replacen(&format!("\n{size}\n"), "\n999\n", 1));
    refused!(
        small,
        |b: &mut Bundle| b.checkpoint = longer.clone(),
        AuditError::Checkpoint(CheckpointError::Signature { .. })
    );
    refused!(
        small,
        |b: &mut Bundle| b.checkpoint = SignedCheckpoint::new("x".into()),
        AuditError::Checkpoint(CheckpointError::Malformed { .. })
    );
}

#[test]
fn a_bundle_founds_its_own_ledger_in_canonical_bytes() {
    let small = &AUDITED.small;
    refused!(
        small,
        |b: &mut Bundle| b.ledger = LedgerId::new([1; 32]),
        AuditError::Genesis { .. }
    );
    refused!(
        small,
        |b: &mut Bundle| b.entries[1].entry.push_str("00"),
        AuditError::Entry {
            problem: EntryProblem::Bytes(_),
            ..
        }
    );
    // The same bytes, but not the text that the whole log has.
    refused!(
        AUDITED.whole,
        |b: &mut Bundle| b.entries[1].entry = b.entries[1].entry.to_uppercase(),
        AuditError::Entry {
            problem: EntryProblem::Differs,
            ..
        }
    );
    let json = small.to_json();
    for altered in [
        "",
        "{}",
        &json[1..],
        &json.replacen("\"study\"", "\"studies\"", 1),
    ] {
        let error = verify_bytes(altered.as_bytes(), small.ledger).unwrap_err();
        assert!(matches!(error, AuditError::Malformed { .. }), "{error:?}");
    }
}

#[test]
fn what_is_left_out_is_missed() {
    let without = |kind: &str| {
        let kind = kind.to_owned();
        move |b: &mut Bundle| b.entries.retain(|entry| entry.kind != kind)
    };
    let small = &AUDITED.small;
    refused!(
        small,
        without("open study"),
        AuditError::Entry {
            problem: EntryProblem::Unexpected,
            ..
        }
    );
    refused!(
        small,
        without("register board"),
        AuditError::Entry {
            problem: EntryProblem::BoardUnregistered { .. },
            ..
        }
    );
    refused!(
        small,
        without("approve study"),
        AuditError::Entry {
            problem: EntryProblem::NotApproved { .. },
            ..
        }
    );
    refused!(
        small,
        without("accept verifying key"),
        AuditError::Entry {
            problem: EntryProblem::KeyUnaccepted { .. },
            ..
        }
    );
    refused!(
        small,
        without("registry head"),
        AuditError::Entry {
            problem: EntryProblem::NoHead,
            ..
        }
    );
    refused!(
        small,
        |b: &mut Bundle| {
            let first = b
                .entries
                .iter()
                .position(|e| e.kind == "registry head")
                .unwrap();
            b.entries.remove(first);
        },
        AuditError::Entry {
            problem: EntryProblem::RootUnknown,
            ..
        }
    );
}

#[test]
fn an_answer_left_out_is_missed_with_the_whole_log() {
    let drop_answer = |b: &mut Bundle| {
        let last = b
            .entries
            .iter()
            .rposition(|e| e.kind == "submit eligibility")
            .unwrap();
        b.entries.remove(last);
    };
    let mut fewer = AUDITED.small.clone();
    drop_answer(&mut fewer);
    assert_eq!(verify(&fewer).unwrap().answers.len(), 2);
    refused!(
        AUDITED.whole,
        drop_answer,
        AuditError::AnswersLeftOut {
            on_ledger: 3,
            in_bundle: 2
        }
    );
    refused!(
        AUDITED.whole,
        |b: &mut Bundle| drop(b.log.as_mut().unwrap().pop()),
        AuditError::LogDiffers | AuditError::Log(_)
    );
    refused!(
        AUDITED.whole,
        |b: &mut Bundle| b.log.as_mut().unwrap().swap(3, 4),
        AuditError::LogDiffers | AuditError::Log(_)
    );
}
