//! Noise in releases: which noise a uniform number gives, and what of a noisy table is released.
//!
//! Noise follows the discrete Laplace law, by a public table of thresholds. The uniform number is the
//! sum of a *seed*, to which custodians committed before, and an *offset*, which the ledger drew
//! after that: it is uniform if either is. [`release_noised`] is the relation that
//! `circuits::noised_release` writes as constraints. Never here: drawing seeds, or a ledger's budget.
//! Spec: docs/spec/cohort.md, section "Noise".

mod table;

use std::ops::RangeInclusive;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::release::{COUNT_BOUND, DisclosurePolicy, Released, Shape, TableError};

pub use table::{NoiseRow, NoiseTable};

/// Bits of a seed, of an offset, and of the uniform number that they make.
pub const UNIFORM_BITS: u32 = 54;

/// Uniform numbers are below this.
pub const UNIFORM_BOUND: u64 = 1 << UNIFORM_BITS;

/// Noise lies between this and its negative, whatever the table.
pub const NOISE_BOUND: u32 = 1 << 10;

/// How much one person may change what is released: noise x has a probability in proportion to
/// exp(-epsilon |x|), so a smaller epsilon hides better.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    BorshSerialize,
    BorshDeserialize,
)]
pub enum Epsilon {
    /// Epsilon 0.1: a standard deviation of 14.1.
    #[serde(rename = "0.1")]
    Tenth,
    /// Epsilon 0.5: a standard deviation of 2.8.
    #[serde(rename = "0.5")]
    Half,
    /// Epsilon 1: a standard deviation of 1.4.
    #[serde(rename = "1")]
    One,
}

/// Not one of the epsilons that have a table.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[error("epsilon {found:?} is not offered: give 0.1, 0.5 or 1")]
pub struct EpsilonError {
    /// The text as given, cut to a readable length.
    pub found: String,
}

impl Epsilon {
    /// All of them, the smallest first.
    pub const ALL: [Self; 3] = [Self::Tenth, Self::Half, Self::One];

    /// Epsilon in tenths.
    #[must_use]
    pub const fn tenths(self) -> u16 {
        match self {
            Self::Tenth => 1,
            Self::Half => 5,
            Self::One => 10,
        }
    }
}

impl std::fmt::Display for Epsilon {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Tenth => "0.1",
            Self::Half => "0.5",
            Self::One => "1",
        })
    }
}

impl std::str::FromStr for Epsilon {
    type Err = EpsilonError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = |epsilon: &Self| epsilon.to_string() == text;
        Self::ALL
            .into_iter()
            .find(named)
            .ok_or_else(|| EpsilonError {
                found: text.chars().take(80).collect(),
            })
    }
}

/// What a noised table costs of a dataset's budget, in tenths: epsilon times the most by which one
/// record with its consent, added or removed, changes the counts together.
///
/// That is 1 for a single cell, 2 for a partition (the total and one part), and all cells of an attrition.
#[must_use]
pub fn epsilon_cost(shape: Shape, cells: usize, epsilon: Epsilon) -> u64 {
    let changed = match shape {
        Shape::Single => 1,
        Shape::Partition => 2,
        Shape::Attrition => cells as u64,
    };
    changed.saturating_mul(epsilon.tenths().into())
}

/// The ledger's part in a cell's noise, below 2^54.
///
/// `beacon` is what nobody could know when the seeds were committed. `context` is a digest of what was fixed by then: the
/// table that is asked for, and the commitments to seeds. Nothing of the answer belongs there, not even commitments to
/// counts: who could still choose it after the beacon is known could choose the noise.
#[must_use]
pub fn offset(beacon: &[u8; 32], context: &[u8; 32], cell: usize) -> u64 {
    let digest = Sha256::new()
        .chain_update(b"salus/v1/noise-offset\0")
        .chain_update(beacon)
        .chain_update(context)
        .chain_update((cell as u64).to_le_bytes())
        .finalize();
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    u64::from_be_bytes(first) >> (u64::BITS - UNIFORM_BITS)
}

