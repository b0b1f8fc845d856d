//! The pages, walked by a browser as people walk them: see tests/tools/pages/walk.mjs.
//!
//! It needs Node.js with `npm ci --prefix tests/tools`, and Chromium (`SALUS_CHROMIUM` names one).
//! Without them it says so and is skipped. Pictures of every page are left in the target folder.
#![allow(clippy::unwrap_used)]

#[path = "../../tests/tools/skip.rs"]
mod skip;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A demonstration being served.
struct Demonstration {
    process: Child,
    address: String,
    _folder: tempfile::TempDir,
}

impl Demonstration {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_salus"))
            .args([
                "serve",
                "--demo",
                "--patients",
                "150",
                "--listen",
                "127.0.0.1:0",
                "--dir",
            ])
            .arg(folder.path().join("demo"))
            .env_clear()
            .env("SALUS_LOG", "warn")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let served = lines.find_map(|line| {
            let line = line.unwrap();
            let address = line.split("http://").nth(1)?;
            Some(format!("http://{}", address.split('/').next().unwrap()))
        });
        // What else it says is read, so that it never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        Self {
            process,
            address: served.expect("it says where it serves"),
            _folder: folder,
        }
    }
}

impl Drop for Demonstration {
    fn drop(&mut self) {
        // A test that failed leaves no process behind.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn chromium() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("SALUS_CHROMIUM") {
        return Some(named.into());
    }
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let places = names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    places.into_iter().find(|place| place.is_file())
}

#[test]
fn people_find_their_way() {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/tools");
    let installed = tools.join("node_modules/playwright-core").is_dir();
    let (Some(chromium), true) = (chromium(), installed) else {
        return skip::skipped(
            "no browser; install chromium, and run `npm ci --prefix tests/tools`",
        );
    };
    let demonstration = Demonstration::start();
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages");
    let walked = Command::new("node")
        .arg(tools.join("pages/walk.mjs"))
        .args([chromium.as_os_str(), demonstration.address.as_ref()])
        .arg(&pictures)
        .output()
        .unwrap();
    assert!(
        walked.status.success(),
        "{}{}\npictures: {}",
        String::from_utf8_lossy(&walked.stderr),
        String::from_utf8_lossy(&walked.stdout),
        pictures.display()
    );
}
