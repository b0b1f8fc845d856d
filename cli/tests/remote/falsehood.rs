//! What a node, or somebody on the way, may try: each is refused and named, and the truth goes on.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::home::TestHome;
use crate::line::Line;
use crate::node::{Node, Operator};

const STATUS: [&str; 2] = ["ledger", "status"];

/// Where an answer's body begins.
fn body(answer: &[u8]) -> usize {
    answer
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap()
        + 4
}

/// An operator with a node, a line to it, and a home that follows over this line.
fn followed() -> (Operator, Line, TestHome) {
    let operator = Operator::new(TestHome::empty());
    let line = Line::to(operator.node.address);
    let home = operator.follow(TestHome::empty(), &line.url());
    (operator, line, home)
}

fn entries(home: &TestHome) -> u64 {
    home.ok(&STATUS)["entries"].as_u64().unwrap()
}

#[test]
fn altered_and_withheld_entries_are_refused() {
    let (operator, line, home) = followed();
    let before = entries(&home);
    operator.ok(&["board", "new", "first"]);

    line.meddles(|request, mut answer| {
        if request.contains("/tile/entries/") {
            *answer.last_mut().unwrap() ^= 1;
        }
        Some(answer)
    });
    home.fails(3, &STATUS, "not those under the node's signed checkpoint");
    assert!(line.changed() > 0);

    // Fewer entries than asked for.
    line.meddles(|request, answer| {
        let cut = request.contains("/tile/entries/").then(|| {
            let start = body(&answer);
            let first = usize::from(answer[start]) << 8 | usize::from(answer[start + 1]);
            let kept = start + 2 + first;
            let head = String::from_utf8(answer[..start].to_vec()).unwrap();
            let length = format!("content-length: {}", answer.len() - start);
            let head = head.replace(&length, &format!("content-length: {}", kept - start));
            [head.as_bytes(), &answer[start..kept]].concat()
        });
        Some(cut.unwrap_or(answer))
    });
    home.fails(1, &STATUS, "no bundle of entries");
    assert!(line.changed() > 0);

    line.is_honest();
    assert_eq!(entries(&home), before + 2);
}

#[test]
fn a_rollback_and_a_fork_are_refused() {
    let (operator, line, home) = followed();
    let other = TestHome::empty();
    copy(&operator.home.state(""), &other.state(""));
    operator.ok(&["board", "new", "first"]);
    let seen = entries(&home);

    // The copy knows less, then says something else, under the same key.
    let fork = Node::start(&other.state(""));
    let at_fork = |arguments: &[&str]| -> Vec<String> {
        let node = ["--node".to_owned(), fork.url()];
        let rest = arguments.iter().map(|text| (*text).to_owned());
        node.into_iter().chain(rest).collect()
    };
    let status = at_fork(&STATUS);
    let status: Vec<&str> = status.iter().map(String::as_str).collect();
    home.fails(3, &status, "rolled back, or entries are withheld");
    let governed = at_fork(&["board", "new", "second"]);
    let governed: Vec<&str> = governed.iter().map(String::as_str).collect();
    other.ok(&governed);
    home.fails(3, &status, "forked or rewritten");
    let third = at_fork(&["board", "new", "third"]);
    other.ok(&third.iter().map(String::as_str).collect::<Vec<_>>());
    home.fails(3, &status, "forked or rewritten");

    // A home that lost its copy still knows what it saw.
    fs::remove_file(home.state("replica/ledger.redb")).unwrap();
    home.fails(3, &status, "does not continue");
    fs::remove_file(home.state("replica/ledger.redb")).unwrap();
    assert_eq!(entries(&home), seen);
    assert_eq!(line.changed(), 0);
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn only_the_ledger_that_was_meant_is_followed() {
    let operator = Operator::new(TestHome::empty());
    let url = operator.node.url();
    let home = TestHome::empty();
    // The node's own word is shown, and not taken.
    home.fails(2, &["ledger", "follow", &url], &operator.ledger);
    let another = "0".repeat(64);
    home.fails(
        3,
        &["ledger", "follow", &url, "--ledger", &another],
        "this is not the ledger",
    );
    assert!(!home.state("replica/followed.json").exists());
    home.fails(
        2,
        &["--node", &url, "ledger", "status"],
        "follows no ledger yet",
    );
    let home = operator.follow(home, &url);

    // Another operator's node, at whose address the home is sent.
    let stranger = Operator::new(TestHome::empty());
    let elsewhere = stranger.node.url();
    home.fails(
        3,
        &["--node", &elsewhere, "ledger", "status"],
        "checkpoint does not verify",
    );
    home.fails(2, &["ledger", "init"], "follows ledger");

    // The operator knows its ledger by its own checkpoint key.
    let status = operator.ok(&STATUS);
    assert_eq!(status["ledger"], operator.ledger);
    operator.home.fails(
        3,
        &["--node", &elsewhere, "ledger", "status"],
        "does not verify",
    );
}

#[test]
fn a_served_copy_answers_on_while_its_node_is_away() {
    let (operator, line, home) = followed();
    let served = Node::start(&home.state(""));
    let here = ["--node".to_owned(), served.url()];
    let from_here = |arguments: &[&str]| -> Vec<String> {
        let rest = arguments.iter().map(|text| (*text).to_owned());
        here.iter().cloned().chain(rest).collect()
    };
    let own = operator.home.state("governance");
    let governor = TestHome::empty();
    copy(&own, &governor.state("governance"));
    governor.ok(&[
        "ledger",
        "follow",
        &served.url(),
        "--ledger",
        &operator.ledger,
    ]);

    line.meddles(|_, _| None);
    let board = from_here(&["board", "new", "first"]);
    let board: Vec<&str> = board.iter().map(String::as_str).collect();
    governor.fails(1, &board, "this node follows another one");
    let status = from_here(&STATUS);
    let status: Vec<&str> = status.iter().map(String::as_str).collect();
    let before = governor.ok(&status)["entries"].as_u64().unwrap();

    line.is_honest();
    operator.ok(&["board", "new", "second"]);
    governor.ok(&["--node", &operator.node.url(), "ledger", "status"]);
    // The copy takes up with its node again, without being started anew.
    let caught_up = (0..60).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(500));
        served.entries() > before
    });
    assert!(caught_up);
}

#[test]
fn a_node_that_is_away_is_said_and_a_lost_answer_is_found_again() {
    let (operator, line, home) = followed();
    let before = entries(&home);
    // The transaction enters, its answer is lost, and the same bytes are handed in again.
    static LOST: AtomicBool = AtomicBool::new(false);
    line.meddles(|request, answer| {
        let first = request.starts_with("POST") && !LOST.swap(true, Ordering::SeqCst);
        (!first).then_some(answer)
    });
    let url = line.url();
    operator.home.ok(&["--node", &url, "board", "new", "first"]);
    assert_eq!(line.changed(), 1, "one answer was lost");
    assert_eq!(entries(&home), before + 2, "it entered once");

    let (used, closed) = (operator.node.url(), home.state("replica"));
    drop(operator);
    let away = ["--node", &used, "ledger", "status"];
    home.fails(1, &away, "cannot be reached");
    home.fails(1, &STATUS, "node at");
    assert!(closed.exists());
    let no_url = ["--node", "ledger.example.org", "ledger", "status"];
    home.fails_with_any(&[2], &no_url);
}
