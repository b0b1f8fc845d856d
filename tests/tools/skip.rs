//! What becomes of a test whose tool is not installed. Tests of several crates include this file.

use std::io::Write;

/// Says that a test is skipped, and what to install. Where `SALUS_NO_SKIP` is 1, as in `.ci/run`, the
/// test fails instead: there every tool has to be.
pub(crate) fn skipped(why: &str) {
    let must_run = std::env::var_os("SALUS_NO_SKIP").is_some_and(|value| value == "1");
    assert!(!must_run, "this test must not be skipped: {why}");
    // Not by eprintln!, which the test runner keeps to itself.
    let mut stderr = std::io::stderr().lock();
    writeln!(stderr, "SKIPPED: {why}").unwrap();
}
