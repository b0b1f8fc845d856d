//! Every route that reads, against the ledger behind it.

use salus_ledger::audit::{self, Expectations};
use salus_ledger::engine::Ledger;
use salus_ledger::log::{ConsistencyProof, InclusionProof, LogHash, SignedCheckpoint};
use salus_node::Settings;
use salus_protocol::registry::{Leaf, Registry};
use salus_verifier::KeyPolicy;
use serde_json::Value;

use crate::service::Service;
use crate::world::*;

fn whole() -> Service {
    Service::with(session::batches().len())
}

fn path(proof: &Value) -> Vec<LogHash> {
    serde_json::from_value(proof["path"].clone()).unwrap()
}

#[test]
fn the_ledger_says_who_it_is_and_where_it_stands() {
    let service = whole();
    let view = service.json("ledger");
    let head = service.ledger.log_head().unwrap();
    let state = service.ledger.state().unwrap();
    assert_eq!(view["id"], state.id().to_string());
    assert_eq!(view["name"], "test-ledger");
    assert_eq!(view["day"], "2024-03-02");
    assert_eq!(view["height"], state.height());
    assert_eq!(view["size"], head.size);
    assert_eq!(view["records"], 3);
    assert_eq!(view["registry_root"], state.registry().root().to_string());
    assert_eq!(service.json("health")["height"], state.height());
    for path in ["/api/v1/ledger/checkpoint", "/checkpoint"] {
        let text = service.get(path).text().to_owned();
        assert_eq!(view["checkpoint"], text);
        let checkpoint = SignedCheckpoint::new(text);
        let checkpoint = checkpoint.verify(&state.checkpoint_key()).unwrap();
        assert_eq!(checkpoint, head);
    }
}

#[test]
fn entries_are_the_logs_bytes_and_say_what_is_in_them() {
    let service = whole();
    let size = service.ledger.log_head().unwrap().size;
    let page = service.json("ledger/entries");
    assert_eq!(page["size"], size);
    let entries = page["entries"].as_array().unwrap();
    assert_eq!(entries.len() as u64, size);
    let mut kinds = std::collections::BTreeSet::new();
    for (index, entry) in (0..size).zip(entries) {
        let bytes = service.ledger.entry(index).unwrap();
        let text = entry["bytes"].as_str().unwrap();
        assert_eq!(hex(text), bytes);
        assert!(entry["content"].is_object(), "{entry}");
        kinds.insert(entry["kind"].as_str().unwrap().to_owned());
        assert_eq!(&service.json(&format!("ledger/entries/{index}")), entry);
    }
    for kind in [
        "genesis",
        "registry head",
        "open study",
        "submit eligibility",
    ] {
        assert!(kinds.contains(kind), "{kinds:?}");
    }
    let some = service.json("ledger/entries?from=2&count=3");
    assert_eq!(some["entries"].as_array().unwrap()[..], entries[2..5]);
    let beyond = service.json(&format!("ledger/entries?from={}", u64::MAX));
    assert_eq!(beyond["entries"].as_array().unwrap().len(), 0);
}

