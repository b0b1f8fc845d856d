//! Whole logs under the true checkpoint key that break one rule of the registry: the Rust replay
//! refuses each, and the script's names the rule.

use ed25519_dalek::SigningKey;
use salus_ledger::audit::{AuditError, Bundle};
use salus_ledger::key::PublicKey;
use salus_ledger::log::{Entry, RegistryHead};
use salus_ledger::transaction::*;
use salus_protocol::consent::ConsentCommitment;
use salus_protocol::field::Fr;
use salus_protocol::nullifier::StudyId;
use salus_protocol::record::RecordCommitment;
use salus_protocol::registry::Root;

use crate::audited::*;
use crate::process::{checks, script};
use crate::world::forged::Forged;
use crate::world::*;

/// A good log: records 0 (with consent), 1 and 2 (erased), and a study; and its state.
pub(crate) struct Good {
    pub(crate) world: World,
    entries: Vec<Entry>,
    pub(crate) study: StudyId,
}

impl Good {
    pub(crate) fn new() -> Self {
        let mut good = Self {
            world: World::founded(),
            entries: vec![Entry::Transaction(genesis(true))],
            study: StudyId::new([0; 32]),
        };
        let (_, head) = *good.world.state.head(1).unwrap();
        good.entries.push(Entry::Head(head));
        for envelope in setup(good.world.id()) {
            good.enter(envelope);
        }
        good.seal();
        for number in 1..=3 {
            good.sign(commit_record(number), &issuer());
        }
        let grant = good.world.grant(0, 1);
        good.sign(grant, &subject(1));
        let (index, sequence) = (2, 0);
        good.sign(EraseRecord { index, sequence }, &issuer());
        let open = Envelope::sign(open_study(), &good.world.id(), &sponsor());
        let study = StudyId::new(*open.id(&good.world.id()).as_bytes());
        good.study = study;
        good.enter(open);
        good.sign(ApproveStudy { study }, &board(0));
        good.seal();
        good
    }

    fn enter(&mut self, envelope: Envelope) {
        self.world.state.apply(&envelope).unwrap();
        self.entries.push(Entry::Transaction(envelope));
    }

    fn sign(&mut self, transaction: impl Into<Transaction>, secret: &SigningKey) {
        let envelope = Envelope::sign(transaction, &self.world.id(), secret);
        self.enter(envelope);
    }

    fn seal(&mut self) {
        let head = self.world.state.seal().unwrap();
        self.entries.push(Entry::Head(head));
    }

    pub(crate) fn forged(&self) -> Forged {
        Forged::of(self.world.id(), self.entries.clone())
    }

    /// The head that would follow one more transaction that changes nothing.
    pub(crate) fn next_head(&self) -> RegistryHead {
        let last = *self.world.state.latest_head().unwrap();
        RegistryHead {
            height: last.height + 1,
            first: self.entries.len() as u64,
            ..last
        }
    }
}

/// A log's bundle with the whole log, and of its entries those that the study needs.
fn bundle(forged: &Forged, study: StudyId) -> Bundle {
    let mut bundle = forged.bundle(study);
    let needed = [
        "genesis",
        "register board",
        "accept verifying key",
        "open study",
        "approve study",
    ];
    let mut kept = std::collections::BTreeSet::new();
    bundle.entries.retain(|included| {
        needed.contains(&included.kind.as_str()) && kept.insert(included.entry.clone())
    });
    bundle.log = Some(forged.log());
    bundle
}

/// Asserts that both refuse the log, the script with these words.
fn refused(forged: &Forged, study: StudyId, words: &str) {
    let bundle = bundle(forged, study);
    let result = verify(&bundle);
    assert!(
        matches!(result, Err(AuditError::Log(_))),
        "{words}: {result:?}"
    );
    let Some(mut script) = script() else { return };
    let expected = serde_json::json!({ "allowInsecureKeys": true });
    let report = script.audit(bundle.to_json().as_bytes(), &expected);
    assert_eq!(checks(&report, "failed"), ["replay"], "{words}");
    let said = report["checks"]
        .as_array()
        .unwrap()
        .iter()
        .find(|check| check["id"] == "replay");
    let said = said.unwrap()["detail"].as_str().unwrap();
    assert!(said.contains(words), "{words}: {said}");
}

#[test]
fn a_good_log_replays() {
    let good = Good::new();
    let result = verify(&bundle(&good.forged(), good.study));
    assert!(result.is_ok(), "{result:?}");
}

