//! An operator's home, and `salus serve` over it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::home::TestHome;

pub(crate) const DAY: &str = "2025-01-01";

/// A running node.
pub(crate) struct Node {
    process: Child,
    pub(crate) address: SocketAddr,
    /// The link that signs in at its desks.
    pub(crate) link: Option<String>,
}

impl Node {
    pub(crate) fn start(state: &Path) -> Self {
        Self::serving(state, &[])
    }

    /// With the desks of the home.
    pub(crate) fn with_desk(state: &Path) -> Self {
        Self::serving(state, &["--desk"])
    }

    fn serving(state: &Path, more: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_salus"))
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(more)
            .env_clear()
            .env("SALUS_HOME", state)
            .env("SALUS_LOG", "off")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let line = lines.next().unwrap().unwrap();
        let address = line.split("http://").nth(1).unwrap();
        let address = address.split('/').next().unwrap().parse().unwrap();
        let link = (!more.is_empty()).then(|| {
            let line = lines.next().unwrap().unwrap();
            format!("/{}", line.split('/').skip(3).collect::<Vec<_>>().join("/"))
        });
        // What else it says is read, so that it never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        Self {
            process,
            address,
            link,
        }
    }

    /// How many entries it serves.
    pub(crate) fn entries(&self) -> u64 {
        let mut stream = TcpStream::connect(self.address).unwrap();
        let request = "GET /api/v1/ledger HTTP/1.1\r\nhost: node\r\nconnection: close\r\n\r\n";
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        let ledger: Value = serde_json::from_str(body).unwrap();
        ledger["size"].as_u64().unwrap()
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The operator, who has the ledger, its governance and a node over it.
pub(crate) struct Operator {
    pub(crate) home: TestHome,
    pub(crate) node: Node,
    /// The ledger's id.
    pub(crate) ledger: String,
}

impl Operator {
    /// With a new ledger, and an accepted key where the home has one.
    pub(crate) fn new(home: TestHome) -> Self {
        let init = ["ledger", "init", "--day", DAY, "--allow-insecure-keys"];
        let ledger = home.ok(&init)["ledger"].as_str().unwrap().to_owned();
        if home.state("keys").exists() {
            home.ok(&["key", "accept"]);
        }
        let node = Node::start(&home.state(""));
        Self { home, node, ledger }
    }

    /// Runs a command of the operator's through its own node.
    pub(crate) fn ok(&self, arguments: &[&str]) -> Value {
        let url = self.node.url();
        self.home.ok(&[&["--node", &url], arguments].concat())
    }

    /// Lets a home follow the ledger, at this address.
    pub(crate) fn follow(&self, home: TestHome, url: &str) -> TestHome {
        home.ok(&["ledger", "follow", url, "--ledger", &self.ledger]);
        home
    }
}
