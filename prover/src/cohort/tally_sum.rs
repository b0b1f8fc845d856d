//! The sum behind a tally: cells, and constraints at a random corner, over pages and then slots.
//!
//! Pages are bound first. The first two of their rounds read whole numbers as they are, so field
//! elements are held for a quarter of the slots at most.

use pasta_curves::Fp;
use pasta_curves::group::ff::Field;
use rayon::prelude::*;
use salus_protocol::cohort::PAGE;
use salus_verifier::cohort::polynomial::{eq_table, interpolate};
use salus_verifier::cohort::program::{Evaluated, Program};
use salus_verifier::cohort::tally::{Weights, page_bits};

use super::slots::{FactorValues, Inverses, Multiples};
use super::sumcheck::Sum;

/// Rounds over pages that read whole numbers.
const RAW_ROUNDS: usize = 2;
/// Where a round's polynomials are evaluated; their value at 1 follows from the claim.
const POINTS: usize = 3;

pub(crate) struct TallySum<'a> {
    program: &'a Program,
    weights: &'a Weights,
    inverses: &'a Inverses,
    raw: &'a [FactorValues],
    /// eq of the pages bound while reading whole numbers.
    raw_weights: Vec<Multiples>,
    /// Factors by page, factor and slot, once they are field elements.
    bound: Vec<Vec<Vec<Fp>>>,
    /// The factors by slot when all pages were bound: what is opened.
    slots: Vec<Vec<Fp>>,
    page_bits: usize,
    rounds: usize,
    /// eq of the corner and the point, over the variables bound.
    prefix: Fp,
    /// What cells and constraints come to.
    claims: [Fp; 2],
    /// The round's polynomials at 0, 1, 2, 3: cells, and constraints without eq in this variable.
    polynomials: [Vec<Fp>; 2],
    point: Vec<Fp>,
}

/// Sums at 0, 2 and 3.
#[derive(Clone, Copy)]
struct Sums {
    cells: [Fp; POINTS],
    constraints: [Fp; POINTS],
}

impl Sums {
    const ZERO: Self = Self {
        cells: [Fp::zero(); POINTS],
        constraints: [Fp::zero(); POINTS],
    };

    fn plus(mut self, other: Self) -> Self {
        for t in 0..POINTS {
            self.cells[t] += other.cells[t];
            self.constraints[t] += other.constraints[t];
        }
        self
    }

    fn scaled(mut self, weight: Fp) -> Self {
        self.constraints.iter_mut().for_each(|sum| *sum *= weight);
        self
    }
}

/// Memory of one thread.
struct Scratch {
    low: Vec<Fp>,
    step: Vec<Fp>,
    values: Evaluated,
    sums: Sums,
}

impl<'a> TallySum<'a> {
    pub(crate) fn new(
        program: &'a Program,
        weights: &'a Weights,
        raw: &'a [FactorValues],
        inverses: &'a Inverses,
        claim: Fp,
    ) -> Self {
        let mut sum = Self {
            program,
            weights,
            inverses,
            raw,
            raw_weights: vec![Multiples::of(Fp::one(), inverses)],
            bound: Vec::new(),
            slots: Vec::new(),
            page_bits: page_bits(raw.len()),
            rounds: 0,
            prefix: Fp::one(),
            claims: [claim, Fp::zero()],
            polynomials: [Vec::new(), Vec::new()],
            point: Vec::new(),
        };
        if sum.page_bits == 0 {
            sum.bind_raw();
            sum.keep_slots();
        }
        sum
    }

    /// The factors' values at the point; to be called when all variables are bound.
    pub(crate) fn values(&self) -> Vec<Fp> {
        self.bound[0].iter().map(|factor| factor[0]).collect()
    }

    /// The factors by slot, with all pages bound, added up with weights.
    pub(crate) fn batched(&self, batch: &[Fp]) -> Vec<Fp> {
        (0..PAGE)
            .into_par_iter()
            .map(|slot| {
                let factors = self.slots.iter().zip(batch);
                factors.fold(Fp::zero(), |sum, (f, weight)| sum + f[slot] * weight)
            })
            .collect()
    }

