//! The private side of a noised release: exact counts and seeds, and what follows from them.

use halo2_proofs::pasta::Fp;
use salus_protocol::noise::{NoiseRow, NoiseTable, UNIFORM_BITS, uniform};
use salus_protocol::release::MAX_CELLS;

use super::Instance;
use super::instance::signed;

/// Columns of the witness, in the circuit's order.
pub const COLUMNS: usize = 7;
/// Each word holds so many bits.
pub(super) const WORD_BITS: u32 = 9;
/// Words of 54 bits.
pub(super) const LONG: usize = 6;
/// Words of 18 bits.
pub(super) const SHORT: usize = 2;
/// Words of a row in the first column of words: how far the uniform number is above its threshold, the carry, and how
/// far the noisy count is above its lowest.
pub(super) const WORDS_ABOVE: usize = LONG + 1 + SHORT;
/// Words of a row in the second column of words: how far both are below their highest.
pub(super) const WORDS_BELOW: usize = LONG + SHORT;
/// Rows of a witness's columns, one for each cell; a column of words has so many for each of a row's words.
pub(super) const ROWS: usize = MAX_CELLS;

/// What a prover puts in one row; a cheating one may choose freely.
#[derive(Clone, Copy)]
pub struct Choice {
    /// The exact count.
    pub count: u64,
    /// The seed, or sum of seeds.
    pub seed: u64,
    /// How many times 2^54 seed and offset have more than the uniform number.
    pub carry: u64,
    /// The noise and the threshold and span by which it is the uniform number's.
    pub noise: NoiseRow,
}

/// No noise: the row of the table that stands for unused rows.
const NO_NOISE: NoiseRow = NoiseRow {
    noise: 0,
    threshold: 0,
    span: 1,
};

/// The values of the circuit's private columns.
///
/// Any counts and seeds have one: whether it satisfies the circuit is another question.
#[derive(Clone)]
pub struct Witness {
    columns: [Vec<Fp>; COLUMNS],
}

impl Witness {
    /// The values that an honest prover takes. Counts and seeds beyond the 64th are left out.
    #[must_use]
    pub fn new(instance: &Instance, counts: &[u64], seeds: &[u64]) -> Self {
        let table = NoiseTable::of(instance.epsilon());
        let at = |column: &[u64], row: usize| column.get(row).copied().unwrap_or(0);
        let choose = |row: usize| {
            let (seed, offset) = (at(seeds, row), instance.offset(row));
            Choice {
                count: at(counts, row),
                seed,
                carry: seed.wrapping_add(offset) >> UNIFORM_BITS,
                noise: if instance.is_used(row) {
                    table.row(uniform(seed, offset))
                } else {
                    NO_NOISE
                },
            }
        };
        Self::with(instance, std::array::from_fn(choose))
    }

    /// The values that follow from any choice for each row, as a cheating prover might make it.
    #[must_use]
    pub fn with(instance: &Instance, choices: [Choice; MAX_CELLS]) -> Self {
        let zeros = |words: usize| vec![Fp::zero(); words * ROWS];
        let mut above = zeros(WORDS_ABOVE);
        let mut below = zeros(WORDS_BELOW);
        for (row, choice) in choices.iter().enumerate() {
            let (in_first, in_second) = words(instance, row, choice);
            for (k, word) in in_first.into_iter().enumerate() {
                above[k * ROWS + row] = Fp::from(word);
            }
            for (k, word) in in_second.into_iter().enumerate() {
                below[k * ROWS + row] = Fp::from(word);
            }
        }
        let column = |value: fn(&Choice) -> Fp| choices.iter().map(value).collect();
        Self {
            columns: [
                column(|choice| Fp::from(choice.count)),
                column(|choice| Fp::from(choice.seed)),
                column(|choice| signed(choice.noise.noise.into())),
                column(|choice| Fp::from(choice.noise.threshold)),
                column(|choice| Fp::from(choice.noise.span.wrapping_sub(1))),
                above,
                below,
            ],
        }
    }

    /// The witness with one value changed, to show that a circuit refuses it.
    #[must_use]
    pub fn changed(mut self, column: usize, row: usize, by: Fp) -> Self {
        self.columns[column][row] += by;
        self
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

/// A row's words in both columns; of a number that doesn't fit, its lowest bits, which the circuit refuses.
fn words(
    instance: &Instance,
    row: usize,
    choice: &Choice,
) -> ([u64; WORDS_ABOVE], [u64; WORDS_BELOW]) {
    let sum = choice.seed.wrapping_add(instance.offset(row));
    let number = sum.wrapping_sub(choice.carry << UNIFORM_BITS);
    let above_threshold = number.wrapping_sub(choice.noise.threshold);
    let below_next = (choice.noise.span.wrapping_sub(1)).wrapping_sub(above_threshold);
    let noisy = (choice.count as i64).wrapping_add(choice.noise.noise.into());
    let (lowest, highest) = instance.interval(row);
    let above_lowest = noisy.wrapping_sub(lowest) as u64;
    let below_highest = highest.wrapping_sub(noisy) as u64;
    let word =
        |value: u64, place: usize| value >> (WORD_BITS as usize * place) & ((1 << WORD_BITS) - 1);
    let above = |k: usize| match k {
        0..LONG => word(above_threshold, k),
        LONG => word(choice.carry, 0),
        _ => word(above_lowest, k - LONG - 1),
    };
    let below = |k: usize| match k {
        0..LONG => word(below_next, k),
        _ => word(below_highest, k - LONG),
    };
    (std::array::from_fn(above), std::array::from_fn(below))
}
