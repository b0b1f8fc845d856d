//! The sum over symbols once more, slowly: of any entries, not only of one 1 in each slot.

use pasta_curves::Fp;
use salus_protocol::cohort::Layout;
use salus_verifier::cohort::polynomial::eq_table;
use salus_verifier::cohort::program::scalar;
use salus_verifier::cohort::publication::{SHAPE, SLOT_BITS, SYMBOL_BITS};

use crate::cohort::secret::Secrets;
use crate::cohort::sumcheck::Sum;
use crate::cohort::symbols::SymbolSum;
use crate::cohort::tests::scene::{self, Columns};

/// Variables of one of the tables whose products are the corners' weights.
const TABLE: usize = 10;

/// eq · (E² - E) over symbols, slots and digits, for an E that is 0 but for its entries.
pub(crate) struct SparseSum {
    /// E by corner of the variables left, in ascending order.
    entries: Vec<(u32, Fp)>,
    corner: Vec<Fp>,
    bound: usize,
    prefix: Fp,
}

impl SparseSum {
    /// The symbols of a page's columns.
    pub(crate) fn new(layout: &Layout, columns: &Columns, corner: &[Fp]) -> Self {
        let mut entries = Vec::new();
        for (d, digit) in layout.digits().iter().enumerate() {
            for slot in 0..columns.slots() {
                let step = |j: usize| columns.number(digit.columns[j], slot);
                let length = digit.columns.len();
                for symbol in 0..=length {
                    // E_0 = 1 - T_1, E_j = T_j - T_{j+1}, E_s = T_s.
                    let reached = if symbol == 0 { 1 } else { step(symbol - 1) };
                    let passed = if symbol == length { 0 } else { step(symbol) };
                    if reached != passed {
                        let place = symbol | slot << SYMBOL_BITS | d << (SYMBOL_BITS + SLOT_BITS);
                        entries.push((place as u32, scalar(i64::from(reached - passed))));
                    }
                }
            }
        }
        Self {
            entries,
            corner: corner.to_vec(),
            bound: 0,
            prefix: Fp::one(),
        }
    }

    /// The whole sum.
    pub(crate) fn sum(&self) -> Fp {
        let weight = Weights::of(&self.corner);
        let terms = self.entries.iter();
        terms
            .map(|(corner, e)| weight.at(*corner) * (e.square() - e))
            .sum()
    }

    /// E at the point; to be called when all variables are bound.
    pub(crate) fn value(&self) -> Fp {
        self.entries.first().map_or(Fp::zero(), |(_, e)| *e)
    }

    /// For each corner of the variables after the next, E at 0 and at 1 of the next.
    fn pairs(&self) -> Vec<(u32, [Fp; 2])> {
        let mut pairs = Vec::<(u32, [Fp; 2])>::new();
        for (corner, e) in &self.entries {
            if pairs.last().is_none_or(|(last, _)| *last != corner >> 1) {
                pairs.push((corner >> 1, [Fp::zero(); 2]));
            }
            if let Some((_, pair)) = pairs.last_mut() {
                pair[(corner & 1) as usize] = *e;
            }
        }
        pairs
    }
}

/// eq of a point and every corner, as a product of tables.
struct Weights(Vec<Vec<Fp>>);

impl Weights {
    fn of(point: &[Fp]) -> Self {
        Self(point.chunks(TABLE).map(eq_table).collect())
    }

    fn at(&self, corner: u32) -> Fp {
        let parts = self.0.iter().enumerate();
        parts.fold(Fp::one(), |product, (i, table)| {
            product * table[corner as usize >> (i * TABLE) & (table.len() - 1)]
        })
    }
}

fn eq(corner: Fp, at: Fp) -> Fp {
    corner * at + (Fp::one() - corner) * (Fp::one() - at)
}

impl Sum for SparseSum {
    fn round(&mut self) -> Vec<Fp> {
        let weights = Weights::of(&self.corner[self.bound + 1..]);
        let mut sums = vec![Fp::zero(); SHAPE.degree + 1];
        for (corner, [low, high]) in self.pairs() {
            let weight = weights.at(corner);
            let mut e = low;
            for sum in &mut sums {
                *sum += weight * (e.square() - e);
                e += high - low;
            }
        }
        let corner = self.corner[self.bound];
        (0u64..)
            .zip(sums)
            .map(|(t, sum)| self.prefix * eq(corner, Fp::from(t)) * sum)
            .collect()
    }

    fn bind(&mut self, value: Fp) {
        self.prefix *= eq(self.corner[self.bound], value);
        let pairs = self.pairs().into_iter();
        self.entries = pairs
            .map(|(corner, [low, high])| (corner, low + value * (high - low)))
            .collect();
        self.bound += 1;
    }
}

#[test]
fn it_is_the_prover_s_sum() {
    let layout = scene::layout();
    let subjects = scene::subjects(5);
    let symbols = crate::cohort::publication::symbols(&subjects, &layout).unwrap();
    let columns = Columns::of(&layout, &subjects);
    let mut random = Secrets::new().unwrap();
    let corner = random.scalars(SHAPE.variables);
    let mut slow = SparseSum::new(&layout, &columns, &corner);
    let mut fast = SymbolSum::new(&symbols, &corner);
    assert_eq!(slow.sum(), Fp::zero());
    for _ in 0..SHAPE.variables {
        assert_eq!(slow.round(), fast.round());
        let value = random.scalar();
        slow.bind(value);
        fast.bind(value);
    }
    assert_eq!(slow.value(), fast.value());
}