    fn scratch(&self) -> Scratch {
        Scratch {
            low: vec![Fp::zero(); self.program.factors],
            step: vec![Fp::zero(); self.program.factors],
            values: Evaluated::default(),
            sums: Sums::ZERO,
        }
    }

    /// Adds one pair of slots, whose factors are `low` and `low + step`.
    fn add(&self, scratch: &mut Scratch, weight: Fp) {
        let Scratch {
            low,
            step,
            values,
            sums,
        } = scratch;
        for t in 0..POINTS {
            self.program.evaluate(low, values);
            let cells = self.program.cells.iter().zip(&self.weights.cells);
            for (cell, by) in cells {
                sums.cells[t] += by * values.sum(cell);
            }
            let constraints = self.program.constraints.iter();
            let total: Fp = constraints
                .zip(&self.weights.constraints)
                .map(|(constraint, by)| by * values.sum(constraint))
                .sum();
            sums.constraints[t] += weight * total;
            let times = if t == 0 { 2 } else { 1 };
            for _ in 0..times {
                low.iter_mut().zip(&*step).for_each(|(v, s)| *v += s);
            }
        }
    }

    /// A factor in a slot of a page over whole numbers.
    fn raw(&self, page: usize, factor: usize, slot: usize) -> Fp {
        let first = page * self.raw_weights.len();
        let parts = self.raw_weights.iter().zip(self.raw.iter().skip(first));
        parts.fold(Fp::zero(), |sum, (multiples, page)| {
            let column = page.factor(factor);
            match column.numbers[slot] {
                0 => sum,
                number => sum + multiples.times(number, column.inverse, self.inverses),
            }
        })
    }

    /// Pages not yet bound.
    fn pages(&self) -> usize {
        if self.bound.is_empty() {
            self.raw.len().div_ceil(self.raw_weights.len())
        } else {
            self.bound.len()
        }
    }

    fn factor(&self, page: usize, factor: usize, slot: usize) -> Fp {
        if self.bound.is_empty() {
            self.raw(page, factor, slot)
        } else {
            self.bound
                .get(page)
                .map_or(Fp::zero(), |page| page[factor][slot])
        }
    }

    /// Sums over pairs of pages. An odd last page is paired with nothing, which is 0 everywhere.
    fn page_round(&self) -> Sums {
        let corner = &self.weights.corner;
        let pages = eq_table(&corner[self.rounds + 1..self.page_bits]);
        let slots = eq_table(&corner[self.page_bits..]);
        (0..self.pages().div_ceil(2))
            .into_par_iter()
            .map(|pair| {
                let mut scratch = self.scratch();
                for (slot, weight) in slots.iter().enumerate() {
                    for factor in 0..self.program.factors {
                        let low = self.factor(2 * pair, factor, slot);
                        let high = self.factor(2 * pair + 1, factor, slot);
                        scratch.low[factor] = low;
                        scratch.step[factor] = high - low;
                    }
                    self.add(&mut scratch, *weight);
                }
                scratch.sums.scaled(pages[pair])
            })
            .reduce(|| Sums::ZERO, Sums::plus)
    }

    fn slot_round(&self) -> Sums {
        let rest = eq_table(&self.weights.corner[self.rounds + 1..]);
        let page = &self.bound[0];
        rest.par_iter()
            .enumerate()
            .fold(
                || self.scratch(),
                |mut scratch, (pair, weight)| {
                    for (place, factor) in page.iter().enumerate() {
                        scratch.low[place] = factor[2 * pair];
                        scratch.step[place] = factor[2 * pair + 1] - factor[2 * pair];
                    }
                    self.add(&mut scratch, *weight);
                    scratch
                },
            )
            .map(|scratch| scratch.sums)
            .reduce(|| Sums::ZERO, Sums::plus)
    }

    /// Turns whole numbers, with the pages bound so far, into field elements.
    fn bind_raw(&mut self) {
        let pages = 0..self.raw.len().div_ceil(self.raw_weights.len());
        self.bound = pages
            .into_par_iter()
            .map(|page| {
                let slots = |factor| (0..PAGE).map(|slot| self.raw(page, factor, slot)).collect();
                (0..self.program.factors).map(slots).collect()
            })
            .collect();
    }

