//! The constraints. No values are copied: gates read the instance, the counts and all that
//! follows from them side by side, one row for each cell.

use halo2_proofs::circuit::{Layouter, SimpleFloorPlanner, Value};
use halo2_proofs::pasta::Fp;
use halo2_proofs::plonk::{
    Advice, Circuit as Halo2Circuit, Column, ConstraintSystem, Constraints, Error, Expression,
    Instance as InstanceColumn, Selector, TableColumn, VirtualCells,
};
use halo2_proofs::poly::Rotation;
use salus_protocol::release::MAX_CELLS;

use super::witness::{ROWS, WORD_BITS, WORDS};
use super::{Witness, instance, witness};

/// The circuit has two to the power of this many rows: the fewest that take a table of words.
pub const ROWS_LOG2: u32 = 10;

/// Place of the column that holds the counts, in its first rows, and nothing else. It is
/// the first of the proof's commitments.
pub const COUNT_COLUMN: usize = 0;

/// The release circuit, with a witness when proving.
#[derive(Clone, Debug, Default)]
pub struct Circuit {
    witness: Option<Witness>,
}

impl Circuit {
    /// The circuit with its private side.
    #[must_use]
    pub const fn new(witness: Witness) -> Self {
        Self {
            witness: Some(witness),
        }
    }
}

/// The circuit's columns.
#[derive(Clone, Debug)]
pub struct Config {
    advice: [Column<Advice>; witness::COLUMNS],
    instance: [Column<InstanceColumn>; instance::COLUMNS],
    word_table: TableColumn,
    first: Selector,
    cell: Selector,
    last: Selector,
}

/// All that gates read in one row.
struct Row {
    count: Expression<Fp>,
    chosen: Expression<Fp>,
    threshold: Expression<Fp>,
    lowest: Expression<Fp>,
    highest: Expression<Fp>,
    hidden: Expression<Fp>,
    beside: Expression<Fp>,
    sign: Expression<Fp>,
    /// The count, or 0 if it is at the threshold.
    small: Expression<Fp>,
}

impl Config {
    fn row(&self, cells: &mut VirtualCells<'_, Fp>) -> Row {
        let [count, chosen, threshold, ..] = self.advice;
        let [lowest, highest, hidden, beside, sign] = self
            .instance
            .map(|column| cells.query_instance(column, Rotation::cur()));
        let count = cells.query_advice(count, Rotation::cur());
        let chosen = cells.query_advice(chosen, Rotation::cur());
        Row {
            small: count.clone() - chosen.clone() * count.clone(),
            threshold: cells.query_advice(threshold, Rotation::cur()),
            count,
            chosen,
            lowest,
            highest,
            hidden,
            beside,
            sign,
        }
    }

    /// The number that some of the row's words make, lowest first.
    fn number(
        &self,
        cells: &mut VirtualCells<'_, Fp>,
        words: std::ops::Range<usize>,
    ) -> Expression<Fp> {
        let [_, _, _, word, ..] = self.advice;
        let digit = |k: usize| cells.query_advice(word, Rotation((k * ROWS) as i32));
        let places = words.clone().map(digit).collect::<Vec<_>>();
        let base = Fp::from(1 << WORD_BITS);
        let zero = Expression::Constant(Fp::zero());
        places
            .into_iter()
            .rev()
            .fold(zero, |sum, digit| sum * base + digit)
    }

    /// Every word is below 2^9.
    fn words(&self, meta: &mut ConstraintSystem<Fp>) {
        let [_, _, _, word, ..] = self.advice;
        meta.lookup(|cells| vec![(cells.query_advice(word, Rotation::cur()), self.word_table)]);
    }

    /// A count lies in its cell's interval, unless it is chosen.
    fn interval(&self, meta: &mut ConstraintSystem<Fp>) {
        meta.create_gate("interval", |cells| {
            let cell = cells.query_selector(self.cell);
            let row = self.row(cells);
            let (above, below) = (self.number(cells, 0..2), self.number(cells, 2..4));
            Constraints::with_selector(
                cell,
                [
                    (
                        "not below the lowest",
                        row.small.clone() - row.lowest - above,
                    ),
                    ("not above the highest", row.highest - row.small - below),
                ],
            )
        });
    }

    /// Chosen are only suppressed parts, and they are at the threshold.
    fn chosen(&self, meta: &mut ConstraintSystem<Fp>) {
        meta.create_gate("chosen", |cells| {
            let cell = cells.query_selector(self.cell);
            let row = self.row(cells);
            let one = Expression::Constant(Fp::one());
            Constraints::with_selector(
                cell,
                [
                    (
                        "a bit",
                        row.chosen.clone() * (one.clone() - row.chosen.clone()),
                    ),
                    ("suppressed", row.chosen.clone() * (one - row.hidden)),
                    ("at the threshold", row.chosen * (row.count - row.threshold)),
                ],
            )
        });
    }

