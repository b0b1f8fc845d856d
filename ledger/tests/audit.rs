//! Audit bundles: what verifies, and each way in which one must not.
#![allow(clippy::unwrap_used)]

mod power;
mod world;

use std::sync::LazyLock;

use power::Disk;
use salus_ledger::audit::{self, AuditError, Bundle, EntryProblem, Expectations};
use salus_ledger::engine::{Attachment, Ledger};
use salus_ledger::key::PublicKey;
use salus_ledger::log::{CheckpointError, Entry, LogHash, SignedCheckpoint};
use salus_ledger::state::{Event, Rejection};
use salus_ledger::transaction::*;
use salus_protocol::field::Fr;
use salus_protocol::nullifier::{LedgerId, StudyId};
use salus_protocol::registry::Root;
use salus_protocol::statement::{ContactDigest, Statement};
use salus_verifier::KeyPolicy;
use world::forged::Forged;
use world::*;

/// A ledger with a study, three answers of which two in one height, and its bundles.
struct Audited {
    ledger: Ledger,
    study: StudyId,
    small: Bundle,
    whole: Bundle,
}

static AUDITED: LazyLock<Audited> = LazyLock::new(|| {
    let ledger = Ledger::create_on(Disk::default(), &genesis(true), &checkpoint()).unwrap();
    let id = ledger.state().unwrap().id();
    let enter = |envelope: Envelope| ledger.submit(envelope).unwrap().unwrap().event;
    setup(id).into_iter().for_each(|envelope| {
        enter(envelope);
    });
    for number in 1..=3u32 {
        enter(Envelope::sign(commit_record(number), &id, &issuer()));
        let (consent, row) = (consent(u64::from(number)), row(500_000 + number));
        let grant = GrantConsent {
            index: number - 1,
            sequence: 0,
            consent,
            row,
        };
        enter(Envelope::sign(grant, &id, &subject(number)));
    }
    let open = Envelope::sign(open_study(), &id, &sponsor());
    let open = salus_ledger::engine::Submission::with(open, Attachment::Profile(PROFILE.into()));
    let Event::StudyOpened { study } = ledger.submit(open).unwrap().unwrap().event else {
        panic!()
    };
    enter(Envelope::sign(ApproveStudy { study }, &id, &board(0)));
    let answer = |number| {
        let said = statement(&ledger.state().unwrap(), &study, number);
        Envelope::sign_once(prover::answer(study, said), &id).unwrap()
    };
    let two = [answer(1).into(), answer(2).into()];
    assert!(
        ledger
            .submit_many(&two)
            .unwrap()
            .outcomes
            .iter()
            .all(Result::is_ok)
    );
    enter(Envelope::sign(
        RevokeConsent {
            index: 1,
            sequence: 1,
        },
        &id,
        &subject(2),
    ));
    enter(answer(3));
    let small = audit::export(&ledger, &study, false).unwrap();
    let whole = audit::export(&ledger, &study, true).unwrap();
    Audited {
        ledger,
        study,
        small,
        whole,
    }
});

fn expectations() -> Expectations {
    Expectations {
        ledger: AUDITED.small.ledger,
        checkpoint_key: Some(PublicKey::of(&checkpoint())),
        keys: KeyPolicy::AllowInsecureDevelopmentKeys,
    }
}

fn verify(bundle: &Bundle) -> Result<audit::Report, AuditError> {
    audit::verify(bundle.to_json().as_bytes(), &expectations())
}

/// Asserts that verifying a changed copy of the bundle gives one named error.
macro_rules! refused {
    ($bundle:expr, $change:expr, $error:pat) => {{
        let mut bundle = $bundle.clone();
        #[allow(clippy::redundant_closure_call)]
        ($change)(&mut bundle);
        match verify(&bundle) {
            Err($error) => {}
            other => panic!("expected {}, got {other:?}", stringify!($error)),
        }
    }};
}

#[test]
fn a_bundle_verifies_and_says_what_it_shows() {
    let report = verify(&AUDITED.small).unwrap();
    assert_eq!((report.answers.len(), report.whole_log), (3, false));
    assert_eq!(report.study, AUDITED.study);
    assert!(
        report
            .not_shown
            .iter()
            .any(|line| line.contains("issuers committed the truth"))
    );
    assert!(
        report
            .not_shown
            .iter()
            .any(|line| line.contains("whole log"))
    );
    assert!(report.to_string().contains("INSECURE"));
    let report = verify(&AUDITED.whole).unwrap();
    assert!(report.whole_log);
    assert!(
        !report
            .not_shown
            .iter()
            .any(|line| line.contains("left out"))
    );
    AUDITED.ledger.verify().unwrap();
}

#[test]
fn what_the_verifier_expects_must_be_met() {
    let bytes = AUDITED.small.to_json().into_bytes();
    let check = |expected| audit::verify(&bytes, &expected).unwrap_err();
    let ledger = LedgerId::new([1; 32]);
    let error = check(Expectations {
        ledger,
        ..expectations()
    });
    assert!(matches!(error, AuditError::Ledger { .. }));
    let checkpoint_key = Some(PublicKey::of(&stranger()));
    let error = check(Expectations {
        checkpoint_key,
        ..expectations()
    });
    assert!(matches!(error, AuditError::CheckpointKey { .. }));
    let error = check(Expectations {
        keys: KeyPolicy::CeremonyOnly,
        ..expectations()
    });
    assert!(
        matches!(
            error,
            AuditError::Entry {
                problem: EntryProblem::Key(_),
                ..
            }
        ),
        "{error}"
    );
}

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
    // An answer left out is missed only with the whole log.
    let drop_answer = |b: &mut Bundle| {
        let last = b
            .entries
            .iter()
            .rposition(|e| e.kind == "submit eligibility")
            .unwrap();
        b.entries.remove(last);
    };
    let mut fewer = small.clone();
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

