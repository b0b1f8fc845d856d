//! Each way to release with other noise than the seeds and offsets give, by a prover who chooses freely.

use halo2_proofs::pasta::Fp;
use salus_circuits::noised_release::{
    COUNT_COLUMN, Choice, Instance, InstanceError, SEED_COLUMN, Witness,
};
use salus_protocol::noise::{Epsilon, NoiseRow, NoiseTable, UNIFORM_BITS, UNIFORM_BOUND, uniform};
use salus_protocol::release::Released::{Count, Suppressed};
use salus_protocol::release::{DisclosurePolicy, MAX_CELLS, Released, Shape};

use super::{Table, holds};

const STANDARD: DisclosurePolicy = DisclosurePolicy::STANDARD;

/// One cell of 40 persons, with noise 3 of epsilon 0.5.
fn scene() -> Table {
    let seed = with_noise(Epsilon::Half, 3).threshold + 5;
    Table {
        policy: STANDARD,
        epsilon: Epsilon::Half,
        counts: vec![40],
        seeds: vec![seed],
        offsets: vec![0],
    }
}

fn with_noise(epsilon: Epsilon, noise: i32) -> NoiseRow {
    let rows = NoiseTable::of(epsilon).rows();
    *rows.iter().find(|row| row.noise == noise).unwrap()
}

/// What an honest prover puts in the first row.
fn honest(table: &Table) -> Choice {
    let (seed, offset) = (table.seeds[0], table.offsets[0]);
    Choice {
        count: table.counts[0],
        seed,
        carry: (seed + offset) >> UNIFORM_BITS,
        noise: NoiseTable::of(table.epsilon).row(uniform(seed, offset)),
    }
}

/// What an unused row holds.
const EMPTY: Choice = Choice {
    count: 0,
    seed: 0,
    carry: 0,
    noise: NoiseRow {
        noise: 0,
        threshold: 0,
        span: 1,
    },
};

/// Whether the circuit takes a table of one cell with this choice, and this one in the row after.
fn takes_rows(instance: &Instance, first: Choice, second: Choice) -> bool {
    let mut choices = [EMPTY; MAX_CELLS];
    (choices[0], choices[1]) = (first, second);
    holds(instance, Witness::with(instance, choices))
}

/// Whether the circuit takes the choice where this is released.
fn takes(table: &Table, choice: Choice, released: Released) -> bool {
    takes_rows(&table.instance(&[released]), choice, EMPTY)
}

/// The scene, which the circuit takes, and its choice.
fn sound() -> (Table, Choice) {
    let table = scene();
    let choice = honest(&table);
    assert_eq!((choice.noise.noise, choice.carry), (3, 0));
    assert_eq!(table.released(), [Count(45)]);
    assert!(takes(&table, choice, Count(45)));
    (table, choice)
}

#[test]
fn wrong_noise() {
    let (table, mut choice) = sound();
    // Other noise with the row's threshold and span, also where the same would be released.
    for (noise, released) in [(2, Count(40)), (4, Count(45)), (-3, Count(35))] {
        choice.noise.noise = noise;
        assert!(!takes(&table, choice, released), "{noise}");
    }
}

#[test]
fn wrong_row_of_the_table() {
    let (table, mut choice) = sound();
    for row in NoiseTable::of(Epsilon::Half).rows() {
        if row.noise == 3 {
            continue;
        }
        choice.noise = *row;
        let noisy = [40 + i64::from(row.noise)];
        let released = [Suppressed, Count(0)].into_iter();
        let rounded = (2..24).map(|step| Count(step * 5));
        for released in released.chain(rounded) {
            let behind = salus_protocol::noise::noisy_counts_behind(STANDARD, released).unwrap();
            if behind.contains(&noisy[0]) {
                assert!(!takes(&table, choice, released), "{row:?}");
            }
        }
    }
}

#[test]
fn a_row_stretched_or_moved() {
    let (mut table, mut choice) = sound();
    let row = choice.noise;
    // One below and one above the row, with the row stretched or moved to take it.
    for seed in [row.threshold - 1, row.threshold + row.span] {
        (table.seeds[0], choice.seed) = (seed, seed);
        for (threshold, span) in [
            (row.threshold, row.span),
            (row.threshold - 1, row.span),
            (row.threshold - 1, row.span + 1),
            (row.threshold, row.span + 1),
            (row.threshold + 1, row.span),
        ] {
            choice.noise = NoiseRow {
                threshold,
                span,
                ..row
            };
            assert!(!takes(&table, choice, Count(45)), "{threshold}, {span}");
        }
    }
}

#[test]
fn a_uniform_number_shifted_by_its_bound() {
    let mut table = scene();
    // A sum of seeds of 2^54: noise is that of the smallest uniform number.
    table.seeds[0] = UNIFORM_BOUND;
    let choice = honest(&table);
    let lowest = -NoiseTable::of(Epsilon::Half).highest();
    assert_eq!((choice.carry, choice.noise.noise), (1, lowest));
    assert!(takes(&table, choice, Count(0)));
    // Without the carry the number is beyond the highest row, with one more it is below 0.
    let highest = with_noise(Epsilon::Half, -lowest);
    for (carry, noise, released) in [
        (0, highest, Count(115)),
        (0, choice.noise, Count(0)),
        (2, choice.noise, Count(0)),
        (2, highest, Count(115)),
    ] {
        let other = Choice {
            carry,
            noise,
            ..choice
        };
        assert!(!takes(&table, other, released), "{carry}, {noise:?}");
    }
}

