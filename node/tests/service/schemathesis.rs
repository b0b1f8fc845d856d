//! Schemathesis, which makes requests from the interface's description, well formed and not: no answer
//! is a fault of the node's, and each is as the description says.
//!
//! One of its checks is left out: what the description allows may be refused, since it can't say which
//! bytes are a signed transaction, what FHIR's searches allow, or that a number has 64 bits.
//!
//! `tests/tools/requirements.txt` names it; without it the test says so and is skipped.

use std::path::Path;
use std::process::Command;

use crate::service::Service;
use crate::skip::skipped;

#[test]
fn every_answer_is_as_the_description_says() {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/tools");
    let program = tools.join(".venv/bin/schemathesis");
    if !program.is_file() {
        return skipped(
            "no schemathesis; install it by `python3 -m venv tests/tools/.venv && \
             tests/tools/.venv/bin/pip install -r tests/tools/requirements.txt`",
        );
    }
    let service = Service::offering_full();
    let folder = tempfile::tempdir().unwrap();
    let tried = Command::new(program)
        .arg("run")
        .arg(format!("http://{}/api/v1/openapi.json", service.address))
        .args([
            "--checks",
            "all",
            "--exclude-checks",
            "positive_data_acceptance",
            "--max-examples",
            "25",
            "--seed",
            "1",
            "--no-color",
        ])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(
        tried.status.success(),
        "{}{}",
        String::from_utf8_lossy(&tried.stdout),
        String::from_utf8_lossy(&tried.stderr)
    );
}
