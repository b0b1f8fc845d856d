//! Relation and circuit agree on generated good and bad witnesses.

use proptest::prelude::*;
use salus_circuits::eligibility::assign;
use salus_protocol::consent::Terms;
use salus_protocol::day::Day;
use salus_protocol::eligibility;
use salus_protocol::query::{CYCLE, Criterion};
use salus_protocol::row::FIELDS;

use crate::scene::Scene;

/// Values that sit on edges as often as not.
fn value() -> impl Strategy<Value = u16> {
    prop_oneof![Just(0), Just(1), Just(u16::MAX), 0..10u16, any::<u16>()]
}

fn place() -> impl Strategy<Value = u32> {
    prop_oneof![
        Just(0),
        Just(CYCLE - 1),
        Just(CYCLE / 2),
        65530..65560u32,
        0..CYCLE
    ]
}

fn criterion() -> impl Strategy<Value = Criterion> {
    (
        0..64u8,
        any::<bool>(),
        place(),
        place(),
        any::<bool>(),
        any::<bool>(),
        0..4u8,
    )
        .prop_map(
            |(field, minus_previous, start, length, if_none, opens_group, at_least)| Criterion {
                field,
                minus_previous,
                start,
                length,
                if_none,
                opens_group,
                at_least,
            },
        )
}

/// Well-formed criteria: group sizes bound what the last of each group asks for.
fn criteria() -> impl Strategy<Value = Vec<Criterion>> {
    prop::collection::vec(criterion(), 0..=16).prop_map(|mut all| {
        let count = all.len();
        let mut size = 0;
        for i in 0..count {
            if i == 0 {
                all[i].opens_group = true;
                all[i].minus_previous = false;
            }
            size = if all[i].opens_group { 1 } else { size + 1 };
            let last = i + 1 == count || all[i + 1].opens_group;
            all[i].at_least = if last {
                all[i].at_least.clamp(1, size)
            } else {
                0
            };
        }
        all
    })
}

fn scene() -> impl Strategy<Value = Scene> {
    let row = prop::collection::vec(value(), FIELDS);
    let near = |around: u16| prop_oneof![around - 2..around + 3, 1..u16::MAX];
    let today = Scene::new().day.number();
    (
        row,
        criteria(),
        any::<u64>(),
        near(today),
        near(today),
        any::<bool>(),
        0..10u32,
    )
        .prop_map(|(row, criteria, bits, from, until, keeps_terms, index)| {
            let mut scene = Scene::new();
            scene.row = row.try_into().unwrap();
            scene.criteria = criteria;
            if !keeps_terms {
                scene.consent.terms = Terms::from_bits(bits >> 13).unwrap();
            }
            scene.consent.from = Day::from_number(from).unwrap();
            scene.consent.until = Day::from_number(until).unwrap();
            scene.index = index;
            scene
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn relation_and_circuit_agree(scene in scene()) {
        let (statement, witness) = (scene.statement(), scene.witness());
        let native = eligibility::check(&statement, &witness);
        let broken = assign(&statement, &witness).broken;
        prop_assert_eq!(native.is_ok(), broken.is_empty(), "{:?} {:?}", native, broken);
    }

    /// The same with consent in force and wide, so that criteria alone decide.
    #[test]
    fn criteria_agree(row in prop::collection::vec(value(), FIELDS), criteria in criteria()) {
        let mut scene = Scene::new();
        scene.row = row.try_into().unwrap();
        scene.criteria = criteria;
        let (statement, witness) = (scene.statement(), scene.witness());
        let broken = assign(&statement, &witness).broken;
        prop_assert_eq!(witness.query.matches(&witness.record.row), broken.is_empty());
        prop_assert!(broken.iter().all(|label| label.name == "query.group"));
    }
}
