//! Desks over HTTP: who may sit down, and what is refused.
#![allow(clippy::unwrap_used)]

mod home;

use std::fs;
use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStderr, Command, Stdio};

use home::TestHome;

/// The media type of forms.
const FORM: &str = "application/x-www-form-urlencoded";

/// A service with desks, and the link that it printed.
struct Serving {
    process: Child,
    address: String,
    link: Option<String>,
}

/// What a service says on standard error.
type Said = Lines<BufReader<ChildStderr>>;

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
        let (serving, lines) = Self::start_logging(home, more, "off");
        std::thread::spawn(move || lines.for_each(drop));
        serving
    }

    /// The same with a log of this level, which is what else it says.
    fn start_logging(home: &TestHome, more: &[&str], level: &str) -> (Self, Said) {
        let mut process = Command::new(env!("CARGO_BIN_EXE_salus"))
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(more)
            .env_clear()
            .env("SALUS_HOME", home.state(""))
            .env("SALUS_LOG", level)
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
        let serving = Self {
            process,
            address,
            link,
        };
        (serving, lines)
    }

    fn send(&self, line: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let form = ("content-type", FORM);
        self.send_bytes(line, &[headers, &[form]].concat(), body.as_bytes())
    }

    /// The same with a body of any kind.
    fn send_bytes(&self, line: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let mut head = format!("{line} HTTP/1.1\r\nconnection: close\r\n");
        if !headers.iter().any(|(name, _)| *name == "host") {
            head += &format!("host: {}\r\n", self.address);
        }
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        let length = body.len();
        head += &format!("content-length: {length}\r\n\r\n");
        stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
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

#[test]
fn damaged_files_are_logged_without_names_and_named_on_the_terminal() {
    let home = prepared();
    home.ok(&["wallet", "new", "bertha"]);
    home.ok(&["issuer", "new", "northern", "--title", "Hospital"]);
    assert_eq!(
        home.ok(&["home", "check"])["damaged"],
        serde_json::json!([])
    );
    let (serving, said) = Serving::start_logging(&home, &["--desk"], "info");
    let job = "issuers/northern/jobs/0123456789abcdef01234567/job.json";
    fs::create_dir_all(home.state(job).parent().unwrap()).unwrap();
    let damaged = [
        "wallets/alice/wallet.json",
        job,
        "issuers/northern/records.json",
    ];
    let cookie = serving.sign_in();
    let own = [("cookie", cookie.as_str()), ("accept", "application/json")];
    let failed = |line: &str, body: &str| {
        let answer = serving.send(line, &own, body);
        assert_eq!(answer.status, 500, "{line}: {}", answer.body);
        assert!(answer.body.contains("Internal"), "{}", answer.body);
    };
    // What serde says of such a file quotes it.
    fs::write(home.state(damaged[0]), "{\"alice\": 1}").unwrap();
    failed("GET /desk/patients/alice", "");
    failed("POST /desk/patients/alice/volunteer", "study=abcdef");
    fs::write(home.state(damaged[1]), "{\"northern\": 1}").unwrap();
    failed("GET /desk/custodians/northern", "");
    fs::write(home.state(damaged[2]), "northern").unwrap();
    failed("GET /desk/custodians/northern", "");

    // The others' desks stay open.
    let door = serving.send("GET /desk", &own, "");
    assert_eq!(door.status, 200, "{}", door.body);
    assert!(door.body.contains("One desk is left out") && door.body.contains("bertha"));
    assert!(!door.body.contains("alice"), "{}", door.body);
    drop(serving);

    let log = said.map(Result::unwrap).collect::<Vec<_>>().join("\n");
    assert!(log.contains("a file is not a wallet"), "{log}");
    assert!(log.contains("a file is not a job"), "{log}");
    assert!(log.contains("salus home check"), "{log}");
    assert!(log.contains("left out of a page"), "{log}");
    let folder = home.state("").display().to_string();
    for hidden in ["alice", "bertha", "northern", "0123456789abcdef", &folder] {
        assert!(!log.contains(hidden), "{hidden}: {log}");
    }

    let output = home.command(&["home", "check", "--json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let said = said["damaged"].as_array().unwrap();
    assert_eq!(said.len(), damaged.len(), "{said:?}");
    for file in damaged {
        let named = said
            .iter()
            .any(|line| line.as_str().unwrap().contains(file));
        assert!(named, "{file}: {said:?}");
    }
}

/// Every route that takes a form, for parties that there are.
const FORMS: [&str; 10] = [
    "/query",
    "/desk/patients/alice/grant",
    "/desk/patients/alice/volunteer",
    "/desk/sponsors/lab/close",
    "/desk/studies/new",
    "/desk/studies",
    "/desk/boards/ethics/approve",
    "/desk/custodians/northern/publish",
    "/desk/custodians/northern/answer",
    "/desk/custodians/northern/imports",
];

#[test]
fn whatever_is_wrong_with_a_form_is_a_problem() {
    let home = prepared();
    let serving = Serving::start(&home, &["--desk"]);
    let cookie = serving.sign_in();
    let own = ("cookie", cookie.as_str());
    let sent: [(&str, Option<&str>, &[u8], u16); 7] = [
        ("nothing", None, b"", 415),
        ("no form", Some("text/plain"), b"study=abcdef", 415),
        ("JSON", Some("application/json"), b"{}", 415),
        ("a field is missing", Some(FORM), b"none=1", 400),
        ("no text", Some(FORM), b"study=\xff", 400),
        ("no text, encoded", Some(FORM), b"study=%ff", 400),
        ("half a text", Some(FORM), b"study=%e2%82", 400),
    ];
    for path in FORMS {
        for (what, media, body, status) in sent {
            let media = media.map(|media| ("content-type", media));
            let headers: Vec<_> = [Some(own), media].into_iter().flatten().collect();
            let answer = serving.send_bytes(&format!("POST {path}"), &headers, body);
            let said = format!("{path}, {what}: {}", answer.body);
            let media = answer.header("content-type");
            assert_eq!(media, Some("application/problem+json"), "{said}");
            // A study without a sponsor is opened at nobody's desk.
            let expected = if (path, what) == ("/desk/studies", "a field is missing") {
                404
            } else {
                status
            };
            assert_eq!(answer.status, expected, "{said}");
            let problem: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
            assert_eq!(problem["status"], expected, "{said}");
        }
    }
    for media in ["text/plain", FORM, "multipart/form-data"] {
        let headers = [own, ("content-type", media)];
        let uploads = "POST /desk/custodians/northern/uploads";
        let answer = serving.send_bytes(uploads, &headers, b"a=b");
        assert_eq!(answer.status, 400, "{media}: {}", answer.body);
        let said = answer.header("content-type");
        assert_eq!(said, Some("application/problem+json"), "{}", answer.body);
    }
}

#[test]
fn addresses_that_are_no_text_are_problems() {
    let home = prepared();
    let serving = Serving::start(&home, &["--desk"]);
    let cookie = serving.sign_in();
    let own = [("cookie", cookie.as_str())];
    for (path, status) in [
        ("/desk/patients/%ff", 404),
        ("/desk/sponsors/%ff/inbox/%ff", 404),
        ("/studies/%ff", 400),
        ("/explorer/entries/%ff", 400),
        ("/assets/%ff", 400),
        ("/fhir/r4/ResearchStudy/%ff", 400),
        ("/query?profile=%ff", 400),
        ("/sign-in/link", 400),
        ("/sign-in/link?secret=%ff", 400),
        ("/sign-in/return?code=%ff", 400),
    ] {
        let answer = serving.send(&format!("GET {path}"), &own, "");
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
        let media = answer.header("content-type").unwrap();
        let media = ["application/problem+json", "application/fhir+json"].contains(&media);
        assert!(media, "{path}: {}", answer.head);
    }
}

#[test]
fn a_problem_with_a_form_is_a_page_that_leads_back() {
    let home = prepared();
    let serving = Serving::start(&home, &["--desk"]);
    let cookie = serving.sign_in();
    let page = (
        "referer",
        "http://127.0.0.1/desk/patients/alice?done=granted",
    );
    let send = |site: &str| {
        let headers = [
            ("cookie", cookie.as_str()),
            ("accept", "text/html"),
            ("sec-fetch-site", site),
            page,
        ];
        serving.send("POST /desk/patients/alice/volunteer", &headers, "contact=x")
    };
    let answer = send("same-origin");
    assert_eq!(answer.status, 400, "{}", answer.body);
    let media = answer.header("content-type").unwrap();
    assert!(media.starts_with("text/html"), "{media}");
    assert_eq!(answer.header("referrer-policy"), Some("same-origin"));
    let link = "href=\"/desk/patients/alice?done=granted\"";
    for part in ["missing field", link, "own way back"] {
        assert!(answer.body.contains(part), "{}", answer.body);
    }
    let foreign = send("cross-site");
    assert_eq!(foreign.status, 403);
    assert!(!foreign.body.contains(link), "{}", foreign.body);
}
