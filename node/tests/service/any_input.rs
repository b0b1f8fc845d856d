//! Whatever is sent: no panic, no failure of the node, and it goes on.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use proptest::prelude::*;
use proptest::sample::Index;
use salus_ledger::transaction::Envelope;

use crate::client::{Answer, post, send};
use crate::service::{Service, TRANSACTIONS};
use crate::world::key;
use crate::world::kinds::every_kind;

static SERVICE: LazyLock<Service> = LazyLock::new(|| Service::with(6));
/// For transactions that may enter.
static SIGNED: LazyLock<Service> = LazyLock::new(|| Service::with(6));

/// What would tell of the machine that the node runs on, or of how it failed.
const TRACES: [&str; 6] = [
    "panicked",
    "stack backtrace",
    ".rs:",
    concat!("/", "home/"),
    concat!("/", "root/"),
    env!("CARGO_MANIFEST_DIR"),
];

/// The node may refuse, or be busy; it does not fail, and says nothing about its machine.
pub(crate) fn is_sound(answer: Option<Answer>) -> Result<(), TestCaseError> {
    let Some(answer) = answer else {
        return Ok(()); // what is no HTTP may end without an answer
    };
    prop_assert!(answer.status < 500 || answer.status == 503, "{answer:?}");
    let body = String::from_utf8_lossy(&answer.body);
    for trace in TRACES {
        prop_assert!(!body.contains(trace), "{trace:?} in {answer:?}");
    }
    Ok(())
}

/// Pieces of paths and queries that mean something here, and some that do not.
fn piece() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "/api/v1",
        "/ledger",
        "/entries",
        "/proofs/inclusion",
        "/proofs/consistency",
        "/tile",
        "/0",
        "/000",
        "/x001",
        ".p/3",
        "/entries/000.p/9",
        "/studies",
        "/bundle",
        "/profiles",
        "/registry/leaves",
        "?",
        "&",
        "index=",
        "size=",
        "from=",
        "to=",
        "count=",
        "after=",
        "log=true",
        "/fhir/r4",
        "/fhir/r5",
        "/metadata",
        "/ResearchStudy",
        "/Group",
        "/EvidenceVariable",
        "/AuditEvent",
        "_id=",
        "_count=",
        "_offset=",
        "_format=",
        "status=",
        "entity=",
        "active",
        "|",
        ",",
        "/../",
        "//",
        "%00",
        "%ff",
        "%",
    ]);
    let id = prop::sample::select(vec!["0".repeat(64), "f".repeat(64), "zz".to_owned()]);
    prop_oneof![
        4 => known.prop_map(str::to_owned),
        2 => any::<u64>().prop_map(|number| number.to_string()),
        2 => (0u64..40).prop_map(|number| number.to_string()),
        1 => id,
        1 => "[!-~]{0,6}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_path_is_answered(pieces in prop::collection::vec(piece(), 1..8), below in any::<bool>()) {
        let path = pieces.concat();
        let path = if below { format!("/api/v1/ledger{path}") } else { format!("/{path}") };
        let request = format!("GET {path} HTTP/1.1\r\nhost: node\r\nconnection: close\r\n\r\n");
        is_sound(send(SERVICE.address, request.as_bytes()))?;
    }

    #[test]
    fn any_fhir_path_is_answered(
        release in prop::sample::select(vec!["r4", "r5"]),
        kind in prop::sample::select(vec!["ResearchStudy", "Group", "EvidenceVariable", "AuditEvent", "metadata"]),
        pieces in prop::collection::vec(piece(), 0..6),
        host in "[!-~]{0,8}",
    ) {
        let path = format!("/fhir/{release}/{kind}{}", pieces.concat());
        let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        let answer = send(SERVICE.address, request.as_bytes());
        if let Some(answer) = &answer
            && answer.header("content-type") == Some("application/fhir+json")
        {
            prop_assert!(answer.json()["resourceType"].is_string());
        }
        is_sound(answer)?;
    }

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let close = b"\r\nconnection: close\r\n\r\n";
        is_sound(send(SERVICE.address, &[&bytes[..], close].concat()))?;
    }

    #[test]
    fn any_body_is_answered(body in prop::collection::vec(any::<u8>(), 0..400), json in any::<bool>()) {
        let media = if json { "application/json" } else { "application/octet-stream" };
        let answer = post(SERVICE.address, TRANSACTIONS, media, &body);
        prop_assert_eq!(answer.problem().0, 400);
    }

    /// Its signature does not hold any more, or it is no transaction any more.
    #[test]
    fn a_changed_or_cut_transaction_of_any_kind_is_refused(
        which in any::<Index>(), at in any::<Index>(), bit in 0u8..8, cut in any::<bool>(), json in any::<bool>(),
    ) {
        let all = every_kind();
        let mut bytes = which.get(&all).to_bytes();
        let at = at.index(bytes.len());
        if cut {
            bytes.truncate(at);
        } else {
            bytes[at] ^= 1 << bit;
        }
        let answer = if json {
            let attachment = serde_json::json!({ "kind": "profile", "text": crate::world::PROFILE });
            let body = serde_json::json!({ "transaction": BASE64.encode(&bytes), "attachment": attachment });
            post(SERVICE.address, TRANSACTIONS, "application/json", body.to_string().as_bytes())
        } else {
            post(SERVICE.address, TRANSACTIONS, "application/octet-stream", &bytes)
        };
        let (status, _) = answer.problem();
        prop_assert!((400..500).contains(&status), "{:?}", answer);
        is_sound(Some(answer))?;
    }

    /// Whoever has a key may sign anything, with anything beside it.
    #[test]
    fn a_changed_transaction_that_is_signed_anew_is_judged(
        which in any::<Index>(), at in any::<Index>(), bit in 0u8..8, signer in 0u8..9,
        kind in prop::sample::select(vec!["contact", "profile", "publication", "cohort-proof", "row"]),
        attached in prop::option::of(prop::collection::vec(any::<u8>(), 0..300)),
    ) {
        let service = &*SIGNED;
        let all = every_kind();
        let mut bytes = which.get(&all).to_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let changed = Envelope::from_bytes(&bytes).unwrap_or_else(|_| which.get(&all).clone());
        let id = service.ledger.state().unwrap().id();
        let signed = Envelope::sign(changed.transaction().clone(), &id, &key(signer, 0));
        let attachment = attached.map(|bytes| match kind {
            "profile" => serde_json::json!({ "kind": kind, "text": String::from_utf8_lossy(&bytes) }),
            _ => serde_json::json!({ "kind": kind, "base64": BASE64.encode(bytes) }),
        });
        let body = serde_json::json!({ "transaction": BASE64.encode(signed.to_bytes()), "attachment": attachment });
        let answer = post(service.address, TRANSACTIONS, "application/json", body.to_string().as_bytes());
        if answer.status != 201 {
            answer.problem();
        }
        is_sound(Some(answer))?;
    }
}

#[test]
fn a_ledger_that_took_what_was_signed_anew_replays() {
    SIGNED.ledger.verify().unwrap();
}

#[test]
fn after_all_of_it_the_ledger_is_as_it_was() {
    let before = Service::with(6).ledger.log_head().unwrap();
    for body in [&b"\xff\xff"[..], b"{", b""] {
        post(SERVICE.address, TRANSACTIONS, "application/json", body);
    }
    assert_eq!(SERVICE.json("ledger")["size"], before.size);
    SERVICE.ledger.verify().unwrap();
}
