//! What can be derived from a released table: tables small enough to go through all of them.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use salus_protocol::release::{DisclosurePolicy, Released, Shape, release};

const STANDARD: DisclosurePolicy = DisclosurePolicy::STANDARD;

/// All vectors of so many counts up to a highest one.
fn vectors(cells: usize, highest: u64) -> Vec<Vec<u64>> {
    (0..cells).fold(vec![vec![]], |all, _| {
        let longer = |head: &Vec<u64>| {
            let head = head.clone();
            (0..=highest).map(move |count| [head.clone(), vec![count]].concat())
        };
        all.iter().flat_map(longer).collect()
    })
}

/// The values that each suppressed cell may have, for each released table.
fn possible(
    policy: DisclosurePolicy,
    shape: Shape,
    tables: impl IntoIterator<Item = Vec<u64>>,
) -> BTreeMap<String, Vec<Option<BTreeSet<u64>>>> {
    let mut seen: BTreeMap<String, Vec<Option<BTreeSet<u64>>>> = BTreeMap::new();
    for counts in tables {
        let released = release(policy, shape, &counts).unwrap();
        let cells = seen
            .entry(format!("{released:?}"))
            .or_insert_with(|| vec![None; counts.len()]);
        for ((cell, released), count) in cells.iter_mut().zip(&released).zip(counts) {
            if *released == Released::Suppressed {
                cell.get_or_insert_default().insert(count);
            }
        }
    }
    seen
}

/// All partitions of a total up to a highest one.
fn partitions(parts: usize, highest: u64) -> impl Iterator<Item = Vec<u64>> {
    vectors(parts, highest)
        .into_iter()
        .map(|parts| [vec![parts.iter().sum()], parts].concat())
        .filter(move |counts| counts[0] <= highest)
}

/// The fewest values that a suppressed part may have.
fn fewest(policy: DisclosurePolicy, parts: usize, highest: u64) -> usize {
    let tables = possible(policy, Shape::Partition, partitions(parts, highest));
    let cells = tables.values().flat_map(|cells| &cells[1..]).flatten();
    cells.map(BTreeSet::len).min().unwrap()
}

#[test]
fn no_part_of_a_partition_can_be_derived() {
    // Totals up to the highest that is released as 60, or as 25.
    let found = [(1, 62), (2, 62), (3, 27)].map(|(parts, most)| fewest(STANDARD, parts, most));
    assert_eq!(found, [10, 11, 5]);
    // Other policies too, even one that rounds nothing; but to suppress no more than 1 is not enough.
    for (suppress_up_to, round_to) in [(2, 1), (2, 2), (3, 2), (3, 4), (4, 3), (2, 7)] {
        let policy = DisclosurePolicy {
            suppress_up_to,
            round_to,
        };
        for (parts, highest) in [(2, 16), (3, 12), (4, 9), (5, 7)] {
            let values = fewest(policy, parts, highest);
            assert!(values >= 2, "{policy:?}, {parts} parts: {values}");
        }
    }
}

#[test]
fn a_suppressed_total_may_be_any_small_count() {
    for parts in 1..4 {
        let tables = possible(STANDARD, Shape::Partition, partitions(parts, 14));
        for total in tables.values().filter_map(|cells| cells[0].as_ref()) {
            assert_eq!(*total, (1..=10).collect());
        }
    }
}

#[test]
fn a_suppressed_cell_of_an_attrition_may_be_any_small_count() {
    let falling = |counts: &Vec<u64>| counts.is_sorted_by(|a, b| a >= b);
    let tables = vectors(4, 17).into_iter().filter(falling);
    for cells in possible(STANDARD, Shape::Attrition, tables).values() {
        for cell in cells.iter().flatten() {
            assert_eq!(*cell, (1..=10).collect());
        }
    }
}

#[test]
fn no_difference_in_an_attrition_can_be_derived() {
    let mut differences: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
    for counts in vectors(2, 60).into_iter().filter(|c| c[0] >= c[1]) {
        let released = release(STANDARD, Shape::Attrition, &counts).unwrap();
        // 0 is released exactly, so that after an empty cell nothing is left to derive.
        if counts[0] > 0 {
            let seen = differences.entry(format!("{released:?}")).or_default();
            seen.insert(counts[0] - counts[1]);
        }
    }
    assert!(differences.values().all(|seen| seen.len() >= 2));
}

/// Another table of which the same is released, in which this part has another count.
fn other(policy: DisclosurePolicy, counts: &[u64], cell: usize) -> Option<Vec<u64>> {
    let same = release(policy, Shape::Partition, counts).unwrap();
    let hidden = |k: &usize| same[*k] == Released::Suppressed;
    let mut candidates = Vec::new();
    for k in (1..counts.len()).filter(hidden).filter(|&k| k != cell) {
        let mut swapped = counts.to_vec();
        swapped.swap(cell, k);
        candidates.push(swapped);
        for (up, down) in [(cell, k), (k, cell)] {
            let mut moved = counts.to_vec();
            if moved[down] > 0 {
                moved[up] += 1;
                moved[down] -= 1;
                candidates.push(moved);
            }
        }
    }
    if counts.len() == 2 {
        candidates.extend((1..=policy.suppress_up_to).map(|c| vec![u64::from(c); 2]));
    }
    let fits = |table: &Vec<u64>| {
        table[cell] != counts[cell]
            && release(policy, Shape::Partition, table).is_ok_and(|r| r == same)
    };
    candidates.into_iter().find(fits)
}

proptest! {
    #[test]
    fn every_suppressed_part_has_another_possible_count(
        suppress_up_to in 2u16..40, round_to in 1u16..30, parts in prop::collection::vec(
            prop_oneof![Just(0u64), 1..4u64, 0..14u64, 0..100u64, Just(10u64)], 1..64),
    ) {
        let policy = DisclosurePolicy { suppress_up_to, round_to };
        let counts = [vec![parts.iter().sum()], parts].concat();
        let released = release(policy, Shape::Partition, &counts).unwrap();
        for (cell, r) in released.iter().enumerate().skip(1) {
            prop_assert!(*r != Released::Suppressed || other(policy, &counts, cell).is_some());
        }
    }
}