/// The uniform number that a seed, or a sum of seeds, and an offset make: their sum modulo 2^54.
#[must_use]
pub const fn uniform(seed: u64, offset: u64) -> u64 {
    // 2^54 divides 2^64, so wrapping around changes nothing.
    seed.wrapping_add(offset) % UNIFORM_BOUND
}

/// What the policy makes of counts with noise, each cell by itself.
///
/// `uniform` holds each cell's uniform number. A noisy count of 0 or less is released as 0, another as the
/// policy does with a count by itself: what follows from noisy counts alone says no more than they do,
/// so no rule between cells is needed. Noisy parts need not add up to the noisy total.
///
/// # Errors
/// [`TableError`] when the policy has no step, a count is too large, or there is not one
/// uniform number for each cell.
pub fn release_noised(
    policy: DisclosurePolicy,
    epsilon: Epsilon,
    counts: &[u64],
    uniform: &[u64],
) -> Result<Vec<Released>, TableError> {
    policy.check()?;
    let (cells, found) = (counts.len(), uniform.len());
    if cells != found {
        return Err(TableError::Uniform { cells, found });
    }
    let table = NoiseTable::of(epsilon);
    let cell = |(cell, (&count, &uniform)): (usize, (&u64, &u64))| {
        if count >= u64::from(COUNT_BOUND) {
            let found = count;
            return Err(TableError::TooLarge { cell, found });
        }
        let noisy = count.saturating_add_signed(table.noise(uniform).into());
        Ok(policy.alone(u32::try_from(noisy).unwrap_or(u32::MAX)))
    };
    counts.iter().zip(uniform).enumerate().map(cell).collect()
}

