//! The constraints. No values are copied: gates read the instance, count, seed and all that
//! follows from them side by side, one row for each cell.

use halo2_proofs::circuit::{Layouter, SimpleFloorPlanner, Table, Value};
use halo2_proofs::pasta::Fp;
use halo2_proofs::plonk::{
    Advice, Circuit as Halo2Circuit, Column, ConstraintSystem, Constraints, Error, Expression,
    Instance as InstanceColumn, Selector, TableColumn, VirtualCells,
};
use halo2_proofs::poly::Rotation;
use salus_protocol::noise::{Epsilon, NoiseTable, UNIFORM_BITS};
use salus_protocol::release::MAX_CELLS;

use super::instance::signed;
use super::witness::{LONG, ROWS, WORD_BITS, WORDS_ABOVE, WORDS_BELOW};
use super::{Witness, instance, witness};

/// The circuit has two to the power of this many rows: the fewest that take the tables.
pub const ROWS_LOG2: u32 = 10;

/// Place of the column that holds the counts, in its first rows, and nothing else. It is
/// the first of the proof's commitments.
pub const COUNT_COLUMN: usize = 0;

/// Place of the column that holds the seeds, likewise: the second of the proof's commitments.
pub const SEED_COLUMN: usize = 1;

/// The noised release circuit, with a witness when proving.
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
    /// Tag, noise, threshold, and the span less 1, of all tables of noise one after another.
    noise_table: [TableColumn; 4],
    cell: Selector,
}

/// All that gates read in one row.
struct Row {
    count: Expression<Fp>,
    seed: Expression<Fp>,
    noise: Expression<Fp>,
    threshold: Expression<Fp>,
    reach: Expression<Fp>,
    offset: Expression<Fp>,
    tag: Expression<Fp>,
    lowest: Expression<Fp>,
    highest: Expression<Fp>,
    unused: Expression<Fp>,
}

impl Config {
    fn row(&self, cells: &mut VirtualCells<'_, Fp>) -> Row {
        let [count, seed, noise, threshold, reach, ..] = self
            .advice
            .map(|column| cells.query_advice(column, Rotation::cur()));
        let [offset, tag, lowest, highest, unused] = self
            .instance
            .map(|column| cells.query_instance(column, Rotation::cur()));
        Row {
            count,
            seed,
            noise,
            threshold,
            reach,
            offset,
            tag,
            lowest,
            highest,
            unused,
        }
    }

    /// The number that some of the row's words make, lowest first.
    fn number(
        cells: &mut VirtualCells<'_, Fp>,
        column: Column<Advice>,
        words: std::ops::Range<usize>,
    ) -> Expression<Fp> {
        let base = Fp::from(1 << WORD_BITS);
        let zero = Expression::Constant(Fp::zero());
        words.rev().fold(zero, |sum, k| {
            sum * base + cells.query_advice(column, Rotation((k * ROWS) as i32))
        })
    }

    /// Every word is below 2^9.
    fn words(&self, meta: &mut ConstraintSystem<Fp>) {
        let [.., above, below] = self.advice;
        for column in [above, below] {
            meta.lookup(|cells| {
                vec![(cells.query_advice(column, Rotation::cur()), self.word_table)]
            });
        }
    }

    /// Noise, threshold and span are a row of the table that the tag names.
    fn table(&self, meta: &mut ConstraintSystem<Fp>) {
        meta.lookup(|cells| {
            let row = self.row(cells);
            [row.tag, row.noise, row.threshold, row.reach]
                .into_iter()
                .zip(self.noise_table)
                .collect()
        });
    }

    /// Seed and offset are a multiple of 2^54 and a number that lies in the table's row.
    fn uniform(&self, meta: &mut ConstraintSystem<Fp>) {
        let [.., first, second] = self.advice;
        meta.create_gate("uniform", |cells| {
            let cell = cells.query_selector(self.cell);
            let row = self.row(cells);
            let above = Self::number(cells, first, 0..LONG);
            let carry = Self::number(cells, first, LONG..LONG + 1);
            let below = Self::number(cells, second, 0..LONG);
            let carried = carry * Fp::from(1 << UNIFORM_BITS);
            let sum = row.seed + row.offset;
            Constraints::with_selector(
                cell,
                [
                    (
                        "from the threshold on",
                        sum - carried - row.threshold - above.clone(),
                    ),
                    ("within the span", row.reach - above - below),
                ],
            )
        });
    }

    /// The noisy count lies in its cell's interval.
    fn interval(&self, meta: &mut ConstraintSystem<Fp>) {
        let [.., first, second] = self.advice;
        meta.create_gate("interval", |cells| {
            let cell = cells.query_selector(self.cell);
            let row = self.row(cells);
            let above = Self::number(cells, first, LONG + 1..WORDS_ABOVE);
            let below = Self::number(cells, second, LONG..WORDS_BELOW);
            let noisy = row.count + row.noise;
            Constraints::with_selector(
                cell,
                [
                    ("not below the lowest", noisy.clone() - row.lowest - above),
                    ("not above the highest", row.highest - noisy - below),
                ],
            )
        });
    }

    /// A row without a cell holds no seed. Nor a count: its noise is none, and its interval is 0 to 0.
    fn unused(&self, meta: &mut ConstraintSystem<Fp>) {
        meta.create_gate("unused", |cells| {
            let cell = cells.query_selector(self.cell);
            let row = self.row(cells);
            Constraints::with_selector(cell, [("no seed", row.unused * row.seed)])
        });
    }

    /// All tables of noise, tagged, after a row for what has none.
    fn assign_noise(&self, table: &mut Table<'_, Fp>) -> Result<(), Error> {
        let tagged = |epsilon: Epsilon| {
            let rows = NoiseTable::of(epsilon).rows().iter();
            rows.map(move |row| {
                [
                    Fp::from(u64::from(epsilon.tenths())),
                    signed(row.noise.into()),
                    Fp::from(row.threshold),
                    Fp::from(row.span - 1),
                ]
            })
        };
        let rows = Epsilon::ALL.into_iter().flat_map(tagged);
        for (place, row) in std::iter::once([Fp::zero(); 4]).chain(rows).enumerate() {
            for (column, value) in self.noise_table.into_iter().zip(row) {
                table.assign_cell(|| "noise", column, place, || Value::known(value))?;
            }
        }
        Ok(())
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
            noise_table: std::array::from_fn(|_| meta.lookup_table_column()),
            cell: meta.selector(),
        };
        config.words(meta);
        config.table(meta);
        config.uniform(meta);
        config.interval(meta);
        config.unused(meta);
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
        layouter.assign_table(|| "noise", |mut table| config.assign_noise(&mut table))?;
        layouter.assign_region(
            || "noised release",
            |mut region| {
                (0..MAX_CELLS).try_for_each(|row| config.cell.enable(&mut region, row))?;
                let heights = [1, 1, 1, 1, 1, WORDS_ABOVE, WORDS_BELOW];
                for (k, &column) in config.advice.iter().enumerate() {
                    for row in 0..heights[k] * ROWS {
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
