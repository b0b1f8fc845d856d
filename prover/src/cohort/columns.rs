//! Commitments to a page's columns: sums of generators, and blindings by a table.

use std::sync::LazyLock;

use pasta_curves::group::ff::PrimeField;
use pasta_curves::group::{Curve, Group};
use pasta_curves::{Eq as Vesta, EqAffine, Fp};
use rayon::prelude::*;
use salus_protocol::cohort::{Layout, PAGE};
use salus_verifier::cohort::generators::Generators;

use super::secret::PageSeed;

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

/// Commits to a column of small whole numbers, each a coefficient of few distinct scalars:
/// `value` says by which scalar each distinct number counts.
pub(crate) fn commit_numbers(numbers: &[i32], value: impl Fn(i32) -> Fp, blinding: &Fp) -> Vesta {
    let mut sums = std::collections::BTreeMap::<i32, Vesta>::new();
    for (number, generator) in numbers.iter().zip(&Generators::get().slots) {
        if *number != 0 {
            *sums.entry(*number).or_insert_with(Vesta::identity) += generator;
        }
    }
    let values = sums.into_iter().map(|(number, sum)| match number {
        1 => sum,
        _ => sum * value(number),
    });
    values.fold(blinded(blinding), |total, part| total + part)
}
