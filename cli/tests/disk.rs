//! Disks that are full or for reading only, real ones: each a small one in memory, mounted where only
//! the test sees it. Where that is not allowed the test says so and is skipped.
#![allow(clippy::unwrap_used)]

mod home;
mod serving;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use home::TestHome;
use salus_protocol::nullifier::LedgerId;
use serde_json::Value;
use serving::{Client, Serving, board, check, founded, governance};

/// Set where a test runs on its disk: the folder that this is mounted at.
const DISK: &str = "SALUS_TEST_DISK";

/// Not by eprintln!, which the test runner keeps to itself.
fn skipped(why: &str) {
    writeln!(std::io::stderr().lock(), "SKIPPED: {why}").unwrap();
}

/// Runs the test of this name again, with a disk of 64 MiB that temporary folders are on. Gives the
/// disk's folder when this is that run.
fn on_a_disk(test: &str) -> Option<PathBuf> {
    if let Some(disk) = std::env::var_os(DISK) {
        return Some(disk.into());
    }
    let folder = tempfile::tempdir().unwrap();
    let inside = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount", "/bin/sh", "-ec", script]);
        command.arg(folder.path());
        command
    };
    const MOUNT: &str = "mount -t tmpfs -o size=64m salus-test \"$0\"";
    if !inside(MOUNT)
        .output()
        .is_ok_and(|tried| tried.status.success())
    {
        skipped(&format!(
            "{test}: no disk can be mounted here (unshare, mount)"
        ));
        return None;
    }
    let again = inside(&format!("{MOUNT}; exec \"$@\""))
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(DISK, folder.path())
        .env("TMPDIR", folder.path())
        .output()
        .unwrap();
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (said(&again.stdout), said(&again.stderr));
    assert!(again.status.success(), "{out}\n{err}");
    assert!(out.contains("1 passed"), "it ran once more: {out}");
    None
}

/// Takes all that is left of a disk, but for so many bytes.
fn fill(disk: &Path, left: usize) -> PathBuf {
    let path = disk.join("ballast");
    let mut file = fs::File::create(&path).unwrap();
    let mut written = 0;
    // Down to single bytes: what is left is less than a page.
    for size in [1 << 20, 1 << 12, 1] {
        while let Ok(count) = file.write(&vec![7; size]) {
            written += count;
        }
    }
    file.set_len((written - left) as u64).unwrap();
    path
}

/// All files below a folder with what is in them.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), fs::read(path).unwrap());
        }
    }
    found
}

fn id_of(client: Client) -> LedgerId {
    let ledger = client.get("ledger");
    ledger["id"].as_str().unwrap().parse().unwrap()
}

/// A transaction is refused with 503 and this code, and nothing of this machine is told.
fn refuses(serving: &Serving, home: &TestHome, number: u32, code: &str) {
    let envelope = board(number, &id_or(serving, home), &governance(home));
    let call = serving
        .client
        .call("POST /api/v1/transactions", &envelope.to_bytes());
    let (status, body) = call.unwrap();
    let text = String::from_utf8(body).unwrap();
    assert_eq!(status, 503, "{text}");
    let problem: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(problem["code"], code);
    assert!(!text.contains(home.state("").to_str().unwrap()), "{text}");
}

/// The ledger's id, also from a service that can't tell it any more.
fn id_or(serving: &Serving, home: &TestHome) -> LedgerId {
    match serving.client.call("GET /api/v1/ledger", b"") {
        Some((200, _)) => id_of(serving.client),
        _ => fs::read_to_string(home.path("ledger-id"))
            .unwrap()
            .parse()
            .unwrap(),
    }
}

/// Hands in so many transactions, which are acknowledged; keeps their entries.
fn submit(
    serving: &Serving,
    home: &TestHome,
    numbers: std::ops::Range<u32>,
    kept: &mut BTreeMap<u64, Vec<u8>>,
) {
    let (id, key) = (id_of(serving.client), governance(home));
    for number in numbers {
        let envelope = board(number, &id, &key);
        let entry = serving.client.submit(&envelope).unwrap();
        kept.insert(entry, envelope.to_bytes());
    }
}

