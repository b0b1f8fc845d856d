//! What of a table of counts is released: small counts are suppressed, others are rounded.
//!
//! [`release`] is the relation that `circuits::release` writes as constraints: a custodian proves
//! that the released values are what this function makes of counts which stay hidden.
//! Spec: docs/spec/cohort.md, section "Release".

use std::ops::RangeInclusive;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The most cells that a table has.
pub const MAX_CELLS: usize = 64;

/// Counts are below this.
pub const COUNT_BOUND: u32 = 1 << 26;

/// How counts are released: small ones not at all, others rounded.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize,
)]
#[serde(deny_unknown_fields)]
pub struct DisclosurePolicy {
    /// Counts from 1 to this are small, and suppressed.
    pub suppress_up_to: u16,
    /// Other counts are rounded to a multiple of this; at least 1.
    pub round_to: u16,
}

/// What the cells of a table are to each other.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// One cell.
    Single,
    /// Each cell counts those of the cell before it who meet one criterion more.
    Attrition,
    /// The first cell is the total; the others, its parts, count each person of it once.
    Partition,
}

/// What is released of one cell.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Released {
    /// Nothing but that it is not shown.
    Suppressed,
    /// The rounded count.
    Count(u32),
}

/// Why a table of counts can't be released.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum TableError {
    /// Nothing is a multiple of zero.
    #[error("the policy rounds to multiples of 0: give a step of at least 1")]
    RoundsToZero,
    /// The shape has another number of cells.
    #[error("a table of shape {shape:?} has {} to {} cells, found {found}", .shape.cells().start(), .shape.cells().end())]
    Cells {
        /// The table's shape.
        shape: Shape,
        /// The number of cells found.
        found: usize,
    },
    /// A count is too large.
    #[error("cell {cell} counts {found}: counts are below {COUNT_BOUND}")]
    TooLarge {
        /// Which cell, from 0.
        cell: usize,
        /// The count found.
        found: u64,
    },
    /// Noise needs one uniform number for each cell.
    #[error("{found} uniform numbers for {cells} cells: each cell's noise needs one")]
    Uniform {
        /// The number of cells.
        cells: usize,
        /// How many numbers there are.
        found: usize,
    },
    /// The parts don't add up to the total.
    #[error("the parts add up to {parts}, and the total in cell 0 is {total}")]
    Total {
        /// The count of cell 0.
        total: u64,
        /// The sum of the other cells.
        parts: u64,
    },
}

/// What the policy makes of the exact counts of a table.
///
/// Each cell is released by itself, as the policy says. Of a partition with a small part,
/// the parts up to a threshold are suppressed, empty ones too: the smallest part that is not small
/// and all below it, or all parts where each is small or empty. So a suppressed part
/// may be any of them, and none is what the total lacks.
///
/// # Errors
/// [`TableError`] when the table isn't of its shape, or the policy has no step.
pub fn release(
    policy: DisclosurePolicy,
    shape: Shape,
    counts: &[u64],
) -> Result<Vec<Released>, TableError> {
    policy.check()?;
    let counts = shape.check_counts(counts)?;
    let mut released: Vec<_> = counts.iter().map(|&count| policy.alone(count)).collect();
    if shape == Shape::Partition && counts[1..].iter().any(|&part| policy.is_small(part)) {
        let threshold = policy.threshold(&counts[1..]);
        for (cell, &count) in released.iter_mut().zip(&counts).skip(1) {
            if threshold.is_none_or(|threshold| count <= threshold) {
                *cell = Released::Suppressed;
            }
        }
    }
    Ok(released)
}

impl DisclosurePolicy {
    /// The weakest policy that a study may have: suppress 1 to 10, round to 5.
    pub const STANDARD: Self = Self {
        suppress_up_to: 10,
        round_to: 5,
    };

