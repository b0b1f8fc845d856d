//! A plan's polynomials over whole numbers, for points at which every factor is one.
//!
//! Inverses are whole after multiplication with their numbers' least common multiple, so every
//! polynomial is multiplied with the power of it that makes it whole: its *scale*.
#![allow(clippy::needless_range_loop)] // see `evaluate`

use std::collections::BTreeSet;

use rayon::prelude::*;
use salus_verifier::cohort::program::{Program, Value};

use super::columns;
use super::slots::FactorValues;

/// Slots evaluated side by side.
pub(crate) const SIDE: usize = 8;
/// A number in each of these slots.
pub(crate) type Numbers = [i64; SIDE];

/// Sums stay below this in size, so that nothing overflows.
const BOUND: f64 = (1u64 << 62) as f64;

/// A sum of factors and of pairs, or of inner sums and of outer products, with coefficients.
struct Terms {
    first: Vec<(i64, usize)>,
    second: Vec<(i64, usize)>,
    degree: u32,
}

/// The arranged polynomials, scaled.
pub(crate) struct WholeProgram {
    /// Whether a factor's numbers stand for their inverses.
    inverse: Vec<bool>,
    /// The common multiple of those numbers.
    common: i64,
    pairs: Vec<[usize; 2]>,
    inners: Vec<Terms>,
    outers: Vec<[usize; 2]>,
    constraints: Vec<Terms>,
    cells: Vec<Terms>,
}

/// Values in some slots.
pub(crate) struct WholeValues {
    pairs: Vec<Numbers>,
    inners: Vec<Numbers>,
    outers: Vec<Numbers>,
}

impl WholeProgram {
    /// The program for these pages, whose factors may grow `growth` times at the points asked for;
    /// none where numbers get too large.
    pub(crate) fn of(program: &Program, pages: &[FactorValues], growth: f64) -> Option<Self> {
        let factors = 0..program.factors;
        let first = pages.first()?;
        let inverse: Vec<bool> = factors.clone().map(|f| first.factor(f).inverse).collect();
        let common = common_multiple(pages, &inverse)?;
        let degrees: Vec<u32> = inverse.iter().map(|i| u32::from(*i)).collect();
        let degree_of_pairs: Vec<u32> = program
            .pairs
            .iter()
            .map(|p| degrees[p.left as usize] + degrees[p.right as usize])
            .collect();
        let inners: Vec<Terms> = program
            .inners
            .iter()
            .map(|i| scaled(common, &i.factors, &degrees, &i.pairs, &degree_of_pairs))
            .collect::<Option<_>>()?;
        let degree_of_inners: Vec<u32> = inners.iter().map(|inner| inner.degree).collect();
        let degree_of_outers: Vec<u32> = program
            .outers
            .iter()
            .map(|o| degrees[o.factor as usize] + degree_of_inners[o.inner as usize])
            .collect();
        let sum = |values: &Vec<Value>| {
            let (mut first, mut second) = (Vec::new(), Vec::new());
            for value in values {
                match value {
                    Value::Inner(i) => first.push((1, *i)),
                    Value::Outer(o) => second.push((1, *o)),
                }
            }
            scaled(
                common,
                &first,
                &degree_of_inners,
                &second,
                &degree_of_outers,
            )
        };
        let whole = Self {
            constraints: program.constraints.iter().map(sum).collect::<Option<_>>()?,
            cells: program.cells.iter().map(sum).collect::<Option<_>>()?,
            pairs: (program.pairs.iter())
                .map(|p| [p.left as usize, p.right as usize])
                .collect(),
            outers: (program.outers.iter())
                .map(|o| [o.factor as usize, o.inner as usize])
                .collect(),
            inverse,
            common,
            inners,
        };
        let largest = pages
            .par_iter()
            .map(|page| factors.clone().map(|f| whole.largest(page, f)).collect())
            .reduce(|| vec![0; whole.factors()], greater);
        let grown = largest.into_iter().map(|size| growth * size as f64);
        whole.fits(grown.collect()).then_some(whole)
    }

    /// What a factor's number is, scaled.
    pub(crate) fn number(&self, factor: usize, number: i32) -> i64 {
        match number {
            0 => 0,
            number if self.inverse[factor] => self.common / i64::from(number),
            number => i64::from(number),
        }
    }

    /// The common multiple, and by what power of it each constraint is scaled.
    pub(crate) fn scales(&self) -> (i64, impl Iterator<Item = u32>) {
        (self.common, self.constraints.iter().map(|c| c.degree))
    }

    /// How many factors there are.
    pub(crate) fn factors(&self) -> usize {
        self.inverse.len()
    }

    /// What a factor's numbers in a page are at most, scaled, in size.
    fn largest(&self, page: &FactorValues, factor: usize) -> u64 {
        if self.inverse[factor] {
            return self.common.unsigned_abs();
        }
        let numbers = page.factor(factor).numbers.iter();
        numbers.map(|n| n.unsigned_abs()).max().unwrap_or(0).into()
    }