#[test]
fn a_full_disk_refuses_transactions_and_is_read_until_there_is_room() {
    let Some(disk) = on_a_disk("a_full_disk_refuses_transactions_and_is_read_until_there_is_room")
    else {
        return;
    };
    let (home, mut kept) = (founded(), BTreeMap::new());
    let serving = Serving::start(&home, &[]);
    assert_eq!(serving.client.get("health")["room"], true);
    submit(&serving, &home, 0..20, &mut kept);
    let (follower, url) = (
        TestHome::empty(),
        format!("http://{}", serving.client.address),
    );
    let id = id_of(serving.client).to_string();

    // Nearly full, and full to the last byte.
    for left in [4 << 20, 0] {
        let follow = ["ledger", "follow", &url, "--ledger", &id];
        follower.ok(&follow);
        let entries = follower.ok(&["ledger", "status"])["entries"].clone();
        let ballast = fill(&disk, left);
        for number in 100..103 {
            refuses(&serving, &home, number, "DiskFull");
        }
        serving.says("the disk that the ledger is on is full");
        assert_eq!(serving.client.get("health")["room"], false);
        check(&serving, &kept);
        assert_eq!(follower.ok(&["ledger", "status"])["entries"], entries);
        for page in ["/", "/parties", "/api/v1/ledger", "/checkpoint"] {
            let (status, _) = serving.client.call(&format!("GET {page}"), b"").unwrap();
            assert_eq!(status, 200, "{page}");
        }
        // Without being started again, it goes on when there is room.
        fs::remove_file(ballast).unwrap();
        assert_eq!(serving.client.get("health")["room"], true);
        let first = 200 + left as u32;
        submit(&serving, &home, first..first + 3, &mut kept);
    }
    fill(&disk, 0);
    refuses(&serving, &home, 300, "DiskFull");
    serving.kill();
    fs::remove_file(disk.join("ballast")).unwrap();
    let serving = Serving::start(&home, &[]);
    check(&serving, &kept);
    assert!(serving.terminate().success());
    home.ok(&["ledger", "verify"]);
}

#[test]
fn a_write_that_fails_is_said_and_nothing_acknowledged_is_lost() {
    let (home, mut kept) = (founded(), BTreeMap::new());
    let serving = Serving::start_without_signal(&home);
    home.write("ledger-id", &id_of(serving.client).to_string());
    submit(&serving, &home, 0..20, &mut kept);
    // From now on no file may grow, or be written to, beyond its first bytes.
    let process = serving.process.id().to_string();
    let mut limit = Command::new("prlimit");
    if !succeeds(limit.args(["--pid", &process, "--fsize=4096"])) {
        skipped("a_write_that_fails_is_said_...: there is no prlimit here");
        return;
    }
    for number in 100..103 {
        refuses(&serving, &home, number, "LedgerFailed");
    }
    serving.says("File too large");
    let (status, _) = serving.client.call("GET /api/v1/health", b"").unwrap();
    assert_eq!(status, 503);
    serving.kill();
    let serving = Serving::start(&home, &[]);
    check(&serving, &kept);
    submit(&serving, &home, 100..103, &mut kept);
    check(&serving, &kept);
    assert!(serving.terminate().success());
    home.ok(&["ledger", "verify"]);
}

fn succeeds(command: &mut Command) -> bool {
    command.status().is_ok_and(|status| status.success())
}

#[test]
fn commands_on_a_full_disk_say_so_and_leave_no_half_of_a_file() {
    let Some(disk) = on_a_disk("commands_on_a_full_disk_say_so_and_leave_no_half_of_a_file") else {
        return;
    };
    let (home, empty) = (founded(), TestHome::empty());
    home.ok(&["ledger", "status"]);
    let before = (files(&home.state("")), home.ok(&["ledger", "status"]));

    let ballast = fill(&disk, 0);
    home.fails(1, &["board", "new", "ethics"], "No space left");
    home.fails(1, &["issuer", "new", "hospital"], "No space left");
    home.fails(1, &["wallet", "new", "anna"], "No space left");
    empty.fails(1, &["ledger", "init"], "No space left");
    // There is room for keys, and none for the ledger.
    fill(&disk, 4 << 20);
    empty.fails(
        1,
        &["ledger", "init"],
        "the disk that the ledger is on is full",
    );
    let output = home.command(&["board", "new", "ethics"]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("make room"), "{said}");
    assert!(!said.contains("panicked"), "{said}");

    // What was there is whole, and everything goes on.
    let after = files(&home.state(""));
    for (path, bytes) in before
        .0
        .iter()
        .filter(|(path, _)| path.extension() != Some("redb".as_ref()))
    {
        assert_eq!(after.get(path), Some(bytes), "{}", path.display());
    }
    let half = after
        .keys()
        .find(|path| path.extension().is_none_or(|end| end == "unfinished"));
    assert_eq!(half.filter(|path| !before.0.contains_key(*path)), None);
    assert_eq!(home.ok(&["ledger", "status"]), before.1);
    fs::remove_file(ballast).unwrap();
    home.ok(&["board", "new", "ethics-2"]);
    home.ok(&["ledger", "verify"]);
}

#[test]
fn a_disk_for_reading_only_is_said() {
    let Some(disk) = on_a_disk("a_disk_for_reading_only_is_said") else {
        return;
    };
    let home = founded();
    let before = files(&home.state(""));
    let remount = |how: &str| {
        let mut mount = Command::new("mount");
        let mount = mount.args(["-o", &format!("remount,{how}")]).arg(&disk);
        assert!(succeeds(mount));
    };
    remount("ro");
    for command in [
        &["serve", "--listen", "127.0.0.1:0"][..],
        &["ledger", "status"],
        &["board", "new", "ethics"],
        &["wallet", "new", "anna"],
    ] {
        home.fails(1, command, "Read-only file system");
        let output = home.command(command).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("make it writable"), "{said}");
    }
    remount("rw");
    assert_eq!(files(&home.state("")), before);
    home.ok(&["board", "new", "ethics"]);
}
