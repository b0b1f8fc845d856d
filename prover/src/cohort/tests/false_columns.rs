//! Publications of columns that are not the committed rows.

use pasta_curves::Fp;
use salus_protocol::cohort::{Layout, Place};
use salus_protocol::row::Row;
use salus_protocol::row_commitment::RowSalt;
use salus_verifier::cohort::linear::LinearError;
use salus_verifier::cohort::opening::OpeningError;
use salus_verifier::cohort::publication::{Page, PublicationError};

use crate::cohort::publication::Subject;
use crate::cohort::tests::forger::{Claim, Forger, Numbers, Opens};
use crate::cohort::tests::scene::{self, Columns};

const BITS: &str = "every symbol is a bit";
const SQUARE: &str = "the square is the symbols' value squared";
const NUMBERS: &str = "the columns' numbers are those of the committed rows";
const RECORDS: &str = "the records' rows are those committed";
const CONSENTS: &str = "the consents are those committed";

/// The linear proof fails at an equation between points.
fn points(name: &'static str) -> PublicationError {
    LinearError::Points { name }.into()
}

const VECTOR: PublicationError = PublicationError::Opening(OpeningError::Vector);
const VALUE: PublicationError = PublicationError::Opening(OpeningError::Value);

/// Subjects, their page and their columns.
struct Scene {
    layout: Layout,
    subjects: Vec<Subject>,
    page: Page,
    columns: Columns,
}

impl Scene {
    fn new() -> Self {
        let layout = scene::layout();
        let subjects = scene::subjects(5);
        Self {
            page: scene::page(&subjects),
            columns: Columns::of(&layout, &subjects),
            layout,
            subjects,
        }
    }

    fn honest<'a>(&'a self, columns: &'a Columns) -> Forger<'a> {
        Forger::honest(&self.page, &self.layout, columns, &self.subjects)
    }

    /// A record's column of a field, by its place in the digit.
    fn column(&self, place: &Place, step: usize) -> u32 {
        let (Place::One(digit) | Place::Two { high: digit, .. }) = place else {
            panic!("the field has a digit");
        };
        self.layout.digits()[*digit as usize].columns[step]
    }

    /// A bit of a consent's terms.
    fn term(&self, bit: usize) -> u32 {
        let Place::Bits(digits) = &self.layout.consents()[bit / 16] else {
            panic!("terms are bits");
        };
        self.layout.digits()[digits[bit % 16] as usize].columns[0]
    }

    fn refused(&self, forger: &Forger<'_>) -> PublicationError {
        forger.publish().verify(&self.page).unwrap_err()
    }
}

/// Columns that are no bitmaps, though their numbers are the rows', fail at the bits; or at the
/// square that would make them bits; or at the claimed sum; or at the opening, where bits are
/// shown in their place.
fn not_bits(scene: &Scene, columns: &Columns) {
    let truthful = scene.honest(columns);
    assert_eq!(scene.refused(&truthful), points(BITS));
    let mended = Forger {
        mended: true,
        ..scene.honest(columns)
    };
    assert_eq!(scene.refused(&mended), points(SQUARE));
    let claiming = Forger {
        claim: Claim::True,
        ..scene.honest(columns)
    };
    let name = "the sumcheck's sum is the claimed one";
    assert_eq!(
        scene.refused(&claiming),
        LinearError::Scalar { name }.into()
    );
    let bits_shown = |opened| Forger {
        symbols: &scene.columns,
        opened,
        ..scene.honest(columns)
    };
    assert_eq!(scene.refused(&bits_shown(Opens::Columns)), VALUE);
    assert_eq!(scene.refused(&bits_shown(Opens::Symbols)), VECTOR);
}

#[test]
fn the_forger_s_honest_publication_verifies() {
    let scene = Scene::new();
    let publication = scene.honest(&scene.columns).publish();
    publication.verify(&scene.page).unwrap();
}

#[test]
fn a_column_that_is_two_is_refused() {
    let scene = Scene::new();
    // The first record's number in the one-digit field is 3: 1 + 1 + 1, and here 2 + 1 + 0.
    let place = &scene.layout.records()[1];
    let mut columns = scene.columns.clone();
    columns.set(scene.column(place, 0), 0, 2);
    columns.set(scene.column(place, 2), 0, 0);
    not_bits(&scene, &columns);
}

#[test]
fn a_consent_s_term_that_is_two_is_refused() {
    let scene = Scene::new();
    // General research is bit 0. Bits 0 and 1 count 1 and 2: 1 + 0 becomes -1 + 2, or 3 - 2.
    let mut columns = scene.columns.clone();
    columns.set(scene.term(0), 0, 3);
    columns.set(scene.term(1), 0, -1);
    not_bits(&scene, &columns);
}

