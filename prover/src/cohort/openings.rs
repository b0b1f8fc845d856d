//! The openings of a tally, as its custodian keeps them, and as the numbers of a share.
//! Spec: docs/spec/cohort.md, section "Several custodians".

use pasta_curves::group::ff::PrimeField;
use pasta_curves::{EqAffine, Fp};

use crate::noised_release::SeedOpening;
use crate::release::CountOpening;

/// What the commitments of a tally, or the sums of several tallies', open to.
#[derive(Debug, Clone)]
pub struct TallyOpenings {
    /// Of the cells' counts.
    pub counts: Vec<CountOpening>,
    /// Of the seeds of the cells' noise; none without noise.
    pub seeds: Vec<SeedOpening>,
}

impl TallyOpenings {
    /// The numbers that shares add up: of each cell its count and blinding, then of each its seed and
    /// blinding.
    #[must_use]
    pub fn numbers(&self) -> Vec<Fp> {
        let counts = self.counts.iter().map(|o| [Fp::from(o.count), o.blinding]);
        let seeds = self.seeds.iter().map(|o| [Fp::from(o.seed), o.blinding]);
        counts.chain(seeds).flatten().collect()
    }

    /// The openings behind sums of commitments: of counts, and of seeds or of none. `sums` are the
    /// sums of all custodians' [`Self::numbers`].
    ///
    /// None when they are not such openings, as when one of the shares was false.
    #[must_use]
    pub fn of_sums(counts: &[EqAffine], seeds: &[EqAffine], sums: &[Fp]) -> Option<Self> {
        let (pairs, rest) = sums.as_chunks::<2>();
        let (of_counts, of_seeds) = pairs.split_at_checked(counts.len())?;
        if !rest.is_empty() || of_seeds.len() != seeds.len() {
            return None;
        }
        let count = |(cell, [count, blinding]): (usize, &[Fp; 2])| {
            let (count, blinding) = (small(count)?, *blinding);
            let opening = CountOpening { count, blinding };
            (opening.commitment(cell)? == counts[cell]).then_some(opening)
        };
        let seed = |(cell, [seed, blinding]): (usize, &[Fp; 2])| {
            let (seed, blinding) = (small(seed)?, *blinding);
            let opening = SeedOpening { seed, blinding };
            (opening.commitment(cell)? == seeds[cell]).then_some(opening)
        };
        Some(Self {
            counts: of_counts
                .iter()
                .enumerate()
                .map(count)
                .collect::<Option<_>>()?,
            seeds: of_seeds
                .iter()
                .enumerate()
                .map(seed)
                .collect::<Option<_>>()?,
        })
    }
}

/// A field element as a number of 64 bits, if it is one.
fn small(element: &Fp) -> Option<u64> {
    let bytes = element.to_repr();
    let (low, high) = bytes.split_first_chunk::<8>()?;
    let fits = high.iter().all(|byte| *byte == 0);
    fits.then(|| u64::from_le_bytes(*low))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::share::add_up;
    use super::*;
    use crate::release::random;
    use pasta_curves::Eq as Vesta;
    use pasta_curves::group::Curve;

    fn openings(counts: [u64; 2], noised: bool) -> TallyOpenings {
        let count = |count| CountOpening {
            count,
            blinding: random().unwrap(),
        };
        let seeds = if noised { 2 } else { 0 };
        TallyOpenings {
            counts: counts.map(count).to_vec(),
            seeds: (0..seeds).map(|_| SeedOpening::draw().unwrap()).collect(),
        }
    }

    fn sums(all: &[TallyOpenings]) -> (Vec<EqAffine>, Vec<EqAffine>, Vec<Fp>) {
        let counts = |cell: usize| -> Vesta {
            let own = all.iter().map(|o| o.counts[cell].commitment(cell).unwrap());
            own.map(Vesta::from).sum()
        };
        let seeds = |cell: usize| -> Vesta {
            let own = all.iter().map(|o| o.seeds[cell].commitment(cell).unwrap());
            own.map(Vesta::from).sum()
        };
        let numbers: Vec<_> = all.iter().map(TallyOpenings::numbers).collect();
        (
            (0..2).map(|cell| counts(cell).to_affine()).collect(),
            (0..all[0].seeds.len())
                .map(|cell| seeds(cell).to_affine())
                .collect(),
            add_up(numbers[0].len(), &numbers).unwrap(),
        )
    }

    #[test]
    fn sums_open_the_sums_of_commitments() {
        for noised in [false, true] {
            let all = [openings([5, 70], noised), openings([6, 0], noised)];
            let (counts, seeds, numbers) = sums(&all);
            let sum = TallyOpenings::of_sums(&counts, &seeds, &numbers).unwrap();
            assert_eq!((sum.counts[0].count, sum.counts[1].count), (11, 70));
            for (cell, seed) in sum.seeds.iter().enumerate() {
                assert_eq!(seed.seed, all[0].seeds[cell].seed + all[1].seeds[cell].seed);
            }
        }
    }

    #[test]
    fn false_or_missing_numbers_open_nothing() {
        let all = [openings([5, 70], true), openings([6, 0], true)];
        let (counts, seeds, numbers) = sums(&all);
        let refused = |numbers: &[Fp]| TallyOpenings::of_sums(&counts, &seeds, numbers).is_none();
        for place in 0..numbers.len() {
            let mut changed = numbers.clone();
            changed[place] += Fp::one();
            assert!(refused(&changed), "number {place}");
            changed[place] -= Fp::from(2u64) + Fp::from(u64::MAX);
            assert!(refused(&changed), "number {place}");
        }
        assert!(refused(&numbers[..7]) && refused(&numbers[..6]) && refused(&[]));
        assert!(!refused(&numbers));
    }
}
