//! Transactions handed in: what enters, and each way to be refused.

use salus_ledger::engine::{Attachment, Submission};
use salus_ledger::state::Event;
use salus_ledger::transaction::*;
use salus_protocol::nullifier::{LedgerId, StudyId};
use salus_protocol::statement::ContactDigest;

use crate::client::post;
use crate::service::{Service, TRANSACTIONS, handed};
use crate::world::*;

/// Batches of the session until the study is approved, before its answer.
const APPROVED: usize = 6;

fn id_of(service: &Service) -> LedgerId {
    service.ledger.state().unwrap().id()
}

fn refused(
    service: &Service,
    transaction: impl Into<Transaction>,
    secret: &ed25519_dalek::SigningKey,
) -> (u16, String) {
    let size = service.ledger.log_head().unwrap().size;
    let envelope = Envelope::sign(transaction, &id_of(service), secret);
    let problem = service.hand_in(&envelope).problem();
    assert_eq!(service.ledger.log_head().unwrap().size, size);
    problem
}

fn problem(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[test]
fn every_kind_of_the_session_enters_and_appears() {
    let service = Service::founded(salus_node::Settings::default());
    for submission in session::batches().iter().flatten() {
        let answer = service.submit(submission);
        assert_eq!(answer.status, 201, "{answer:?}");
        let receipt = answer.json();
        let entry = receipt["entry"].as_u64().unwrap();
        let place = format!("/api/v1/ledger/entries/{entry}");
        assert_eq!(answer.header("location"), Some(place.as_str()));
        assert!(receipt["event"]["event"].is_string(), "{receipt}");
        let entry = service.get(&place).json();
        assert_eq!(entry["id"], receipt["id"]);
        assert_eq!(entry["kind"], submission.envelope.transaction().name());
        let checkpoint = service.get("/checkpoint");
        assert_eq!(receipt["checkpoint"], checkpoint.text());
    }
    let kept = service.ledger.contact(session::contact().digest());
    assert_eq!(kept.unwrap(), session::contact());
    service.ledger.verify().unwrap();
}

#[test]
fn a_replayed_transaction_is_refused() {
    let service = Service::with(0);
    let envelope = &setup(id_of(&service))[0];
    assert_eq!(service.hand_in(envelope).status, 201);
    assert_eq!(
        service.hand_in(envelope).problem(),
        problem(409, "Replayed")
    );
}

#[test]
fn a_transaction_signed_for_a_foreign_ledger_is_refused() {
    let service = Service::with(0);
    let elsewhere = LedgerId::new([7; 32]);
    for envelope in setup(elsewhere) {
        assert_eq!(
            service.hand_in(&envelope).problem(),
            problem(422, "Signature")
        );
    }
}

#[test]
fn a_transaction_of_the_wrong_role_is_refused() {
    let service = Service::with(APPROVED);
    let name = Title::new("Nobody's board").unwrap();
    let key = salus_ledger::key::PublicKey::of(&stranger());
    let board = RegisterBoard { name, key };
    assert_eq!(
        refused(&service, board, &stranger()),
        problem(403, "Governance")
    );
    let revoke = RevokeConsent {
        index: 0,
        sequence: 1,
    };
    assert_eq!(
        refused(&service, revoke, &stranger()),
        problem(403, "NotSubjectOfRecord")
    );
    assert_eq!(
        refused(&service, commit_record(9), &stranger()),
        problem(403, "IssuerUnknown")
    );
    // Who has a part here, but not this one.
    assert_eq!(
        refused(&service, commit_record(9), &crate::world::board(0)),
        problem(403, "IssuerUnknown")
    );
    let study = only_study(&service);
    assert_eq!(
        refused(&service, ApproveStudy { study }, &sponsor()),
        problem(403, "NotBoardOfStudy")
    );
    let day = on_day(day("2024-07-01"));
    assert_eq!(
        refused(&service, day, &governance()),
        problem(403, "CheckpointKey")
    );
    let close = CloseStudy { study };
    assert_eq!(
        refused(&service, close, &stranger()),
        problem(403, "NotSponsor")
    );
    let approve = ApproveStudy { study };
    assert_eq!(
        refused(&service, approve, &stranger()),
        problem(403, "NotBoardOfStudy")
    );
}

#[test]
fn an_answer_to_an_expired_study_is_refused() {
    let service = Service::with(APPROVED);
    let study = only_study(&service);
    let later = on_day(day("2025-01-01"));
    let later = Envelope::sign(later, &id_of(&service), &checkpoint());
    assert_eq!(service.hand_in(&later).status, 201);
    let answer = answer_of(&service, &study, 1);
    assert_eq!(
        refused(&service, answer, &stranger()),
        problem(409, "StudyExpired")
    );
    assert_eq!(
        service.json(&format!("studies/{study}"))["standing"],
        "expired"
    );
}

fn only_study(service: &Service) -> StudyId {
    let state = service.ledger.state().unwrap();
    let [study] = state.studies().keys().copied().collect::<Vec<_>>()[..] else {
        panic!("the scene has one study");
    };
    study
}

fn answer_of(service: &Service, study: &StudyId, number: u64) -> SubmitEligibility {
    let state = service.ledger.state().unwrap();
    prover::answer(*study, statement(&state, study, number))
}

#[test]
fn an_answer_needs_a_proof_of_its_own_statement_and_counts_once() {
    let service = Service::with(APPROVED);
    let study = only_study(&service);
    let good = answer_of(&service, &study, 1);
    let mut borrowed = answer_of(&service, &study, 2);
    borrowed.proof = good.proof;
    assert_eq!(
        refused(&service, borrowed, &stranger()),
        problem(422, "Proof")
    );
    let first = Envelope::sign(good.clone(), &id_of(&service), &stranger());
    assert_eq!(service.hand_in(&first).status, 201);
    // Signed anew it is another transaction of the same person.
    assert_eq!(
        refused(&service, good, &sponsor()),
        problem(409, "NullifierUsed")
    );
    assert_eq!(service.json(&format!("studies/{study}"))["answers"], 1);
    let unknown = SubmitEligibility {
        study: StudyId::new([0; 32]),
        ..answer_of(&service, &study, 3)
    };
    assert_eq!(
        refused(&service, unknown, &stranger()),
        problem(422, "StudyUnknown")
    );
}

#[test]
fn an_attachment_must_be_what_its_transaction_names() {
    let service = Service::with(1);
    let envelope = Envelope::sign(open_study(), &id_of(&service), &sponsor());
    assert_eq!(
        service.hand_in(&envelope).problem(),
        problem(422, "Attachment")
    );
    let wrong = Attachment::Contact(session::contact());
    let wrong = Submission::with(envelope.clone(), wrong);
    assert_eq!(service.submit(&wrong).problem(), problem(422, "Attachment"));
    let right = Submission::with(envelope, Attachment::Profile(PROFILE.to_owned()));
    let answer = service.submit(&right);
    assert_eq!(answer.status, 201);
    assert_eq!(answer.json()["event"]["event"], "study-opened");
}

#[test]
fn a_body_that_is_no_transaction_is_refused() {
    let service = Service::with(1);
    let (bytes, json) = ("application/octet-stream", "application/json");
    let good = Envelope::sign(commit_record(1), &id_of(&service), &issuer()).to_bytes();
    let longer = [&good[..], &[0]].concat();
    let head = service.ledger.entry(1).unwrap();
    for body in [
        &[][..],
        &good[..good.len() - 1],
        &longer,
        &head,
        &[0xff; 70_000],
    ] {
        let answer = post(service.address, TRANSACTIONS, bytes, body);
        assert_eq!(answer.problem(), problem(400, "NotATransaction"));
    }
    let mut extra = handed(&Envelope::sign(commit_record(1), &id_of(&service), &issuer()).into());
    extra["more"] = 1.into();
    for body in [
        "",
        "{",
        "[]",
        "{}",
        r#"{"transaction":"?"}"#,
        r#"{"transaction":7}"#,
        &extra.to_string(),
        r#"{"transaction":"","attachment":{"kind":"row"}}"#,
    ] {
        let answer = post(service.address, TRANSACTIONS, json, body.as_bytes());
        assert_eq!(answer.problem(), problem(400, "Body"), "{body}");
    }
    let answer = post(service.address, TRANSACTIONS, "text/plain", &good);
    assert_eq!(answer.problem(), problem(415, "MediaType"));
    // What was cut and wrapped above enters when it is whole.
    assert_eq!(
        post(service.address, TRANSACTIONS, bytes, &good).status,
        201
    );
}

#[test]
fn a_bound_contact_must_come_with_its_answer() {
    let service = Service::with(APPROVED);
    let study = only_study(&service);
    let state = service.ledger.state().unwrap().clone();
    let mut said = statement(&state, &study, 1);
    assert_eq!(said.contact, ContactDigest::NONE);
    said.contact = session::contact().digest();
    let answer = Envelope::sign(prover::answer(study, said), &state.id(), &stranger());
    assert_eq!(
        service.hand_in(&answer).problem(),
        problem(422, "Attachment")
    );
    let with = Submission::with(answer, Attachment::Contact(session::contact()));
    let receipt = service.submit(&with).json();
    let event: Event = Event::AnswerEntered { study, place: 0 };
    assert_eq!(receipt["event"], serde_json::to_value(event).unwrap());
}
