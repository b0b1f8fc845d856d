//! The path: commit, grant, open, approve, publish, submit; then replay, reopen, lose nothing.

use std::collections::BTreeMap;

use salus_ledger::engine::{Attachment, Ledger, LedgerError, Submission};
use salus_ledger::replay::{self, ReplayProblem};
use salus_ledger::state::{Event, Rejection};
use salus_ledger::transaction::*;
use salus_prover::cohort::publish;

use salus_protocol::cohort::{Layout, PAGE, Table};

use crate::power::Disk;
use crate::scene::*;
use crate::world::*;

#[test]
fn an_answer_enters_and_says_what_the_policy_makes_of_the_counts() {
    let scene = &*SCENE;
    let study = scene.study;
    assert_eq!(scene.event, Event::CohortAnswered { study, place: 0 });
    let state = scene.answered();
    let answers = &state.study(&study).unwrap().cohort_answers;
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0].released, released());
    assert_eq!(answers[0].issuer, issuer_key());
    let counts: Vec<u64> = scene.tally.openings.iter().map(|o| o.count).collect();
    assert_eq!(counts, [52, 25, 20, 7]);
    let dataset = state.dataset(&issuer_key(), &edition()).unwrap();
    assert_eq!(dataset.pages(), 2);
    assert!(dataset.is_current(0) && dataset.is_current(1) && !dataset.is_current(2));
}

#[test]
fn other_tables_enter_beside_it() {
    let scene = &*SCENE;
    // All who match; then all who consent, those of them who match, and again all who match.
    let expected = [
        (Table::Count, vec![52]),
        (Table::Attrition, vec![52, 56, 52]),
    ];
    let mut state = scene.answered();
    for (place, (table, counts)) in (1..).zip(expected) {
        let statement = state
            .cohort_statement(&scene.study, &issuer_key(), &table)
            .unwrap();
        let tally = count(&statement, &scene.published, &scene.people);
        let found: Vec<u64> = tally.openings.iter().map(|o| o.count).collect();
        assert_eq!(found, counts);
        let (answer, proof) = release_of(&statement, &tally);
        let mut attached = scene.attached.clone();
        attached.insert(answer.proof, proof);
        let envelope = Envelope::sign(answer, &scene.id(), &issuer());
        let study = scene.study;
        assert_eq!(
            state.apply_with(&envelope, &attached),
            Ok(Event::CohortAnswered { study, place })
        );
    }
}

#[test]
fn the_log_replays_in_full_with_its_attachments_only() {
    let scene = &*SCENE;
    let report = scene.ledger.verify().unwrap();
    assert_eq!((report.answers, report.cohort_answers), (0, 1));
    let entries: Vec<_> = (0..report.checkpoint.size)
        .map(|index| scene.ledger.entry(index).unwrap())
        .collect();
    let error = replay::replay(&entries, &()).unwrap_err();
    assert!(matches!(
        error.problem,
        ReplayProblem::Rejection(Rejection::AttachmentMissing { .. })
    ));
    let mut altered = scene.attached.clone();
    altered.get_mut(&scene.answer.proof).unwrap()[40] ^= 1;
    let error = replay::replay(&entries, &altered).unwrap_err();
    assert!(matches!(
        error.problem,
        ReplayProblem::Rejection(Rejection::AttachmentAltered { .. })
    ));
    let (state, _) = replay::replay(&entries, &scene.attached).unwrap();
    assert!(state == scene.answered());
}

#[test]
fn after_a_revocation_a_page_is_published_again_and_counted() {
    let scene = &*SCENE;
    let ledger = Ledger::open_on(Disk::holding(scene.disk.bytes()), Some(&checkpoint())).unwrap();
    let (index, sequence) = (3, 1);
    let revoke = RevokeConsent { index, sequence };
    let revoke = Envelope::sign(revoke, &scene.id(), &subject(index));
    ledger.submit(revoke).unwrap().unwrap();
    let mut people = scene.people.clone();
    people[3].consent = None;
    let mut state = ledger.state().unwrap().clone();
    let page = state.page(&issuer_key(), &edition(), 0).unwrap();
    let layout = Layout::of_profile(&small());
    let page = publish(&page, &people[..PAGE], &layout).unwrap();
    let bytes = page.publication.to_bytes();
    let publication = PublishPage::of(edition(), 0, &page.publication);
    let digest = publication.publication;
    let publication = Envelope::sign(publication, &scene.id(), &issuer());
    let attached: BTreeMap<_, _> = [(digest, bytes.clone())].into();
    state.apply_with(&publication, &attached).unwrap();
    let statement = state
        .cohort_statement(&scene.study, &issuer_key(), &Table::Count)
        .unwrap();
    let published = [page, scene.published[1].clone()];
    let tally = count(&statement, &published, &people);
    assert_eq!(tally.openings[0].count, 51);
    let (answer, proof) = release_of(&statement, &tally);
    let answer = Envelope::sign(answer, &scene.id(), &issuer());
    // Both in one batch: the answer rests on a publication that is not in the store yet.
    let both = [
        Submission::with(publication, Attachment::Publication(bytes)),
        Submission::with(answer, Attachment::CohortProof(proof)),
    ];
    let outcomes = ledger.submit_many(&both).unwrap().outcomes;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    let state = ledger.state().unwrap().clone();
    let dataset = state.dataset(&issuer_key(), &edition()).unwrap();
    assert_eq!(dataset.published(0).unwrap().publication, digest);
    assert!(dataset.is_current(0) && dataset.is_current(1));
    // The publication that was replaced is still there, as the first answer rests on it.
    assert_eq!(ledger.verify().unwrap().cohort_answers, 2);
}

#[test]
fn reopened_it_is_the_same_ledger() {
    let scene = &*SCENE;
    // The process dies; what it wrote is on the disk.
    let ledger = Ledger::open_on(Disk::holding(scene.disk.bytes()), Some(&checkpoint())).unwrap();
    assert!(*ledger.state().unwrap() == scene.answered());
    for (digest, bytes) in &scene.attached {
        assert_eq!(ledger.proof_attachment(digest).unwrap(), *bytes);
    }
    let none = AttachmentDigest::of(b"nothing");
    assert!(matches!(
        ledger.proof_attachment(&none),
        Err(LedgerError::Attachment(_))
    ));
}

#[test]
fn the_engine_wants_the_very_attachment() {
    let scene = &*SCENE;
    let ledger = Ledger::open_on(Disk::holding(scene.disk.bytes()), Some(&checkpoint())).unwrap();
    let page = scene.published[0].publication.clone();
    let publication = PublishPage::of(edition(), 1, &page);
    let envelope = Envelope::sign(publication, &scene.id(), &issuer());
    // Page 0's publication is kept already, so only its own attachment is missing; and it is not
    // one of page 1.
    let refusal = |submission: Submission| ledger.submit(submission).unwrap().unwrap_err();
    let proof = Attachment::CohortProof(page.to_bytes());
    assert!(matches!(
        refusal(Submission::with(envelope.clone(), proof)),
        Rejection::Proof { .. }
    ));
    let mut changed = page.to_bytes();
    changed.push(0);
    let mut other = PublishPage::of(edition(), 0, &page);
    other.publication = AttachmentDigest::of(b"something else");
    let other = Envelope::sign(other, &scene.id(), &issuer());
    assert!(matches!(
        refusal(Submission::with(other, Attachment::Publication(changed))),
        Rejection::AttachmentMissing { .. }
    ));
}
