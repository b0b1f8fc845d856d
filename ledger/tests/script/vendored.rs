//! The libraries that are shipped with the pages' scripts are what their packages hold.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::process::{node, workspace};
use crate::skip::skipped;

#[test]
fn libraries_are_bundled_from_their_packages() {
    let tools = workspace().join("tests/tools");
    if !tools.join("node_modules/esbuild").is_dir() {
        skipped("no esbuild; install it by `npm ci --prefix tests/tools`");
        return;
    }
    for library in ["noble", "toml"] {
        is_bundled(&tools, library);
    }
}

fn is_bundled(tools: &Path, library: &str) {
    let file = format!("{library}.js");
    let folder = TempDir::new().unwrap();
    let made = folder.path().join(&file);
    let run = Command::new(node())
        .arg(tools.join("bundle.mjs"))
        .arg(library)
        .arg(&made)
        .output()
        .unwrap();
    assert!(
        run.status.success(),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
    let shipped = workspace().join("node/assets/vendor").join(file);
    let same = std::fs::read(made).unwrap() == std::fs::read(shipped).unwrap();
    assert!(same, "make {library}.js again by tests/tools/bundle.mjs");
}
