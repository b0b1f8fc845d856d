//! A state directory of a test's own, and the command run in it.
#![allow(dead_code, clippy::unwrap_used)] // each test file uses its part

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

/// One development key for all tests of a process: making it is the slow part.
static KEYS: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    salus(folder.path())
        .args(["key", "setup", "--development"])
        .assert()
        .success();
    folder
});

/// The command with a state directory, and nothing of the caller's environment.
pub(crate) fn salus(home: &Path) -> Command {
    let mut command = Command::cargo_bin("salus").unwrap();
    command
        .env_clear()
        .env("SALUS_HOME", home)
        .env("NO_COLOR", "1");
    command
}

pub(crate) struct TestHome {
    folder: TempDir,
}

impl TestHome {
    pub(crate) fn empty() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// With a development key.
    pub(crate) fn with_key() -> Self {
        let home = Self::empty();
        let keys = home.state("keys");
        fs::create_dir_all(&keys).unwrap();
        for entry in fs::read_dir(KEYS.path().join("keys")).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), keys.join(entry.file_name())).unwrap();
        }
        home
    }

    /// A path in the state directory.
    pub(crate) fn state(&self, path: &str) -> PathBuf {
        self.folder.path().join("state").join(path)
    }

    /// A path beside it.
    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// Founds a ledger with an issuer, a board and the records of some generated patients, of whom
    /// it names three grown-ups; accepts the key, if there is one.
    pub(crate) fn found(&self, day: &str) -> [String; 3] {
        self.ok(&["ledger", "init", "--day", day, "--allow-insecure-keys"]);
        self.ok(&["issuer", "new", "hospital"]);
        self.ok(&["board", "new", "ethics"]);
        if self.state("keys").exists() {
            self.ok(&["key", "accept"]);
        }
        let export = self.path("export");
        self.ok(&[
            "dataset",
            "generate",
            &export,
            "--patients",
            "12",
            "--seed",
            "5",
        ]);
        self.ok(&[
            "record", "issue", &export, "--issuer", "hospital", "--at", day,
        ]);
        let adults = self.write(
            "found.salus",
            "cohort \"F\" at 2025-01-01\ninclude all\n  age at least 18 years\n",
        );
        let found = self.ok(&["query", "run", &adults, "--dataset", &export, "--list"]);
        let found = found["found"].as_array().unwrap();
        [0, 1, 2].map(|i| found[i].as_str().unwrap().to_owned())
    }

    /// Runs a command that must succeed, and reads its JSON.
    pub(crate) fn ok(&self, arguments: &[&str]) -> Value {
        let assert = salus(&self.state(""))
            .arg("--json")
            .args(arguments)
            .assert()
            .success();
        serde_json::from_slice(&assert.get_output().stdout).unwrap()
    }

    /// Runs a command that must end with this code and say this.
    pub(crate) fn fails(&self, code: i32, arguments: &[&str], says: &str) {
        let assert = salus(&self.state(""))
            .arg("--json")
            .args(arguments)
            .assert()
            .code(code);
        let output = assert.get_output();
        assert!(output.stdout.is_empty(), "a failure prints no result");
        let error: Value = serde_json::from_slice(&output.stderr).unwrap();
        assert_eq!(error["exit"], code);
        let text = error["error"].as_str().unwrap();
        assert!(text.contains(says), "{text:?} does not say {says:?}");
    }

    /// The command, for what needs more than arguments.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = salus(&self.state(""));
        command.args(arguments);
        command
    }

    /// Whether a command succeeds.
    pub(crate) fn succeeds(&self, arguments: &[&str]) -> bool {
        let output = salus(&self.state("")).args(arguments).output().unwrap();
        output.status.success()
    }

    /// Runs a command that must end with one of these codes.
    pub(crate) fn fails_with_any(&self, codes: &[i32], arguments: &[&str]) {
        let output = salus(&self.state("")).args(arguments).output().unwrap();
        assert!(codes.contains(&output.status.code().unwrap()), "{output:?}");
        assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"));
    }
}
