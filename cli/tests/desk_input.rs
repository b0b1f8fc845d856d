//! Whatever is sent to desks by who sits there: refused or done, never a failure of the node, and no
//! path of its machine in an answer.
#![allow(clippy::unwrap_used)]

mod home;
mod serving;

use std::io::{Read, Write};
use std::net::TcpStream;

use home::TestHome;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestRunner;
use serving::Serving;

/// As many as one person may ask for at once, less those of signing in.
const AT_ONCE: u32 = 110;
/// A new service begins with a new quota.
const SERVICES: u32 = 3;

/// The home's parties in desks' paths, and others.
const PARTIES: [&str; 7] = [
    "hospital", "ethics", "sponsor", "nobody", "..%2f..", "%00", "%ff",
];

fn prepared() -> TestHome {
    let home = TestHome::empty();
    home.found("2025-01-01");
    let query = home.path("found.salus");
    let open = [
        "study",
        "open",
        &query,
        "--name",
        "asked",
        "--sponsor",
        "sponsor",
    ];
    let purpose = [
        "--purpose",
        "health",
        "--institution",
        "Lab",
        "--region",
        "eea",
        "--expires",
        "2025-12-31",
        "--board",
        "ethics",
    ];
    home.ok(&[&open[..], &purpose].concat());
    home.ok(&["wallet", "new", "alice"]);
    home
}

/// The paths of all desks' forms and pages, of any party.
fn path() -> impl Strategy<Value = String> {
    let known = select(vec![
        "patients/{}",
        "patients/{}/grant",
        "patients/{}/revoke",
        "patients/{}/volunteer",
        "sponsors/{}",
        "sponsors/{}/close",
        "sponsors/{}/inbox/x",
        "studies/new",
        "studies",
        "boards/{}",
        "boards/{}/approve",
        "custodians/{}",
        "custodians/{}/publish",
        "custodians/{}/answer",
        "custodians/{}/imports",
        "custodians/{}/uploads",
        "custodians/{}/jobs",
        "custodians/{}/jobs/x/cancel",
        "custodians/{}/jobs/%2e%2e/events",
        "custodians/{}/jobs/0/remove",
    ]);
    let party = prop_oneof![4 => select(vec!["alice", "hospital", "ethics", "sponsor"]), 1 => select(&PARTIES[..])];
    (known, party).prop_map(|(path, party)| format!("/desk/{}", path.replace("{}", party)))
}

/// A field of some form, as its page sends it or otherwise.
fn field() -> impl Strategy<Value = String> {
    let name = select(vec![
        "and_by",
        "and_cuts",
        "approvals",
        "ask",
        "board",
        "by",
        "condition",
        "contact",
        "cuts",
        "declares",
        "disease",
        "epsilon",
        "expires",
        "folder",
        "from",
        "grant",
        "index_day",
        "institution",
        "profile",
        "region",
        "research",
        "round_to",
        "sponsor",
        "study",
        "suppress_up_to",
        "table",
        "text",
        "title",
        "together",
        "until",
        "",
    ]);
    let value = prop_oneof![
        6 => select(vec![
            "", "0", "-1", "1", "65536", "18446744073709551616", "0.1", "NaN", "2025-01-01", "2025-02-30", "9999-12-31",
            "general", "cardiometabolic", "count", "strata", "sex", "birth", "40,65", "contact", "health", "europe", "sponsor", "ethics", "hospital",
            "..%2f..%2fetc%2fpasswd", "%00", "%ff", "%e2%80%ae", "%", "%zz", "cohort+%22A%22+at+2025-01-01%0ainclude+all%0a++age+at+least+18+years",
            "cohort", "%3Cscript%3E", "a%0d%0ab:+c",
        ]).prop_map(str::to_owned),
        1 => (0usize..5000).prop_map(|length| "a".repeat(length)),
        1 => "\\PC{0,20}",
    ];
    (name, value).prop_map(|(name, value)| format!("{name}={value}"))
}

/// One request on one connection: the status and all that was answered.
fn ask(serving: &Serving, request: &[u8]) -> (u16, String) {
    let mut stream = TcpStream::connect(serving.client.address).unwrap();
    let _ = stream.write_all(request);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let text = String::from_utf8_lossy(&answer).into_owned();
    let status = text.get(9..12).and_then(|status| status.parse().ok());
    (status.unwrap_or_else(|| panic!("no answer: {text}")), text)
}

fn sign_in(serving: &Serving) -> String {
    let (status, answer) = ask(
        serving,
        format!("GET {} HTTP/1.1\r\n{}\r\n", serving.link(), head(serving)).as_bytes(),
    );
    assert_eq!(status, 303, "{answer}");
    let cookie = answer
        .lines()
        .find_map(|line| line.strip_prefix("set-cookie: "));
    cookie.unwrap().split(';').next().unwrap().to_owned()
}

fn head(serving: &Serving) -> String {
    format!("host: {}\r\nconnection: close\r\n", serving.client.address)
}