    /// Whether the policy can be applied.
    ///
    /// # Errors
    /// [`TableError::RoundsToZero`] when it has no step.
    pub fn check(self) -> Result<(), TableError> {
        if self.round_to == 0 {
            return Err(TableError::RoundsToZero);
        }
        Ok(())
    }

    /// Whether a count by itself is suppressed.
    #[must_use]
    pub fn is_small(self, count: u32) -> bool {
        (1..=u32::from(self.suppress_up_to)).contains(&count)
    }

    /// What is released of a count by itself: 0 of 0, nothing of a small one, and else the nearest
    /// multiple, the higher of two. Only 0 is released as 0: what is near to it becomes one step.
    pub(crate) fn alone(self, count: u32) -> Released {
        let step = u32::from(self.round_to);
        match count {
            0 => Released::Count(0),
            _ if self.is_small(count) => Released::Suppressed,
            _ => Released::Count((((count + step / 2) / step) * step).max(step)),
        }
    }

    /// The smallest part that is not small, if any is.
    #[must_use]
    pub fn threshold(self, parts: &[u32]) -> Option<u32> {
        let large = |part: &u32| *part > u32::from(self.suppress_up_to);
        parts.iter().copied().filter(large).min()
    }

    /// The counts of which the policy releases this value; none if it never releases it.
    #[must_use]
    pub fn counts_behind(self, value: u32) -> Option<RangeInclusive<u32>> {
        if value == 0 {
            return Some(0..=0);
        }
        self.rounded_from(value, COUNT_BOUND - 1)
    }

    /// The numbers from 1 to `most` that are not small and of which this value is the rounded one; none if
    /// there are none.
    pub(crate) fn rounded_from(self, value: u32, most: u32) -> Option<RangeInclusive<u32>> {
        let step = u32::from(self.round_to);
        if value == 0 || step == 0 || !value.is_multiple_of(step) {
            return None;
        }
        let not_small = u32::from(self.suppress_up_to) + 1;
        let nearest = value - step / 2;
        let lowest = if value == step {
            not_small
        } else {
            nearest.max(not_small)
        };
        let highest = nearest.checked_add(step - 1)?.min(most);
        (lowest <= highest).then_some(lowest..=highest)
    }
}

impl Default for DisclosurePolicy {
    fn default() -> Self {
        Self::STANDARD
    }
}

impl Shape {
    /// How many cells a table of this shape has.
    #[must_use]
    pub const fn cells(self) -> RangeInclusive<usize> {
        match self {
            Self::Single => 1..=1,
            Self::Attrition => 1..=MAX_CELLS,
            Self::Partition => 2..=MAX_CELLS,
        }
    }

    /// Whether a table of this shape may have so many cells.
    ///
    /// # Errors
    /// [`TableError::Cells`] when not.
    pub fn check_cells(self, found: usize) -> Result<(), TableError> {
        if self.cells().contains(&found) {
            return Ok(());
        }
        Err(TableError::Cells { shape: self, found })
    }

