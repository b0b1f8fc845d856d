//! The verification page's script is a second implementation: of every bundle in these tests it
//! says what the Rust verifier says, as far as it claims to check.

use salus_ledger::audit::{AuditError, EntryProblem, Report};
use salus_ledger::key::{PublicKey, Signature};
use salus_ledger::log::SignedCheckpoint;
use salus_ledger::transaction::OpenStudy;
use salus_protocol::nullifier::LedgerId;
use serde_json::{Value, json};

use crate::audited::*;
use crate::process::{checks, script};
use crate::world::forged::Forged;
use crate::world::*;

/// The check that must fail where the Rust verifier names this error.
fn check_of(error: &AuditError) -> &'static [&'static str] {
    match error {
        AuditError::Malformed { .. } | AuditError::Format { .. } => &["bundle"],
        AuditError::Ledger { .. } | AuditError::CheckpointKey { .. } => &["ledger"],
        AuditError::Genesis { .. } | AuditError::NoGenesis => &["genesis"],
        AuditError::Checkpoint(_) => &["checkpoint"],
        AuditError::NoStudy { .. } | AuditError::StudyTerms(_) => &["study"],
        AuditError::Profile { .. } | AuditError::StudyText(_) => &["query-text"],
        AuditError::Log(_) => &["log", "replay", "attachments"],
        AuditError::LogDiffers => &["log"],
        AuditError::AnswersLeftOut { .. } => &["complete"],
        AuditError::Attachment { .. } => &["attachments"],
        AuditError::Entry { problem, .. } => check_of_entry(problem),
    }
}

fn check_of_entry(problem: &EntryProblem) -> &'static [&'static str] {
    use EntryProblem as P;
    match problem {
        // The genesis is looked at before the entries.
        P::NotHex | P::Bytes(_) => &["entries", "log", "genesis"],
        P::Kind { .. } | P::Order => &["entries"],
        P::Inclusion(_) => &["inclusion"],
        P::Signature => &["signatures"],
        P::Signer { .. } | P::Unexpected | P::NotBoardOfStudy { .. } => &["signers"],
        P::BoardUnregistered { .. } | P::ApprovedTwice { .. } => &["signers"],
        P::Height => &["heads"],
        P::Key(_) | P::KeyId { .. } | P::KeyCircuit { .. } | P::KeyInsecure { .. } => &["keys"],
        P::NotApproved { .. } => &["approvals"],
        P::Closed | P::Expired { .. } | P::Day { .. } => &["standing"],
        P::NoHead => &["standing", "cohort"],
        P::RootUnknown | P::RootOld { .. } | P::RootRevised { .. } => &["roots"],
        P::IssuerUnregistered { .. } | P::Table(_) | P::Cells { .. } => &["cohort"],
        P::TallyUnknown { .. } | P::Circle => &["cohort"],
        P::Statement(_) => &["statements"],
        P::NullifierTwice { .. } => &["nullifiers"],
        P::KeyUnaccepted { .. } | P::ProofMalformed(_) => &["proofs"],
        P::Proof | P::ProofUnchecked { .. } => &["proofs"],
        P::Differs => &["log"],
    }
}

pub(crate) fn expected(ledger: LedgerId) -> Value {
    json!({
        "ledger": ledger.to_string(),
        "checkpointKey": PublicKey::of(&checkpoint()).to_string(),
        "allowInsecureKeys": true,
    })
}

/// Asserts that the script says of a file what the Rust verifier said.
pub(crate) fn agrees(bytes: &[u8], ledger: LedgerId, result: &Result<Report, AuditError>) {
    let Some(mut script) = script() else { return };
    let report = script.audit(bytes, &expected(ledger));
    drop(script);
    let failed = checks(&report, "failed");
    match result {
        Ok(_) => assert_eq!(failed, [""; 0], "{report:#}"),
        Err(error) => {
            let named = check_of(error);
            let found = failed.iter().any(|id| named.contains(&id.as_str()));
            assert!(found, "{error:?} is none of {failed:?}: {report:#}");
            assert_eq!(report["verdict"], "failed");
        }
    }
}

/// What the script says of a good bundle: which checks it made.
#[test]
fn the_script_says_what_it_checked() {
    let Some(mut script) = script() else { return };
    let small = &AUDITED.small;
    let report = script.audit(small.to_json().as_bytes(), &expected(small.ledger));
    assert_eq!(report["verdict"], "verified");
    let sayings = report["notShown"].to_string();
    assert!(sayings.contains("hold what their names say") && sayings.contains("ceremony"));
    assert_eq!(report["answers"].as_array().unwrap().len(), 3);
    let made = [
        "bundle",
        "ledger",
        "genesis",
        "checkpoint",
        "entries",
        "inclusion",
        "signatures",
        "signers",
        "heads",
        "study",
        "query-text",
        "approvals",
        "keys",
        "standing",
        "roots",
        "statements",
        "nullifiers",
        "proofs",
    ];
    assert_eq!(checks(&report, "passed"), made);
    let whole = AUDITED.whole.to_json();
    let report = script.audit(whole.as_bytes(), &expected(small.ledger));
    let made: Vec<_> = made
        .into_iter()
        .chain(["log", "replay", "complete"])
        .collect();
    assert_eq!(checks(&report, "passed"), made);
    let left = ["cohort", "cohort-proofs", "attachments", "rules"];
    assert_eq!(checks(&report, "not-checked"), left);
}

