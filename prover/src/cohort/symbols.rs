//! The sum that shows symbols to be bits: eq · (E² - E) over symbols, slots and digits, where E
//! is 1 at each slot's symbol of each digit.
//!
//! While symbols are bound, a slot counts only through its symbol, so a table over symbols is
//! enough; then there is one value for each slot and digit, and at last one for each digit.

use pasta_curves::Fp;
use rayon::prelude::*;
use salus_verifier::cohort::polynomial::eq_table;
use salus_verifier::cohort::publication::{DIGIT_BITS, SHAPE, SLOT_BITS, SYMBOL_BITS};

use super::sumcheck::Sum;

/// Values of a round's polynomial: at 0, 1, 2 and 3.
const VALUES: usize = SHAPE.degree + 1;

pub(crate) struct SymbolSum<'a> {
    symbols: &'a [Vec<u16>],
    corner: Vec<Fp>,
    bound: usize,
    /// eq of the corner and the point, over the variables bound.
    prefix: Fp,
    /// While symbols are bound: each symbol's weight over slots and digits.
    weights: Vec<Fp>,
    /// While symbols are bound: E at a slot with the symbol, over the variables bound.
    reach: Vec<Fp>,
    /// Afterwards: E for each digit and the slots not yet bound.
    values: Vec<Vec<Fp>>,
    /// Weight of each digit at the corner.
    digits: Vec<Fp>,
}

/// eq in one variable.
fn eq1(corner: Fp, at: Fp) -> Fp {
    corner * at + (Fp::one() - corner) * (Fp::one() - at)
}

/// (a + t (b - a))² less a + t (b - a), for t = 0 ... 3, added to `sums` with a weight.
fn add_bits(sums: &mut [Fp; VALUES], weight: Fp, a: Fp, b: Fp) {
    let (mut value, step) = (a, b - a);
    for sum in sums {
        *sum += weight * (value.square() - value);
        value += step;
    }
}

fn add(mut a: [Fp; VALUES], b: [Fp; VALUES]) -> [Fp; VALUES] {
    a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
    a
}

impl<'a> SymbolSum<'a> {
    /// The sum at a corner of symbols, slots and digits, in this order.
    pub(crate) fn new(symbols: &'a [Vec<u16>], corner: &[Fp]) -> Self {
        let slots = eq_table(&corner[SYMBOL_BITS..SYMBOL_BITS + SLOT_BITS]);
        let mut digits = eq_table(&corner[SYMBOL_BITS + SLOT_BITS..]);
        digits.truncate(symbols.len());
        let weights = symbols
            .par_iter()
            .zip(&digits)
            .map(|(symbols, digit)| {
                let mut sums = vec![Fp::zero(); 1 << SYMBOL_BITS];
                for (symbol, weight) in symbols.iter().zip(&slots) {
                    sums[usize::from(*symbol)] += weight;
                }
                sums.iter_mut().for_each(|sum| *sum *= digit);
                sums
            })
            .reduce(
                || vec![Fp::zero(); 1 << SYMBOL_BITS],
                |mut a, b| {
                    a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
                    a
                },
            );
        Self {
            symbols,
            corner: corner.to_vec(),
            bound: 0,
            prefix: Fp::one(),
            weights,
            reach: vec![Fp::one(); 1 << SYMBOL_BITS],
            values: Vec::new(),
            digits,
        }
    }

    /// E at the point; to be called when all variables are bound.
    pub(crate) fn value(&self) -> Fp {
        self.values[0][0]
    }

    fn symbol_round(&self) -> [Fp; VALUES] {
        let rest = eq_table(&self.corner[self.bound + 1..SYMBOL_BITS]);
        let mut sums = [Fp::zero(); VALUES];
        for (symbol, (weight, reach)) in self.weights.iter().zip(&self.reach).enumerate() {
            let weight = weight * rest[symbol >> (self.bound + 1)];
            if symbol >> self.bound & 1 == 1 {
                add_bits(&mut sums, weight, Fp::zero(), *reach);
            } else {
                add_bits(&mut sums, weight, *reach, Fp::zero());
            }
        }
        sums
    }

    fn slot_round(&self) -> [Fp; VALUES] {
        let rest = eq_table(&self.corner[self.bound + 1..SYMBOL_BITS + SLOT_BITS]);
        self.values
            .par_iter()
            .zip(&self.digits)
            .map(|(values, digit)| {
                let mut sums = [Fp::zero(); VALUES];
                for (pair, weight) in values.chunks_exact(2).zip(&rest) {
                    add_bits(&mut sums, *weight, pair[0], pair[1]);
                }
                sums.map(|sum| sum * digit)
            })
            .reduce(|| [Fp::zero(); VALUES], add)
    }

    /// All slots are bound; the one list left is over digits.
    fn digit_round(&self) -> [Fp; VALUES] {
        let rest = eq_table(&self.corner[self.bound + 1..]);
        let mut sums = [Fp::zero(); VALUES];
        for (pair, weight) in self.values[0].chunks_exact(2).zip(&rest) {
            add_bits(&mut sums, *weight, pair[0], pair[1]);
        }
        sums
    }

    fn bind_symbol(&mut self, value: Fp) {
        for (symbol, reach) in self.reach.iter_mut().enumerate() {
            let bit = symbol >> self.bound & 1 == 1;
            *reach *= if bit { value } else { Fp::one() - value };
        }
    }
}

impl Sum for SymbolSum<'_> {
    fn round(&mut self) -> Vec<Fp> {
        let sums = if self.bound < SYMBOL_BITS {
            self.symbol_round()
        } else if self.bound < SYMBOL_BITS + SLOT_BITS {
            self.slot_round()
        } else {
            self.digit_round()
        };
        let corner = self.corner[self.bound];
        (0u64..)
            .zip(sums)
            .map(|(t, sum)| self.prefix * eq1(corner, Fp::from(t)) * sum)
            .collect()
    }

    fn bind(&mut self, value: Fp) {
        self.prefix *= eq1(self.corner[self.bound], value);
        if self.bound < SYMBOL_BITS {
            self.bind_symbol(value);
        } else {
            self.values.par_iter_mut().for_each(|values| {
                let half = values.len() / 2;
                for i in 0..half {
                    let low = values[2 * i];
                    values[i] = low + value * (values[2 * i + 1] - low);
                }
                values.truncate(half);
            });
        }
        self.bound += 1;
        if self.bound == SYMBOL_BITS {
            let reach = &self.reach;
            let of = |symbols: &Vec<u16>| symbols.iter().map(|s| reach[usize::from(*s)]).collect();
            self.values = self.symbols.par_iter().map(of).collect();
        }
        if self.bound == SYMBOL_BITS + SLOT_BITS {
            let mut digits: Vec<Fp> = self.values.iter().map(|values| values[0]).collect();
            digits.resize(1 << DIGIT_BITS, Fp::zero());
            self.values = vec![digits];
        }
    }
}