/// A good statement for the forged ledgers, whose root 1 is of height 1.
fn said(study: &StudyId, number: u64) -> Statement {
    let mut world = World::ready();
    world.study();
    world.seal();
    let mut said = world.statement(study, number);
    said.root = Root::new(Fr::from(1u64));
    said
}

/// What is wrong with a forged ledger's bundle.
fn problem(forged: &Forged, study: StudyId) -> EntryProblem {
    match verify(&forged.bundle(study)) {
        Err(AuditError::Entry { problem, .. }) => problem,
        other => panic!("{other:?}"),
    }
}

/// Checks that a forged ledger with this answer, and after it this head, has a problem.
fn forged(change: impl Fn(&mut Statement), revised: u64, expected: fn(&EntryProblem) -> bool) {
    let (forged, study) = Forged::up_to_answer();
    let mut statement = said(&study, 1);
    change(&mut statement);
    let forged = forged
        .with(prover::answer(study, statement), &stranger())
        .head(2, revised, 2);
    let problem = problem(&forged, study);
    assert!(expected(&problem), "{problem:?}");
}

#[test]
fn a_lying_operator_gets_nothing_past_the_audit() {
    let (good, study) = Forged::up_to_answer();
    let answer = prover::answer(study, said(&study, 1));
    let good = good.with(answer.clone(), &stranger()).head(2, 0, 2);
    assert_eq!(
        verify(&good.bundle(study)).unwrap().answers.len(),
        1,
        "only what is wrong is wrong"
    );

    forged(
        |s| s.day = day("2024-03-02"),
        0,
        |p| matches!(p, EntryProblem::Day { .. }),
    );
    forged(
        |s| s.day = day("2025-01-01"),
        0,
        |p| matches!(p, EntryProblem::Expired { .. }),
    );
    forged(
        |s| s.root = Root::new(Fr::from(9u64)),
        0,
        |p| matches!(p, EntryProblem::RootUnknown),
    );
    forged(
        |s| s.root = Root::new(Fr::from(2u64)),
        0,
        |p| matches!(p, EntryProblem::RootUnknown),
    );
    forged(
        |_| {},
        2,
        |p| {
            matches!(
                p,
                EntryProblem::RootRevised {
                    root: 1,
                    revised: 2
                }
            )
        },
    );
    let other = salus_protocol::query::QueryDigest::new(Fr::from(5u64));
    forged(
        |s| s.query = other,
        0,
        |p| matches!(p, EntryProblem::Statement(Rejection::AnswerQuery)),
    );
    let scope = salus_protocol::nullifier::Scope::new(Fr::from(5u64));
    forged(
        |s| s.scope = scope,
        0,
        |p| matches!(p, EntryProblem::Statement(Rejection::AnswerScope)),
    );

    let twice = good.clone_with(answer.clone(), &key(7, 2)).head(3, 0, 3);
    assert!(matches!(
        problem(&twice, study),
        EntryProblem::NullifierTwice { .. }
    ));
    let stale = (2..=5).fold(Forged::up_to_answer().0, |f, height| f.head_after(height));
    let stale = stale.with(answer.clone(), &stranger()).head(6, 0, 6);
    assert!(matches!(
        problem(&stale, study),
        EntryProblem::RootOld {
            age: 4,
            freshness: 3
        }
    ));
    let closed = Forged::up_to_answer()
        .0
        .with(CloseStudy { study }, &sponsor());
    let closed = closed.with(answer.clone(), &stranger()).head(2, 0, 2);
    assert!(matches!(problem(&closed, study), EntryProblem::Closed));
    let mut unproven = answer;
    unproven.statement.contact = ContactDigest::of(b"another's");
    let unproven = Forged::up_to_answer()
        .0
        .with(unproven, &stranger())
        .head(2, 0, 2);
    assert!(matches!(problem(&unproven, study), EntryProblem::Proof));
}

#[test]
fn only_the_right_keys_sign() {
    let answer = |study| prover::answer(study, said(&study, 1));
    let (forged, study) = Forged::up_to_answer();
    let closed = forged.with(CloseStudy { study }, &stranger()).head(2, 0, 2);
    assert!(matches!(
        problem(&closed, study),
        EntryProblem::Signer { .. }
    ));
    let (forged, study) = Forged::up_to_answer();
    let approved = forged
        .with(ApproveStudy { study }, &stranger())
        .head(2, 0, 2);
    assert!(matches!(
        problem(&approved, study),
        EntryProblem::NotBoardOfStudy { .. }
    ));
    let (forged, study) = Forged::up_to_answer();
    let board = RegisterBoard {
        name: Title::new("Sham").unwrap(),
        key: PublicKey::of(&stranger()),
    };
    let sham = forged.with(board, &stranger()).head(2, 0, 2);
    assert!(matches!(problem(&sham, study), EntryProblem::Signer { .. }));
    // A key of another circuit, by the right key.
    let (forged, study) = Forged::up_to_answer();
    let mut other = AcceptKey::of(prover::verifying_key());
    other.circuit = "salus.v1.other".to_owned();
    let other = forged.with(other, &governance()).head(2, 0, 2);
    assert!(matches!(
        problem(&other, study),
        EntryProblem::KeyCircuit { .. }
    ));
    // A signature of another ledger.
    let (mut forged, study) = Forged::up_to_answer();
    let elsewhere = Envelope::sign(answer(study), &LedgerId::new([1; 32]), &stranger());
    forged.0.push(Entry::Transaction(elsewhere));
    assert!(matches!(
        problem(&forged.head(2, 0, 2), study),
        EntryProblem::Signature
    ));
}
