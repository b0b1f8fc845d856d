//! Publications: verified against the page as the state has it, current until it changes.

use salus_ledger::state::{Event, Rejection};
use salus_ledger::transaction::*;
use salus_protocol::cohort::{Layout, PAGE};
use salus_protocol::field::Fr;
use salus_protocol::profile::Edition;
use salus_protocol::row::FIELDS;
use salus_verifier::cohort::publication::Publication;

use crate::scene::*;
use crate::world::*;

/// The transaction that publishes page 1, which the half-published state lacks.
fn second() -> PublishPage {
    PublishPage::of(edition(), 1, &SCENE.published[1].publication)
}

#[test]
fn a_publication_enters_for_its_very_page() {
    let scene = &*SCENE;
    let publish = |t: PublishPage| scene.apply_with(&scene.half, t, &scene.attached);
    assert!(matches!(
        publish(second()),
        Ok(Event::PagePublished { page: 1, .. })
    ));
    // The publication of another page.
    let first = PublishPage::of(edition(), 1, &scene.published[0].publication);
    refused!(publish(first), Rejection::Proof { .. });
    refused!(
        publish(PublishPage {
            page: 0,
            ..second()
        }),
        Rejection::Proof { .. }
    );
    refused!(
        publish(PublishPage {
            page: 2,
            ..second()
        }),
        Rejection::NoPage { page: 2, pages: 2 }
    );
    let edition = Edition::new(Fr::from(1u64));
    refused!(
        publish(PublishPage {
            edition,
            ..second()
        }),
        Rejection::DatasetEmpty { .. }
    );
    let mut wider = second();
    wider.highest[5] = 1;
    refused!(publish(wider), Rejection::PublicationLayout);
}

#[test]
fn only_the_issuer_publishes_its_dataset() {
    let scene = &*SCENE;
    let sign = |secret| Envelope::sign(second(), &scene.id(), &secret);
    let mut state = scene.half.clone();
    refused!(
        state.apply_with(&sign(stranger()), &scene.attached),
        Rejection::IssuerUnknown { .. }
    );
    let (name, key) = (
        Title::new("Other").unwrap(),
        salus_ledger::key::PublicKey::of(&stranger()),
    );
    let mut state = after(&scene.half, RegisterIssuer { name, key }, &governance());
    refused!(
        state.apply_with(&sign(stranger()), &scene.attached),
        Rejection::DatasetEmpty { .. }
    );
}

#[test]
fn a_publication_needs_its_attachment() {
    let scene = &*SCENE;
    let mut attached = scene.attached.clone();
    let bytes = attached.remove(&second().publication).unwrap();
    refused!(
        scene.apply_with(&scene.half, second(), &attached),
        Rejection::AttachmentMissing { .. }
    );
    attached.insert(second().publication, bytes[1..].to_vec());
    refused!(
        scene.apply_with(&scene.half, second(), &attached),
        Rejection::AttachmentAltered { .. }
    );
    // Bytes that have the digest, but are no publication, or one with a proof that does not hold.
    let mut wrong = Publication::from_bytes(&bytes).unwrap();
    wrong.columns.swap(0, 1);
    for bytes in [b"nothing".to_vec(), wrong.to_bytes()] {
        let publication = AttachmentDigest::of(&bytes);
        attached.insert(publication, bytes);
        refused!(
            scene.apply_with(
                &scene.half,
                PublishPage {
                    publication,
                    ..second()
                },
                &attached
            ),
            Rejection::Proof { .. }
        );
    }
}

#[test]
fn any_change_of_a_page_makes_its_publication_stale() {
    let scene = &*SCENE;
    let is_current = |state: &salus_ledger::state::State| {
        let dataset = state.dataset(&issuer_key(), &edition()).unwrap();
        (dataset.is_current(0), dataset.is_current(1))
    };
    assert_eq!(is_current(&scene.state), (true, true));
    let sequence = 1;
    let revoked = after(
        &scene.state,
        RevokeConsent { index: 3, sequence },
        &subject(3),
    );
    assert_eq!(is_current(&revoked), (false, true));
    let erased = after(&scene.state, EraseRecord { index: 3, sequence }, &issuer());
    assert_eq!(is_current(&erased), (false, true));
    let (record, index) = (other_record(1), PAGE as u32);
    let amended = AmendRecord {
        index,
        sequence: 0,
        record,
        row: row(70_001),
    };
    assert_eq!(
        is_current(&after(&scene.state, amended, &issuer())),
        (true, false)
    );
    let committed = after(&scene.state, commit(900_000, row(70_002)), &issuer());
    assert_eq!(is_current(&committed), (true, false));
    let granted = GrantConsent {
        index,
        sequence: 0,
        consent: consent(1),
        row: row(70_003),
    };
    assert_eq!(
        is_current(&after(&scene.state, granted, &subject(index))),
        (true, false)
    );
    // A record of another edition is in another dataset.
    let other = CommitRecord {
        edition: Edition::new(Fr::from(1u64)),
        ..commit(900_001, row(70_004))
    };
    assert_eq!(
        is_current(&after(&scene.state, other, &issuer())),
        (true, true)
    );
    // What was erased or revoked leaves an empty place in the page.
    let page = erased.page(&issuer_key(), &edition(), 0).unwrap();
    assert_eq!((page.slots[3].record, page.slots[3].consent), (None, None));
    let page = revoked.page(&issuer_key(), &edition(), 0).unwrap();
    assert!(page.slots[3].record.is_some() && page.slots[3].consent.is_none());
}

#[test]
fn all_pages_are_of_one_layout() {
    let scene = &*SCENE;
    let mut highest = [0; FIELDS];
    highest.copy_from_slice(Layout::of_profile(&small()).highest());
    highest[2] = 1;
    let page = scene.half.page(&issuer_key(), &edition(), 1).unwrap();
    let people = &scene.people[PAGE..];
    let other = salus_prover::cohort::publish(&page, people, &Layout::new(highest)).unwrap();
    let publication = PublishPage::of(edition(), 1, &other.publication);
    let attached: std::collections::BTreeMap<_, _> =
        [(publication.publication, other.publication.to_bytes())].into();
    let mut state = scene.half.clone();
    let envelope = Envelope::sign(publication, &scene.id(), &issuer());
    state.apply_with(&envelope, &attached).unwrap();
    refused!(
        state.cohort_statement(&scene.study, &issuer_key(), &by_sex()),
        Rejection::PageLayout { page: 1 }
    );
}