#[test]
fn a_development_key_must_be_allowed() {
    let Some(mut script) = script() else { return };
    let json = AUDITED.small.to_json();
    let report = script.audit(json.as_bytes(), &json!({}));
    assert_eq!(checks(&report, "failed"), ["keys"]);
    // Nor was the ledger's id compared with one from elsewhere.
    let left = checks(&report, "not-checked");
    assert!(left.contains(&"proofs".to_owned()) && left.contains(&"ledger".to_owned()));
}

#[test]
fn another_ledger_or_checkpoint_key_is_noticed() {
    let Some(mut script) = script() else { return };
    let json = AUDITED.small.to_json();
    for part in ["ledger", "checkpointKey"] {
        let mut expected = expected(AUDITED.small.ledger);
        expected[part] = "01".repeat(32).into();
        let report = script.audit(json.as_bytes(), &expected);
        assert_eq!(checks(&report, "failed"), ["ledger"], "{part}");
    }
}

/// JSON that two readers could read in two ways is refused by both.
#[test]
fn a_file_has_one_reading() {
    let small = &AUDITED.small;
    let json = small.to_json();
    let index = "\"index\": 0,";
    let altered = [
        json.replacen(index, "\"index\": 0, \"index\": 0,", 1),
        json.replacen("\"study\":", "\"study\": \"\", \"study\":", 1),
        json.replacen(index, "\"index\": 0.0,", 1),
        json.replacen(index, "\"index\": -0,", 1),
        json.replacen(index, "\"index\": 0e0,", 1),
        json.replacen(index, "\"index\": \"0\",", 1),
        json.replacen(index, "\"index\": true,", 1),
        json.replacen(index, "\"index\": null,", 1),
        json.replacen("\"profile\": \"", "\"profile\": \"\\ud800", 1),
        format!("\u{feff}{json}"),
        format!("{json}x"),
        "[]".to_owned(),
        "null".to_owned(),
        "{\"entries\": {}}".to_owned(),
        "[".repeat(100_000),
    ];
    for file in altered {
        assert_ne!(file, json);
        assert!(verify_bytes(file.as_bytes(), small.ledger).is_err());
    }
    let mut broken = json.into_bytes();
    broken[40] = 0xff;
    assert!(verify_bytes(&broken, small.ledger).is_err());
}

/// A checkpoint may carry other signatures; the first by the ledger's key counts.
#[test]
fn checkpoints_are_read_alike() {
    let small = &AUDITED.small;
    let good = small.checkpoint.as_str();
    let (note, ours) = good.split_once("\n\n").unwrap();
    let other = "\u{2014} witness.example AAAAAAAA";
    let bad = ours.replacen(" ", " witness.", 1);
    let broken = format!("{}AAAA\n", &ours[..ours.len() - 5]);
    let texts = [
        (true, format!("{note}\n\n{other}\n{ours}")),
        (true, format!("{note}\n\n{ours}{other}\n")),
        (true, format!("{note}\n\n{ours}{ours}")),
        (true, format!("{note}\n\n{ours}{broken}")),
        (false, format!("{note}\n\n{broken}{ours}")),
        (false, format!("{note}\n\n{bad}")),
        (false, format!("{note}\n\n{other}\n")),
        (false, format!("{note}\nextension\n\n{ours}")),
        (false, format!("{note}\n\n{ours}\n")),
        (false, format!("{note}\n\n\u{2014} short AAAA\n{ours}")),
        (
            false,
            format!("{note}\n\n{}", format!("{other}\n").repeat(100) + ours),
        ),
        (false, good.replace('\n', "\r\n")),
    ];
    for (holds, text) in texts {
        let mut altered = small.clone();
        altered.checkpoint = SignedCheckpoint::new(text.clone());
        assert_eq!(verify(&altered).is_ok(), holds, "{text}");
    }
}

/// A study that an operator let in on terms which the ledger does not allow.
#[test]
fn terms_are_checked_alike() {
    let changes: [fn(&mut OpenStudy); 9] = [
        |study| study.index_day = day("2020-01-02"),
        |study| study.policy.suppress_up_to = 9,
        |study| study.policy.round_to = 4,
        |study| study.together = vec![PublicKey::of(&issuer())],
        |study| study.together = study.boards.iter().rev().copied().collect(),
        |study| study.boards.reverse(),
        |study| study.approvals_needed = 0,
        |study| study.approvals_needed = 3,
        |study| study.query_text = "x".repeat(16_385),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut study = open_study();
        change(&mut study);
        let (forged, id) = Forged::ready(true).study(study);
        let result = verify(&forged.bundle(id));
        assert!(
            matches!(result, Err(AuditError::StudyTerms(_))),
            "{number}: {result:?}"
        );
    }
}

