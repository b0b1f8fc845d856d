//! Sets of numbers that a field can hold: what a criterion on one field comes to.

use crate::query::{CYCLE, Criterion, DIFFERENCE_OFFSET};

use super::question::Band;

/// A set of numbers from 0 to 65,535, as ascending runs that neither touch nor overlap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Numbers(Vec<Band>);

impl Numbers {
    /// The numbers of which a criterion that subtracts nothing holds.
    pub(crate) fn of(criterion: &Criterion) -> Self {
        let last = criterion.start + criterion.length;
        let mut runs = vec![(criterion.start, last.min(CYCLE - 1))];
        if last >= CYCLE {
            runs.push((0, last - CYCLE));
        }
        let recorded = runs.into_iter().filter_map(|(start, last)| {
            let low = start.max(DIFFERENCE_OFFSET + 1) - DIFFERENCE_OFFSET;
            let high = last.checked_sub(DIFFERENCE_OFFSET)?;
            Some((u16::try_from(low).ok()?, u16::try_from(high).ok()?)).filter(|(l, h)| l <= h)
        });
        let none = criterion.if_none.then_some((0, 0));
        Self::union(
            recorded
                .chain(none)
                .map(|(low, high)| Band { low, high })
                .collect(),
        )
    }

    /// The union of runs in any order.
    fn union(mut runs: Vec<Band>) -> Self {
        runs.sort_by_key(|run| run.low);
        let mut merged: Vec<Band> = Vec::with_capacity(runs.len());
        for run in runs {
            match merged.last_mut() {
                Some(last) if u32::from(run.low) <= u32::from(last.high) + 1 => {
                    last.high = last.high.max(run.high);
                }
                _ => merged.push(run),
            }
        }
        Self(merged)
    }

    /// The runs.
    pub(crate) fn runs(&self) -> &[Band] {
        &self.0
    }

    /// Whether no number is in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// With all of another set.
    pub(crate) fn with(&self, other: &Self) -> Self {
        Self::union([self.runs(), other.runs()].concat())
    }

    /// Whether no number is in both.
    pub(crate) fn is_disjoint(&self, other: &Self) -> bool {
        let apart = |a: &Band, b: &Band| a.high < b.low || b.high < a.low;
        (self.0.iter()).all(|a| other.0.iter().all(|b| apart(a, b)))
    }
}

impl From<Band> for Numbers {
    fn from(band: Band) -> Self {
        Self(vec![band])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::{FIELDS, Row};

    fn contains(numbers: &Numbers, number: u16) -> bool {
        (numbers.runs().iter()).any(|run| run.low <= number && number <= run.high)
    }

    #[test]
    fn holds_what_the_criterion_holds_of() {
        let zero = DIFFERENCE_OFFSET;
        for (start, length) in [(0, 0), (0, CYCLE - 1), (zero, 0), (zero + 1, 0), (zero, 9)]
            .into_iter()
            .chain([
                (zero + 7, CYCLE - 4),
                (CYCLE - 1, 0),
                (CYCLE - 1, zero + 5),
                (3, 8),
            ])
        {
            for if_none in [false, true] {
                let criterion = Criterion {
                    start,
                    length,
                    if_none,
                    ..Criterion::carrier(0, true)
                };
                let numbers = Numbers::of(&criterion);
                for number in 0..=u16::MAX {
                    let mut values = [0; FIELDS];
                    values[0] = number;
                    let holds = criterion.holds(&Row::new(values), 0);
                    assert_eq!(contains(&numbers, number), holds, "{criterion:?} {number}");
                }
            }
        }
    }

    #[test]
    fn sets_that_share_one_number_are_not_disjoint() {
        let set = |low, high| Numbers::from(Band { low, high });
        assert!(set(1, 4).is_disjoint(&set(5, 9)));
        assert!(set(5, 9).is_disjoint(&set(1, 4)));
        assert!(!set(1, 5).is_disjoint(&set(5, 9)));
        assert!(!set(5, 9).is_disjoint(&set(1, 5)));
        assert!(!set(1, 9).is_disjoint(&set(3, 4)));
        assert_eq!(set(5, 9).with(&set(1, 4)), set(1, 9));
    }
}
