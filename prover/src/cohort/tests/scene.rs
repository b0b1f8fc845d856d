//! A page of few subjects, its columns as whole numbers, and a question about it.

use salus_protocol::cohort::{Layout, PAGE, Plan, Question, Table};
use salus_protocol::consent::{Grant, Permission, Terms};
use salus_protocol::day::Day;
use salus_protocol::field::Fr;
use salus_protocol::profile::Edition;
use salus_protocol::purpose::Masks;
use salus_protocol::query::{CompiledQuery, Criterion, DIFFERENCE_OFFSET};
use salus_protocol::row::{FIELDS, Row};
use salus_protocol::row_commitment::{RowCommitment, RowSalt};
use salus_verifier::cohort::publication::{Page, Slot};

use crate::cohort::publication::{Subject, symbols};

/// A flag, a one-digit field and a two-digit one.
pub(crate) fn layout() -> Layout {
    let mut highest = [0; FIELDS];
    highest[..3].copy_from_slice(&[1, 5, 600]);
    Layout::new(highest)
}

/// A record's row.
pub(crate) fn record(numbers: [u16; 3]) -> Row {
    let mut values = [0; FIELDS];
    values[..3].copy_from_slice(&numbers);
    Row::new(values)
}

/// A consent to general research that grants to be counted, or grants nothing.
pub(crate) fn consent(counted: bool) -> Row {
    let mut terms = Terms::none().permit(Permission::GeneralResearch);
    if counted {
        terms = terms.grant(Grant::Counted);
    }
    let mut values = [0; FIELDS];
    for (i, value) in values.iter_mut().enumerate().take(4) {
        *value = (terms.bits() >> (16 * i)) as u16;
    }
    values[4] = 40_000;
    values[5] = 65_000;
    Row::new(values)
}

fn opening(row: Row) -> Option<(Row, RowSalt)> {
    Some((row, RowSalt::random().unwrap()))
}

/// So many subjects: all consent, every third not to be counted; the second was erased.
pub(crate) fn subjects(count: u16) -> Vec<Subject> {
    let subject = |i: u16| {
        let erased = i == 1;
        let row = record([i % 2, 3 + i % 3, 250 + 20 * i]);
        Subject {
            record: opening(row).filter(|_| !erased),
            consent: opening(consent(i % 3 != 2)).filter(|_| !erased),
        }
    };
    (0..count).map(subject).collect()
}

/// The page as the ledger knows it.
pub(crate) fn page(subjects: &[Subject]) -> Page {
    let slot = |subject: &Subject| Slot {
        record: (subject.record.as_ref()).map(|(row, salt)| RowCommitment::of_record(row, salt)),
        consent: (subject.consent.as_ref()).map(|(row, salt)| RowCommitment::of_consent(row, salt)),
    };
    Page {
        context: [3; 32],
        slots: subjects.iter().map(slot).collect(),
    }
}

/// A page's columns: a whole number for each column and slot.
#[derive(Clone)]
pub(crate) struct Columns(Vec<Vec<i32>>);

impl Columns {
    /// The proper ones of some subjects.
    pub(crate) fn of(layout: &Layout, subjects: &[Subject]) -> Self {
        let symbols = symbols(subjects, layout).unwrap();
        let column = |c: u32| {
            let (digit, step) = layout.column(c).unwrap();
            let symbols = &symbols[digit as usize];
            symbols.iter().map(|s| i32::from(*s >= step)).collect()
        };
        Self((0..layout.columns()).map(column).collect())
    }

    pub(crate) fn slots(&self) -> usize {
        PAGE
    }

    pub(crate) fn number(&self, column: u32, slot: usize) -> i32 {
        self.0[column as usize][slot]
    }

    pub(crate) fn set(&mut self, column: u32, slot: usize, number: i32) {
        self.0[column as usize][slot] = number;
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Vec<i32>> {
        self.0.iter()
    }
}

/// A criterion: a field's number from `low` to `high`.
fn between(field: u8, low: u16, high: u16) -> Criterion {
    Criterion {
        field,
        minus_previous: false,
        start: u32::from(low) + DIFFERENCE_OFFSET,
        length: u32::from(high - low),
        if_none: false,
        opens_group: true,
        at_least: 1,
    }
}

/// Those whose number in the one-digit field is 3 or 4, and from 260 to 500 in the two-digit one.
pub(crate) fn question(table: Table) -> Question {
    let edition = Edition::new(Fr::from(5u64));
    let criteria = [between(1, 3, 4), between(2, 260, 500)];
    Question {
        query: CompiledQuery::new(edition, &criteria).unwrap(),
        masks: Masks {
            covering: 0b11,
            denying: 0b1100,
            required: 0,
        },
        day: Day::from_number(50_000).unwrap(),
        table,
    }
}

/// The question's plan.
pub(crate) fn plan(table: Table) -> Plan {
    Plan::new(&layout(), &question(table)).unwrap()
}
