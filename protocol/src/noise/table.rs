//! The tables of thresholds, computed in whole numbers so that they are the same on every machine.
//! No floating point here.

use std::sync::LazyLock;

use num_bigint::BigUint;

use super::{Epsilon, UNIFORM_BITS, UNIFORM_BOUND};

/// Fractions are whole multiples of two to the minus this. Thresholds need 54 bits of it; a test
/// shows that no rounding is near enough to a tie for the others to matter.
const FRACTION_BITS: u32 = 320;

/// One value of the noise, and the uniform numbers that give it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoiseRow {
    /// The noise.
    pub noise: i32,
    /// The first of the uniform numbers that give it.
    pub threshold: u64,
    /// How many they are, at least 1.
    pub span: u64,
}

/// Which noise each uniform number gives: rows in ascending order, from the lowest noise to the highest,
/// whose spans cover all numbers below 2^54.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoiseTable {
    rows: Vec<NoiseRow>,
}

static TABLES: LazyLock<[NoiseTable; 3]> = LazyLock::new(|| Epsilon::ALL.map(NoiseTable::compute));

impl NoiseTable {
    /// The table of this epsilon.
    #[must_use]
    pub fn of(epsilon: Epsilon) -> &'static Self {
        let [tenth, half, one] = &*TABLES;
        match epsilon {
            Epsilon::Tenth => tenth,
            Epsilon::Half => half,
            Epsilon::One => one,
        }
    }

    /// The rows, in ascending order.
    #[must_use]
    pub fn rows(&self) -> &[NoiseRow] {
        &self.rows
    }

    /// The noise that a uniform number gives; it is taken modulo 2^54.
    #[must_use]
    pub fn noise(&self, uniform: u64) -> i32 {
        self.row(uniform).noise
    }

    /// The row that a uniform number lies in; it is taken modulo 2^54.
    #[must_use]
    pub fn row(&self, uniform: u64) -> NoiseRow {
        let uniform = uniform % UNIFORM_BOUND;
        let after = self.rows.partition_point(|row| row.threshold <= uniform);
        self.rows[after.saturating_sub(1)]
    }

    /// The highest noise; the lowest is its negative.
    #[must_use]
    pub fn highest(&self) -> i32 {
        (self.rows.len() / 2) as i32
    }

    /// Noise n or more has the probability q^n / (1 + q), with q = exp(-epsilon), and so has -n or less.
    /// The table ends where the next row would be empty; the last rows take all that is beyond.
    fn compute(epsilon: Epsilon) -> Self {
        let tails = tails(epsilon);
        let span = |n: usize| tails[n - 1] - tails.get(n).copied().unwrap_or(0);
        let mut spans: Vec<_> = (1..=tails.len()).rev().map(span).collect();
        let above: Vec<_> = spans.iter().rev().copied().collect();
        spans.push(UNIFORM_BOUND - 2 * tails[0]);
        spans.extend(above);
        let lowest = -(tails.len() as i32);
        let mut threshold = 0;
        let row = |(noise, span)| {
            let row = NoiseRow {
                noise,
                threshold,
                span,
            };
            threshold += span;
            row
        };
        Self {
            rows: (lowest..).zip(spans).map(row).collect(),
        }
    }
}

/// The probabilities of noise 1 or more, 2 or more, ... as multiples of 2^-54, rounded to the nearest.
fn tails(epsilon: Epsilon) -> Vec<u64> {
    let one = BigUint::from(1u8) << FRACTION_BITS;
    let q = decay(epsilon);
    let whole = &one + &q;
    // Numerator and denominator doubled, so that half of the denominator is whole.
    let rounded = |power: &BigUint| ((power << (UNIFORM_BITS + 1)) + &whole) / (&whole * 2u8);
    let number = |power: &BigUint| u64::try_from(rounded(power)).expect("a tail is below one half");
    let mut power = q.clone();
    let mut tails = vec![number(&power)];
    loop {
        power = (power * &q) >> FRACTION_BITS;
        let next = number(&power);
        if next == 0 || tails.last() == Some(&next) {
            return tails;
        }
        tails.push(next);
    }
}

/// exp(-epsilon), as one over the series of exp(epsilon).
fn decay(epsilon: Epsilon) -> BigUint {
    let one = BigUint::from(1u8) << FRACTION_BITS;
    let zero = BigUint::ZERO;
    let (mut sum, mut term) = (zero.clone(), one.clone());
    for n in 1u32.. {
        if term == zero {
            break;
        }
        sum += &term;
        term = term * epsilon.tenths() / (10 * n);
    }
    (&one << FRACTION_BITS) / sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_cover_all_numbers_in_order() {
        for (epsilon, highest) in [
            (Epsilon::Tenth, 348),
            (Epsilon::Half, 74),
            (Epsilon::One, 37),
        ] {
            let table = NoiseTable::of(epsilon);
            assert_eq!(table.highest(), highest, "{epsilon}");
            let (mut next, mut noise) = (0, -highest);
            for row in table.rows() {
                assert_eq!((row.threshold, row.noise), (next, noise));
                assert!(row.span > 0);
                assert_eq!(table.row(row.threshold), *row);
                assert_eq!(table.row(row.threshold + row.span - 1), *row);
                (next, noise) = (next + row.span, noise + 1);
            }
            assert_eq!((next, noise), (UNIFORM_BOUND, highest + 1));
        }
    }

    #[test]
    fn noise_is_symmetric_and_taken_modulo_its_bound() {
        for epsilon in Epsilon::ALL {
            let table = NoiseTable::of(epsilon);
            for row in table.rows() {
                for uniform in [row.threshold, row.threshold + row.span - 1] {
                    let mirrored = UNIFORM_BOUND - 1 - uniform;
                    assert_eq!(table.noise(mirrored), -row.noise);
                    assert_eq!(table.noise(uniform + UNIFORM_BOUND), row.noise);
                }
            }
        }
    }
}
