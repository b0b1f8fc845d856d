//! Requests that no library would send: any bytes as path, header or framing. The node answers, or ends
//! the connection, and goes on.

use std::sync::LazyLock;
use std::time::Duration;

use proptest::prelude::*;
use salus_node::Settings;

use crate::any_input::is_sound;
use crate::client::{get, send};
use crate::service::{Service, TRANSACTIONS};

/// It waits for nobody, so that framing which promises more than is sent ends soon.
static SERVICE: LazyLock<Service> = LazyLock::new(|| {
    Service::offering_with(Settings {
        header_time: Duration::from_millis(50),
        body_time: Duration::from_millis(50),
        ..Settings::default()
    })
});

const CLOSE: &[u8] = b"host: node\r\nconnection: close\r\n";

/// A request of these bytes.
fn request(method: &str, target: &[u8], headers: &[u8], body: &[u8]) -> Vec<u8> {
    let line = [method.as_bytes(), b" ", target, b" HTTP/1.1\r\n"].concat();
    [&line, CLOSE, headers, b"\r\n", body].concat()
}

/// One for each way in which a route reads its request.
fn target() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "/",
        "/query",
        "/verify",
        "/assets/salus.css",
        "/desk",
        "/sign-in",
        "/sign-in/return",
        "/auth/token",
        "/.well-known/smart-configuration",
        "/metrics",
        "/checkpoint",
        "/tile/0/000.p/2",
        "/api/v1/health",
        "/api/v1/ledger",
        "/api/v1/ledger/entries?from=0",
        "/api/v1/queries/check",
        "/api/v1/openapi.json",
        "/fhir/r4/metadata",
        "/fhir/r5/ResearchStudy",
        TRANSACTIONS,
    ])
}

fn method() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PRI", "get",
        "G\u{e9}T", "",
    ])
}

fn header_name() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        "accept",
        "accept-encoding",
        "accept-language",
        "authorization",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "cookie",
        "expect",
        "forwarded",
        "host",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-range",
        "last-event-id",
        "origin",
        "prefer",
        "range",
        "referer",
        "sec-fetch-site",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-http-method-override",
    ]);
    prop_oneof![
        8 => known.prop_map(|name| name.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..20),
    ]
}

fn header_value() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        "",
        "*",
        "*/*;q=99",
        "text/html;q=a, application/json;q=-1",
        "application/fhir+json; fhirVersion=9",
        "bytes=0-",
        "bytes=9-1,-5,99999999999999999999-",
        "W/\"",
        "\"\u{fffd}\"",
        "Bearer",
        "Bearer ",
        "Bearer \u{1}",
        "Basic dTpw",
        "Basic ?",
        "id=1; id=2; =; ;;;",
        "salus=; salus=%00",
        "chunked",
        "gzip, chunked",
        "chunked, chunked",
        "0",
        "-1",
        "+5",
        "5, 5",
        "18446744073709551616",
        "100-continue",
        "h2c",
        "websocket",
        "null",
        "http://[",
        "node:99999",
        "a b",
        "node@evil",
        "cross-site",
        "multipart/form-data",
        "multipart/form-data; boundary=\"",
        "application/json; charset=utf-7",
        "Thu, 99 Foo 0000 99:99:99 GMT",
        "for=\"[::1",
        "\r\n x: y",
    ]);
    prop_oneof![
        6 => known.prop_map(|value| value.as_bytes().to_vec()),
        2 => prop::collection::vec(any::<u8>(), 0..60),
        1 => (0usize..20_000).prop_map(|length| vec![b'a'; length]),
        1 => (1usize..3000).prop_map(|count| "a=b; ".repeat(count).into_bytes()),
    ]
}