    fn bind_pages(&mut self, value: Fp) {
        let pages = std::mem::take(&mut self.bound);
        let mut pairs = Vec::with_capacity(pages.len().div_ceil(2));
        let mut pages = pages.into_iter();
        while let Some(low) = pages.next() {
            pairs.push((low, pages.next()));
        }
        self.bound = pairs
            .into_par_iter()
            .map(|(mut low, high)| {
                for (factor, low) in low.iter_mut().enumerate() {
                    for (slot, low) in low.iter_mut().enumerate() {
                        let high = high.as_ref().map_or(Fp::zero(), |h| h[factor][slot]);
                        *low += value * (high - *low);
                    }
                }
                low
            })
            .collect();
    }

    fn bind_slots(&mut self, value: Fp) {
        self.bound[0].par_iter_mut().for_each(|factor| {
            let half = factor.len() / 2;
            for i in 0..half {
                let low = factor[2 * i];
                factor[i] = low + value * (factor[2 * i + 1] - low);
            }
            factor.truncate(half);
        });
    }

    fn keep_slots(&mut self) {
        self.slots.clone_from(&self.bound[0]);
    }

    /// Binds a page coordinate while whole numbers are read.
    fn bind_raw_page(&mut self, value: Fp) {
        self.raw_weights = (0..2 * self.raw_weights.len())
            .map(|c| {
                // The page's bits, lowest first, are the coordinates bound.
                let weight = self
                    .point
                    .iter()
                    .enumerate()
                    .fold(Fp::one(), |w, (bit, x)| {
                        w * if c >> bit & 1 == 1 { *x } else { Fp::one() - x }
                    });
                Multiples::of(weight, self.inverses)
            })
            .collect();
        debug_assert_eq!(self.point.last(), Some(&value));
        if self.rounds + 1 == RAW_ROUNDS || self.rounds + 1 == self.page_bits {
            self.bind_raw();
        }
    }
}

impl Sum for TallySum<'_> {
    fn round(&mut self) -> Vec<Fp> {
        let sums = if self.rounds < self.page_bits {
            self.page_round()
        } else {
            self.slot_round()
        };
        let corner = self.weights.corner[self.rounds];
        let eq = |t: Fp| corner * t + (Fp::one() - corner) * (Fp::one() - t);
        // The claims give what the polynomials are at 1.
        let [cells, constraints] = self.claims;
        let at_zero = self.prefix * eq(Fp::zero()) * sums.constraints[0];
        let scale = (self.prefix * eq(Fp::one())).invert().unwrap_or(Fp::zero());
        let cells_at_one = cells - sums.cells[0];
        let constraints_at_one = (constraints - at_zero) * scale;
        let listed = |[zero, two, three]: [Fp; POINTS], one: Fp| vec![zero, one, two, three];
        self.polynomials = [
            listed(sums.cells, cells_at_one),
            listed(sums.constraints, constraints_at_one),
        ];
        (0..=4)
            .map(|t| {
                let t = Fp::from(t);
                let [cells, constraints] = &self.polynomials;
                interpolate(cells, t) + self.prefix * eq(t) * interpolate(constraints, t)
            })
            .collect()
    }

    fn bind(&mut self, value: Fp) {
        let corner = self.weights.corner[self.rounds];
        self.prefix *= corner * value + (Fp::one() - corner) * (Fp::one() - value);
        let [cells, constraints] = &self.polynomials;
        self.claims = [
            interpolate(cells, value),
            self.prefix * interpolate(constraints, value),
        ];
        self.point.push(value);
        if self.rounds < self.page_bits {
            if self.bound.is_empty() {
                self.bind_raw_page(value);
            } else {
                self.bind_pages(value);
            }
            if self.rounds + 1 == self.page_bits {
                self.keep_slots();
            }
        } else {
            self.bind_slots(value);
        }
        self.rounds += 1;
    }
}
