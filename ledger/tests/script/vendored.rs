//! The libraries that are shipped with the pages' scripts are what their packages hold.

use std::process::Command;

use tempfile::TempDir;

use crate::process::{node, workspace};
use crate::skip::skipped;

#[test]
fn noble_is_bundled_from_its_packages() {
    let tools = workspace().join("tests/tools");
    if !tools.join("node_modules/esbuild").is_dir() {
        skipped("no esbuild; install it by `npm ci --prefix tests/tools`");
        return;
    }
    let folder = TempDir::new().unwrap();
    let made = folder.path().join("noble.js");
    let run = Command::new(node())
        .arg(tools.join("bundle-noble.mjs"))
        .arg(&made)
        .output()
        .unwrap();
    assert!(
        run.status.success(),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
    let shipped = workspace().join("node/assets/vendor/noble.js");
    let same = std::fs::read(made).unwrap() == std::fs::read(shipped).unwrap();
    assert!(same, "make it again by tests/tools/bundle-noble.mjs");
}
