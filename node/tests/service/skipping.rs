//! A test without its tool is skipped, and fails where nothing may be skipped.

use std::process::{Command, Output};

/// Runs another test of this program where there are no models of FHIR.
fn without_models(no_skip: &str) -> Output {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "fhir::independent_models_accept_every_resource"])
        .env("SALUS_FHIR_PYTHON", "no such program")
        .env("SALUS_NO_SKIP", no_skip)
        .output()
        .unwrap()
}

#[test]
fn a_missing_tool_fails_a_test_where_nothing_may_be_skipped() {
    let skipped = without_models("");
    let said = String::from_utf8_lossy(&skipped.stderr);
    assert!(skipped.status.success(), "{said}");
    assert!(said.contains("SKIPPED: no FHIR models"), "{said}");

    let failed = without_models("1");
    let said = String::from_utf8_lossy(&failed.stdout);
    assert!(!failed.status.success(), "{said}");
    assert!(said.contains("1 failed"), "{said}");
    assert!(said.contains("install them by"), "{said}");
}
