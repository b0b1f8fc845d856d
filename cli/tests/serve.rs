//! `salus serve`: started, called, killed in the middle, and started again.
#![allow(clippy::unwrap_used)]

mod home;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, ExitStatus, Stdio};

use ed25519_dalek::SigningKey;
use home::TestHome;
use salus_ledger::key::PublicKey;
use salus_ledger::transaction::{Envelope, RegisterBoard, Title};
use salus_protocol::nullifier::LedgerId;
use serde_json::Value;

/// A running service.
struct Serving {
    process: Child,
    client: Client,
    /// Where it serves its metrics alone.
    metrics: Option<Client>,
}

/// What calls it.
#[derive(Clone, Copy)]
struct Client {
    address: SocketAddr,
}

impl Serving {
    fn start(home: &TestHome, more: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_salus"))
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(more)
            .env_clear()
            .env("SALUS_HOME", home.state(""))
            .env("SALUS_LOG", "off")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let mut said = || {
            let line = lines.next().unwrap().unwrap();
            let address = line.split("http://").nth(1).unwrap();
            let address = address.split('/').next().unwrap().parse().unwrap();
            Client { address }
        };
        let client = said();
        let metrics = more.contains(&"--metrics-listen").then(said);
        // What else it says is read, so that it never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        Self {
            process,
            client,
            metrics,
        }
    }

    /// Kills it without warning.
    fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Asks it to stop, as a supervisor does.
    fn terminate(mut self) -> ExitStatus {
        let id = self.process.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status();
        assert!(asked.unwrap().success());
        self.process.wait().unwrap()
    }
}

impl Client {
    /// Sends a request and reads status and body; none when the connection breaks.
    fn call(&self, head: &str, body: &[u8]) -> Option<(u16, Vec<u8>)> {
        let mut stream = TcpStream::connect(self.address).ok()?;
        let length = body.len();
        let head = format!(
            "{head} HTTP/1.1\r\nhost: node\r\nconnection: close\r\n\
             content-type: application/octet-stream\r\ncontent-length: {length}\r\n\r\n"
        );
        stream.write_all(&[head.as_bytes(), body].concat()).ok()?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).ok()?;
        let split = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let status = std::str::from_utf8(bytes.get(9..12)?).ok()?.parse().ok()?;
        Some((status, bytes[split + 4..].to_vec()))
    }

    fn get(&self, path: &str) -> Value {
        let (status, body) = self.call(&format!("GET /api/v1/{path}"), b"").unwrap();
        assert_eq!(status, 200, "{path}");
        serde_json::from_slice(&body).unwrap()
    }

    /// Hands in a transaction; its entry, if that was acknowledged.
    fn submit(&self, envelope: &Envelope) -> Option<u64> {
        let (status, body) = self.call("POST /api/v1/transactions", &envelope.to_bytes())?;
        let receipt: Value = serde_json::from_slice(&body).ok()?;
        (status == 201).then(|| receipt["entry"].as_u64().unwrap())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // A test that failed leaves no process behind.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn founded() -> TestHome {
    let home = TestHome::empty();
    home.ok(&["ledger", "init", "--day", "2025-01-01"]);
    home
}

/// The key that registers boards, from its file.
fn governance(home: &TestHome) -> SigningKey {
    let text = std::fs::read(home.state("governance/governance.json")).unwrap();
    let party: Value = serde_json::from_slice(&text).unwrap();
    let mut seed = [0; 32];
    hex::decode_to_slice(party["key"].as_str().unwrap(), &mut seed).unwrap();
    SigningKey::from_bytes(&seed)
}

fn board(number: u32, ledger: &LedgerId, governance: &SigningKey) -> Envelope {
    let mut seed = [4; 32];
    seed[..4].copy_from_slice(&number.to_le_bytes());
    let register = RegisterBoard {
        name: Title::new(format!("Board {number}")).unwrap(),
        key: PublicKey::of(&SigningKey::from_bytes(&seed)),
    };
    Envelope::sign(register, ledger, governance)
}

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

/// Every acknowledged transaction is at its entry.
fn check(serving: &Serving, kept: &BTreeMap<u64, Vec<u8>>) {
    for (entry, bytes) in kept {
        let found = serving.client.get(&format!("ledger/entries/{entry}"));
        assert_eq!(found["bytes"], hex::encode(bytes), "entry {entry}");
    }
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

#[test]
fn metrics_are_open_at_this_machine_alone_or_at_an_address_of_their_own() {
    let home = founded();
    let status = |client: &Client, path: &str| client.call(&format!("GET {path}"), b"").unwrap().0;
    let near = Serving::start(&home, &[]);
    assert_eq!(status(&near.client, "/metrics"), 200);
    assert!(near.terminate().success());
    let behind_a_proxy = ["--public-url", "https://salus.example"];
    let serving = Serving::start(&home, &behind_a_proxy);
    assert_eq!(status(&serving.client, "/metrics"), 404);
    assert!(serving.terminate().success());
    let file = sign_in_file(&home, "https://salus.example");
    let serving = Serving::start(&home, &["--desk", "--sign-in", &file]);
    assert_eq!(status(&serving.client, "/metrics"), 401);
    assert!(serving.terminate().success());

    let serving = Serving::start(&home, &["--metrics-listen", "127.0.0.1:0"]);
    assert_eq!(status(&serving.client, "/metrics"), 404);
    let alone = serving.metrics.unwrap();
    let (found, text) = alone.call("GET /metrics", b"").unwrap();
    assert_eq!(found, 200);
    let text = String::from_utf8(text).unwrap();
    let refused = "route=\"/metrics\",status=\"404\"";
    assert!(
        text.contains("salus_ledger_height") && text.contains(refused),
        "{text}"
    );
    assert_eq!(status(&alone, "/api/v1/ledger"), 404);
    assert!(serving.terminate().success());
}
