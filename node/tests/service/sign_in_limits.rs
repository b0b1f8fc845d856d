//! How often one identity may do something, and in which order a request is checked.

use ed25519_dalek::{Signer, SigningKey};
use salus_ledger::key::PublicKey;
use salus_ledger::state::Event;
use salus_ledger::transaction::{Envelope, GrantConsent, RegisterBoard, RevokeConsent, Title};
use salus_node::sign_in::SignInSettings;
use salus_node::{Allowance, Settings};
use salus_protocol::nullifier::LedgerId;
use salus_protocol::registry::RecordIndex;

use crate::client::{Answer, call, post, send};
use crate::service::{Service, TRANSACTIONS};
use crate::sign_in_provider::Provider;
use crate::world::*;

const ONCE: Allowance = Allowance {
    at_once: 1,
    a_minute: 1,
};

fn hand_in(service: &Service, bytes: &[u8]) -> Answer {
    post(
        service.address,
        TRANSACTIONS,
        "application/octet-stream",
        bytes,
    )
}

/// Bytes with a good signature over what is no transaction.
fn signed(content: &[u8], ledger: &LedgerId, key: &SigningKey) -> Vec<u8> {
    let mut message = b"salus/v1/transaction\0".to_vec();
    message.extend_from_slice(ledger.as_bytes());
    message.extend_from_slice(content);
    let signature = key.sign(&message).to_bytes();
    [&[0][..], content, PublicKey::of(key).as_bytes(), &signature].concat()
}

fn too_often(answer: &Answer) {
    assert_eq!(answer.problem(), (429, "TooOften".to_owned()));
    let seconds: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=61).contains(&seconds), "{seconds}");
}

#[test]
fn a_transaction_is_checked_for_size_signer_quota_and_encoding_in_this_order() {
    let service = Service::founded(Settings {
        registered_key: ONCE,
        other_keys: ONCE,
        unsigned: ONCE,
        body_bytes: 10_000,
        ..Settings::default()
    });
    let id = service.ledger.state().unwrap().id();
    let (long, unsigned) = (vec![0; 10_001], vec![0; 200]);
    let key = |seed: u8| SigningKey::from_bytes(&[seed; 32]);
    let strange = |seed: u8| signed(b"no transaction", &id, &key(seed));
    // Each bucket is there, and each kind of sender finds out what else is wrong: once.
    assert_eq!(
        hand_in(&service, &unsigned).problem(),
        (400, "NotATransaction".to_owned())
    );
    assert_eq!(
        hand_in(&service, &strange(50)).problem(),
        (400, "NotATransaction".to_owned())
    );
    // Size comes before all, quota before decoding.
    assert_eq!(
        hand_in(&service, &long).problem(),
        (413, "BodyTooLarge".to_owned())
    );
    too_often(&hand_in(&service, &unsigned));
    // Whoever signs with another fresh key shares the bucket of all fresh keys.
    too_often(&hand_in(&service, &strange(51)));
    // A registered key has its own: neither those two nor who only names it take from it.
    let setup = setup(id);
    let mut named = setup[0].to_bytes();
    *named.last_mut().unwrap() ^= 1;
    too_often(&hand_in(&service, &named));
    assert_eq!(service.hand_in(&setup[0]).status, 201);
    too_often(&service.hand_in(&setup[0]));
}

#[test]
fn rules_come_after_the_quota_and_a_signature_that_does_not_hold_is_still_named() {
    let service = Service::founded(Settings {
        other_keys: ONCE,
        ..Settings::default()
    });
    let id = service.ledger.state().unwrap().id();
    let register = |seed: u8| {
        let key = SigningKey::from_bytes(&[seed; 32]);
        let board = RegisterBoard {
            name: Title::new("Board".to_owned()).unwrap(),
            key: PublicKey::of(&key),
        };
        Envelope::sign(board, &id, &key)
    };
    let mut bytes = register(60).to_bytes();
    *bytes.last_mut().unwrap() ^= 1;
    assert_eq!(
        hand_in(&service, &bytes).problem(),
        (422, "Signature".to_owned())
    );
    assert_eq!(
        service.hand_in(&register(60)).problem(),
        (403, "Governance".to_owned())
    );
    too_often(&service.hand_in(&register(61)));
}

