//! What the circuit costs, pinned: a change shows here.

use std::collections::BTreeMap;

use salus_circuits::eligibility::{assign, shape};
use salus_protocol::eligibility;

use crate::scene::Scene;

#[test]
fn the_scene_is_right() {
    let scene = Scene::new();
    assert_eq!(eligibility::violations(&scene.statement(), &scene.witness()), []);
    let assignment = assign(&scene.statement(), &scene.witness());
    assert_eq!(assignment.broken, []);
    assert_eq!(shape().broken(&assignment.variables), []);
}

#[test]
fn the_cost_is_pinned() {
    let shape = shape();
    let mut by_name: BTreeMap<&str, usize> = BTreeMap::new();
    for constraint in &shape.constraints {
        *by_name.entry(constraint.label.name).or_default() += 1;
    }
    println!("{by_name:#?}");
    assert_eq!(shape.instance_len, 9);
    assert_eq!(shape.constraints.len(), 8039);
    assert_eq!(shape.witness_len, 0);
}
