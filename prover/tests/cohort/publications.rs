//! Pages that can't be published, and publications of other pages.

use salus_protocol::cohort::{Layout, LayoutError};
use salus_protocol::row::{FIELDS, Row};
use salus_protocol::row_commitment::RowSalt;
use salus_prover::cohort::{PublishError, Subject, publish};
use salus_verifier::cohort::opening::OpeningError;
use salus_verifier::cohort::publication::{Page, PublicationError, Slot};

use super::scene::{Scene, layout, page};

/// Where a publication fails when its transcript is another one: at the first equation.
const OTHER_STATEMENT: PublicationError = PublicationError::Opening(OpeningError::Value);

fn refused(scene: &Scene, page: &Page) -> PublicationError {
    let publication = &scene.published[0].publication;
    publication.verify(page).unwrap_err()
}

/// Subjects whose third has this record and consent.
fn with_third(record: Option<Row>, consent: Option<Row>) -> Vec<Subject> {
    let opening = |row| (row, RowSalt::random().unwrap());
    let nobody = Subject {
        record: None,
        consent: None,
    };
    let mut subjects = vec![nobody; 4];
    subjects[2] = Subject {
        record: record.map(opening),
        consent: consent.map(opening),
    };
    subjects
}

fn row(field: usize, number: u16) -> Row {
    let mut values = [0; FIELDS];
    values[field] = number;
    Row::new(values)
}

#[test]
fn a_number_beyond_the_layout_is_named() {
    let subjects = with_third(Some(row(1, 121)), None);
    let error = publish(&page(0, &subjects), &subjects, &layout()).unwrap_err();
    let PublishError::Layout { slot: 2, problem } = error else {
        panic!("{error}");
    };
    let expected = LayoutError::Record {
        field: 1,
        number: 121,
        highest: 120,
    };
    assert_eq!(problem, expected);
}

#[test]
fn a_field_that_the_layout_leaves_out_is_named() {
    let subjects = with_third(Some(row(63, 1)), None);
    let error = publish(&page(0, &subjects), &subjects, &layout()).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("slot 2") && text.contains("field 63"),
        "{text}"
    );
}

#[test]
fn a_bit_that_no_consent_has_is_named() {
    let subjects = with_third(None, Some(row(3, 1 << 5)));
    let error = publish(&page(0, &subjects), &subjects, &layout()).unwrap_err();
    let PublishError::Layout { slot: 2, problem } = error else {
        panic!("{error}");
    };
    let expected = LayoutError::Consent {
        field: 3,
        number: 1 << 5,
    };
    assert_eq!(problem, expected);
}

#[test]
fn a_wrong_opening_is_named() {
    let subjects = with_third(Some(row(1, 5)), Some(row(0, 1)));
    let known = page(0, &subjects);
    let wrong = |change: fn(&mut Subject)| {
        let mut changed = subjects.clone();
        change(&mut changed[2]);
        match publish(&known, &changed, &layout()).unwrap_err() {
            PublishError::Opening { slot: 2, what } => what,
            error => panic!("{error}"),
        }
    };
    let salted = |subject: &mut Subject| {
        subject.record.as_mut().unwrap().1 = RowSalt::random().unwrap();
    };
    assert_eq!(wrong(salted), "record");
    assert_eq!(wrong(|subject| subject.record = None), "record");
    assert_eq!(
        wrong(|subject| subject.consent.as_mut().unwrap().0 = row(0, 3)),
        "consent"
    );
    assert_eq!(
        wrong(|subject| subject.consent = subject.record.clone()),
        "consent"
    );
}

#[test]
fn other_numbers_of_slots_are_named() {
    let subjects = with_third(None, None);
    let error = publish(&page(0, &subjects), &subjects[1..], &layout()).unwrap_err();
    let counted = matches!(
        error,
        PublishError::Slots {
            expected: 4,
            found: 3
        }
    );
    assert!(counted, "{error}");
}

#[test]
fn a_publication_is_of_one_page() {
    let scene = Scene::new(12, 4);
    let known = &scene.pages[0];
    let changed = |change: fn(&mut Page)| {
        let mut page = known.clone();
        change(&mut page);
        assert_ne!(&page, known);
        refused(&scene, &page)
    };
    assert_eq!(changed(|page| page.context[31] ^= 1), OTHER_STATEMENT);
    assert_eq!(changed(|page| page.slots.swap(0, 1)), OTHER_STATEMENT);
    assert_eq!(changed(|page| page.slots.truncate(11)), OTHER_STATEMENT);
    assert_eq!(
        changed(|page| page.slots.push(page.slots[0])),
        OTHER_STATEMENT
    );
    assert_eq!(
        changed(|page| page.slots.push(Slot::default())),
        OTHER_STATEMENT
    );
    let erased = known.slots.iter().position(|slot| slot.consent.is_some());
    let slot = erased.unwrap();
    let mut page = known.clone();
    page.slots[slot].record = None;
    assert_eq!(refused(&scene, &page), PublicationError::NoRecord { slot });
    page.slots[slot].consent = None;
    assert_eq!(refused(&scene, &page), OTHER_STATEMENT);
    let too_many = changed(|page| page.slots.resize(4_097, Slot::default()));
    assert_eq!(too_many, PublicationError::Slots { found: 4_097 });
}

#[test]
fn a_publication_is_of_one_layout() {
    let scene = Scene::new(3, 5);
    let mut publication = scene.published[0].publication.clone();
    let found = publication.columns.len();
    let mut highest = *scene.layout.highest();
    highest.swap(0, 1);
    publication.layout = Layout::new(highest);
    assert_eq!(publication.layout.columns() as usize, found);
    let error = publication.verify(&scene.pages[0]).unwrap_err();
    assert_eq!(error, OTHER_STATEMENT);
    highest[0] = 121;
    publication.layout = Layout::new(highest);
    let error = publication.verify(&scene.pages[0]).unwrap_err();
    let expected = found as u32 + 1;
    assert_eq!(error, PublicationError::Columns { expected, found });
}
