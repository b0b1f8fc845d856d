//! The embedded engine on a real file: lock, readers, rollback, attachments, checkpoints.
#![allow(clippy::unwrap_used)]

mod world;

use std::sync::atomic::{AtomicBool, Ordering};

use salus_ledger::engine::{Attachment, AttachmentError, Ledger, LedgerError, Submission};
use salus_ledger::log::Entry;
use salus_ledger::state::Rejection;
use salus_ledger::transaction::*;
use world::*;

fn create(directory: &tempfile::TempDir) -> Ledger {
    let path = directory.path().join("ledger.redb");
    Ledger::create(&path, &genesis(true), &checkpoint()).unwrap()
}

#[test]
fn a_ledger_is_founded_once_and_locked() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger.redb");
    assert!(matches!(
        Ledger::open(&path, None),
        Err(LedgerError::Missing { .. })
    ));
    assert!(matches!(
        Ledger::create(&path, &genesis(true), &stranger()),
        Err(LedgerError::CheckpointKey { .. })
    ));
    // What an interrupted founding leaves is no obstacle.
    std::fs::write(path.with_extension("unfinished"), b"half").unwrap();
    let ledger = Ledger::create(&path, &genesis(true), &checkpoint()).unwrap();
    assert!(matches!(
        Ledger::open(&path, None),
        Err(LedgerError::Locked)
    ));
    assert!(matches!(
        Ledger::create(&path, &genesis(true), &checkpoint()),
        Err(LedgerError::Exists { .. })
    ));
    drop(ledger);
    assert!(matches!(
        Ledger::open(&path, Some(&stranger())),
        Err(LedgerError::CheckpointKey { .. })
    ));
    let ledger = Ledger::open(&path, None).unwrap();
    let id = ledger.state().unwrap().id();
    let day = Envelope::sign(on_day(today()), &id, &checkpoint());
    assert!(matches!(ledger.submit(day), Err(LedgerError::ReadOnly)));
    assert!(
        ledger.checkpoint().unwrap().is_some(),
        "closing kept the checkpoint"
    );
}

#[test]
fn another_file_is_no_ledger() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger.redb");
    for bytes in [&b""[..], b"not a ledger", &[0; 100_000]] {
        std::fs::write(&path, bytes).unwrap();
        let error = Ledger::open(&path, Some(&checkpoint())).unwrap_err();
        assert!(
            matches!(error, LedgerError::Damaged { .. } | LedgerError::Store(_)),
            "{error:?}"
        );
    }
}

#[test]
fn a_refused_submission_leaves_no_trace_and_the_others_enter() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = create(&directory);
    let id = ledger.state().unwrap().id();
    let mut batch: Vec<Submission> = setup(id).into_iter().map(Into::into).collect();
    let refused = Envelope::sign(commit_record(1), &id, &stranger());
    batch.insert(2, refused.clone().into());
    let entered = ledger.submit_many(&batch).unwrap();
    assert_eq!(entered.outcomes.iter().filter(|o| o.is_ok()).count(), 5);
    assert!(matches!(
        entered.outcomes[2],
        Err(Rejection::IssuerUnknown { .. })
    ));
    for index in 0..ledger.log_head().unwrap().size {
        assert_ne!(ledger.entry(index).unwrap(), refused.to_bytes());
    }
    // A batch of which nothing enters adds nothing, not even a head.
    let before = ledger.log_head().unwrap();
    ledger.submit_many(&[refused.into()]).unwrap();
    assert_eq!(ledger.log_head().unwrap(), before);
    ledger.verify().unwrap();
}

#[test]
fn a_refused_transaction_ends_no_height() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = create(&directory);
    let id = ledger.state().unwrap().id();
    let (before, last) = session::batches().split_at(6);
    for batch in before {
        ledger.submit_many(batch).unwrap();
    }
    let answer = last[0][0].clone();
    let (height, size) = (
        ledger.state().unwrap().height(),
        ledger.log_head().unwrap().size,
    );
    // After an answer, each of these needs a new height; and each is refused.
    let revoke = RevokeConsent {
        index: 1,
        sequence: 1,
    };
    let next_day = on_day(day("2024-03-02"));
    let erase = EraseRecord {
        index: 2,
        sequence: 5,
    };
    let entered = ledger
        .submit_many(&[
            answer,
            Envelope::sign(revoke, &id, &stranger()).into(),
            Envelope::sign(next_day, &id, &stranger()).into(),
            Envelope::sign(erase, &id, &issuer()).into(),
            Envelope::sign(commit_record(9), &id, &issuer()).into(),
        ])
        .unwrap();
    assert!(matches!(
        &entered.outcomes[..],
        [
            Ok(_),
            Err(Rejection::NotSubjectOfRecord { .. }),
            Err(Rejection::CheckpointKey { .. }),
            Err(Rejection::Sequence { .. }),
            Ok(_),
        ]
    ));
    assert_eq!(entered.height, height + 1, "one height for the batch");
    let heads = 1;
    assert_eq!(ledger.log_head().unwrap().size, size + 2 + heads);
    ledger.verify().unwrap();
}

