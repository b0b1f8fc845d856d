//! The noised release circuit against the native relation, and against each way to violate it.
#![allow(clippy::unwrap_used)]

mod determined;
mod violations;

use halo2_proofs::dev::MockProver;
use halo2_proofs::pasta::EqAffine;
use halo2_proofs::plonk::keygen_vk;
use halo2_proofs::poly::commitment::Params;
use proptest::prelude::*;
use salus_circuits::noised_release::{Circuit, Instance, ROWS_LOG2, Witness};
use salus_protocol::noise::{
    Epsilon, NoiseTable, UNIFORM_BOUND, noisy_counts_behind, release_noised, uniform,
};
use salus_protocol::release::{DisclosurePolicy, MAX_CELLS, Released, Shape};
use sha2::{Digest, Sha256};

/// Sums of 256 seeds are below this.
const SEED_SUMS: u64 = 256 * UNIFORM_BOUND;

/// Everything that is committed to, or public, of a table.
#[derive(Debug, Clone)]
struct Table {
    policy: DisclosurePolicy,
    epsilon: Epsilon,
    counts: Vec<u64>,
    seeds: Vec<u64>,
    offsets: Vec<u64>,
}

impl Table {
    /// What the relation makes of it.
    fn released(&self) -> Vec<Released> {
        let cells = self.seeds.iter().zip(&self.offsets);
        let uniform: Vec<_> = cells.map(|(&b, &h)| uniform(b, h)).collect();
        release_noised(self.policy, self.epsilon, &self.counts, &uniform).unwrap()
    }

    fn instance(&self, released: &[Released]) -> Instance {
        let (policy, epsilon) = (self.policy, self.epsilon);
        Instance::new(policy, Shape::Attrition, epsilon, &self.offsets, released).unwrap()
    }

    /// Whether the circuit takes these released values.
    fn takes(&self, released: &[Released]) -> bool {
        let instance = self.instance(released);
        holds(
            &instance,
            Witness::new(&instance, &self.counts, &self.seeds),
        )
    }
}

/// Whether the circuit takes this witness.
fn holds(instance: &Instance, witness: Witness) -> bool {
    let columns = instance.columns().to_vec();
    let prover = MockProver::run(ROWS_LOG2, &Circuit::new(witness), columns).unwrap();
    prover.verify().is_ok()
}

fn policies() -> impl Strategy<Value = DisclosurePolicy> {
    let standard = Just(DisclosurePolicy::STANDARD);
    let any = (any::<u16>(), 1u16..).prop_map(|(suppress_up_to, round_to)| DisclosurePolicy {
        suppress_up_to,
        round_to,
    });
    prop_oneof![3 => standard, 1 => any]
}

fn tables() -> impl Strategy<Value = Table> {
    let count =
        prop_oneof![3 => 0..30u64, 1 => Just(0), 1 => 0..1u64 << 26, 1 => Just((1 << 26) - 1)];
    // Noise is mostly near 0: uniform numbers near both ends, too.
    let edge = prop_oneof![0..4u64, UNIFORM_BOUND - 4..UNIFORM_BOUND];
    let seed = prop_oneof![2 => 0..UNIFORM_BOUND, 2 => 0..SEED_SUMS, 1 => edge.clone()];
    let offset = prop_oneof![3 => 0..UNIFORM_BOUND, 1 => edge, 1 => Just(0)];
    let cell = (count, seed, offset);
    let cells = prop_oneof![
        prop::collection::vec(cell.clone(), 1..=3),
        prop::collection::vec(cell, 1..=MAX_CELLS)
    ];
    (policies(), prop::sample::select(&Epsilon::ALL), cells).prop_map(|(policy, epsilon, cells)| {
        Table {
            policy,
            epsilon,
            counts: cells.iter().map(|cell| cell.0).collect(),
            seeds: cells.iter().map(|cell| cell.1).collect(),
            offsets: cells.iter().map(|cell| cell.2).collect(),
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_circuit_takes_what_is_released(table in tables()) {
        prop_assert!(table.takes(&table.released()));
    }

    #[test]
    fn and_nothing_else(table in tables(), cell: prop::sample::Index, other in prop_oneof![
        Just(Released::Suppressed), (0..12u32).prop_map(|n| Released::Count(5 * n)),
        Just(Released::Count(0))]) {
        let mut released = table.released();
        let cell = cell.index(released.len());
        prop_assume!(released[cell] != other && noisy_counts_behind(table.policy, other).is_some());
        released[cell] = other;
        prop_assert!(!table.takes(&released));
    }

    #[test]
    fn the_circuit_takes_other_numbers_only_if_the_same_is_released(
        table in tables(), cell: prop::sample::Index, count in 0..60u64, seed in 0..SEED_SUMS,
        offset in 0..UNIFORM_BOUND, which in 0..3,
    ) {
        let released = table.released();
        let mut other = table;
        let cell = cell.index(released.len());
        match which {
            0 => other.counts[cell] = count,
            1 => other.seeds[cell] = seed,
            _ => other.offsets[cell] = offset,
        }
        let same = other.released() == released;
        prop_assert_eq!(other.takes(&released), same);
    }
}

#[test]
fn every_row_of_every_table_is_taken_at_both_ends() {
    for epsilon in Epsilon::ALL {
        let rows = NoiseTable::of(epsilon).rows();
        let ends = rows.iter().flat_map(|row| {
            let last = row.threshold + row.span - 1;
            [row.threshold, last]
        });
        let ends: Vec<_> = ends.collect();
        for seeds in ends.chunks(MAX_CELLS) {
            let cells = seeds.len();
            let table = Table {
                policy: DisclosurePolicy::STANDARD,
                epsilon,
                counts: vec![400; cells],
                seeds: seeds.to_vec(),
                offsets: vec![0; cells],
            };
            assert!(table.takes(&table.released()), "{epsilon}");
        }
    }
}

/// The key is a function of the circuit: whoever changes one constraint or one threshold has to see it here.
#[test]
fn the_verifying_key_is_pinned() {
    let key = keygen_vk(&Params::<EqAffine>::new(ROWS_LOG2), &Circuit::default()).unwrap();
    let pinned = format!("{:?}", key.pinned());
    let shape = [
        "num_advice_columns: 7",
        "num_instance_columns: 5",
        "k: 10",
        "extended_k: 12",
    ];
    for part in shape {
        assert!(pinned.contains(part), "{part}");
    }
    let digest = hex::encode(Sha256::digest(&pinned));
    assert_eq!(
        digest,
        "737d491af662c82ad373001118b44806403cacfdd0b0c8459b82cc56e8685717"
    );
}
