//! Looks for freedom that a prover should not have.

use std::collections::{BTreeMap, BTreeSet};

use ark_ff::{AdditiveGroup, Field, PrimeField};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use salus_circuits::eligibility::{assign, assign_forced, shape};
use salus_circuits::r1cs::{Fr, Label, Terms};

use crate::scene::{Scene, between};

fn random(rng: &mut ChaCha20Rng) -> Fr {
    Fr::from_be_bytes_mod_order(&rng.random::<[u8; 48]>())
}

fn value(terms: &Terms, variables: &[Fr]) -> Fr {
    terms.iter().map(|(v, c)| variables[*v] * c).sum()
}

/// The variable that a constraint of this label introduces: the product, or the bit itself.
fn variable(name: &'static str, index: usize, nth: usize) -> usize {
    let label = Label { name, index };
    let constraint = shape()
        .constraints
        .iter()
        .filter(|k| k.label == label)
        .nth(nth)
        .unwrap();
    let terms = if constraint.c.is_empty() {
        &constraint.a
    } else {
        &constraint.c
    };
    terms.last().unwrap().0
}

/// Names of what breaks when these variables are forced and the rest follows.
fn broken(scene: &Scene, forced: &[(usize, Fr)]) -> BTreeSet<Label> {
    let forced = forced.iter().copied().collect();
    assign_forced(&scene.statement(), &scene.witness(), forced)
        .broken
        .into_iter()
        .collect()
}

/// Inverses of zero: evidence that nothing is recorded. They are free, and multiply zero.
fn free(scene: &Scene) -> BTreeSet<usize> {
    let variables = assign(&scene.statement(), &scene.witness()).variables;
    let recorded = shape()
        .constraints
        .iter()
        .filter(|k| k.label.name == "query.recorded");
    recorded
        .filter(|k| !k.c.is_empty() && value(&k.b, &variables) == Fr::ZERO)
        .map(|k| k.a[0].0)
        .collect()
}

#[test]
fn every_variable_is_watched() {
    let scene = Scene::new();
    let shape = shape();
    let honest = assign(&scene.statement(), &scene.witness()).variables;
    let mut constraints_of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (i, k) in shape.constraints.iter().enumerate() {
        for (v, _) in k.a.iter().chain(&k.b).chain(&k.c) {
            constraints_of.entry(*v).or_default().push(i);
        }
    }
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let mut unwatched = BTreeSet::new();
    for v in 1..honest.len() {
        let mut changed = honest.clone();
        changed[v] += random(&mut rng);
        let breaks = |i: &usize| {
            let k = &shape.constraints[*i];
            value(&k.a, &changed) * value(&k.b, &changed) != value(&k.c, &changed)
        };
        if !constraints_of
            .get(&v)
            .is_some_and(|all| all.iter().any(breaks))
        {
            unwatched.insert(v);
        }
    }
    // Criterion 4 reads an absent field, and the ten unused ones read the same.
    assert_eq!(unwatched, free(&scene));
    assert_eq!(unwatched.len(), 11);
}

#[test]
fn no_change_carried_through_is_accepted() {
    let scene = Scene::new();
    let shape = shape();
    let (free, statement, witness) = (free(&scene), scene.statement(), scene.witness());
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    let mut seen = BTreeSet::new();
    let all = shape.instance_len..shape.instance_len + shape.witness_len;
    for v in all.filter(|v| !free.contains(v)).step_by(11) {
        let forced = BTreeMap::from([(v, random(&mut rng))]);
        let labels = assign_forced(&statement, &witness, forced).broken;
        assert!(!labels.is_empty(), "variable {v} may take any value");
        seen.extend(labels.into_iter().map(|label| label.name));
    }
    for name in [
        "registry.root",
        "query.digest",
        "nullifier",
        "registry.record",
        "row.bit",
    ] {
        assert!(seen.contains(name), "{name}");
    }
}

/// At first order: each variable but the openings is fixed by those before it, through a
/// constraint of its own. So the Jacobian in these variables is triangular with a full diagonal.
#[test]
fn all_but_openings_follows_from_what_is_before() {
    let scene = Scene::new();
    let shape = shape();
    let honest = assign(&scene.statement(), &scene.witness()).variables;
    let mut fixed = BTreeSet::new();
    for k in &shape.constraints {
        let all = k.a.iter().chain(&k.b).chain(&k.c);
        let Some(newest) = all.map(|(v, _)| *v).max() else {
            continue;
        };
        let slope = |terms: &Terms| {
            terms
                .iter()
                .find(|(v, _)| *v == newest)
                .map_or(Fr::ZERO, |(_, c)| *c)
        };
        let derivative =
            slope(&k.a) * value(&k.b, &honest) + slope(&k.b) * value(&k.a, &honest) - slope(&k.c);
        if newest >= shape.instance_len && derivative != Fr::ZERO {
            fixed.insert(newest);
        }
    }
    let openings = shape.witness_len - fixed.len();
    // secret 1, row blocks 16, edition 1, salt 1; inverses: 16 of criteria, 1 of the purpose
    // (fixed by its own constraint); institution, study and salt of the consent 3 (the first two
    // fixed: zero is a simple root); leaves 8, children 64. An inverse and the bit made from it
    // share two constraints, so one of each pair is counted here.
    assert_eq!(openings, PINNED_OPENINGS);
}

