//! The private side of a release: the exact counts, and what follows from them.

use halo2_proofs::pasta::Fp;
use halo2_proofs::pasta::group::ff::Field;
use salus_protocol::release::MAX_CELLS;

use super::Instance;

/// Columns of the witness, in the circuit's order.
pub const COLUMNS: usize = 8;
/// Each word holds so many bits.
pub(super) const WORD_BITS: u32 = 9;
/// Words of a row: two from the lowest count up, two from the highest down, three above the threshold.
pub(super) const WORDS: usize = 7;
/// Rows of a witness's columns: one for each cell, and one more.
pub(super) const ROWS: usize = MAX_CELLS + 1;

/// The values of the circuit's private columns.
///
/// Any counts have one: whether it satisfies the circuit is another question.
#[derive(Clone)]
pub struct Witness {
    columns: [Vec<Fp>; COLUMNS],
}

impl Witness {
    /// The values that an honest prover takes: the threshold is the smallest part that is not
    /// small, and chosen are the suppressed parts that are equal to it. Counts beyond the 64th are left out.
    #[must_use]
    pub fn new(instance: &Instance, counts: &[u64]) -> Self {
        let (least, _) = instance.interval(MAX_CELLS);
        let least = u64::from(least);
        let large = |&(cell, &count): &(usize, &u64)| instance.sign(cell) > 0 && count >= least;
        let parts = counts.iter().take(MAX_CELLS).enumerate().filter(large);
        let threshold = parts.map(|(_, &count)| count).min().unwrap_or(least);
        let chosen = |(cell, &count)| instance.is_hidden(cell) && count == threshold;
        let chosen: Vec<_> = counts
            .iter()
            .take(MAX_CELLS)
            .enumerate()
            .map(chosen)
            .collect();
        Self::with(instance, counts, &chosen, threshold)
    }

    /// The values that follow from any choice of threshold and of the cells which are said to be
    /// at it, as a cheating prover might make it.
    #[must_use]
    pub fn with(instance: &Instance, counts: &[u64], chosen: &[bool], threshold: u64) -> Self {
        let at = |cell: usize| counts.get(cell).copied().unwrap_or(0);
        let is_chosen = |cell: usize| chosen.get(cell).copied().unwrap_or(false);
        let mut columns: [Vec<Fp>; COLUMNS] = std::array::from_fn(|_| vec![Fp::zero(); ROWS]);
        let [count, choice, limit, word, balance, small, sum, inverse] = &mut columns;
        word.resize(WORDS * ROWS, Fp::zero());
        for row in 0..ROWS {
            limit[row] = Fp::from(threshold);
            let distances = distances(instance, row, at(row), is_chosen(row), threshold);
            for (k, bits) in words(distances).into_iter().enumerate() {
                word[k * ROWS + row] = Fp::from(bits);
            }
        }
        for cell in 0..MAX_CELLS {
            count[cell] = Fp::from(at(cell));
            choice[cell] = Fp::from(u64::from(is_chosen(cell)));
            let signed = match instance.sign(cell) {
                0 => Fp::zero(),
                1.. => count[cell],
                _ => -count[cell],
            };
            balance[cell + 1] = balance[cell] + signed;
            let counts_as_small = instance.is_hidden(cell) && !is_chosen(cell);
            small[cell + 1] = small[cell]
                + if counts_as_small {
                    count[cell]
                } else {
                    Fp::zero()
                };
            sum[cell + 1] = sum[cell] + choice[cell];
        }
        let product = if instance.is_beside(MAX_CELLS) {
            small[MAX_CELLS] * sum[MAX_CELLS]
        } else {
            small[MAX_CELLS]
        };
        inverse[MAX_CELLS] = Option::from(product.invert()).unwrap_or(Fp::zero());
        Self { columns }
    }

    /// The columns, in the circuit's order.
    pub(super) const fn columns(&self) -> &[Vec<Fp>; COLUMNS] {
        &self.columns
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        for column in &mut self.columns {
            column.fill(Fp::zero());
        }
    }
}

impl std::fmt::Debug for Witness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Witness(redacted)")
    }
}

/// How far a row's count is above its lowest, below its highest, and above the threshold.
fn distances(instance: &Instance, row: usize, count: u64, chosen: bool, limit: u64) -> [u64; 3] {
    let (lowest, highest) = instance.interval(row);
    if row == MAX_CELLS {
        return [0, 0, limit.wrapping_sub(u64::from(lowest))];
    }
    let shown = if chosen { 0 } else { count };
    let above = count.wrapping_sub(limit).wrapping_sub(1);
    [
        shown.wrapping_sub(u64::from(lowest)),
        u64::from(highest).wrapping_sub(shown),
        if instance.is_beside(row) { above } else { 0 },
    ]
}

/// The words of three distances; of one that doesn't fit, its lowest bits, which the circuit refuses.
fn words([above, below, beyond]: [u64; 3]) -> [u64; WORDS] {
    let word = |value: u64, place: u32| value >> (WORD_BITS * place) & ((1 << WORD_BITS) - 1);
    [
        word(above, 0),
        word(above, 1),
        word(below, 0),
        word(below, 1),
        word(beyond, 0),
        word(beyond, 1),
        word(beyond, 2),
    ]
}
