//! A patient's desk at home: over a checked copy of the ledger, with nobody else's keys near.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::home::TestHome;
use crate::node::{Node, Operator};

fn send(address: &str, line: &str, cookie: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    let request = format!(
        "{line} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncookie: {cookie}\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn what_a_desk_at_home_signs_enters_the_ledger_of_the_node() {
    let operator = Operator::new(TestHome::with_key());
    let board = operator.follow(TestHome::empty(), &operator.node.url());
    let key = board.ok(&["board", "new", "ethics", "--key-only"]);
    let key = key["key"].as_str().unwrap();
    operator.ok(&["board", "register", key, "--title", "Ethics Board"]);
    let sponsor = operator.follow(TestHome::empty(), &operator.node.url());
    let query = "cohort \"Grown-ups\" using cardiometabolic at 2025-01-01\ninclude all\n  age at least 18 years\n";
    let query = sponsor.write("adults.salus", query);
    let open = [
        "study",
        "open",
        &query,
        "--name",
        "adults",
        "--sponsor",
        "lab",
        "--board",
        key,
    ];
    let terms = [
        "--purpose",
        "health",
        "--institution",
        "U",
        "--region",
        "eea",
        "--expires",
        "2026-01-01",
    ];
    let study = sponsor.ok(&[&open[..], &terms[..]].concat());
    let study = study["id"].as_str().unwrap();

    // The board's desk, on the board's machine.
    let desk = Node::with_desk(&board.state(""));
    let address = desk.address.to_string();
    let signed_in = send(
        &address,
        &format!("GET {}", desk.link.as_ref().unwrap()),
        "",
        "",
    );
    let cookie = signed_in.split("set-cookie: ").nth(1).unwrap();
    let cookie = cookie.split(';').next().unwrap();
    let waiting = send(&address, "GET /desk/boards/ethics", cookie, "");
    assert!(waiting.contains("Grown-ups"), "{waiting}");
    let approved = send(
        &address,
        "POST /desk/boards/ethics/approve",
        cookie,
        &format!("study={study}"),
    );
    assert!(approved.starts_with("HTTP/1.1 303"), "{approved}");
    let shown = operator.ok(&["study", "show", study]);
    assert_eq!(shown["standing"], "open", "{shown}");
}
