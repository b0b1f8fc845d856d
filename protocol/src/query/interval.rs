//! Intervals on the cycle of the compiled query, and sets made of them.
//!
//! A set here is a list of disjoint intervals with a gap after each, in the order of the cycle
//! from place 0. Only such sets are made.

use super::compiled::{CYCLE, DIFFERENCE_OFFSET};

/// From `start` over `length` further places, round the end of the cycle if need be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Interval {
    pub(crate) start: u32,
    pub(crate) length: u32,
}

impl Interval {
    /// No number's place: holds of nothing recorded.
    pub(crate) const NEVER: Self = Self {
        start: 0,
        length: 0,
    };
    /// Every number's place: holds of everything recorded.
    pub(crate) const ALWAYS: Self = Self {
        start: 1,
        length: CYCLE - 2,
    };

    /// The interval of the numbers (or differences) `low` to `high`, both included.
    /// The caller keeps -65,535 <= low <= high <= 65,535.
    pub(crate) fn of(low: i32, high: i32) -> Self {
        debug_assert!(-65_535 <= low && low <= high && high <= 65_535);
        Self {
            start: DIFFERENCE_OFFSET.wrapping_add_signed(low),
            length: high.abs_diff(low),
        }
    }

    /// The last place, counted on past the end of the cycle.
    const fn end(self) -> u32 {
        self.start + self.length
    }

    /// The interval of the same differences taken the other way round.
    pub(crate) const fn mirrored(self) -> Self {
        Self {
            start: (2 * CYCLE - self.end()) % CYCLE,
            length: self.length,
        }
    }
}

/// The runs of consecutive numbers in a sorted list without repeats, as intervals.
pub(crate) fn runs(numbers: &[u16]) -> Vec<Interval> {
    let mut runs: Vec<(u16, u16)> = Vec::new();
    for &number in numbers {
        match runs.last_mut() {
            Some((_, high)) if *high + 1 == number => *high = number,
            _ => runs.push((number, number)),
        }
    }
    runs.into_iter()
        .map(|(low, high)| Interval::of(low.into(), high.into()))
        .collect()
}

/// The gaps between the intervals of a set: as many intervals as the set has.
pub(crate) fn complement(set: &[Interval]) -> Vec<Interval> {
    let next = set.iter().cycle().skip(1);
    let mut gaps: Vec<Interval> = set
        .iter()
        .zip(next)
        .map(|(interval, next)| {
            let first = interval.end() + 1;
            // The next interval, one turn on if it does not lie ahead.
            let ahead = (next.start + 2 * CYCLE - first) % CYCLE;
            Interval {
                start: first % CYCLE,
                length: ahead - 1,
            }
        })
        .collect();
    gaps.sort_by_key(|gap| gap.start);
    gaps
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn holds(set: &[Interval], place: u32) -> usize {
        set.iter()
            .filter(|i| (place + CYCLE - i.start) % CYCLE <= i.length)
            .count()
    }

    #[test]
    fn never_and_always_are_each_others_complement() {
        assert_eq!(complement(&[Interval::NEVER]), [Interval::ALWAYS]);
        assert_eq!(complement(&[Interval::ALWAYS]), [Interval::NEVER]);
    }

    proptest! {
        #[test]
        fn a_set_and_its_complement_share_nothing_and_leave_nothing_out(
            numbers in prop::collection::btree_set(1u16..60, 1..30),
        ) {
            let numbers: Vec<u16> = numbers.into_iter().collect();
            let set = runs(&numbers);
            let rest = complement(&set);
            prop_assert_eq!(set.len(), rest.len());
            for place in 0..CYCLE {
                let number = place.checked_sub(DIFFERENCE_OFFSET);
                let inside = number.is_some_and(|n| numbers.iter().any(|&m| u32::from(m) == n));
                prop_assert_eq!(holds(&set, place), usize::from(inside));
                prop_assert_eq!(holds(&rest, place), usize::from(!inside));
            }
            prop_assert_eq!(complement(&rest), set);
        }

        #[test]
        fn mirrors(low in -65_535i32..=65_535, length in 0i32..1000, difference in -65_534i32..=65_534) {
            let high = (low + length).min(65_535);
            let interval = Interval::of(low, high);
            let place = |d: i32| DIFFERENCE_OFFSET.wrapping_add_signed(d);
            prop_assert_eq!(
                holds(&[interval], place(difference)),
                holds(&[interval.mirrored()], place(-difference))
            );
        }
    }
}
