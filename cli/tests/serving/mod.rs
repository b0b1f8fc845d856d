//! `salus serve` as a process of its own, what calls it, and transactions for it.
#![allow(dead_code, clippy::unwrap_used)] // each test file uses its part

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};

use ed25519_dalek::SigningKey;
use salus_ledger::key::PublicKey;
use salus_ledger::transaction::{Envelope, RegisterBoard, Title};
use salus_protocol::nullifier::LedgerId;
use serde_json::Value;

use crate::home::TestHome;

/// A running service.
pub(crate) struct Serving {
    pub(crate) process: Child,
    pub(crate) client: Client,
    /// What it said and logged on standard error.
    log: Arc<Mutex<String>>,
}

/// What calls it.
#[derive(Clone, Copy)]
pub(crate) struct Client {
    pub(crate) address: SocketAddr,
}

impl Serving {
    pub(crate) fn start(home: &TestHome, more: &[&str]) -> Self {
        Self::of(Command::new(env!("CARGO_BIN_EXE_salus")), home, more)
    }

    /// Where a file that grows too long is an error, as on a full disk, and not the process's end.
    pub(crate) fn start_without_signal(home: &TestHome) -> Self {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]);
        shell.arg(env!("CARGO_BIN_EXE_salus"));
        Self::of(shell, home, &[])
    }

    fn of(mut command: Command, home: &TestHome, more: &[&str]) -> Self {
        let mut process = command
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(more)
            .env_clear()
            .env("SALUS_HOME", home.state(""))
            .env("SALUS_LOG", "error")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let line = lines.next().unwrap().unwrap();
        let address = line.split("http://").nth(1).unwrap();
        let address = address.split('/').next().unwrap().parse().unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let kept = log.clone();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                *kept.lock().unwrap() += &(line + "\n");
            }
        });
        let client = Client { address };
        Self {
            process,
            client,
            log,
        }
    }

    /// The path of the link that signs in at its desks.
    pub(crate) fn link(&self) -> String {
        let line = self.says("sign in, once, at http://");
        format!("/{}", line.split('/').skip(3).collect::<Vec<_>>().join("/"))
    }

    /// Waits until it has said or logged this; the line.
    pub(crate) fn says(&self, text: &str) -> String {
        for _ in 0..600 {
            let log = self.log.lock().unwrap();
            if let Some(line) = log.lines().find(|line| line.contains(text)) {
                return line.to_owned();
            }
            drop(log);
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("{text:?} is not in {}", self.log.lock().unwrap());
    }

    /// Kills it without warning.
    pub(crate) fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Asks it to stop, as a supervisor does.
    pub(crate) fn terminate(mut self) -> ExitStatus {
        let id = self.process.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status();
        assert!(asked.unwrap().success());
        self.process.wait().unwrap()
    }
}

impl Client {
    /// Sends a request and reads status and body; none when the connection breaks.
    pub(crate) fn call(&self, head: &str, body: &[u8]) -> Option<(u16, Vec<u8>)> {
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

    pub(crate) fn get(&self, path: &str) -> Value {
        let (status, body) = self.call(&format!("GET /api/v1/{path}"), b"").unwrap();
        assert_eq!(status, 200, "{path}");
        serde_json::from_slice(&body).unwrap()
    }

    /// Hands in a transaction; its entry, if that was acknowledged.
    pub(crate) fn submit(&self, envelope: &Envelope) -> Option<u64> {
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

pub(crate) fn founded() -> TestHome {
    let home = TestHome::empty();
    home.ok(&["ledger", "init", "--day", "2025-01-01"]);
    home
}

/// The key that registers boards, from its file.
pub(crate) fn governance(home: &TestHome) -> SigningKey {
    let text = std::fs::read(home.state("governance/governance.json")).unwrap();
    let party: Value = serde_json::from_slice(&text).unwrap();
    let mut seed = [0; 32];
    hex::decode_to_slice(party["key"].as_str().unwrap(), &mut seed).unwrap();
    SigningKey::from_bytes(&seed)
}

pub(crate) fn board(number: u32, ledger: &LedgerId, governance: &SigningKey) -> Envelope {
    let mut seed = [4; 32];
    seed[..4].copy_from_slice(&number.to_le_bytes());
    let register = RegisterBoard {
        name: Title::new(format!("Board {number}")).unwrap(),
        key: PublicKey::of(&SigningKey::from_bytes(&seed)),
    };
    Envelope::sign(register, ledger, governance)
}

/// Every acknowledged transaction is at its entry.
pub(crate) fn check(serving: &Serving, kept: &BTreeMap<u64, Vec<u8>>) {
    for (entry, bytes) in kept {
        let found = serving.client.get(&format!("ledger/entries/{entry}"));
        assert_eq!(found["bytes"], hex::encode(bytes), "entry {entry}");
    }
}