/// Tries as many of something as one person may ask for, at each of a few services.
fn at_desks<S: Strategy>(
    home: &TestHome,
    strategy: &S,
    request: impl Fn(&S::Value) -> (String, String, Vec<u8>),
) {
    let mut runner = TestRunner::new(ProptestConfig {
        cases: AT_ONCE,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let folder = home.state("").display().to_string();
    for _ in 0..SERVICES {
        let serving = Serving::start(home, &["--desk"]);
        let cookie = sign_in(&serving);
        let tried = runner.run(strategy, |value| {
            let (line, media, body) = request(&value);
            let head = format!(
                "{line} HTTP/1.1\r\n{}cookie: {cookie}\r\ncontent-type: {media}\r\ncontent-length: {}\r\n\r\n",
                head(&serving),
                body.len()
            );
            let (status, answer) = ask(&serving, &[head.as_bytes(), &body].concat());
            prop_assert!(status < 500 || status == 503, "{line}: {answer}");
            prop_assert_ne!(status, 429, "the quota hides what is tried");
            for trace in [folder.as_str(), "panicked", ".rs:", env!("CARGO_MANIFEST_DIR")] {
                prop_assert!(!answer.contains(trace), "{line}: {answer}");
            }
            Ok(())
        });
        tried.unwrap();
        assert!(serving.terminate().success());
    }
    home.ok(&["ledger", "verify"]);
}

#[test]
fn any_form_at_any_desk_is_answered() {
    let home = prepared();
    let any = (path(), prop::collection::vec(field(), 0..8), any::<bool>());
    at_desks(&home, &any, |(path, fields, get)| {
        let media = "application/x-www-form-urlencoded".to_owned();
        let fields = fields.join("&");
        match get {
            true if fields.is_ascii() && !fields.contains(' ') => {
                (format!("GET {path}?{fields}"), media, Vec::new())
            }
            _ => (format!("POST {path}"), media, fields.into_bytes()),
        }
    });
}

#[test]
fn any_upload_is_answered() {
    let home = prepared();
    let part = (
        select(vec![
            "name=\"files\"; filename=\"a.ndjson\"",
            "name=\"files\"; filename=\"../../a\"",
            "name=\"profile\"",
            "name=\"index_day\"",
            "name=\"",
            "",
            "name=\"files\"; filename=\"\0\"",
        ]),
        prop_oneof![
            select(vec![
                "general",
                "2025-01-01",
                "{}",
                "{\"resourceType\":\"Patient\"}",
                "[",
                "\u{1f}\u{8b}"
            ])
            .prop_map(|text| text.as_bytes().to_vec()),
            prop::collection::vec(any::<u8>(), 0..100),
        ],
    );
    let any = (
        prop::collection::vec(part, 0..5),
        any::<bool>(),
        select(vec![
            "multipart/form-data; boundary=b",
            "multipart/form-data",
            "text/plain",
        ]),
    );
    at_desks(&home, &any, |(parts, ended, media)| {
        let mut body = Vec::new();
        for (disposition, bytes) in parts {
            let head = format!("--b\r\ncontent-disposition: form-data; {disposition}\r\n\r\n");
            body.extend([head.as_bytes(), bytes, b"\r\n"].concat());
        }
        if *ended {
            body.extend(b"--b--\r\n");
        }
        (
            "POST /desk/custodians/hospital/uploads".to_owned(),
            (*media).to_owned(),
            body,
        )
    });
}

#[test]
fn any_json_of_a_service_is_answered() {
    let home = prepared();
    let path = select(vec![
        "",
        "/jobs",
        "/uploads",
        "/jobs/x",
        "/jobs/%2e%2e/cancel",
        "/jobs/%ff/commit",
        "/jobs/0/events",
    ]);
    let value = prop_oneof![
        4 => select(vec![
            "\"import\"", "\"publish\"", "\"count\"", "\"general\"", "\"2025-01-01\"", "\"..\"", "\"\"", "\"asked\"",
            "\"attrition\"", "{\"strata\":[\"sex\"]}", "{\"strata\":[]}", "{\"strata\":[\"birth=0\",\"\\u0000\"]}",
            "{\"strata\":[\"bmi.latest=1e99\"]}", "null", "-1", "1e999", "[[[[", "\"\\ud800\"",
        ]).prop_map(str::to_owned),
        1 => "\\PC{0,20}",
    ];
    let name = select(vec![
        "kind",
        "folder",
        "profile",
        "index_day",
        "study",
        "table",
        "x",
    ]);
    let any = (
        path,
        select(&["hospital", "nobody", "%ff"][..]),
        select(vec!["GET", "POST", "POST", "DELETE", "PUT"]),
        prop::collection::vec((name, value), 0..6),
    );
    at_desks(&home, &any, |(path, party, method, members)| {
        let members = members
            .iter()
            .map(|(name, value)| format!("\"{name}\":{value}"));
        let body = format!("{{{}}}", members.collect::<Vec<_>>().join(","));
        (
            format!("{method} /api/v1/custodians/{party}{path}"),
            "application/json".to_owned(),
            body.into_bytes(),
        )
    });
}
