//! Sealed contacts are given to their study's sponsor, and to nobody else.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::SigningKey;
use salus_ledger::inbox::InboxRequest;
use salus_protocol::nullifier::{LedgerId, StudyId};

use crate::client::{Answer, post};
use crate::service::Service;
use crate::world::*;

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap().as_secs()
}

fn ask(service: &Service, study: &StudyId, more: &str, request: &InboxRequest) -> Answer {
    let path = format!("/api/v1/studies/{study}/contacts{more}");
    let body = serde_json::to_vec(request).unwrap();
    post(service.address, &path, "application/json", &body)
}

fn ids(service: &Service) -> (LedgerId, StudyId) {
    let state = service.ledger.state().unwrap();
    let study = *state.studies().keys().next().unwrap();
    (state.id(), study)
}

#[test]
fn only_the_sponsor_is_given_contacts() {
    let service = Service::with(session::batches().len());
    let (ledger, study) = ids(&service);
    let request = InboxRequest::sign(&ledger, &study, now(), &sponsor());
    let given = ask(&service, &study, "", &request).json();
    assert_eq!(given["answers"], 1);
    assert!(given["next"].is_null());
    let sealed = BASE64.encode(session::contact().as_bytes());
    assert_eq!(given["contacts"], serde_json::json!([sealed]));
    let beyond = ask(&service, &study, "?from=1", &request).json();
    assert_eq!(beyond["contacts"], serde_json::json!([]));

    let by = |secret: &SigningKey, ledger: &LedgerId, study: &StudyId, time| {
        InboxRequest::sign(ledger, study, time, secret)
    };
    let others = [
        by(&stranger(), &ledger, &study, now()),
        by(&sponsor(), &LedgerId::new([1; 32]), &study, now()),
        by(&sponsor(), &ledger, &StudyId::new([1; 32]), now()),
        by(&sponsor(), &ledger, &study, now() - 3_600),
        by(&sponsor(), &ledger, &study, now() + 3_600),
    ];
    for request in &others {
        let refused = ask(&service, &study, "", request).problem();
        assert_eq!(refused, (403, "NotSponsor".to_owned()));
    }
    let unknown = ask(&service, &StudyId::new([1; 32]), "", &request).problem();
    assert_eq!(unknown.0, 404);
}

#[test]
fn a_dropped_contact_is_left_out() {
    let service = Service::with(session::batches().len());
    let (ledger, study) = ids(&service);
    let digest = session::contact().digest();
    service.ledger.drop_contact(digest).unwrap();
    let request = InboxRequest::sign(&ledger, &study, now(), &sponsor());
    let given = ask(&service, &study, "", &request).json();
    assert_eq!(
        (&given["answers"], &given["contacts"]),
        (&1.into(), &serde_json::json!([]))
    );
}