const PINNED_OPENINGS: usize = 1 + 16 + 2 + 16 + 1 + 8 + 64;

#[test]
fn inside_cannot_be_claimed() {
    let mut scene = Scene::new();
    scene.row[13] = 2001;
    let labels = broken(&scene, &[(variable("query.inside", 0, 0), Fr::ONE)]);
    assert_eq!(
        labels,
        BTreeSet::from([Label {
            name: "query.spare",
            index: 0
        }])
    );
}

#[test]
fn what_is_not_recorded_cannot_be_claimed_recorded_nor_the_reverse() {
    let mut scene = Scene::new();
    scene.criteria = vec![between(0, 0, 7)];
    assert_eq!(scene.row[0], 0);
    let recorded = variable("query.recorded", 0, 0);
    let labels = broken(&scene, &[(recorded, Fr::ONE)]);
    assert_eq!(
        labels,
        BTreeSet::from([Label {
            name: "query.recorded",
            index: 0
        }])
    );

    scene.criteria[0] = salus_protocol::query::Criterion {
        if_none: true,
        ..between(1, 5, 6)
    };
    assert_eq!(scene.row[1], 100);
    let labels = broken(&scene, &[(recorded, Fr::ZERO)]);
    assert_eq!(
        labels,
        BTreeSet::from([Label {
            name: "query.recorded",
            index: 0
        }])
    );
}

#[test]
fn a_claim_that_it_holds_breaks_where_it_is_made() {
    let mut scene = Scene::new();
    scene.row[13] = 2001;
    for name in ["query.holds", "query.recorded"] {
        let forced = if name == "query.holds" {
            Fr::ONE
        } else {
            Fr::from(3u64)
        };
        let labels = broken(&scene, &[(variable(name, 0, 0), forced)]);
        assert!(labels.iter().any(|label| label.name == name), "{name}");
    }
    let labels = broken(&scene, &[(variable("query.holds", 0, 0), Fr::ONE)]);
    assert_eq!(
        labels,
        BTreeSet::from([Label {
            name: "query.holds",
            index: 0
        }])
    );
}

#[test]
fn another_field_cannot_be_read_in_place_of_the_querys() {
    let mut scene = Scene::new();
    scene.row[13] = 2001;
    scene.row[12] = 1500;
    // Position 13 with its lowest bit cleared is 12.
    let labels = broken(&scene, &[(variable("query.field", 0, 0), Fr::ZERO)]);
    assert_eq!(
        labels,
        BTreeSet::from([Label {
            name: "query.digest",
            index: 0
        }])
    );
}

#[test]
fn bits_of_a_field_have_no_second_reading() {
    let mut scene = Scene::new();
    scene.row[13] = 2001;
    // Field 13 is the second of its block: its lowest bit is the block's bit 16. Take one away
    // there and give it back as 2^16 units of the bit below.
    let (lowest, below) = (variable("row.bit", 0, 16), variable("row.bit", 0, 0));
    let honest = assign(&scene.statement(), &scene.witness()).variables;
    let forced = [
        (lowest, honest[lowest] - Fr::ONE),
        (below, honest[below] + Fr::from(1u64 << 16)),
    ];
    let labels = broken(&scene, &forced);
    assert_eq!(
        labels,
        BTreeSet::from([Label {
            name: "row.bit",
            index: 0
        }])
    );
}

#[test]
fn a_count_cannot_be_raised() {
    let mut scene = Scene::new();
    scene.row[1] = 100;
    scene.row[0] = 7;
    let labels = broken(&scene, &[(variable("query.count", 5, 0), Fr::ONE)]);
    assert_eq!(
        labels,
        BTreeSet::from([Label {
            name: "query.count",
            index: 5
        }])
    );
}

#[test]
fn a_leaf_is_no_node() {
    use salus_protocol::registry::{Leaf, NodeHash, hash_leaves, hash_node};
    let scene = Scene::new();
    let leaf = scene.registry().leaf(scene.index).unwrap();
    let as_leaves = hash_leaves(&[leaf; 4]);
    let elements = [leaf.record.element(), leaf.consent.element()];
    let as_node = hash_node(&std::array::from_fn(|i| NodeHash::new(elements[i % 2])));
    assert_ne!(as_leaves, as_node);
    assert_ne!(hash_leaves(&[Leaf::EMPTY; 4]).element(), Fr::ZERO);
}