/// The noisy counts that are released as this; none if nothing is.
#[must_use]
pub fn noisy_counts_behind(
    policy: DisclosurePolicy,
    released: Released,
) -> Option<RangeInclusive<i64>> {
    let (lowest, highest) = match released {
        Released::Count(0) => (-i64::from(NOISE_BOUND), 0),
        Released::Suppressed => (1, policy.suppress_up_to.into()),
        Released::Count(value) => {
            let behind = policy.rounded_from(value, COUNT_BOUND + NOISE_BOUND - 1)?;
            ((*behind.start()).into(), (*behind.end()).into())
        }
    };
    (lowest <= highest).then_some(lowest..=highest)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use Released::{Count, Suppressed};
    use proptest::prelude::*;

    const STANDARD: DisclosurePolicy = DisclosurePolicy::STANDARD;

    /// The middle of the uniform numbers that give this noise.
    fn giving(epsilon: Epsilon, noise: i32) -> u64 {
        let rows = NoiseTable::of(epsilon).rows();
        let row = rows.iter().find(|row| row.noise == noise).unwrap();
        row.threshold + row.span / 2
    }

    #[test]
    fn each_cell_is_released_by_itself() {
        let noise = [0, -3, 4, -20, 7, -1];
        let counts = [100, 13, 0, 5, 5, 1];
        let uniform = noise.map(|noise| giving(Epsilon::Tenth, noise));
        let released = release_noised(STANDARD, Epsilon::Tenth, &counts, &uniform).unwrap();
        // 100, 10, 4, -15, 12, 0
        let expected = [
            Count(100),
            Suppressed,
            Suppressed,
            Count(0),
            Count(10),
            Count(0),
        ];
        assert_eq!(released, expected);
    }

    #[test]
    fn what_is_no_table_is_refused() {
        let release = |round_to, counts: &[u64], uniform: &[u64]| {
            let policy = DisclosurePolicy {
                round_to,
                ..STANDARD
            };
            release_noised(policy, Epsilon::One, counts, uniform)
        };
        assert_eq!(release(0, &[1], &[1]), Err(TableError::RoundsToZero));
        let uneven = TableError::Uniform { cells: 2, found: 1 };
        assert_eq!(release(5, &[1, 2], &[1]), Err(uneven));
        let found = 1 << 26;
        let large = TableError::TooLarge { cell: 1, found };
        assert_eq!(release(5, &[1, found], &[1, 1]), Err(large));
    }

    #[test]
    fn epsilon_has_one_text() {
        for (epsilon, text) in [
            (Epsilon::One, "1"),
            (Epsilon::Half, "0.5"),
            (Epsilon::Tenth, "0.1"),
        ] {
            assert_eq!(epsilon.to_string(), text);
            assert_eq!(text.parse(), Ok(epsilon));
            let json = format!("{text:?}");
            assert_eq!(serde_json::to_string(&epsilon).unwrap(), json);
            assert_eq!(serde_json::from_str::<Epsilon>(&json).unwrap(), epsilon);
            let bytes = borsh::to_vec(&epsilon).unwrap();
            assert_eq!(borsh::from_slice::<Epsilon>(&bytes).unwrap(), epsilon);
        }
        for other in ["1.0", "0.50", "2", "", "one", " 1"] {
            assert!(other.parse::<Epsilon>().is_err(), "{other}");
        }
    }

    #[test]
    fn the_cost_is_the_most_that_one_record_changes() {
        let cost = |shape, cells| epsilon_cost(shape, cells, Epsilon::Half);
        assert_eq!(cost(Shape::Single, 1), 5);
        assert_eq!(cost(Shape::Partition, 9), 10);
        assert_eq!(cost(Shape::Attrition, 9), 45);
        assert_eq!(epsilon_cost(Shape::Single, 1, Epsilon::One), 10);
        assert_eq!(epsilon_cost(Shape::Attrition, 64, Epsilon::Tenth), 64);
    }

    #[test]
    fn offsets_are_pinned_and_take_everything_in() {
        let one = offset(&[1; 32], &[2; 32], 3);
        assert_eq!(one, 16_970_460_386_435_222);
        assert!(one < UNIFORM_BOUND);
        for other in [
            offset(&[2; 32], &[2; 32], 3),
            offset(&[1; 32], &[1; 32], 3),
            offset(&[1; 32], &[2; 32], 4),
        ] {
            assert_ne!(one, other);
        }
    }

    proptest! {
        #[test]
        fn the_uniform_number_is_the_sum_modulo_its_bound(
            seeds in prop::collection::vec(0..UNIFORM_BOUND, 1..=256), offset in 0..UNIFORM_BOUND,
        ) {
            let sum: u128 = seeds.iter().map(|&seed| u128::from(seed)).sum();
            let expected = (sum + u128::from(offset)) % u128::from(UNIFORM_BOUND);
            prop_assert_eq!(u128::from(uniform(sum as u64, offset)), expected);
        }

        #[test]
        fn the_noisy_counts_behind_a_value_are_those_that_are_released_as_it(
            suppress_up_to: u16, round_to in 1u16.., standard: bool, epsilon in prop::sample::select(&Epsilon::ALL),
            count in prop_oneof![0..60u64, 0..u64::from(COUNT_BOUND), Just(u64::from(COUNT_BOUND) - 1)],
            number in 0..UNIFORM_BOUND, others in prop::collection::vec(prop_oneof![
                Just(Suppressed), (0..30u32).prop_map(|n| Count(5 * n)), any::<u32>().prop_map(Count)], 4),
        ) {
            let policy = if standard { STANDARD } else { DisclosurePolicy { suppress_up_to, round_to } };
            let noisy = count as i64 + i64::from(NoiseTable::of(epsilon).noise(number));
            let released = release_noised(policy, epsilon, &[count], &[number]).unwrap()[0];
            let behind = noisy_counts_behind(policy, released).unwrap();
            prop_assert!(behind.contains(&noisy));
            prop_assert!(behind.end() - behind.start() < 1 << 17);
            for other in others {
                let takes = noisy_counts_behind(policy, other).is_some_and(|b| b.contains(&noisy));
                prop_assert_eq!(takes, other == released);
            }
        }
    }
}