    /// Whether everything stays in bounds, given the factors' greatest values.
    fn fits(&self, factors: Vec<f64>) -> bool {
        let sum = |terms: &Terms, first: &[f64], second: &[f64]| -> f64 {
            let of = |terms: &[(i64, usize)], values: &[f64]| -> f64 {
                terms
                    .iter()
                    .map(|(c, i)| (*c as f64).abs() * values[*i])
                    .sum()
            };
            of(&terms.first, first) + of(&terms.second, second)
        };
        let pairs: Vec<f64> = self
            .pairs
            .iter()
            .map(|[a, b]| factors[*a] * factors[*b])
            .collect();
        let inners: Vec<f64> = self
            .inners
            .iter()
            .map(|i| sum(i, &factors, &pairs))
            .collect();
        let outers: Vec<f64> = self
            .outers
            .iter()
            .map(|[f, i]| factors[*f] * inners[*i])
            .collect();
        let ends = self.constraints.iter().chain(&self.cells);
        let ends: Vec<f64> = ends.map(|end| sum(end, &inners, &outers)).collect();
        [factors, pairs, inners, outers, ends]
            .iter()
            .flatten()
            .all(|value| *value < BOUND)
    }

    /// Room for values.
    pub(crate) fn values(&self) -> WholeValues {
        WholeValues {
            pairs: vec![[0; SIDE]; self.pairs.len()],
            inners: vec![[0; SIDE]; self.inners.len()],
            outers: vec![[0; SIDE]; self.outers.len()],
        }
    }

    /// Values of pairs, inner sums and outer products from the factors'. Inlined, and looped by index,
    /// so that the processor features of the caller's kernel reach it.
    #[inline(always)]
    pub(crate) fn evaluate(&self, factors: &[Numbers], values: &mut WholeValues) {
        for i in 0..self.pairs.len() {
            let [left, right] = self.pairs[i];
            multiply(&mut values.pairs[i], &factors[left], &factors[right]);
        }
        for i in 0..self.inners.len() {
            self.inners[i].sum(factors, &values.pairs, &mut values.inners[i]);
        }
        for i in 0..self.outers.len() {
            let [factor, inner] = self.outers[i];
            multiply(
                &mut values.outers[i],
                &factors[factor],
                &values.inners[inner],
            );
        }
    }

    /// A constraint's values, scaled.
    #[inline(always)]
    pub(crate) fn constraint(&self, place: usize, at: &WholeValues) -> Numbers {
        let mut sum = [0; SIDE];
        self.constraints[place].sum(&at.inners, &at.outers, &mut sum);
        sum
    }

    /// A cell's values. Cells hold no inverses.
    #[inline(always)]
    pub(crate) fn cell(&self, place: usize, at: &WholeValues) -> Numbers {
        let mut sum = [0; SIDE];
        self.cells[place].sum(&at.inners, &at.outers, &mut sum);
        sum
    }
}

impl Terms {
    #[inline(always)]
    fn sum(&self, first: &[Numbers], second: &[Numbers], sum: &mut Numbers) {
        *sum = [0; SIDE];
        add(sum, &self.first, first);
        add(sum, &self.second, second);
    }
}

#[inline(always)]
fn add(sum: &mut Numbers, terms: &[(i64, usize)], values: &[Numbers]) {
    let mut total = *sum;
    for term in 0..terms.len() {
        let (by, i) = terms[term];
        let value = &values[i];
        for lane in 0..SIDE {
            // Most coefficients are 1 or -1, and multiplications are slow.
            total[lane] += match by {
                1 => value[lane],
                -1 => -value[lane],
                _ => by * value[lane],
            };
        }
    }
    *sum = total;
}

#[inline(always)]
fn multiply(product: &mut Numbers, a: &Numbers, b: &Numbers) {
    for lane in 0..SIDE {
        product[lane] = a[lane] * b[lane];
    }
}

fn greater(mut a: Vec<u64>, b: Vec<u64>) -> Vec<u64> {
    a.iter_mut().zip(b).for_each(|(a, b)| *a = (*a).max(b));
    a
}

/// Terms of two kinds, multiplied to the highest degree among them.
fn scaled(
    common: i64,
    first: &[(i64, u32)],
    degrees: &[u32],
    second: &[(i64, u32)],
    more: &[u32],
) -> Option<Terms> {
    let of = |terms: &[(i64, u32)], degrees: &[u32]| {
        terms.iter().map(|(_, i)| degrees[*i as usize]).max()
    };
    let degree = of(first, degrees).max(of(second, more)).unwrap_or(0);
    let scale = |terms: &[(i64, u32)], degrees: &[u32]| {
        let scale = |(coefficient, i): &(i64, u32)| {
            let by = common.checked_pow(degree - degrees[*i as usize])?;
            Some((coefficient.checked_mul(by)?, *i as usize))
        };
        terms.iter().map(scale).collect::<Option<Vec<_>>>()
    };
    Some(Terms {
        first: scale(first, degrees)?,
        second: scale(second, more)?,
        degree,
    })
}

/// Of all numbers whose inverses stand in the columns.
fn common_multiple(pages: &[FactorValues], inverse: &[bool]) -> Option<i64> {
    let places = || (0..inverse.len()).filter(|factor| inverse[*factor]);
    let numbers = |page: &FactorValues| -> BTreeSet<i32> {
        let columns = places().map(|factor| page.factor(factor).numbers);
        columns.flatten().copied().filter(|n| *n != 0).collect()
    };
    let join = |mut a: BTreeSet<i32>, b| {
        a.extend::<BTreeSet<i32>>(b);
        a
    };
    let all = pages.par_iter().map(numbers).reduce(BTreeSet::new, join);
    i64::try_from(columns::common_multiple(all)?).ok()
}