/// Percent-encodings, good and bad, dots, separators, and bytes that no path has.
fn path_piece() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        "/",
        "//",
        "/.",
        "/..",
        "/../..",
        "%2e%2e",
        "%2f",
        "%5c",
        "\\",
        "%00",
        "%0d%0a",
        "%ff",
        "%c0%af",
        "%",
        "%2",
        "%zz",
        "%25",
        "?",
        "#",
        ";",
        "&",
        "=",
        "+",
        ":",
        "@",
        "*",
        "api/v1/",
        "assets/",
        "explorer/entries/",
        "studies/",
        "fhir/r4/Group/",
        "etc/passwd",
        "desk/",
        "http://node/",
        "0",
    ]);
    prop_oneof![
        8 => known.prop_map(|piece| piece.as_bytes().to_vec()),
        2 => prop::collection::vec(any::<u8>(), 1..6),
        1 => (1usize..40_000).prop_map(|length| vec![b'a'; length]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_header_is_answered(
        method in method(), target in target(),
        headers in prop::collection::vec((header_name(), header_value()), 0..6),
        body in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let lines = headers.iter().map(|(name, value)| [&name[..], b": ", value, b"\r\n"].concat());
        let lines = lines.collect::<Vec<_>>().concat();
        is_sound(send(SERVICE.address, &request(method, target.as_bytes(), &lines, &body)))?;
    }

    #[test]
    fn any_target_is_answered(
        method in method(), pieces in prop::collection::vec(path_piece(), 0..8), absolute in any::<bool>(),
    ) {
        let target = if absolute { [b"/", &pieces.concat()[..]].concat() } else { pieces.concat() };
        is_sound(send(SERVICE.address, &request(method, &target, b"", b"")))?;
    }

    #[test]
    fn any_form_is_answered(
        target in prop::sample::select(vec!["/query", "/auth/token", "/desk", "/sign-in/link"]),
        fields in prop::collection::vec(("[a-z_]{0,12}", "\\PC{0,40}|(%[0-9a-fA-F]{0,2}){0,5}"), 0..6),
        chosen in prop::sample::select(vec!["", "profile=cardiometabolic&text=", "grant_type=client_credentials&"]),
    ) {
        let fields = fields.iter().map(|(name, value)| format!("{name}={value}"));
        let body = format!("{chosen}{}", fields.collect::<Vec<_>>().join("&"));
        let form = format!("content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n", body.len());
        is_sound(send(SERVICE.address, &request("POST", target.as_bytes(), form.as_bytes(), body.as_bytes())))?;
    }
}

#[test]
fn a_body_has_one_length() {
    let media = "content-type: application/octet-stream\r\n";
    let ask = |headers: &str, body: &[u8]| {
        let headers = format!("{media}{headers}");
        send(
            SERVICE.address,
            &request("POST", TRANSACTIONS.as_bytes(), headers.as_bytes(), body),
        )
    };
    // What a proxy could read in another way than the node is refused as a whole.
    for headers in [
        "content-length: 4\r\ncontent-length: 5\r\n",
        "content-length: 4, 5\r\n",
        "content-length: -4\r\n",
        "content-length: 0x4\r\n",
        "content-length: 18446744073709551616\r\n",
        "content-length : 4\r\n",
        "transfer-encoding: gzip\r\n",
        "transfer-encoding: chunked, identity\r\n",
    ] {
        let answer = ask(headers, b"GET /metrics HTTP/1.1\r\n\r\n");
        let status = answer.as_ref().map(|answer| answer.status);
        assert!(
            status.is_none_or(|status| status == 400),
            "{headers}: {answer:?}"
        );
        is_sound(answer).unwrap();
    }
    // Lengths of chunks that are none, or too many.
    for chunks in [
        "zz\r\n",
        "-1\r\n",
        "ffffffffffffffff\r\na",
        "10000000000000000\r\na",
        "1\r\nab",
    ] {
        let answer = ask("transfer-encoding: chunked\r\n", chunks.as_bytes());
        let status = answer.as_ref().map(|answer| answer.status);
        assert!(
            matches!(status, Some(400 | 408 | 413) | None),
            "{chunks}: {answer:?}"
        );
        is_sound(answer).unwrap();
    }
}

#[test]
fn a_header_has_its_bounds() {
    for (what, headers) in [
        ("many", "a: b\r\n".repeat(500)),
        ("long", format!("a: {}\r\n", "b".repeat(1 << 20))),
        ("folded", "a: b\r\n c\r\n".to_owned()),
        ("nameless", ": b\r\n".to_owned()),
        ("with a null byte", "a: b\0c\r\n".to_owned()),
    ] {
        let answer = send(
            SERVICE.address,
            &request("GET", b"/", headers.as_bytes(), b""),
        );
        let status = answer.as_ref().map(|answer| answer.status);
        assert!(
            matches!(status, Some(400 | 431) | None),
            "{what}: {answer:?}"
        );
    }
    let long = "a".repeat(100_000);
    let answer = send(
        SERVICE.address,
        &request("GET", format!("/{long}").as_bytes(), b"", b""),
    );
    let status = answer.as_ref().map(|answer| answer.status);
    assert!(matches!(status, Some(404 | 414) | None), "{answer:?}");
}

#[test]
fn after_any_request_it_goes_on() {
    for bytes in [
        &b"\x16\x03\x01\x02\x00"[..],
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /\r\n\r\n",
        b"\0\0\0",
    ] {
        is_sound(send(SERVICE.address, bytes)).unwrap();
    }
    assert_eq!(get(SERVICE.address, "/api/v1/health").status, 200);
    assert_eq!(get(SERVICE.address, "/").status, 200);
}