    /// The threshold is the same everywhere, not small, and below all parts that are shown beside
    /// suppressed ones.
    fn threshold(&self, meta: &mut ConstraintSystem<Fp>) {
        let [_, _, threshold, ..] = self.advice;
        meta.create_gate("threshold", |cells| {
            let cell = cells.query_selector(self.cell);
            let row = self.row(cells);
            let next = cells.query_advice(threshold, Rotation::next());
            let beyond = self.number(cells, 4..WORDS);
            let above = row.count - row.threshold.clone() - Expression::Constant(Fp::one());
            Constraints::with_selector(
                cell,
                [
                    ("the same", next - row.threshold),
                    ("below what is shown", row.beside * above - beyond),
                ],
            )
        });
        let [lowest, ..] = self.instance;
        meta.create_gate("threshold is not small", |cells| {
            let last = cells.query_selector(self.last);
            let least = cells.query_instance(lowest, Rotation::cur());
            let threshold = cells.query_advice(threshold, Rotation::cur());
            let beyond = self.number(cells, 4..WORDS);
            Constraints::with_selector(last, [("not small", threshold - least - beyond)])
        });
    }

    /// The total is the sum of the parts. Where parts are suppressed, one is small; and where others
    /// are shown beside them, one is at the threshold.
    fn sums(&self, meta: &mut ConstraintSystem<Fp>) {
        let [.., balance, small, sum, inverse] = self.advice;
        let sums = [balance, small, sum];
        meta.create_gate("sums start at 0", |cells| {
            let first = cells.query_selector(self.first);
            Constraints::with_selector(
                first,
                sums.map(|column| cells.query_advice(column, Rotation::cur())),
            )
        });
        meta.create_gate("sums", |cells| {
            let cell = cells.query_selector(self.cell);
            let row = self.row(cells);
            let terms = [row.sign * row.count, row.hidden * row.small, row.chosen];
            let steps = sums.into_iter().zip(terms).map(|(column, term)| {
                cells.query_advice(column, Rotation::next())
                    - cells.query_advice(column, Rotation::cur())
                    - term
            });
            let steps: Vec<_> = steps.collect();
            Constraints::with_selector(cell, steps)
        });
        let [_, _, hidden, beside, _] = self.instance;
        meta.create_gate("sums end as they should", |cells| {
            let last = cells.query_selector(self.last);
            let [hidden, beside] =
                [hidden, beside].map(|column| cells.query_instance(column, Rotation::cur()));
            let [balance, small, sum, inverse] = [balance, small, sum, inverse]
                .map(|column| cells.query_advice(column, Rotation::cur()));
            let one = Expression::Constant(Fp::one());
            let chosen = beside.clone() * sum + one - beside;
            Constraints::with_selector(
                last,
                [
                    ("total of the parts", balance),
                    (
                        "one small, one at the threshold",
                        inverse * small * chosen - hidden,
                    ),
                ],
            )
        });
    }
}

impl Halo2Circuit<Fp> for Circuit {
    type Config = Config;
    type FloorPlanner = SimpleFloorPlanner;

    fn without_witnesses(&self) -> Self {
        Self::default()
    }

    fn configure(meta: &mut ConstraintSystem<Fp>) -> Config {
        let config = Config {
            advice: std::array::from_fn(|_| meta.advice_column()),
            instance: std::array::from_fn(|_| meta.instance_column()),
            word_table: meta.lookup_table_column(),
            first: meta.selector(),
            cell: meta.selector(),
            last: meta.selector(),
        };
        config.words(meta);
        config.interval(meta);
        config.chosen(meta);
        config.threshold(meta);
        config.sums(meta);
        config
    }

    fn synthesize(&self, config: Config, mut layouter: impl Layouter<Fp>) -> Result<(), Error> {
        layouter.assign_table(
            || "words",
            |mut table| {
                (0..1usize << WORD_BITS).try_for_each(|word| {
                    let value = Value::known(Fp::from(word as u64));
                    table.assign_cell(|| "word", config.word_table, word, || value)
                })
            },
        )?;
        layouter.assign_region(
            || "release",
            |mut region| {
                config.first.enable(&mut region, 0)?;
                (0..MAX_CELLS).try_for_each(|row| config.cell.enable(&mut region, row))?;
                config.last.enable(&mut region, MAX_CELLS)?;
                for (k, &column) in config.advice.iter().enumerate() {
                    let rows = match (k, &self.witness) {
                        (COUNT_COLUMN, _) => MAX_CELLS,
                        (_, Some(witness)) => witness.columns()[k].len(),
                        (_, None) => ROWS,
                    };
                    for row in 0..rows {
                        let value = self.witness.as_ref().map(|w| w.columns()[k][row]);
                        let value = value.map_or_else(Value::unknown, Value::known);
                        region.assign_advice(|| "witness", column, row, || value)?;
                    }
                }
                Ok(())
            },
        )
    }
}