fn receiving(settings: Settings) -> Service {
    let provider = Provider::start(&crate::sign_in_provider::Key::es256("first", 7));
    let folder = tempfile::tempdir().unwrap();
    let rule = "[[people]]\nsubject = \"7\"\nrole = \"board\"\nparty = \"ethics\"\n";
    let read: SignInSettings = provider.settings(folder.path(), rule);
    Service::receiving(read, settings)
}

#[test]
fn sign_ins_are_begun_and_ended_only_so_often() {
    let service = receiving(Settings {
        sign_ins: ONCE,
        ..Settings::default()
    });
    assert_eq!(service.get("/sign-in/provider").status, 303);
    too_often(&service.get("/sign-in/provider"));
    too_often(&service.get("/sign-in/return?code=x&state=y"));
}

#[test]
fn a_desk_checks_size_then_who_it_is_then_the_quota() {
    let service = receiving(Settings::default());
    let announced = "POST /desk/board/ethics HTTP/1.1\r\nhost: node\r\nconnection: close\r\n\
        content-type: application/x-www-form-urlencoded\r\ncontent-length: 2000000\r\n\r\n";
    let answer = send(service.address, announced.as_bytes()).unwrap();
    assert_eq!(answer.problem(), (413, "BodyTooLarge".to_owned()));
    // Nobody's requests are nobody's: they never reach a quota.
    for _ in 0..300 {
        let answer = call(service.address, "GET", "/desk/board/ethics", &[], "");
        assert_eq!(answer.problem(), (401, "SignIn".to_owned()));
    }
}

/// A node with a record, committed for the subject's key.
fn with_record(settings: Settings) -> (Service, LedgerId, Envelope, RecordIndex) {
    let service = Service::founded(settings);
    let id = service.ledger.state().unwrap().id();
    for envelope in setup(id) {
        assert!(service.ledger.submit(envelope).unwrap().is_ok());
    }
    let commit = Envelope::sign(commit_record(7), &id, &issuer());
    let committed = service.ledger.submit(commit.clone()).unwrap().unwrap();
    let Event::RecordCommitted { index } = committed.event else {
        panic!("{committed:?}")
    };
    (service, id, commit, index)
}

fn sequence(service: &Service, index: RecordIndex) -> u32 {
    let state = service.ledger.state().unwrap();
    state.record(index).unwrap().sequence
}

fn grants(service: &Service, id: &LedgerId, index: RecordIndex) -> Envelope {
    let grant = GrantConsent {
        index,
        sequence: sequence(service, index),
        consent: consent(1),
        row: row(500_001),
    };
    let grant = Envelope::sign(grant, id, &subject(7));
    let granted = service.hand_in(&grant);
    assert_eq!(granted.status, 201, "{granted:?}");
    grant
}

fn revokes(service: &Service, id: &LedgerId, index: RecordIndex) {
    let sequence = sequence(service, index);
    let revoke = RevokeConsent { index, sequence };
    let revoked = service.hand_in(&Envelope::sign(revoke, id, &subject(7)));
    assert_eq!(revoked.status, 201, "{revoked:?}");
}

#[test]
fn strangers_keep_no_patient_from_taking_a_consent_back() {
    let (service, id, _, index) = with_record(Settings {
        other_keys: ONCE,
        unsigned: ONCE,
        ..Settings::default()
    });
    for key in [stranger(), stranger()] {
        hand_in(&service, &signed(b"no transaction", &id, &key));
        hand_in(&service, &[0; 200]);
    }
    let strange = signed(b"no transaction", &id, &stranger());
    too_often(&hand_in(&service, &strange));
    grants(&service, &id, index);
    revokes(&service, &id, index);
}

#[test]
fn what_has_entered_is_repeated_at_nobodys_cost() {
    let times = |at_once| Allowance {
        at_once,
        a_minute: 1,
    };
    let (service, id, commit, index) = with_record(Settings {
        registered_key: times(4),
        subject_keys: times(2),
        ..Settings::default()
    });
    let grant = grants(&service, &id, index);
    // Anyone reads both from the log.
    for entered in [&commit, &grant] {
        for _ in 0..20 {
            let again = service.hand_in(entered);
            assert_eq!(again.problem(), (409, "Replayed".to_owned()));
        }
    }
    revokes(&service, &id, index);
    let commit = Envelope::sign(commit_record(8), &id, &issuer());
    assert_eq!(service.hand_in(&commit).status, 201);
}
