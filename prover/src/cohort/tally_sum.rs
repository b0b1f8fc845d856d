//! The sum behind a tally: cells, and constraints at a random corner, over pages and then slots.
//!
//! Pages are bound first. The first rounds are made in whole numbers ([`Grid`]), so field elements are
//! held for a part of the slots only.

use pasta_curves::Fp;
use pasta_curves::group::ff::Field;
use rayon::prelude::*;
use salus_protocol::cohort::PAGE;
use salus_verifier::cohort::polynomial::{eq_table, interpolate};
use salus_verifier::cohort::program::{Evaluated, Program};
use salus_verifier::cohort::tally::{Weights, page_bits};

use super::slots::{FactorColumn, FactorValues, Inverses, Multiples};
use super::sumcheck::Sum;
use super::whole_rounds::Grid;

/// Rounds over pages that are made in whole numbers.
const WHOLE_ROUNDS: usize = 3;
/// Slots of a page that a thread takes at a time.
const SHARE: usize = 512;
/// Where a round's polynomials are evaluated; their value at 1 follows from the claim.
const POINTS: usize = 3;

pub(crate) struct TallySum<'a> {
    program: &'a Program,
    weights: &'a Weights,
    inverses: &'a Inverses,
    raw: &'a [FactorValues],
    /// While rounds are made in whole numbers: what they follow from.
    grid: Option<Grid>,
    /// Rounds made in whole numbers.
    whole_rounds: usize,
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
        let page_bits = page_bits(raw.len());
        let whole_rounds = WHOLE_ROUNDS.min(page_bits);
        let grid = (whole_rounds > 0)
            .then(|| Grid::new(program, weights, raw, page_bits, whole_rounds))
            .flatten();
        let mut sum = Self {
            program,
            weights,
            inverses,
            raw,
            whole_rounds: if grid.is_some() { whole_rounds } else { 0 },
            grid,
            bound: Vec::new(),
            slots: Vec::new(),
            page_bits,
            rounds: 0,
            prefix: Fp::one(),
            claims: [claim, Fp::zero()],
            polynomials: [Vec::new(), Vec::new()],
            point: Vec::new(),
        };
        if sum.whole_rounds == 0 {
            sum.bind_raw();
        }
        if page_bits == 0 {
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

    /// A round's sums from the polynomials in whole numbers.
    fn whole_round(&self, grid: &Grid) -> Sums {
        let later = &self.weights.corner[self.rounds + 1..self.whole_rounds];
        let [cells, constraints] = grid.round(later);
        let sent = |[zero, _, two, three]: [Fp; 4]| [zero, two, three];
        Sums {
            cells: sent(cells),
            constraints: sent(constraints),
        }
    }

    /// Sums over pairs of pages. An odd last page is paired with nothing, which is 0 everywhere.
    fn page_round(&self) -> Sums {
        let corner = &self.weights.corner;
        let pages = eq_table(&corner[self.rounds + 1..self.page_bits]);
        let slots = eq_table(&corner[self.page_bits..]);
        let shares = PAGE / SHARE;
        (0..self.bound.len().div_ceil(2) * shares)
            .into_par_iter()
            .map(|share| {
                let (pair, first) = (share / shares, share % shares * SHARE);
                let low = &self.bound[2 * pair];
                let high = self.bound.get(2 * pair + 1);
                let mut scratch = self.scratch();
                for slot in first..first + SHARE {
                    for factor in 0..self.program.factors {
                        let low = low[factor][slot];
                        let high = high.map_or(Fp::zero(), |page| page[factor][slot]);
                        scratch.low[factor] = low;
                        scratch.step[factor] = high - low;
                    }
                    self.add(&mut scratch, slots[slot]);
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
        let weights = eq_table(&self.point);
        let multiples: Vec<Multiples> = (weights.iter())
            .map(|weight| Multiples::of(*weight, self.inverses))
            .collect();
        let sums = subset_sums(&weights);
        self.bound = self
            .raw
            .par_chunks(weights.len())
            .map(|pages| {
                let factor = |factor| {
                    let columns: Vec<_> = pages.iter().map(|page| page.factor(factor)).collect();
                    bind_columns(&columns, &multiples, &sums, self.inverses)
                };
                (0..self.program.factors).map(factor).collect()
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
}

/// The sum of every subset of a few numbers; a subset's bits are the numbers' places.
fn subset_sums(numbers: &[Fp]) -> Vec<Fp> {
    let mut sums = vec![Fp::zero()];
    for number in numbers {
        for subset in 0..sums.len() {
            sums.push(sums[subset] + number);
        }
    }
    sums
}

/// Pages' columns of one factor, added up with weights: of bits by one look, else one by one.
fn bind_columns(
    columns: &[FactorColumn<'_>],
    multiples: &[Multiples],
    sums: &[Fp],
    inverses: &Inverses,
) -> Vec<Fp> {
    let bits = |column: &FactorColumn<'_>| column.numbers.iter().all(|n| (0..=1).contains(n));
    if columns.iter().all(bits) {
        let subset = |slot: usize| {
            let bits = columns.iter().enumerate();
            bits.fold(0, |set, (place, c)| {
                set | (c.numbers[slot] as usize) << place
            })
        };
        return (0..PAGE).map(|slot| sums[subset(slot)]).collect();
    }
    let value = |slot: usize| {
        let parts = multiples.iter().zip(columns);
        parts.fold(Fp::zero(), |sum, (multiples, column)| {
            match column.numbers[slot] {
                0 => sum,
                number => sum + multiples.times(number, column.inverse, inverses),
            }
        })
    };
    (0..PAGE).map(value).collect()
}

impl Sum for TallySum<'_> {
    fn round(&mut self) -> Vec<Fp> {
        let sums = match &self.grid {
            Some(grid) => self.whole_round(grid),
            None if self.rounds < self.page_bits => self.page_round(),
            None => self.slot_round(),
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
            match &mut self.grid {
                Some(grid) => grid.bind(value),
                None => self.bind_pages(value),
            }
            if self.rounds + 1 == self.whole_rounds {
                self.grid = None;
                self.bind_raw();
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use salus_protocol::cohort::Table;
    use salus_verifier::cohort::tally::shape;

    use super::*;
    use crate::cohort::secret::Secrets;
    use crate::cohort::tests::scene;

    /// Runs both sums, one of them without rounds in whole numbers, on the same challenges.
    fn agree(program: &Program, pages: &[FactorValues]) {
        let mut random = Secrets::new().unwrap();
        let weights = Weights {
            cells: random.scalars(program.cells.len()),
            constraints: random.scalars(program.constraints.len()),
            corner: random.scalars(shape(pages.len()).variables),
        };
        let inverses = Inverses::new();
        let claim = random.scalar();
        let mut whole = TallySum::new(program, &weights, pages, &inverses, claim);
        let mut plain = TallySum::new(program, &weights, pages, &inverses, claim);
        assert_eq!(whole.grid.is_some(), pages.len() > 1, "numbers are small");
        (plain.grid, plain.whole_rounds) = (None, 0);
        plain.bind_raw();
        for round in 0..weights.corner.len() {
            assert_eq!(
                whole.round(),
                plain.round(),
                "round {round}, {} pages",
                pages.len()
            );
            let challenge = random.scalar();
            whole.bind(challenge);
            plain.bind(challenge);
        }
        assert_eq!(whole.values(), plain.values());
        let batch = random.scalars(program.factors);
        assert_eq!(whole.batched(&batch), plain.batched(&batch));
    }

    fn pages(plan: &salus_protocol::cohort::Plan, count: u16) -> Vec<FactorValues> {
        let page = |i| FactorValues::of(plan, &scene::subjects(3 + i)).unwrap();
        (0..count).map(page).collect()
    }

    #[test]
    fn rounds_in_whole_numbers_are_the_plain_ones() {
        let plan = scene::plan(Table::Attrition);
        for count in [1, 2, 3, 5, 9] {
            agree(&Program::of(&plan), &pages(&plan, count));
        }
    }

    #[test]
    fn rounds_agree_where_constraints_do_not_hold() {
        let plan = scene::plan(Table::Count);
        let mut pages = pages(&plan, 6);
        for (i, page) in pages.iter_mut().enumerate() {
            for (factor, numbers) in page.numbers.iter_mut().enumerate() {
                numbers[7 * i] = 3 + (factor % 11) as i32;
            }
        }
        agree(&Program::of(&plan), &pages);
    }

    #[test]
    fn numbers_too_large_for_whole_rounds_are_left_to_the_field() {
        let plan = scene::plan(Table::Count);
        let program = Program::of(&plan);
        let mut pages = pages(&plan, 2);
        for numbers in &mut pages[1].numbers {
            numbers[0] = i32::MAX;
        }
        let weights = Weights {
            cells: vec![Fp::one(); program.cells.len()],
            constraints: vec![Fp::one(); program.constraints.len()],
            corner: vec![Fp::from(3); shape(2).variables],
        };
        assert!(Grid::new(&program, &weights, &pages, 1, 1).is_none());
    }
}
