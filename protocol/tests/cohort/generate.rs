//! Random questions, and slots that are near their bounds often enough.

use proptest::prelude::*;
use salus_protocol::cohort::{Band, Layout, Question, Stratifier, Table};
use salus_protocol::consent::{
    Grant, INSTITUTION_BIT, Modifier, PERMISSIONS, Permission, STUDY_BIT,
};
use salus_protocol::day::Day;
use salus_protocol::field::Fr;
use salus_protocol::profile::Edition;
use salus_protocol::purpose::Masks;
use salus_protocol::query::{CRITERIA, CYCLE, CompiledQuery, Criterion, DIFFERENCE_OFFSET};
use salus_protocol::row::{FIELDS, Row};

/// The highest numbers of the first fields; the others hold none.
const HIGHEST: [u16; 8] = [65_535, 1, 5, 511, 600, 2_048, 65_535, 0];
/// The day of every question.
const DAY: u16 = 50_000;

pub(crate) fn layout() -> Layout {
    let mut highest = [0; FIELDS];
    highest[..HIGHEST.len()].copy_from_slice(&HIGHEST);
    Layout::new(highest)
}

/// A number up to `highest`: none, near an edge of a digit, or any.
fn number(highest: u16) -> impl Strategy<Value = u16> {
    let any = 0..=highest;
    let edge = (0u16..=256, 0u16..5).prop_map(|(h, l)| (h.min(3) * 256 + l).saturating_sub(2));
    prop_oneof![1 => Just(0), 2 => edge, 2 => any.clone(), 1 => Just(highest), 1 => any.prop_map(|n| n % 9)]
        .prop_map(move |n| n.min(highest))
}

fn record_row() -> impl Strategy<Value = Row> {
    let numbers: Vec<_> = HIGHEST.iter().map(|highest| number(*highest)).collect();
    numbers.prop_map(|numbers| {
        let mut values = [0; FIELDS];
        values[..numbers.len()].copy_from_slice(&numbers);
        Row::new(values)
    })
}

/// A consent's row: mostly one that covers the questions below, or nearly.
pub(crate) fn consent_row() -> impl Strategy<Value = Row> {
    let granted = |grant: Grant| 1u64 << (PERMISSIONS + 20 + grant.bit());
    let good = 0b11 | granted(Grant::Counted);
    let bit = prop_oneof![
        Just(granted(Grant::Counted)),
        Just(1 << INSTITUTION_BIT),
        Just(1 << STUDY_BIT),
        (0u32..53).prop_map(|bit| 1 << bit),
    ];
    let flips = prop_oneof![2 => Just(0), 1 => bit, 1 => 0u64..1 << 53];
    let near = |day: u16| prop_oneof![2 => Just(day), 1 => any::<u16>(), 1 => DAY - 1..=DAY + 1];
    (flips, near(DAY - 300), near(DAY + 300)).prop_map(move |(flips, from, until)| {
        let bits = good ^ flips;
        let mut values = [0; FIELDS];
        for (i, value) in values.iter_mut().take(4).enumerate() {
            *value = (bits >> (16 * i)) as u16;
        }
        (values[4], values[5]) = (from, until);
        Row::new(values)
    })
}

fn interval() -> impl Strategy<Value = (u32, u32)> {
    let place = || {
        prop_oneof![
            3 => (0..2_100u32).prop_map(|n| DIFFERENCE_OFFSET + n - 50),
            1 => 0..CYCLE,
            1 => Just(1),
            1 => Just(DIFFERENCE_OFFSET),
        ]
    };
    prop_oneof![
        6 => (place(), place()).prop_map(|(start, end)| (start, (end + CYCLE - start) % CYCLE)),
        1 => (place(), 0..4u32),
        1 => place().prop_map(|start| (start, CYCLE - 1 - start)),
        1 => Just((0, CYCLE - 1)),
    ]
}

fn criterion() -> impl Strategy<Value = Criterion> {
    let field = 0..HIGHEST.len() as u8;
    let flags = (
        prop::bool::weighted(0.3),
        any::<bool>(),
        prop::bool::weighted(0.4),
    );
    (field, interval(), flags).prop_map(|(field, (start, length), flags)| Criterion {
        field,
        minus_previous: flags.0,
        start,
        length,
        if_none: flags.1,
        opens_group: flags.2,
        at_least: 0,
    })
}

fn query() -> impl Strategy<Value = CompiledQuery> {
    let criteria = prop::collection::vec((criterion(), any::<u8>()), 0..8);
    (criteria, any::<bool>()).prop_map(|(drawn, alone)| {
        let mut criteria: Vec<Criterion> = drawn.iter().map(|(c, _)| *c).collect();
        if let Some(first) = criteria.first_mut() {
            (first.opens_group, first.minus_previous) = (true, false);
        }
        if alone {
            // Runs of one field, as a code set has them.
            let field = criteria.first().map_or(0, |c| c.field);
            criteria.iter_mut().for_each(|c| c.field = field);
        }
        let mut size = 0;
        for i in 0..criteria.len() {
            size = if criteria[i].opens_group { 1 } else { size + 1 };
            if criteria.get(i + 1).is_none_or(|next| next.opens_group) {
                criteria[i].at_least = 1 + drawn[i].1 % size;
            }
        }
        assert!(criteria.len() <= CRITERIA);
        CompiledQuery::new(Edition::new(Fr::from(5u64)), &criteria).unwrap()
    })
}

fn stratifier() -> impl Strategy<Value = Stratifier> {
    let field = 0..HIGHEST.len() as u8;
    let bounds = prop::collection::btree_set(prop_oneof![0..9u16, 0..2_100u16, any::<u16>()], 2..8);
    (field, bounds).prop_map(|(field, bounds)| {
        let bounds: Vec<u16> = bounds.into_iter().collect();
        let bands = bounds.chunks_exact(2).map(|pair| Band {
            low: pair[0],
            high: pair[1],
        });
        Stratifier {
            field,
            bands: bands.collect(),
        }
    })
}

fn table() -> impl Strategy<Value = Table> {
    prop_oneof![
        Just(Table::Count),
        Just(Table::Attrition),
        prop::collection::vec(stratifier(), 1..=2).prop_map(Table::Strata),
    ]
}

fn masks() -> impl Strategy<Value = Masks> {
    let denying = 1u64 << Modifier::NonProfitOrganisation.bit();
    let covering = 1u64 << Permission::HealthResearch.bit();
    let covering = prop_oneof![Just(0b1), Just(covering), 0..1u64 << PERMISSIONS];
    (covering, prop_oneof![Just(denying), 0..1u64 << 20]).prop_map(|(covering, denying)| Masks {
        covering,
        denying,
        required: 0b010,
    })
}

/// A question, and the records and consents of some slots.
pub(crate) fn question_and_slots() -> impl Strategy<Value = (Question, Vec<(Row, Row)>)> {
    let question = (query(), masks(), table()).prop_map(|(query, masks, table)| Question {
        query,
        masks,
        day: Day::from_number(DAY).unwrap(),
        table,
    });
    (
        question,
        prop::collection::vec((record_row(), consent_row()), 12),
    )
}

/// A question that a consent for health research covers.
pub(crate) fn question(query: CompiledQuery) -> Question {
    Question {
        query,
        masks: Masks {
            covering: 0b11,
            denying: 0b1011,
            required: 0b010,
        },
        day: Day::from_number(DAY).unwrap(),
        table: Table::Count,
    }
}
