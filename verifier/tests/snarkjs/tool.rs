//! Runs snarkjs in a folder of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::skip::skipped;

/// The installed snarkjs.
pub(crate) struct Tool(PathBuf);

impl Tool {
    /// Finds it, or says that the test is skipped.
    pub(crate) fn find() -> Option<Self> {
        if let Some(path) = std::env::var_os("SALUS_SNARKJS") {
            let path = PathBuf::from(path);
            assert!(
                path.is_file(),
                "SALUS_SNARKJS names no file: {}",
                path.display()
            );
            return Some(Self(path));
        }
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let path = workspace.join("tests/tools/node_modules/.bin/snarkjs");
        if path.is_file() {
            return Some(Self(path));
        }
        skipped("no snarkjs; install it by `npm ci --prefix tests/tools`");
        None
    }
}

/// A temporary folder in which snarkjs runs.
pub(crate) struct Files {
    tool: Tool,
    folder: TempDir,
}

impl Files {
    pub(crate) fn new(tool: Tool) -> Self {
        Self {
            tool,
            folder: TempDir::new().unwrap(),
        }
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        self.write_bytes(name, text.as_bytes());
    }

    pub(crate) fn write_bytes(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.folder.path().join(name), bytes).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap()
    }

    /// Runs snarkjs; whether it succeeded. Its words are shown where the test fails.
    pub(crate) fn run(&self, arguments: &[&str]) -> bool {
        let output = Command::new(&self.tool.0)
            .args(arguments)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let (out, err) = (output.stdout, output.stderr);
        println!(
            "{}{}",
            String::from_utf8_lossy(&out),
            String::from_utf8_lossy(&err)
        );
        output.status.success()
    }
}