#[test]
fn each_rule_of_the_registry_is_kept() {
    let good = Good::new();
    let head = good.next_head();
    let refused = |transaction: Transaction, secret: &SigningKey, words: &str| {
        let log = good.forged().with(transaction, secret).sealed(head);
        refused(&log, good.study, words);
    };
    let day = |text: &str| Transaction::from(on_day(day(text)));
    refused(day("2024-02-28"), &checkpoint(), "must be later");
    refused(day("2024-03-02"), &stranger(), "checkpoint key moves");
    let issuer_named = |secret: SigningKey| RegisterIssuer {
        name: Title::new("Second").unwrap(),
        key: PublicKey::of(&secret),
    };
    refused(
        issuer_named(stranger()).into(),
        &stranger(),
        "governance must",
    );
    refused(
        issuer_named(issuer()).into(),
        &governance(),
        "registered already",
    );
    refused(commit_record(9).into(), &stranger(), "not registered");
    let none = RecordCommitment::new(Fr::from(0u64));
    let commit = |change: fn(&mut CommitRecord)| {
        let mut commit = commit_record(9);
        change(&mut commit);
        Transaction::from(commit)
    };
    let zero = CommitRecord {
        record: none,
        ..commit_record(9)
    };
    refused(zero.into(), &issuer(), "zero stands for none");
    let known = "another record’s";
    refused(
        commit(|c| c.record = commit_record(3).record),
        &issuer(),
        known,
    );
    refused(commit(|c| c.row = row(3)), &issuer(), known);
    refused(
        commit(|c| c.subject = commit_record(3).subject),
        &issuer(),
        known,
    );
    let amend = |index, sequence, number| AmendRecord {
        index,
        sequence,
        record: commit_record(number).record,
        row: row(number),
    };
    refused(amend(1, 0, 9).into(), &stranger(), "issuer must sign");
    refused(amend(1, 1, 9).into(), &issuer(), "another state");
    refused(amend(1, 0, 1).into(), &issuer(), known);
    refused(amend(2, 1, 9).into(), &issuer(), "no such record");
    refused(amend(7, 0, 9).into(), &issuer(), "no such record");
    let (index, sequence) = (1, 0);
    refused(
        EraseRecord { index, sequence }.into(),
        &stranger(),
        "issuer or subject",
    );
    let grant = GrantConsent {
        index,
        sequence,
        consent: consent(2),
        row: row(600_000),
    };
    refused(grant.clone().into(), &issuer(), "subject must sign");
    let empty = GrantConsent {
        consent: ConsentCommitment::new(Fr::from(0u64)),
        ..grant
    };
    refused(empty.into(), &subject(2), "zero stands for none");
    refused(
        RevokeConsent { index, sequence }.into(),
        &subject(2),
        "no consent",
    );
    refused(commit_record(1).into(), &issuer(), "entered before");
    refused(
        genesis(true).transaction().clone(),
        &governance(),
        "one genesis",
    );
}

#[test]
fn each_part_of_a_head_follows() {
    let good = Good::new();
    let title = Title::new("Board").unwrap();
    let key = PublicKey::of(&stranger());
    let register = RegisterBoard { name: title, key };
    let more = good.forged().with(register, &governance());
    let right = good.next_head();
    let result = verify(&bundle(&more.clone().sealed(right), good.study));
    assert!(result.is_ok(), "{result:?}");
    let wrong = |change: fn(&mut RegistryHead), words: &str| {
        let mut head = right;
        change(&mut head);
        refused(&more.clone().sealed(head), good.study, words);
    };
    wrong(|h| h.height += 1, "next height");
    wrong(|h| h.first -= 1, "next height");
    wrong(|h| h.day = None, "another day");
    wrong(|h| h.revised = 0, "taken back");
    wrong(|h| h.root = Root::new(Fr::from(7u64)), "registry root");
    refused(&good.forged().sealed(right), good.study, "no transactions");
    refused(&more, good.study, "within a height");
    let moved = more.with(on_day(day("2024-03-02")), &checkpoint());
    let head = RegistryHead {
        day: Some(day("2024-03-02")),
        ..right
    };
    refused(&moved.sealed(head), good.study, "start of a height");
}

/// What a head says of its height holds of every answer in it.
#[test]
fn nothing_is_taken_back_after_an_answer() {
    let good = Good::new();
    let answer = prover::answer(good.study, good.world.statement(&good.study, 1));
    let (index, sequence) = (1, 0);
    let answered = good.forged().with(answer, &stranger());
    let erased = answered.with(EraseRecord { index, sequence }, &issuer());
    let head = RegistryHead {
        revised: good.next_head().height,
        ..good.next_head()
    };
    let bundle = bundle(&erased.sealed(head), good.study);
    assert!(matches!(verify(&bundle), Err(AuditError::Log(_))));
    let Some(mut script) = script() else { return };
    let report = script.audit(bundle.to_json().as_bytes(), &serde_json::json!({}));
    assert!(
        report.to_string().contains("taken back after an answer"),
        "{report:#}"
    );
}
