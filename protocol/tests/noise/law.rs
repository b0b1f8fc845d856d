//! The exact law of each table: computed again by another library, another formula and more digits.

use dashu_float::FBig;
use dashu_float::round::mode::HalfEven;
use salus_protocol::noise::{Epsilon, NoiseRow, NoiseTable, UNIFORM_BITS};
use sha2::{Digest, Sha256};

type Real = FBig<HalfEven, 2>;

/// Bits of the numbers below, twice those that the tables are computed with.
const PRECISION: usize = 640;

fn real(number: i64) -> Real {
    Real::from(number).with_precision(PRECISION).value()
}

fn epsilon_as_real(epsilon: Epsilon) -> Real {
    real(epsilon.tenths().into()) / real(10)
}

/// The probability of one value, tanh(epsilon / 2) exp(-epsilon |x|).
fn probability(epsilon: Epsilon, noise: i64) -> Real {
    let e = epsilon_as_real(epsilon);
    let grown = e.clone().exp();
    let peak = (&grown - real(1)) / (&grown + real(1));
    peak * (-(e * real(noise.abs()))).exp()
}

/// Two to the 54, as which probabilities are whole numbers in the tables.
fn whole() -> Real {
    real(1 << UNIFORM_BITS)
}

fn rows(epsilon: Epsilon) -> &'static [NoiseRow] {
    NoiseTable::of(epsilon).rows()
}

fn absolute(number: Real) -> Real {
    if number < real(0) { -number } else { number }
}

/// Below two to the minus `bits`.
fn is_below(number: &Real, bits: u32) -> bool {
    number.clone() * real(1 << bits) < real(1)
}

/// Each threshold is the sum of all probabilities below it, rounded to a multiple of 2^-54; and
/// what is rounded is so far from a tie that fewer digits would have done.
#[test]
fn thresholds_are_the_sums_of_probabilities() {
    for epsilon in Epsilon::ALL {
        let highest = i64::from(NoiseTable::of(epsilon).highest());
        // Summed from the centre: P(x < 0) = (1 - P(0)) / 2.
        let mut below = (real(1) - probability(epsilon, 0)) / real(2);
        let at = |noise: i64| rows(epsilon)[(noise + highest) as usize];
        for noise in (1 - highest..=0).rev() {
            let scaled = below.clone() * whole();
            let distance = absolute(scaled - real(at(noise).threshold as i64));
            let to_tie = real(1) / real(2) - distance;
            assert!(to_tie * real(1 << 20) > real(1), "{epsilon}, {noise}");
            below -= probability(epsilon, noise - 1);
        }
        // The row after the last would be empty: its threshold would be that of the last, or 0.
        let beyond = below * whole();
        let to = |number: i64| absolute(beyond.clone() - real(number));
        let nearest = to(0).min(to(at(-highest).span as i64));
        let to_tie = real(1) / real(2) - nearest;
        assert!(
            to_tie * real(1 << 20) > real(1),
            "{epsilon}: it ends too early"
        );
        assert_eq!(at(-highest).threshold, 0);
        for noise in 1..=highest {
            let mirrored = (1 << UNIFORM_BITS) - at(1 - noise).threshold;
            assert_eq!(at(noise).threshold, mirrored);
        }
    }
}

/// Half the sum of all differences between the table's probabilities and the law's.
fn total_variation(epsilon: Epsilon) -> Real {
    let differences = rows(epsilon).iter().map(|row| {
        let probability = probability(epsilon, row.noise.into());
        absolute(real(row.span as i64) / whole() - probability)
    });
    let within = differences.fold(real(0), |sum, difference| sum + difference);
    // What the law has beyond the table, on both sides: 2 q^(K+1) / (1 + q).
    let q = (-epsilon_as_real(epsilon)).exp();
    let beyond = real(i64::from(NoiseTable::of(epsilon).highest()) + 1);
    let tails = real(2) * (-(epsilon_as_real(epsilon) * beyond)).exp() / (real(1) + q);
    (within + tails) / real(2)
}

#[test]
fn tables_have_the_discrete_laplace_law() {
    for epsilon in Epsilon::ALL {
        assert!(is_below(&total_variation(epsilon), 46), "{epsilon}");
    }
    // Another epsilon's table is far from it: the measure itself sees differences.
    let half = probability(Epsilon::Half, 0) - probability(Epsilon::One, 0);
    assert!(!is_below(&absolute(half), 4));
}

/// The delta of one cell: by how much more than exp(epsilon) times as probable a set of values can be with one
/// person more or fewer.
fn delta(epsilon: Epsilon) -> Real {
    let grown = epsilon_as_real(epsilon).exp();
    let spans: Vec<_> = rows(epsilon).iter().map(|r| r.span as i64).collect();
    let before = |k: usize| k.checked_sub(1).map_or(0, |k| spans[k]);
    let excess = (0..spans.len()).map(|k| real(spans[k]) - grown.clone() * real(before(k)));
    let excess = excess.filter(|excess| *excess > real(0));
    excess.fold(real(0), |sum, excess| sum + excess) / whole()
}

#[test]
fn what_cutting_and_rounding_cost_is_small() {
    for epsilon in Epsilon::ALL {
        assert!(is_below(&delta(epsilon), 44), "{epsilon}");
    }
}

#[test]
fn tables_are_pinned() {
    let digest = |epsilon| {
        let mut hash = Sha256::new();
        for row in rows(epsilon) {
            hash.update(row.noise.to_le_bytes());
            hash.update(row.threshold.to_le_bytes());
            hash.update(row.span.to_le_bytes());
        }
        hex::encode(hash.finalize())
    };
    let pinned = Epsilon::ALL.map(digest);
    assert_eq!(
        pinned,
        [
            "349b34b652cf09c319e8205d5172c4b5cb22e66ae875e25eb81745b20639dd1c",
            "ff5a7b1ec68dbadce9d47e37f991b47c811de11a3f76a7725d9a93c571634784",
            "9ca6529ffd84296ed939e8109bf81e32f3f4ef592050ac57d37041400f958cd9",
        ]
    );
}