#[test]
fn a_text_is_compiled_only_when_signature_and_rules_hold() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = create(&directory);
    let id = ledger.state().unwrap().id();
    let setup: Vec<_> = setup(id).into_iter().map(Into::into).collect();
    ledger.submit_many(&setup).unwrap();
    let refusal = |study: OpenStudy, on, secret: ed25519_dalek::SigningKey| {
        let envelope = Envelope::sign(study, &on, &secret);
        let profile = Attachment::Profile("no profile".to_owned());
        let outcome = ledger.submit(Submission::with(envelope, profile)).unwrap();
        outcome.unwrap_err()
    };
    // The document is always wrong; it is what is refused only when nothing else is wrong.
    let elsewhere = salus_protocol::nullifier::LedgerId::new([1; 32]);
    let unsigned = refusal(open_study(), elsewhere, sponsor());
    assert!(matches!(unsigned, Rejection::Signature { .. }));
    let another = refusal(open_study(), id, stranger());
    assert!(matches!(another, Rejection::NotSponsor { .. }));
    let mut unknown = open_study();
    unknown.boards = vec![salus_ledger::key::PublicKey::of(&stranger())];
    let unknown = refusal(unknown, id, sponsor());
    assert!(matches!(unknown, Rejection::BoardUnknown { .. }));
    let document = refusal(open_study(), id, sponsor());
    assert!(matches!(document, Rejection::Attachment { .. }));
}

#[test]
fn readers_read_while_the_writer_writes() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = create(&directory);
    let id = ledger.state().unwrap().id();
    let setup: Vec<_> = setup(id).into_iter().map(Into::into).collect();
    ledger.submit_many(&setup).unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = || {
            let mut last = 0;
            while !done.load(Ordering::Relaxed) {
                let head = ledger.log_head().unwrap();
                assert!(head.size >= last, "the log shrank");
                last = head.size;
                // What is seen is always whole: it ends with a head, and is on the disk.
                let bytes = ledger.entry(head.size - 1).unwrap();
                assert!(matches!(Entry::from_bytes(&bytes).unwrap(), Entry::Head(_)));
                let state = ledger.state().unwrap();
                assert_eq!(state.registry().root(), state.latest_head().unwrap().root);
            }
        };
        scope.spawn(reader);
        scope.spawn(reader);
        for number in 1..=20 {
            let commit = Envelope::sign(commit_record(number), &id, &issuer());
            ledger.submit(commit).unwrap().unwrap();
        }
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!(ledger.verify().unwrap().records, 20);
}

#[test]
fn attachments_are_what_their_transactions_name_and_can_be_dropped() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = create(&directory);
    for batch in session::batches() {
        ledger.submit_many(batch).unwrap();
    }
    let contact = session::contact();
    assert_eq!(ledger.contact(contact.digest()).unwrap(), contact);
    assert_eq!(ledger.profile_document(profile().hash()).unwrap(), PROFILE);
    let root = ledger.log_head().unwrap();
    ledger.drop_contact(contact.digest()).unwrap();
    assert!(matches!(
        ledger.contact(contact.digest()),
        Err(LedgerError::Attachment(AttachmentError::Missing { .. }))
    ));
    assert_eq!(ledger.log_head().unwrap(), root, "the log is as it was");
    ledger.verify().unwrap();
}

#[test]
fn a_profile_document_stays_as_its_first_study_brought_it() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = create(&directory);
    for batch in session::batches() {
        ledger.submit_many(batch).unwrap();
    }
    // The same profile in another text: what it is hashed by does not include its comments.
    let again = format!("# Ours now\n{PROFILE}");
    let hash = salus_protocol::profile::Profile::from_toml(&again)
        .unwrap()
        .hash();
    assert_eq!(hash, profile().hash());
    let second = OpenStudy {
        title: Title::new("Anyone, again").unwrap(),
        ..open_study()
    };
    let id = ledger.state().unwrap().id();
    let open = Envelope::sign(second, &id, &sponsor());
    let open = Submission::with(open, Attachment::Profile(again));
    ledger.submit(open).unwrap().unwrap();
    assert_eq!(ledger.profile_document(hash).unwrap(), PROFILE);
}