    fn check_counts(self, counts: &[u64]) -> Result<Vec<u32>, TableError> {
        self.check_cells(counts.len())?;
        let small = |(cell, &found)| match u32::try_from(found) {
            Ok(count) if count < COUNT_BOUND => Ok(count),
            _ => Err(TableError::TooLarge { cell, found }),
        };
        let checked = counts
            .iter()
            .enumerate()
            .map(small)
            .collect::<Result<_, _>>()?;
        let (total, parts) = (counts[0], counts[1..].iter().sum());
        if self == Self::Partition && total != parts {
            return Err(TableError::Total { total, parts });
        }
        Ok(checked)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::Released::{Count, Suppressed};
    use super::*;
    use proptest::prelude::*;

    const STANDARD: DisclosurePolicy = DisclosurePolicy::STANDARD;

    fn partition(parts: &[u64]) -> Vec<Released> {
        let counts: Vec<_> = [parts.iter().sum()]
            .into_iter()
            .chain(parts.iter().copied())
            .collect();
        release(STANDARD, Shape::Partition, &counts).unwrap()
    }

    #[test]
    fn a_count_by_itself() {
        let one = |count| release(STANDARD, Shape::Single, &[count]).unwrap()[0];
        assert_eq!(one(0), Count(0));
        assert_eq!((one(1), one(10)), (Suppressed, Suppressed));
        assert_eq!(
            (one(11), one(12), one(13)),
            (Count(10), Count(10), Count(15))
        );
        assert_eq!(one((1 << 26) - 1), Count(67_108_865));
    }

    #[test]
    fn ties_go_up_and_only_none_is_zero() {
        let policy = DisclosurePolicy {
            suppress_up_to: 10,
            round_to: 100,
        };
        let one = |count| release(policy, Shape::Single, &[count]).unwrap()[0];
        assert_eq!(
            (one(11), one(149), one(150)),
            (Count(100), Count(100), Count(200))
        );
        assert_eq!(one(0), Count(0));
    }

    #[test]
    fn cells_of_an_attrition_are_released_each_by_itself() {
        let released = release(STANDARD, Shape::Attrition, &[100, 99, 12, 4, 0]).unwrap();
        assert_eq!(
            released,
            [Count(100), Count(100), Count(10), Suppressed, Count(0)]
        );
    }

    #[test]
    fn a_small_part_takes_the_smallest_other_with_it() {
        assert_eq!(
            partition(&[30, 0, 50]),
            [Count(80), Count(30), Count(0), Count(50)]
        );
        assert_eq!(
            partition(&[30, 3, 0, 20, 50]),
            [
                Count(105),
                Count(30),
                Suppressed,
                Suppressed,
                Suppressed,
                Count(50)
            ]
        );
        assert_eq!(
            partition(&[20, 3, 20]),
            [Count(45), Suppressed, Suppressed, Suppressed]
        );
        assert_eq!(partition(&[8, 7]), [Count(15), Suppressed, Suppressed]);
        assert_eq!(partition(&[8, 0]), [Suppressed; 3]);
        assert_eq!(partition(&[0, 0]), [Count(0); 3]);
    }

    #[test]
    fn what_is_no_table_is_refused() {
        let none = DisclosurePolicy {
            suppress_up_to: 10,
            round_to: 0,
        };
        assert_eq!(
            release(none, Shape::Single, &[3]),
            Err(TableError::RoundsToZero)
        );
        let cells = |shape, n| release(STANDARD, shape, &vec![0; n]).is_ok();
        assert!(cells(Shape::Single, 1) && !cells(Shape::Single, 0) && !cells(Shape::Single, 2));
        assert!(cells(Shape::Attrition, 64) && !cells(Shape::Attrition, 65));
        assert!(cells(Shape::Partition, 2) && !cells(Shape::Partition, 1));
        assert!(matches!(
            release(STANDARD, Shape::Single, &[1 << 26]),
            Err(TableError::TooLarge { cell: 0, .. })
        ));
        assert_eq!(
            release(STANDARD, Shape::Partition, &[5, 3, 1]),
            Err(TableError::Total { total: 5, parts: 4 })
        );
    }

    proptest! {
        #[test]
        fn the_counts_behind_a_value_are_those_that_are_released_as_it(
            suppress_up_to: u16, round_to in 1u16.., count in 0..COUNT_BOUND, near in 0..400_000u32,
        ) {
            let policy = DisclosurePolicy { suppress_up_to, round_to };
            for count in [count, near] {
                if let Count(value) = policy.alone(count) {
                    let behind = policy.counts_behind(value).unwrap();
                    prop_assert!(behind.contains(&count));
                    for edge in [*behind.start(), *behind.end()] {
                        prop_assert_eq!(policy.alone(edge), Count(value));
                    }
                    prop_assert!(behind.end() - behind.start() < 1 << 17);
                } else {
                    prop_assert!(policy.is_small(count));
                }
            }
        }
    }
}
