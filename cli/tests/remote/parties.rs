//! The whole path between six homes: operator, hospital, patient, sponsor, board and auditor.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::Value;

use crate::home::TestHome;
use crate::line::Line;
use crate::node::{DAY, Operator};

const QUERY: &str = "cohort \"Grown-ups\" using cardiometabolic at 2025-01-01\n\
                     include all\n  age at least 18 years\n";

/// Only public keys, and openings for whom they are meant, go from home to home.
fn is_private(path: &str) {
    let mode = fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "{path}");
}

/// All secrets that lie in a home's files of this name.
fn secrets(folder: &Path, file: &str, fields: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let text = fs::read(entry.unwrap().path().join(file)).unwrap();
        let json: Value = serde_json::from_slice(&text).unwrap();
        gather(&json, fields, &mut found);
    }
    found
}

fn gather(json: &Value, fields: &[&str], found: &mut Vec<String>) {
    match json {
        Value::Object(object) => {
            for (name, value) in object {
                match value.as_str() {
                    Some(text) if fields.contains(&name.as_str()) => found.push(text.to_owned()),
                    _ => gather(value, fields, found),
                }
            }
        }
        Value::Array(array) => array.iter().for_each(|value| gather(value, fields, found)),
        _ => {}
    }
}

/// The parties, each with a home that follows the operator's node.
struct Parties {
    operator: Operator,
    hospital: TestHome,
    patient: TestHome,
    sponsor: TestHome,
    board: TestHome,
    /// The hospital's export.
    export: String,
    /// A grown-up in it, whose wallet is at home.
    alice: String,
    board_key: String,
}

impl Parties {
    fn registered() -> Self {
        let operator = Operator::new(TestHome::with_key());
        let url = operator.node.url();
        let follow = |home| operator.follow(home, &url);
        let hospital = follow(TestHome::empty());
        let patient = follow(TestHome::with_key());
        let (sponsor, board) = (follow(TestHome::empty()), follow(TestHome::empty()));
        let key = |made: Value| made["key"].as_str().unwrap().to_owned();
        let issuer_key = key(hospital.ok(&["issuer", "new", "hospital", "--key-only"]));
        let board_key = key(board.ok(&["board", "new", "ethics", "--key-only"]));
        // Governance is the operator's; nobody else can register.
        let register = ["issuer", "register", &issuer_key, "--title", "Hospital"];
        hospital.fails(4, &register, "governance key is not in");
        operator.ok(&register);
        operator.ok(&["board", "register", &board_key, "--title", "Ethics"]);
        let export = hospital.path("export");
        let generate = ["--patients", "12", "--seed", "5"];
        hospital.ok(&[&["dataset", "generate", &export], &generate[..]].concat());
        let query = hospital.write("adults.salus", QUERY);
        let found = hospital.ok(&["query", "run", &query, "--dataset", &export, "--list"]);
        let alice = found["found"][0].as_str().unwrap().to_owned();
        Self {
            operator,
            hospital,
            patient,
            sponsor,
            board,
            export,
            alice,
            board_key,
        }
    }

    /// The patient asks for a record, gets it, and tells the hospital what it consents to.
    fn exchange_openings(&self) {
        let (hospital, patient) = (&self.hospital, &self.patient);
        let request = patient.path("request.json");
        patient.ok(&["wallet", "new", "alice"]);
        patient.ok(&["wallet", "request", "alice", "--out", &request]);
        let asked = format!("{}={request}", self.alice);
        let issue = ["--issuer", "hospital", "--at", DAY, "--request", &asked];
        let issued = hospital.ok(&[&["record", "issue", &self.export], &issue[..]].concat());
        assert!(issued["records"].as_u64().unwrap() > 1);
        let record = hospital.path("record.json");
        let hand_over = ["record", "hand-over", &self.alice, "--issuer", "hospital"];
        hospital.ok(&[&hand_over[..], &["--out", &record]].concat());

        // It is of one subject, who alone can use it.
        let other = self
            .operator
            .follow(TestHome::empty(), &self.operator.node.url());
        other.ok(&["wallet", "new", "mallory"]);
        other.fails(
            3,
            &["wallet", "accept", "mallory", &record],
            "another subject",
        );
        let accept = ["wallet", "accept", "alice", &record];
        assert_eq!(patient.ok(&accept)["accepted"], 1);
        assert_eq!(patient.ok(&accept)["already"], 1);

        let consents = patient.path("consents.json");
        let grant = ["consent", "grant", "--wallet", "alice", "--permit", "HMB"];
        let grants = ["--be-counted", "--be-contacted", "--until", "2027-01-01"];
        patient.ok(&[&grant[..], &grants[..]].concat());
        patient.ok(&[
            "consent",
            "hand-over",
            "--wallet",
            "alice",
            "--out",
            &consents,
        ]);
        let keep = ["consent", "keep", &consents, "--issuer", "hospital"];
        assert_eq!(hospital.ok(&keep)["kept"], 1);
        assert_eq!(hospital.ok(&keep)["already"], 1);
        for file in [&request, &record, &consents] {
            is_private(file);
        }

        let wallets = patient.state("wallets");
        let private = secrets(&wallets, "wallet.json", &["secret", "key"]);
        assert_eq!(
            private.len(),
            2,
            "the subject's secret and the record's key"
        );
        for file in [&request, &record, &consents] {
            let text = fs::read_to_string(file).unwrap();
            assert!(private.iter().all(|secret| !text.contains(secret)));
        }
        let wallet = hospital.state(&format!("wallets/{}", self.alice));
        assert!(!wallet.exists(), "the hospital holds no wallet for her");
    }

