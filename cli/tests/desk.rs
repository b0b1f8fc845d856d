//! Desks over HTTP: who may sit down, and what is refused.
#![allow(clippy::unwrap_used)]

mod home;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use home::TestHome;

/// A service with desks, and the link that it printed.
struct Serving {
    process: Child,
    address: String,
    link: Option<String>,
}

/// An answer: its status, its headers in lower case, and its body.
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines();
        lines.find_map(|line| line.strip_prefix(&format!("{name}: ")))
    }

    /// The cookie that it sets.
    fn cookie(&self) -> String {
        let cookie = self.header("set-cookie").unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }
}

impl Serving {
    fn start(home: &TestHome, more: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_salus"))
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(more)
            .env_clear()
            .env("SALUS_HOME", home.state(""))
            .env("SALUS_LOG", "off")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let mut said = || lines.next().unwrap().unwrap();
        let first = said();
        let address = first.split("http://").nth(1).unwrap();
        let address = address.split('/').next().unwrap().to_owned();
        let link = more.contains(&"--desk").then(|| {
            let line = said();
            format!("/{}", line.split('/').skip(3).collect::<Vec<_>>().join("/"))
        });
        std::thread::spawn(move || lines.for_each(drop));
        Self {
            process,
            address,
            link,
        }
    }

    fn send(&self, line: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let mut head = format!("{line} HTTP/1.1\r\nconnection: close\r\n");
        if !headers.iter().any(|(name, _)| *name == "host") {
            head += &format!("host: {}\r\n", self.address);
        }
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        let length = body.len();
        let form = "content-type: application/x-www-form-urlencoded";
        head += &format!("{form}\r\ncontent-length: {length}\r\n\r\n");
        stream.write_all((head + body).as_bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        Answer {
            status: head[9..12].parse().unwrap(),
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }

    /// Follows the link; the session's cookie.
    fn sign_in(&self) -> String {
        let link = self.link.as_ref().unwrap();
        let answer = self.send(&format!("GET {link}"), &[], "");
        assert_eq!(answer.status, 303, "{}", answer.body);
        assert_eq!(answer.header("location"), Some("/desk"));
        let cookie = answer.header("set-cookie").unwrap();
        assert!(
            cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
            "{cookie}"
        );
        answer.cookie()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A ledger with a board, a sponsor's study and a wallet.
fn prepared() -> TestHome {
    let home = TestHome::empty();
    home.ok(&["ledger", "init", "--day", "2025-01-01"]);
    home.ok(&["board", "new", "ethics", "--title", "Ethics Board"]);
    home.ok(&["wallet", "new", "alice"]);
    home
}

#[test]
fn nobody_sits_down_who_did_not_sign_in() {
    let home = prepared();
    let serving = Serving::start(&home, &["--desk"]);
    for path in [
        "/desk",
        "/desk/boards/ethics",
        "/desk/patients/alice",
        "/desk/patients/nobody",
    ] {
        let answer = serving.send(&format!("GET {path}"), &[("accept", "text/html")], "");
        assert_eq!(answer.status, 401, "{path}");
        assert!(answer.body.contains("Sign in") && !answer.body.contains("Ethics Board"));
    }
    let forged = [("cookie", "salus=AAAAAAAAAAAAAAAAAAAAAA")];
    assert_eq!(serving.send("GET /desk", &forged, "").status, 401);
    assert_eq!(
        serving.send("GET /sign-in/link?secret=00", &[], "").status,
        401
    );

    let cookie = serving.sign_in();
    let own = [("cookie", cookie.as_str())];
    let desk = serving.send("GET /desk", &own, "");
    assert_eq!(desk.status, 200);
    assert!(desk.body.contains("Ethics Board") && desk.body.contains("alice"));
    // A patient is found by name, and nobody else's name leads anywhere.
    let found = serving.send("GET /desk/patients?name=alice", &own, "");
    assert_eq!(
        (found.status, found.header("location")),
        (303, Some("/desk/patients/alice"))
    );
    let nobody = serving.send("GET /desk/patients?name=..%2fx", &own, "");
    assert_eq!(nobody.status, 404);
    let stranger = serving.send("GET /desk/patients?name=alice", &[], "");
    assert_eq!(stranger.status, 401);
    // The link is good once, and signing out ends what it began.
    let again = format!("GET {}", serving.link.as_ref().unwrap());
    assert_eq!(serving.send(&again, &[], "").status, 401);
    assert_eq!(serving.send("POST /sign-out", &own, "").status, 303);
    assert_eq!(serving.send("GET /desk", &own, "").status, 401);
}

#[test]
fn another_sites_page_changes_nothing() {
    let home = prepared();
    let serving = Serving::start(&home, &["--desk"]);
    let cookie = serving.sign_in();
    let own = ("cookie", cookie.as_str());
    for foreign in [
        ("origin", "http://evil.example"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "null"),
    ] {
        let answer = serving.send("POST /desk/patients/alice/revoke", &[own, foreign], "");
        assert_eq!(answer.status, 403, "{foreign:?}: {}", answer.body);
        assert!(answer.body.contains("ForeignPage"), "{}", answer.body);
    }
    // From the site's own page it is done, or refused for its own reason.
    let near = ("sec-fetch-site", "same-origin");
    let answer = serving.send("POST /desk/patients/alice/revoke", &[own, near], "");
    assert_eq!(answer.status, 400, "{}", answer.body);
    assert!(
        answer.body.contains("no consent to take back"),
        "{}",
        answer.body
    );
}

#[test]
fn forms_that_make_no_sense_are_refused_and_name_no_path() {
    let home = prepared();
    let serving = Serving::start(&home, &["--desk"]);
    let cookie = serving.sign_in();
    let own = [("cookie", cookie.as_str())];
    for (path, body, status) in [
        ("/desk/patients/nobody/revoke", "", 404),
        ("/desk/patients/..%2f..%2fetc/revoke", "", 404),
        ("/desk/patients/alice/grant", "grant=everything", 400),
        ("/desk/patients/alice/grant", "from=2025-01-01", 400),
        ("/desk/patients/alice/volunteer", "study=abcdef", 404),
        ("/desk/boards/ethics/approve", "study=abcdef", 404),
        ("/desk/boards/nobody/approve", "study=abcdef", 404),
        (
            "/desk/custodians/nobody/publish",
            "profile=general&index_day=2025-01-01",
            404,
        ),
        ("/desk/studies", "sponsor=nobody", 404),
        ("/desk/studies/new", "profile=none&text=x", 404),
    ] {
        let answer = serving.send(&format!("POST {path}"), &own, body);
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
        let folder = home.state("").display().to_string();
        assert!(!answer.body.contains(&folder), "{}", answer.body);
    }
}

#[test]
fn without_desks_there_is_nobody_to_sign_in() {
    let home = prepared();
    let serving = Serving::start(&home, &[]);
    assert_eq!(serving.send("GET /desk", &[], "").status, 404);
    assert_eq!(
        serving.send("GET /sign-in/link?secret=00", &[], "").status,
        401
    );
    assert_eq!(serving.send("GET /sign-in", &[], "").status, 200);
}

#[test]
fn desks_are_for_this_machine_alone() {
    let home = prepared();
    for option in ["--desk", "--demo"] {
        let asked = ["serve", option, "--listen", "0.0.0.0:0"];
        home.fails(2, &asked, "desks are not served on");
    }
}