fn hex(text: &str) -> Vec<u8> {
    let pairs = (0..text.len()).step_by(2);
    pairs
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

#[test]
fn proofs_about_the_log_verify() {
    let service = whole();
    let head = service.ledger.log_head().unwrap();
    for index in 0..head.size {
        let proof = service.json(&format!("ledger/proofs/inclusion?index={index}"));
        let (size, path) = (proof["size"].as_u64().unwrap(), path(&proof));
        let proof = InclusionProof { index, size, path };
        let entry = service.ledger.entry(index).unwrap();
        proof.verify(&entry, &head.root).unwrap();
    }
    // The log as it was is a prefix of the log as it is.
    let before = Service::with(1).ledger.log_head().unwrap();
    let asked = format!("from={}&to={}", before.size, head.size);
    let proof = service.json(&format!("ledger/proofs/consistency?{asked}"));
    let proof = ConsistencyProof {
        old: proof["from"].as_u64().unwrap(),
        new: proof["to"].as_u64().unwrap(),
        path: path(&proof),
    };
    proof.verify(&before.root, &head.root).unwrap();
}

#[test]
fn tiles_are_those_of_the_log() {
    let service = whole();
    for file in service.ledger.tiles().unwrap() {
        let answer = service.get(&format!("/{}", file.path));
        assert_eq!(answer.status, 200, "{}", file.path);
        assert_eq!(answer.body, file.bytes, "{}", file.path);
    }
    for beyond in [
        "0/000",
        "0/000.p/255",
        "1/000.p/1",
        "5/000.p/1",
        "entries/000",
    ] {
        let answer = service.get(&format!("/tile/{beyond}"));
        assert_eq!(answer.problem().0, 404, "{beyond}");
    }
}

#[test]
fn a_study_is_shown_with_what_it_asks_in_words() {
    let service = whole();
    let list = service.json("studies");
    assert_eq!(list["total"], 1);
    let id = list["studies"][0]["id"].as_str().unwrap();
    let study = service.json(&format!("studies/{id}"));
    assert_eq!(study["title"], "Anyone with a birthday");
    assert_eq!(study["standing"], "open");
    assert_eq!(study["query_text"], QUERY);
    assert_eq!(study["answers"], 1);
    assert_eq!(study["policy"]["suppress_up_to"], 10);
    assert_eq!(study["purpose"]["institution"], "University Hospital");
    let approved = study["boards"].as_array().unwrap();
    let approved = approved.iter().filter(|board| !board["approved"].is_null());
    assert_eq!(approved.count(), 1);
    let words = study["explanation"]["groups"][0]["criteria"][0]["text"].as_str();
    assert!(words.unwrap().contains("Date of birth"), "{study}");
    assert!(study["claim"].as_str().unwrap().contains("no proof shows"));
    let document = service.get(&format!(
        "/api/v1/profiles/{}",
        study["profile"].as_str().unwrap()
    ));
    assert_eq!(document.text(), PROFILE);
    assert_eq!(
        service.json(&format!("studies?after={id}"))["studies"],
        Value::Array(vec![])
    );
}

#[test]
fn a_bundle_from_the_node_verifies_offline() {
    let service = whole();
    let (ledger, study) = {
        let state = service.ledger.state().unwrap();
        (state.id(), *state.studies().keys().next().unwrap())
    };
    let expected = Expectations {
        ledger,
        checkpoint_key: None,
        keys: KeyPolicy::AllowInsecureDevelopmentKeys,
    };
    for query in ["", "?log=false", "?log=true"] {
        let answer = service.get(&format!("/api/v1/studies/{study}/bundle{query}"));
        assert_eq!(answer.status, 200);
        assert_eq!(answer.json()["log"].is_array(), query == "?log=true");
        audit::verify(&answer.body, &expected).unwrap();
    }
}

#[test]
fn parties_keys_and_datasets_are_those_of_the_state() {
    let service = whole();
    let issuer = salus_ledger::key::PublicKey::of(&issuer()).to_string();
    let issuers = service.json("issuers");
    assert_eq!(issuers[0]["name"], "General Hospital");
    assert_eq!(issuers[0]["key"], issuer);
    assert_eq!(service.json("boards").as_array().unwrap().len(), 2);
    let keys = service.json("keys");
    assert_eq!(keys[0]["id"], prover::verifying_key().id().to_string());
    assert_eq!(keys[0]["setup"], "insecure-development");
    let datasets = service.json("datasets");
    assert_eq!(datasets.as_array().unwrap().len(), 1);
    assert_eq!(datasets[0]["issuer"], issuer);
    assert_eq!(datasets[0]["records"], 3);
    assert_eq!(datasets[0]["edition"], query().edition().to_string());
}

#[test]
fn a_wallet_makes_the_registrys_root_from_the_leaves() {
    let service = whole();
    let page = service.json("registry/leaves");
    let leaves: Vec<Leaf> = serde_json::from_value(page["leaves"].clone()).unwrap();
    let mut registry = Registry::new();
    for (index, leaf) in (0..).zip(&leaves) {
        registry.set(index, *leaf).unwrap();
    }
    assert_eq!(page["root"], registry.root().to_string());
    assert_eq!(page["records"], 3);
    // No single leaf, and no part of a page, can be asked for.
    for part in [
        "from=1",
        "from=0&count=1",
        "count=0",
        "count=4095",
        "from=2&count=4096",
        "count=20480",
    ] {
        let answer = service.get(&format!("/api/v1/registry/leaves?{part}"));
        assert_eq!(answer.problem(), (400, "Parameter".to_owned()), "{part}");
    }
    assert_eq!(
        service.json("registry/leaves?from=4096")["leaves"],
        Value::Array(vec![])
    );
}

#[test]
fn what_is_not_there_is_a_problem() {
    let service = Service::with(1);
    let none = "0".repeat(64);
    for (path, code) in [
        ("/nowhere", "NotFound"),
        ("/api/v1/nothing", "NotFound"),
        ("/tile/nothing", "NotFound"),
        ("/api/v1/ledger/entries/1000", "NotFound"),
        ("/api/v1/ledger/entries/first", "Parameter"),
        ("/api/v1/ledger/entries/%ff", "Parameter"),
        ("/api/v1/ledger/entries?count=257", "Parameter"),
        ("/api/v1/ledger/entries?from=-1", "Parameter"),
        ("/api/v1/ledger/entries?form=1", "Parameter"),
        ("/api/v1/ledger/proofs/inclusion", "Parameter"),
        ("/api/v1/ledger/proofs/inclusion?index=1000", "NotFound"),
        ("/api/v1/ledger/proofs/consistency?from=0", "NotFound"),
        ("/api/v1/studies?count=257", "Parameter"),
        ("/api/v1/studies/no-id", "Parameter"),
        (&format!("/api/v1/studies/{none}"), "NotFound"),
        (&format!("/api/v1/studies/{none}/bundle"), "NotFound"),
        (
            &format!("/api/v1/studies/{none}/bundle?log=perhaps"),
            "Parameter",
        ),
        (&format!("/api/v1/profiles/{none}"), "NotFound"),
        ("/api/v1/profiles/no-hash", "Parameter"),
    ] {
        let (status, found) = service.get(path).problem();
        assert_eq!(found, code, "{path}");
        assert_eq!(status, if code == "NotFound" { 404 } else { 400 }, "{path}");
    }
    let answer = service.get("/api/v1/transactions");
    assert_eq!(answer.problem(), (405, "Method".to_owned()));
}

#[test]
fn a_ledger_that_is_only_read_takes_no_transaction() {
    let disk = crate::power::Disk::default();
    drop(Ledger::create_on(disk.clone(), &genesis(true), &checkpoint()).unwrap());
    let ledger = Ledger::open_on(disk, None).unwrap();
    let id = ledger.state().unwrap().id();
    let service = Service::of(ledger, salus_node::Settings::default());
    let answer = service.hand_in(&setup(id)[0]);
    assert_eq!(answer.problem(), (403, "ReadOnly".to_owned()));
    assert_eq!(service.json("ledger")["size"], 2);
}

#[test]
fn answers_carry_the_headers_that_keep_browsers_out_of_them() {
    let service = Service::with(1);
    for path in [
        "/api/v1/ledger",
        "/nothing",
        "/metrics",
        "/api/v1/reference",
        "/checkpoint",
    ] {
        let answer = service.get(path);
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
        assert!(!policy.contains("script"), "{path}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(answer.header("set-cookie"), None);
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
}

#[test]
fn metrics_count_routes_and_name_nobody() {
    let open = Settings {
        open_metrics: true,
        ..Settings::default()
    };
    let service = Service::founded(open).entering(session::batches().len());
    let id = service.json("studies")["studies"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    service.json(&format!("studies/{id}"));
    service.get("/nothing/here");
    let answer = service.get("/metrics");
    let text = answer.text();
    let height = service.ledger.state().unwrap().height();
    for line in [
        "salus_http_requests_total{method=\"GET\",route=\"/api/v1/studies/{id}\",status=\"200\"} 1"
            .to_owned(),
        "salus_http_requests_total{method=\"GET\",route=\"none\",status=\"404\"} 1".to_owned(),
        format!("salus_ledger_height {height}"),
        "salus_submissions 0".to_owned(),
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    assert!(!text.contains(&id) && !text.contains("nothing"), "{text}");
}
