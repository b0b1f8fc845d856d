//! The release circuit against the native relation, and against each way to violate it.
#![allow(clippy::unwrap_used)]

mod violations;

use halo2_proofs::dev::MockProver;
use halo2_proofs::pasta::EqAffine;
use halo2_proofs::plonk::keygen_vk;
use halo2_proofs::poly::commitment::Params;
use proptest::prelude::*;
use salus_circuits::release::{Circuit, Instance, ROWS_LOG2, Witness};
use salus_protocol::release::{DisclosurePolicy, Released, Shape, release};
use sha2::{Digest, Sha256};

/// Whether the circuit takes this witness.
fn holds(instance: &Instance, witness: Witness) -> bool {
    let columns = instance.columns().to_vec();
    let prover = MockProver::run(ROWS_LOG2, &Circuit::new(witness), columns).unwrap();
    prover.verify().is_ok()
}

/// Whether the circuit takes the counts as what is behind the released values.
fn takes(policy: DisclosurePolicy, shape: Shape, counts: &[u64], released: &[Released]) -> bool {
    let Ok(instance) = Instance::new(policy, shape, released) else {
        return false;
    };
    holds(&instance, Witness::new(&instance, counts))
}

fn policies() -> impl Strategy<Value = DisclosurePolicy> {
    let standard = Just(DisclosurePolicy::STANDARD);
    let any = (any::<u16>(), 1u16..).prop_map(|(suppress_up_to, round_to)| DisclosurePolicy {
        suppress_up_to,
        round_to,
    });
    prop_oneof![3 => standard, 1 => any]
}

fn tables() -> impl Strategy<Value = (Shape, Vec<u64>)> {
    let count = || prop_oneof![3 => 0..30u64, 1 => Just(0), 1 => 0..1u64 << 20];
    let total = |parts: Vec<u64>| [vec![parts.iter().sum()], parts].concat();
    prop_oneof![
        (0..1u64 << 26).prop_map(|count| (Shape::Single, vec![count])),
        prop::collection::vec(count(), 1..=64).prop_map(|counts| (Shape::Attrition, counts)),
        prop::collection::vec(count(), 1..=8).prop_map(move |p| (Shape::Partition, total(p))),
        prop::collection::vec(count(), 1..=63).prop_map(move |p| (Shape::Partition, total(p))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_circuit_takes_what_is_released(policy in policies(), (shape, counts) in tables()) {
        let released = release(policy, shape, &counts).unwrap();
        prop_assert!(takes(policy, shape, &counts, &released));
    }

    #[test]
    fn and_nothing_else(
        policy in policies(),
        (shape, counts) in tables(),
        cell: prop::sample::Index,
        other in prop_oneof![
            Just(Released::Suppressed), (0..40u32).prop_map(Released::Count), Just(Released::Count(0))],
    ) {
        let mut released = release(policy, shape, &counts).unwrap();
        let cell = cell.index(released.len());
        prop_assume!(released[cell] != other);
        released[cell] = other;
        prop_assert!(!takes(policy, shape, &counts, &released));
    }

    #[test]
    fn the_circuit_refuses_other_counts(
        (shape, counts) in tables(), cell: prop::sample::Index, count in 0..60u64,
    ) {
        let policy = DisclosurePolicy::STANDARD;
        let released = release(policy, shape, &counts).unwrap();
        let mut others = counts;
        let cell = cell.index(others.len());
        others[cell] = count;
        let same = release(policy, shape, &others).is_ok_and(|other| other == released);
        prop_assert_eq!(takes(policy, shape, &others, &released), same);
    }
}

#[test]
fn the_largest_count_and_the_fullest_table() {
    let policy = DisclosurePolicy {
        suppress_up_to: u16::MAX,
        round_to: u16::MAX,
    };
    for policy in [policy, DisclosurePolicy::STANDARD] {
        for (shape, counts) in [
            (Shape::Single, vec![(1 << 26) - 1]),
            (Shape::Attrition, vec![(1 << 26) - 1; 64]),
            (Shape::Partition, [vec![63 * 9], vec![9; 63]].concat()),
            (
                Shape::Partition,
                [vec![63 << 20], vec![1 << 20; 63]].concat(),
            ),
        ] {
            let released = release(policy, shape, &counts).unwrap();
            assert!(
                takes(policy, shape, &counts, &released),
                "{policy:?} {shape:?}"
            );
        }
    }
}

/// The key is a function of the circuit: whoever changes one constraint has to see it here.
#[test]
fn the_verifying_key_is_pinned() {
    let key = keygen_vk(&Params::<EqAffine>::new(ROWS_LOG2), &Circuit::default()).unwrap();
    let pinned = format!("{:?}", key.pinned());
    let shape = [
        "num_advice_columns: 8",
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
        "5239c5176cb7de793d94a24cdd62d5f70807e3e1eedb49f6cbf0d13208cd6896"
    );
}
