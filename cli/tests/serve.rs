//! `salus serve`: started, called, killed in the middle, and started again.
#![allow(clippy::unwrap_used)]

mod home;
mod serving;

use std::collections::BTreeMap;
use std::net::TcpListener;

use home::TestHome;
use salus_protocol::nullifier::LedgerId;
use serde_json::Value;
use serving::{Serving, board, check, founded, governance};

#[test]
fn killed_during_submissions_it_loses_nothing_acknowledged() {
    let home = founded();
    let key = governance(&home);
    let mut kept: BTreeMap<u64, Vec<u8>> = BTreeMap::new();
    for round in 0..4u32 {
        let serving = Serving::start(&home, &[]);
        let ledger = serving.client.get("ledger");
        let id: LedgerId = ledger["id"].as_str().unwrap().parse().unwrap();
        check(&serving, &kept);
        let (told, tells) = std::sync::mpsc::channel();
        let client = serving.client;
        let mut serving = Some(serving);
        std::thread::scope(|scope| {
            for thread in 0..4u32 {
                let (told, id, key) = (told.clone(), &id, &key);
                scope.spawn(move || {
                    for number in 0..200 {
                        let envelope = board(round * 10_000 + thread * 1000 + number, id, key);
                        match client.submit(&envelope) {
                            Some(entry) => told.send((entry, envelope.to_bytes())).unwrap(),
                            None => return,
                        }
                    }
                });
            }
            drop(told);
            for (place, (entry, bytes)) in tells.into_iter().enumerate() {
                kept.insert(entry, bytes);
                if place == 10 + 7 * round as usize {
                    serving.take().unwrap().kill();
                }
            }
        });
        assert!(
            serving.is_none(),
            "it was killed while clients were submitting"
        );
    }
    let serving = Serving::start(&home, &[]);
    check(&serving, &kept);
    assert!(serving.terminate().success());
    let report = home.ok(&["ledger", "verify"]);
    assert!(report["entries"].as_u64().unwrap() > kept.len() as u64);
}

#[test]
fn without_a_ledger_it_does_not_start() {
    let home = TestHome::empty();
    home.fails(
        2,
        &["serve", "--listen", "127.0.0.1:0"],
        "there is no ledger",
    );
}

#[test]
fn a_port_that_is_taken_and_a_ledger_that_is_open_are_said() {
    let home = founded();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    home.fails(2, &["serve", "--listen", &address], "cannot listen");
    let serving = Serving::start(&home, &[]);
    home.fails(1, &["serve", "--listen", "127.0.0.1:0"], "another process");
    home.fails(1, &["ledger", "status"], "another process");
    assert!(serving.terminate().success());
    home.ok(&["ledger", "status"]);
}

#[test]
fn it_moves_the_day_with_the_calendar_only_when_told() {
    let home = founded();
    let serving = Serving::start(&home, &[]);
    assert_eq!(serving.client.get("ledger")["day"], "2025-01-01");
    assert!(serving.terminate().success());
    let serving = Serving::start(&home, &["--move-day"]);
    let day = serving.client.get("ledger")["day"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(day.as_str() > "2025-01-01", "{day}");
}

/// A sign-in file for one service, reached at `public_url`.
fn sign_in_file(home: &TestHome, public_url: &str) -> String {
    let key = serde_json::json!({
        "kty": "EC", "crv": "P-384", "kid": "one", "alg": "ES384",
        // The curve's generator: a public key whose private one is 1.
        "x": "qofKIr6LBTeOscce8yCtdG4dO2KLp5uYWfdB4IJUKjhVAvJdv1UpbDpUXjhydgq3",
        "y": "NhfeSpYmLG9dnpi_kpLcKfj0Hb0omhR86doxE7XwuMAKYLHOHX6BnXpDHXyQ6g5f",
    });
    home.write(
        "keys.json",
        &serde_json::json!({ "keys": [key] }).to_string(),
    );
    let text = format!(
        "public_url = \"{public_url}\"\n[[services]]\nclient_id = \"hospital\"\n\
         jwks_file = \"keys.json\"\nparties = [{{ role = \"custodian\", party = \"north\" }}]\n"
    );
    home.write("sign-in.toml", &text)
}

#[test]
fn desks_are_served_with_a_sign_in_file_and_elsewhere_only_behind_tls() {
    let home = founded();
    let refused = |more: &[&str], says: &str| {
        let all = [&["serve", "--desk", "--listen", "0.0.0.0:0"], more].concat();
        home.fails(2, &all, says);
    };
    refused(&[], "others could sit down");
    let plain = sign_in_file(&home, "http://localhost:8080");
    refused(&["--sign-in", &plain], "would go over the wire");
    let wrong = home.write("wrong.toml", "public_url = \"x\"");
    refused(&["--sign-in", &wrong], "public_url in the sign-in file");

    let file = sign_in_file(&home, "https://salus.example");
    let serving = Serving::start(&home, &["--desk", "--sign-in", &file]);
    let path = "GET /.well-known/smart-configuration";
    let (status, body) = serving.client.call(path, b"").unwrap();
    let known: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(status, 200);
    assert_eq!(known["token_endpoint"], "https://salus.example/auth/token");
    // Desks are there and ask who it is; nobody is signed in by a link.
    assert_eq!(serving.client.call("GET /desk", b"").unwrap().0, 401);
    let link = serving.client.call("GET /sign-in/link?secret=", b"");
    assert_eq!(link.unwrap().0, 401);
    assert!(serving.terminate().success());
}