#[test]
fn a_digit_of_two_symbols_is_refused() {
    let scene = Scene::new();
    // 3 again, as 1 + 1 + 0 + 1: symbols 2 and 4 at once, less symbol 3.
    let place = &scene.layout.records()[1];
    let mut columns = scene.columns.clone();
    columns.set(scene.column(place, 2), 0, 0);
    columns.set(scene.column(place, 3), 0, 1);
    not_bits(&scene, &columns);
}

#[test]
fn a_digit_with_a_value_where_nothing_is_recorded_is_refused() {
    let scene = Scene::new();
    // R is 0 and a later column of the lower digit is 1 in its place: the number is the same.
    let Place::Two { low, .. } = scene.layout.records()[2] else {
        panic!("the field has two digits");
    };
    let chain = &scene.layout.digits()[low as usize].columns;
    let unset = chain.iter().find(|c| scene.columns.number(**c, 0) == 0);
    let mut columns = scene.columns.clone();
    columns.set(chain[0], 0, 0);
    columns.set(*unset.unwrap(), 0, 1);
    not_bits(&scene, &columns);
}

/// Proper bitmaps of other rows fail where what they are is told; where the numbers are said to be
/// the rows'; and where the rows are said to be theirs.
fn other_rows(scene: &Scene, others: &[Subject], opening: &'static str) {
    let columns = Columns::of(&scene.layout, others);
    let told = scene.honest(&columns);
    assert_eq!(scene.refused(&told), points(NUMBERS));
    let numbers = |opened| Forger {
        symbols: &scene.columns,
        numbers: Numbers::Rows(&scene.subjects),
        opened,
        ..scene.honest(&columns)
    };
    assert_eq!(scene.refused(&numbers(Opens::Columns)), VALUE);
    assert_eq!(scene.refused(&numbers(Opens::Symbols)), VECTOR);
    let rows = Forger {
        rows: others,
        ..scene.honest(&columns)
    };
    assert_eq!(scene.refused(&rows), points(opening));
}

fn changed(opening: &Option<(Row, RowSalt)>, row: Row) -> Option<(Row, RowSalt)> {
    opening.as_ref().map(|(_, salt)| (row, salt.clone()))
}

#[test]
fn another_number_is_refused() {
    let scene = Scene::new();
    let mut others = scene.subjects.clone();
    others[0].record = changed(&others[0].record, scene::record([0, 4, 250]));
    other_rows(&scene, &others, RECORDS);
}

#[test]
fn a_consent_to_be_counted_that_was_not_given_is_refused() {
    let scene = Scene::new();
    let mut others = scene.subjects.clone();
    others[2].consent = changed(&others[2].consent, scene::consent(true));
    other_rows(&scene, &others, CONSENTS);
}

#[test]
fn a_slot_left_out_or_doubled_or_swapped_is_refused() {
    let scene = Scene::new();
    let mut left_out = scene.subjects.clone();
    left_out.remove(2);
    other_rows(&scene, &left_out, RECORDS);
    let mut doubled = scene.subjects.clone();
    doubled.insert(0, doubled[0].clone());
    other_rows(&scene, &doubled, RECORDS);
    let mut swapped = scene.subjects.clone();
    swapped.swap(0, 4);
    other_rows(&scene, &swapped, RECORDS);
}

#[test]
fn an_erased_slot_has_no_row() {
    let scene = Scene::new();
    assert!(scene.page.slots[1].record.is_none());
    let mut others = scene.subjects.clone();
    let row = (scene::record([1, 4, 300]), RowSalt::random().unwrap());
    others[1].record = Some(row);
    other_rows(&scene, &others, RECORDS);
}

#[test]
fn an_empty_slot_has_no_consent() {
    let scene = Scene::new();
    let mut others = scene.subjects.clone();
    others.push(Subject {
        record: None,
        consent: Some((scene::consent(true), RowSalt::random().unwrap())),
    });
    other_rows(&scene, &others, CONSENTS);
}

/// A column that two digits share counts once, in the columns' numbers and in the weights.
#[test]
fn a_shared_column_is_weighted_for_both_digits() {
    let scene = Scene::new();
    let shared = scene.column(&scene.layout.records()[2], 0);
    let digits = scene.layout.digits().iter();
    let holders = digits.filter(|d| d.columns.contains(&shared)).count();
    assert_eq!(holders, 2);
    let numbers = scene.layout.numbers();
    let uses = numbers[2].iter().filter(|w| w.column == shared);
    assert_eq!(
        uses.map(|w| Fp::from(u64::from(w.weight))).sum::<Fp>(),
        Fp::one()
    );
}
