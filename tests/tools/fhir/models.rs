//! Independent models of FHIR's resources, in Python beside the project: they say whether ours are
//! well formed. Without them a test says so and is skipped. Tests of several crates include this file.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::skip::skipped;

pub(crate) struct Models {
    python: PathBuf,
    script: PathBuf,
}

impl Models {
    /// `SALUS_FHIR_PYTHON` names a Python that has the models; else that of `tests/tools/.venv`.
    pub(crate) fn find() -> Option<Self> {
        let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/tools");
        let named = std::env::var_os("SALUS_FHIR_PYTHON").map(PathBuf::from);
        let python = named.unwrap_or_else(|| tools.join(".venv/bin/python"));
        if python.exists() {
            let script = tools.join("fhir/validate.py");
            return Some(Self { python, script });
        }
        skipped(
            "no FHIR models; install them by `python3 -m venv tests/tools/.venv && \
             tests/tools/.venv/bin/pip install -r tests/tools/requirements.txt`",
        );
        None
    }

    /// Whether the models accept all of these, each with its version; else what they object to.
    pub(crate) fn accept(&self, resources: &[(&str, Value)]) -> Result<(), String> {
        let lines: Vec<String> = resources
            .iter()
            .map(|(version, resource)| {
                json!({ "version": version, "resource": resource }).to_string()
            })
            .collect();
        let mut child = Command::new(&self.python)
            .arg(&self.script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(lines.join("\n").as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        if output.status.success() {
            return Ok(());
        }
        Err(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}