/// What boards read is what was proven: an operator who let another text in is found out by both.
#[test]
fn another_query_text_is_noticed() {
    let texts = [
        QUERY.replace("include all", "exclude all"),
        QUERY.replace("birth recorded", "no birth"),
        QUERY.replace("birth recorded", "birth recorded\n  sex recorded"),
        QUERY.replace("2020-01-01", "2020-01-02"),
        QUERY.replace("at 2020", "using another at 2020"),
        QUERY.replace("birth", "nothing"),
        QUERY.replace("recorded", "recorded # \u{2028}  sex recorded"),
        QUERY.replace("recorded", "before 90 index"),
        String::new(),
    ];
    for text in texts {
        assert_ne!(text, QUERY);
        let mut study = open_study();
        study.query_text = text.clone();
        let (forged, id) = Forged::ready(true).study(study);
        let bundle = forged.bundle(id);
        let result = verify(&bundle);
        assert!(matches!(result, Err(AuditError::StudyText(_))), "{text}");
        let Some(mut script) = script() else { continue };
        let report = script.audit(bundle.to_json().as_bytes(), &expected(bundle.ledger));
        assert_eq!(checks(&report, "failed"), ["query-text"], "{text}");
    }
    // Other words for the same, and another profile document of the same content, are the same.
    let mut study = open_study();
    study.query_text =
        "# who has a birthday?\r\nCOHORT \"\" AT 2020-01-01\r\nExclude ANY\r\n no birth".into();
    let (forged, id) = Forged::ready(true).study(study);
    let mut bundle = forged.bundle(id);
    bundle.profile = format!("# other comments\n{}", bundle.profile);
    verify(&bundle).unwrap();
}

/// The ledger's key may sign other notes: a checkpoint is of this ledger by its first line.
#[test]
fn a_checkpoint_is_of_its_ledger() {
    use base64::prelude::{BASE64_STANDARD, Engine};
    let small = &AUDITED.small;
    let good = small.checkpoint.as_str();
    let (note, line) = good.split_once("\n\n").unwrap();
    let (name, coded) = line.trim_end().rsplit_once(' ').unwrap();
    let id = &BASE64_STANDARD.decode(coded).unwrap()[..4];
    for (holds, origin) in [(true, "test-ledger"), (false, "other-ledger")] {
        let text = format!("{}\n", note.replacen("test-ledger", origin, 1));
        let signature = Signature::sign(&checkpoint(), text.as_bytes());
        let coded = BASE64_STANDARD.encode([id, signature.as_bytes()].concat());
        let mut altered = small.clone();
        altered.checkpoint = SignedCheckpoint::new(format!("{text}\n{name} {coded}\n"));
        assert_eq!(verify(&altered).is_ok(), holds, "{origin}");
    }
}

/// One digit of any entry, in either list: both refuse.
#[test]
fn a_digit_anywhere_in_an_entry_is_noticed() {
    let small = &AUDITED.small;
    for place in 0..small.entries.len() {
        let digits = small.entries[place].entry.len();
        for at in [5, digits / 2, digits - 1] {
            let mut altered = small.clone();
            flip(&mut altered.entries[place].entry, at);
            assert!(verify(&altered).is_err());
        }
    }
    let whole = &AUDITED.whole;
    let log = whole.log.as_ref().unwrap();
    for place in (0..log.len()).step_by(3) {
        let mut altered = whole.clone();
        flip(
            &mut altered.log.as_mut().unwrap()[place],
            log[place].len() - 9,
        );
        assert!(verify(&altered).is_err());
    }
    let mut shorter = whole.clone();
    shorter.log.as_mut().unwrap().pop();
    assert!(verify(&shorter).is_err());
}

/// Each falsification that the page offers fails by the check that it names, and the Rust verifier
/// refuses it too.
#[test]
fn what_the_page_falsifies_is_noticed() {
    let Some(mut held) = script() else { return };
    let tamperings = held.tamperings();
    drop(held);
    let mut tried = 0;
    for bundle in [&AUDITED.small, &AUDITED.whole] {
        for (id, breaks) in &tamperings {
            let file = bundle.to_json();
            let tampered = script().unwrap().tamper(file.as_bytes(), id);
            let Some(tampered) = tampered else { continue };
            tried += 1;
            assert!(verify_bytes(&tampered, bundle.ledger).is_err(), "{id}");
            let report = script().unwrap().audit(&tampered, &expected(bundle.ledger));
            assert!(
                checks(&report, "failed").contains(breaks),
                "{id}: {report:#}"
            );
        }
    }
    // All but a count, which no custodian gave here; an answer left out shows with the whole log.
    assert_eq!((tamperings.len(), tried), (9, 7 + 8));
    let nothing = script().unwrap().tamper(b"{}", "head");
    assert_eq!(nothing, None);
}

/// Changes a hexadecimal digit.
fn flip(text: &mut String, at: usize) {
    let other = if text.as_bytes()[at] == b'0' {
        "1"
    } else {
        "0"
    };
    text.replace_range(at..=at, other);
}
