//! The script of the verification page in a Node.js process, asked by lines of JSON.
//!
//! `SALUS_NODE` names another Node.js than that in the path. Without one the tests say so and
//! skip what needs it.
#![allow(dead_code)] // each test uses its part

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{LazyLock, Mutex, MutexGuard};

use serde_json::{Value, json};

use crate::skip::skipped;

/// A running Node.js that has loaded the script.
pub(crate) struct Script {
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    _process: Child,
}

static SCRIPT: LazyLock<Option<Mutex<Script>>> = LazyLock::new(|| Script::start().map(Mutex::new));

/// The script, or none where there is no Node.js.
pub(crate) fn script() -> Option<MutexGuard<'static, Script>> {
    // A test that failed while it asked does not stop the others.
    SCRIPT.as_ref().map(|script| {
        script
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    })
}

/// The repository's folder.
pub(crate) fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Node.js, as a command.
pub(crate) fn node() -> PathBuf {
    std::env::var_os("SALUS_NODE").map_or_else(|| "node".into(), PathBuf::from)
}

impl Script {
    fn start() -> Option<Self> {
        let started = Command::new(node())
            .arg(workspace().join("ledger/tests/script/ask.mjs"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let Ok(mut process) = started else {
            skipped("no Node.js; install it, or name one by SALUS_NODE");
            return None;
        };
        let input = process.stdin.take().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        Some(Self {
            input,
            output,
            _process: process,
        })
    }

    /// Asks one thing, and gives the answer.
    pub(crate) fn ask(&mut self, question: &Value) -> Value {
        writeln!(self.input, "{question}").unwrap();
        self.input.flush().unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
    }

    /// Audits a bundle's bytes with what a verifier expects; gives the report.
    pub(crate) fn audit(&mut self, bundle: &[u8], expected: &Value) -> Value {
        let bundle = hex::encode(bundle);
        self.ask(&json!({ "ask": "audit", "bundle": bundle, "expected": expected }))
    }

    /// What the page offers to falsify: an id, and the check that must fail.
    pub(crate) fn tamperings(&mut self) -> Vec<(String, String)> {
        let known = self.ask(&json!({ "ask": "tamperings" }));
        let known = known.as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        known
            .map(|t| (text(&t["id"]), text(&t["breaks"])))
            .collect()
    }

    /// A falsified copy of a file, where it has something to falsify in this way.
    pub(crate) fn tamper(&mut self, bundle: &[u8], id: &str) -> Option<Vec<u8>> {
        let bundle = hex::encode(bundle);
        let tampered = self.ask(&json!({ "ask": "tamper", "bundle": bundle, "id": id }));
        tampered.as_str().map(|text| hex::decode(text).unwrap())
    }

    /// For each of these bytes, whether the script reads them as `what`.
    pub(crate) fn reads(&mut self, what: &str, many: &[Vec<u8>]) -> Vec<bool> {
        let many: Vec<_> = many.iter().map(hex::encode).collect();
        let answer = self.ask(&json!({ "ask": what, "many": many }));
        serde_json::from_value(answer).unwrap()
    }
}

/// The ids of a report's checks with this outcome.
pub(crate) fn checks(report: &Value, outcome: &str) -> Vec<String> {
    let checks = report["checks"].as_array().unwrap();
    let with = checks.iter().filter(|check| check["outcome"] == outcome);
    with.map(|check| check["id"].as_str().unwrap().to_owned())
        .collect()
}