#[test]
fn a_sum_of_seeds_out_of_range() {
    let mut table = scene();
    // 256 seeds of the largest value and the largest offset, and up to 511 times 2^54.
    table.offsets[0] = UNIFORM_BOUND - 1;
    for (seed, fits) in [
        (256 * (UNIFORM_BOUND - 1), true),
        (511 * UNIFORM_BOUND, true),
        (511 * UNIFORM_BOUND + 1, false),
        (600 * UNIFORM_BOUND, false),
    ] {
        table.seeds[0] = seed;
        let released = table.released();
        assert_eq!(takes(&table, honest(&table), released[0]), fits, "{seed}");
    }
    // A negative seed: minus one, under the offset 0.
    let (table, choice) = sound();
    let instance = table.instance(&[Count(45)]);
    let mut choices = [EMPTY; MAX_CELLS];
    choices[0] = choice;
    let seed = -Fp::from(choice.seed) - Fp::one();
    let negative = Witness::with(&instance, choices).changed(SEED_COLUMN, 0, seed);
    assert!(!holds(&instance, negative));
}

#[test]
fn a_false_released_value() {
    let (table, choice) = sound();
    for released in [Count(40), Count(50), Count(0), Suppressed] {
        assert!(!takes(&table, choice, released), "{released:?}");
    }
    // At the borders of what is released as 45: 43 to 47.
    for (count, fits) in [(39, false), (40, true), (44, true), (45, false)] {
        let choice = Choice { count, ..choice };
        assert_eq!(takes(&table, choice, Count(45)), fits, "{count}");
    }
}

#[test]
fn a_row_of_another_epsilon() {
    let (table, mut choice) = sound();
    for epsilon in [Epsilon::Tenth, Epsilon::One] {
        choice.noise = NoiseTable::of(epsilon).row(choice.seed);
        let other = Table {
            epsilon,
            ..table.clone()
        };
        let released = other.released()[0];
        assert!(takes(&other, choice, released), "the test itself is broken");
        assert!(!takes(&table, choice, released), "{epsilon}");
    }
}

#[test]
fn no_noise() {
    let (table, mut choice) = sound();
    choice.noise = EMPTY.noise;
    assert!(!takes(&table, choice, Count(40)));
    // Also where the uniform number is the one that the unused rows' row has.
    let mut table = table;
    (table.seeds[0], choice.seed) = (0, 0);
    assert!(!takes(&table, choice, Count(40)));
}

#[test]
fn an_unused_row_that_is_not_empty() {
    let (table, choice) = sound();
    let instance = table.instance(&[Count(45)]);
    let count = Choice { count: 1, ..EMPTY };
    let seed = Choice { seed: 1, ..EMPTY };
    let carried = Choice {
        seed: UNIFORM_BOUND,
        carry: 1,
        ..EMPTY
    };
    for second in [count, seed, carried, choice] {
        assert!(!takes_rows(&instance, choice, second));
    }
    // A count that noise of the table takes back to 0.
    for row in NoiseTable::of(Epsilon::Half).rows() {
        if (-5..0).contains(&row.noise) {
            let taken_back = Choice {
                count: row.noise.unsigned_abs().into(),
                seed: row.threshold,
                carry: 0,
                noise: *row,
            };
            assert!(!takes_rows(&instance, choice, taken_back), "{row:?}");
        }
    }
    let last = MAX_CELLS - 1;
    let mut choices = [EMPTY; MAX_CELLS];
    choices[0] = choice;
    let witness = Witness::with(&instance, choices);
    assert!(holds(&instance, witness.clone()));
    for column in [COUNT_COLUMN, SEED_COLUMN] {
        let changed = witness.clone().changed(column, last, Fp::one());
        assert!(!holds(&instance, changed));
    }
}

#[test]
fn another_offset() {
    let (mut table, choice) = sound();
    // Refused even where the same would be released with it.
    table.offsets[0] = choice.noise.span;
    assert_eq!(table.released(), [Count(45)]);
    assert!(!takes(&table, choice, Count(45)));
}

#[test]
fn what_is_no_statement() {
    let new = |shape, offsets: &[u64], released: &[Released]| {
        Instance::new(STANDARD, shape, Epsilon::One, offsets, released)
    };
    let never = |cell, found| Err(InstanceError::NeverReleased { cell, found });
    assert_eq!(new(Shape::Single, &[0], &[Count(23)]), never(0, Count(23)));
    assert_eq!(new(Shape::Single, &[0], &[Count(5)]), never(0, Count(5)));
    let beyond = Count((1 << 26) + (1 << 10) + 1);
    assert_eq!(new(Shape::Single, &[0], &[beyond]), never(0, beyond));
    let cells = new(Shape::Partition, &[0], &[Count(20)]);
    assert!(matches!(cells, Err(InstanceError::Table(_))));
    let (cells, offsets) = (2, 1);
    assert_eq!(
        new(Shape::Attrition, &[0], &[Count(20), Count(20)]),
        Err(InstanceError::Offsets { cells, offsets })
    );
    let found = UNIFORM_BOUND;
    assert_eq!(
        new(Shape::Attrition, &[0, found], &[Count(20), Count(20)]),
        Err(InstanceError::OffsetTooLarge { cell: 1, found })
    );
    let none_small = DisclosurePolicy {
        suppress_up_to: 0,
        round_to: 5,
    };
    let suppressed = Instance::new(none_small, Shape::Single, Epsilon::One, &[0], &[Suppressed]);
    assert_eq!(suppressed, never(0, Suppressed));
}
