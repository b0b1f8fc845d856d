//! Nothing private is free: whatever the commitments and the instance leave open, one value holds.

use halo2_proofs::pasta::Fp;
use salus_circuits::noised_release::{ADVICE_COLUMNS, Witness};
use salus_protocol::noise::Epsilon;
use salus_protocol::release::{DisclosurePolicy, MAX_CELLS};

use super::{Table, holds};

/// Rows that each column's gates read of a cell: words lie 64 rows apart.
const HEIGHTS: [usize; ADVICE_COLUMNS] = [1, 1, 1, 1, 1, 9, 8];

/// A change of any one value that belongs to a row, used or not, is refused.
#[test]
fn each_value_of_a_row_is_determined() {
    let table = Table {
        policy: DisclosurePolicy::STANDARD,
        epsilon: Epsilon::Half,
        counts: vec![40, 3],
        seeds: vec![123_456_789_012_345, 987_654_321],
        offsets: vec![9_876_543_210_123, 0],
    };
    let instance = table.instance(&table.released());
    let honest = Witness::new(&instance, &table.counts, &table.seeds);
    assert!(holds(&instance, honest.clone()));
    for (column, height) in HEIGHTS.into_iter().enumerate() {
        for row in [0, 1, 2, MAX_CELLS - 1] {
            for word in 0..height {
                for by in [Fp::one(), -Fp::one()] {
                    let place = word * MAX_CELLS + row;
                    let changed = honest.clone().changed(column, place, by);
                    assert!(!holds(&instance, changed), "column {column}, row {place}");
                }
            }
        }
    }
}

/// A word that overflows into the next one makes the same number, and is refused.
#[test]
fn words_have_no_second_form() {
    let table = Table {
        policy: DisclosurePolicy::STANDARD,
        epsilon: Epsilon::One,
        counts: vec![40],
        seeds: vec![1 << 53],
        offsets: vec![1 << 20],
    };
    let instance = table.instance(&table.released());
    let honest = Witness::new(&instance, &table.counts, &table.seeds);
    let base = Fp::from(1 << 9);
    for (column, words) in [(5, 0..6), (5, 7..9), (6, 0..6), (6, 6..8)] {
        for word in words.start..words.end - 1 {
            for by in [base, -base] {
                let carry = if by == base { -Fp::one() } else { Fp::one() };
                let changed = honest.clone().changed(column, word * MAX_CELLS, by);
                let changed = changed.changed(column, (word + 1) * MAX_CELLS, carry);
                assert!(!holds(&instance, changed), "column {column}, word {word}");
            }
        }
    }
}
