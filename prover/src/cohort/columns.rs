//! Commitments to a page's columns: sums of generators, and blindings by a table.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use pasta_curves::group::ff::{Field, PrimeField};
use pasta_curves::group::{Curve, Group};
use pasta_curves::{Eq as Vesta, EqAffine, Fp};
use rayon::prelude::*;
use salus_protocol::cohort::{Layout, PAGE};
use salus_verifier::cohort::generators::Generators;
use salus_verifier::cohort::program::scalar;

use super::secret::PageSeed;
use super::slots::FactorColumn;
use super::vesta;

/// Bits of a scalar that one addition from the table covers.
const WINDOW: usize = 8;

/// Multiples of the blinding generator: digit d of window i stands for d · 2^(8i).
static BLINDINGS: LazyLock<Vec<EqAffine>> = LazyLock::new(|| {
    let mut base = Vesta::from(Generators::get().blinding);
    let mut multiples = Vec::with_capacity(32 << WINDOW);
    for _ in 0..32 {
        let mut multiple = Vesta::identity();
        for _ in 0..1 << WINDOW {
            multiples.push(multiple);
            multiple += base;
        }
        base = multiple;
    }
    normalized(&multiples)
});

/// The blinding generator times a scalar.
pub(crate) fn blinded(scalar: &Fp) -> Vesta {
    let table = &*BLINDINGS;
    scalar
        .to_repr()
        .iter()
        .enumerate()
        .map(|(window, digit)| &table[window << WINDOW | usize::from(*digit)])
        .fold(Vesta::identity(), |sum, multiple| sum + multiple)
}

/// Points in affine form.
pub(crate) fn normalized(points: &[Vesta]) -> Vec<EqAffine> {
    let mut affine = vec![EqAffine::default(); points.len()];
    for (from, to) in points.chunks(4096).zip(affine.chunks_mut(4096)) {
        Vesta::batch_normalize(from, to);
    }
    affine
}

/// Commits to a page's columns, given each digit's symbol in each slot.
pub(crate) fn commit(layout: &Layout, symbols: &[Vec<u16>], seed: &PageSeed) -> Vec<EqAffine> {
    let mut columns = vec![Vesta::identity(); layout.columns() as usize];
    let chains: Vec<Vec<Vesta>> = layout
        .digits()
        .par_iter()
        .zip(symbols)
        .map(|(digit, symbols)| chain(digit.columns.len(), symbols))
        .collect();
    for (digit, sums) in layout.digits().iter().zip(chains) {
        for (column, sum) in digit.columns.iter().zip(sums) {
            // A column that two digits share comes to the same sum in both.
            columns[*column as usize] = sum;
        }
    }
    columns
        .par_iter_mut()
        .enumerate()
        .for_each(|(column, sum)| *sum += blinded(&seed.blinding(column as u32)));
    normalized(&columns)
}

/// For each column of a digit, the sum of the generators of the slots whose symbol reaches it.
fn chain(length: usize, symbols: &[u16]) -> Vec<Vesta> {
    debug_assert_eq!(symbols.len(), PAGE);
    let mut sums = vec![Vesta::identity(); length];
    for (symbol, generator) in symbols.iter().zip(&Generators::get().slots) {
        if let Some(sum) = usize::from(*symbol).checked_sub(1) {
            sums[sum] += generator;
        }
    }
    for column in (1..length).rev() {
        let next = sums[column];
        sums[column - 1] += next;
    }
    sums
}

/// A page's column of whole numbers, or of their inverses.
pub(crate) struct NumberColumn<'a> {
    pub(crate) values: FactorColumn<'a>,
    pub(crate) blinding: Fp,
}

/// Commits to columns of few distinct numbers. All their runs of equal numbers are added up at once.
pub(crate) fn commit_numbers(columns: &[NumberColumn<'_>]) -> Vec<EqAffine> {
    let (mut slots, mut lengths, mut numbers) = (Vec::new(), Vec::new(), Vec::new());
    for column in columns {
        let mut runs = BTreeMap::<i32, Vec<u16>>::new();
        for (slot, number) in column.values.numbers.iter().enumerate() {
            if *number != 0 {
                runs.entry(*number).or_default().push(slot as u16);
            }
        }
        numbers.push(runs.keys().copied().collect::<Vec<_>>());
        for run in runs.into_values() {
            lengths.push(run.len() as u32);
            slots.extend(run);
        }
    }
    let sums = vesta::sum_slots(&slots, &lengths);
    let mut sums = sums.into_iter();
    let points: Vec<Vesta> = columns
        .iter()
        .zip(numbers)
        .map(|(column, numbers)| {
            let terms: Vec<_> = numbers.into_iter().zip(&mut sums).collect();
            let sum = if column.values.inverse {
                sum_by_inverses(&terms)
            } else {
                sum_by_numbers(&terms)
            };
            sum + blinded(&column.blinding)
        })
        .collect();
    normalized(&points)
}

fn sum_by_numbers(terms: &[(i32, EqAffine)]) -> Vesta {
    let terms = terms.iter().map(|(number, point)| match number {
        1 => Vesta::from(*point),
        _ => *point * scalar(i64::from(*number)),
    });
    terms.sum()
}

/// Points times the inverses of small numbers: over the numbers' least common multiple, the scalars
/// are small, and one inverse is left.
fn sum_by_inverses(terms: &[(i32, EqAffine)]) -> Vesta {
    let invert = |number: Fp| number.invert().unwrap_or(Fp::zero());
    let Some(common) = common_multiple(terms.iter().map(|(number, _)| *number)) else {
        let by_itself = |(n, point): &(i32, EqAffine)| *point * invert(scalar(i64::from(*n)));
        return terms.iter().map(by_itself).sum();
    };
    let mut sum = Vesta::identity();
    for bit in (0..u64::BITS - common.leading_zeros()).rev() {
        sum = sum.double();
        for (number, point) in terms {
            let times = common / u64::from(number.unsigned_abs());
            if times >> bit & 1 == 1 {
                sum += point;
            }
        }
    }
    sum * invert(Fp::from(common))
}

/// The least common multiple; none where it is too large or a number is not above 0.
pub(crate) fn common_multiple(numbers: impl IntoIterator<Item = i32>) -> Option<u64> {
    numbers.into_iter().try_fold(1u64, |common, number| {
        let number = u64::try_from(number).ok().filter(|number| *number > 0)?;
        common.checked_mul(number / common_divisor(common, number))
    })
}

fn common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { common_divisor(b, a % b) }
}