    /// A study of the sponsor's that the board has approved; its id.
    fn study(&self) -> String {
        let query = self.sponsor.write("adults.salus", QUERY);
        let open = [
            "study",
            "open",
            &query,
            "--name",
            "adults",
            "--sponsor",
            "lab",
        ];
        let purpose = [
            "--purpose",
            "health",
            "--institution",
            "Lab",
            "--region",
            "eea",
        ];
        let terms = ["--board", &self.board_key, "--expires", "2026-01-01"];
        let opened = self
            .sponsor
            .ok(&[&open[..], &purpose[..], &terms[..]].concat());
        let id = opened["id"].as_str().unwrap().to_owned();
        self.patient
            .fails(4, &["prove", &id, "--wallet", "alice"], "approvals");
        self.board.fails(
            2,
            &["study", "approve", &id, "--board", "none"],
            "no ethics board",
        );
        let approved = self
            .board
            .ok(&["study", "approve", &id, "--board", "ethics"]);
        assert_eq!(approved["standing"], "open");
        id
    }
}

#[test]
fn from_registration_to_a_verified_bundle_on_machines_of_their_own() {
    let parties = Parties::registered();
    parties.exchange_openings();
    let Parties {
        operator,
        hospital,
        patient,
        sponsor,
        ..
    } = &parties;
    hospital.ok(&["consent", "grant", "--all", "--from-fhir", &parties.export]);
    let study = parties.study();

    let contact = ["--contact", "alice@example.org"];
    let prove = ["prove", &study, "--wallet", "alice"];
    assert_eq!(patient.ok(&[&prove[..], &contact].concat())["submitted"], 1);
    // Refused with the code and the words of a ledger at hand.
    patient.fails(4, &prove, "already answered");
    // The contact is the sponsor's to read, and no follower has copied it.
    let inbox = sponsor.ok(&["study", "inbox", "adults"]);
    assert_eq!(inbox["volunteers"][0]["contact"], "alice@example.org");

    let publish = ["cohort", "publish", "--issuer", "hospital", "--at", DAY];
    assert_eq!(hospital.ok(&publish)["published"], 1);
    let count = ["cohort", "count", &study, "--issuer", "hospital"];
    assert_eq!(hospital.ok(&count)["cells"].as_array().unwrap().len(), 1);
    hospital.fails(4, &count, "already answered");

    let bundle = sponsor.path("answers.bundle");
    sponsor.ok(&["audit", "export", "adults", "--out", &bundle]);
    let auditor = TestHome::empty();
    let verify = ["audit", "verify", &bundle, "--ledger", &operator.ledger];
    let report = auditor.ok(&[&verify[..], &["--allow-insecure-keys"]].concat());
    assert_eq!(report["answers"].as_array().unwrap().len(), 1);
    let counted = report["cohort_answers"].as_array().unwrap();
    assert_eq!(counted.len(), 1);
    assert_eq!(counted[0]["verified"], true);

    // Everybody has the same log, and each can check all of it alone.
    let replayed = hospital.ok(&["ledger", "verify"]);
    assert_eq!(replayed, sponsor.ok(&["ledger", "verify"]));
    assert_eq!(replayed["cohort_answers"], 1);
    // A home that begins late gets the same, publications and proofs included.
    let late = TestHome::empty();
    let line = Line::to(operator.node.address);
    line.meddles(|request, mut answer| {
        if request.contains("/attachments/") {
            *answer.last_mut().unwrap() ^= 1;
        }
        Some(answer)
    });
    let url = line.url();
    let follow = ["ledger", "follow", &url, "--ledger", &operator.ledger];
    late.fails(3, &follow, "not what the transaction names");
    line.is_honest();
    let late = operator.follow(late, &url);
    assert_eq!(late.ok(&["ledger", "verify"]), replayed);
}

#[test]
fn an_erased_patient_leaves_no_opening_with_the_custodian() {
    let parties = Parties::registered();
    parties.exchange_openings();
    let kept = parties.hospital.state("issuers/hospital/consents.json");
    assert_ne!(fs::read_to_string(&kept).unwrap().trim(), "[]");
    let erase = ["record", "erase", &parties.alice, "--issuer", "hospital"];
    assert_eq!(parties.hospital.ok(&erase)["erased"], 1);
    assert_eq!(fs::read_to_string(&kept).unwrap().trim(), "[]");
    let shown = parties.patient.ok(&["wallet", "show", "alice"]);
    assert!(shown["records"][0]["index"].is_null());
}