#[test]
fn a_wrong_attachment_refuses_its_transaction() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = create(&directory);
    let id = ledger.state().unwrap().id();
    let setup: Vec<_> = setup(id).into_iter().map(Into::into).collect();
    ledger.submit_many(&setup).unwrap();
    let refuse = |study: OpenStudy, attachment| {
        let envelope = Envelope::sign(study, &id, &sponsor());
        let submission = Submission {
            envelope,
            attachment,
        };
        let outcome = ledger.submit(submission).unwrap();
        assert!(
            matches!(outcome, Err(Rejection::Attachment { .. })),
            "{outcome:?}"
        );
    };
    refuse(open_study(), None);
    refuse(open_study(), Some(Attachment::Contact(session::contact())));
    let profile = |text: String| Some(Attachment::Profile(text));
    refuse(open_study(), profile("no profile".to_owned()));
    refuse(open_study(), profile(PROFILE.replace("1.0.0", "2.0.0")));
    // The text asks something else than what would be proven.
    let mut study = open_study();
    study.query_text = QUERY.replace("birth recorded", "no birth");
    refuse(study, profile(PROFILE.to_owned()));
    // An answer that binds a contact, without it.
    let session = session::batches();
    for batch in &session[1..6] {
        ledger.submit_many(batch).unwrap();
    }
    let answer = session
        .iter()
        .flatten()
        .find(|s| matches!(s.attachment, Some(Attachment::Contact(_))));
    let mut answer = answer.unwrap().clone();
    answer.attachment = None;
    let outcome = ledger.submit(answer).unwrap();
    assert!(
        matches!(outcome, Err(Rejection::Attachment { .. })),
        "{outcome:?}"
    );
}

#[test]
fn a_checkpoint_from_before_is_a_prefix_of_the_log() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = create(&directory);
    let key = ledger.state().unwrap().checkpoint_key();
    let old = ledger.checkpoint().unwrap().unwrap();
    for batch in session::batches() {
        ledger.submit_many(batch).unwrap();
    }
    ledger.check_extends(&old).unwrap();
    let now = ledger.checkpoint().unwrap().unwrap();
    let (before, after) = (old.verify(&key).unwrap(), now.verify(&key).unwrap());
    ledger
        .consistency(before.size, after.size)
        .unwrap()
        .verify(&before.root, &after.root)
        .unwrap();
    // Another ledger's history under the same key is not this one's.
    let other = salus_ledger::log::Checkpoint {
        size: before.size,
        root: after.root,
    };
    let forged = other.sign(key.origin(), &checkpoint()).unwrap();
    assert!(matches!(
        ledger.check_extends(&forged),
        Err(LedgerError::Rewritten { .. })
    ));
    let ahead = salus_ledger::log::Checkpoint {
        size: after.size + 1,
        root: after.root,
    };
    let ahead = ahead.sign(key.origin(), &checkpoint()).unwrap();
    assert!(matches!(
        ledger.check_extends(&ahead),
        Err(LedgerError::Rewritten { .. })
    ));
}

#[test]
fn tiles_hold_the_whole_log() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = create(&directory);
    for batch in session::batches() {
        ledger.submit_many(batch).unwrap();
    }
    let size = ledger.log_head().unwrap().size;
    let tiles = ledger.tiles().unwrap();
    let bundle = tiles
        .iter()
        .find(|t| t.path == format!("tile/entries/000.p/{size}"))
        .unwrap();
    let (mut rest, mut entries) = (&bundle.bytes[..], Vec::new());
    while let [a, b, tail @ ..] = rest {
        let (entry, tail) = tail.split_at(usize::from(u16::from_be_bytes([*a, *b])));
        entries.push(entry.to_vec());
        rest = tail;
    }
    let (state, tree) = salus_ledger::replay::replay(entries, &()).unwrap();
    assert_eq!(tree.root(), ledger.log_head().unwrap().root);
    assert!(state == *ledger.state().unwrap());
}

#[test]
fn callers_at_once_are_each_told_of_their_own_and_share_commits() {
    const CALLERS: u32 = 16;
    const EACH: u32 = 8;
    let directory = tempfile::tempdir().unwrap();
    let ledger = create(&directory);
    let id = ledger.state().unwrap().id();
    let setup: Vec<_> = setup(id).into_iter().map(Into::into).collect();
    ledger.submit_many(&setup).unwrap();
    let before = ledger.state().unwrap().height();
    std::thread::scope(|scope| {
        for caller in 0..CALLERS {
            let ledger = &ledger;
            scope.spawn(move || {
                for number in (1..=EACH).map(|n| caller * EACH + n) {
                    let commit = Envelope::sign(commit_record(number), &id, &issuer());
                    let refused = Envelope::sign(commit_record(number), &id, &stranger());
                    let pair = [refused.into(), commit.clone().into()];
                    let batch = ledger.submit_many(&pair).unwrap();
                    let [refused, receipt] = batch.outcomes.try_into().unwrap();
                    assert!(matches!(refused, Err(Rejection::IssuerUnknown { .. })));
                    let receipt = receipt.unwrap();
                    assert_eq!(receipt.id, commit.id(&id));
                    assert_eq!(ledger.entry(receipt.entry).unwrap(), commit.to_bytes());
                }
            });
        }
    });
    let made = CALLERS * EACH;
    let report = ledger.verify().unwrap();
    assert_eq!(report.records, u64::from(made));
    // Somebody waits while another writes, so there are fewer commits than calls.
    assert!(report.height - before < u64::from(made));
}
