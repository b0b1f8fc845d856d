//! What the circuit costs, pinned: a change shows here.

use std::collections::BTreeMap;

use salus_circuits::eligibility::{assign, shape};
use salus_protocol::eligibility;

use crate::scene::Scene;

#[test]
fn the_scene_is_right() {
    let scene = Scene::new();
    assert_eq!(
        eligibility::violations(&scene.statement(), &scene.witness()),
        []
    );
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
    let pinned = [
        ("consent.commitment", 297),
        ("consent.denied", 20),
        ("consent.from", 16),
        ("consent.grant", 3),
        ("consent.institution", 1),
        ("consent.permission", 28),
        ("consent.project", 1),
        ("consent.purpose", 1),
        ("consent.term", 51),
        ("consent.until", 16),
        ("contact", 1),
        ("institution", 1),
        ("nullifier", 1),
        ("nullifier.hash", 240),
        ("purpose.bit", 51),
        ("purpose.code", 1),
        ("query.count", 15),
        ("query.digest", 1),
        ("query.evidence", 15),
        ("query.field", 96),
        ("query.group", 64),
        ("query.hash", 321),
        ("query.holds", 16),
        ("query.if-none", 16),
        ("query.inside", 16),
        ("query.minus-previous", 15),
        ("query.offset", 272),
        ("query.opens-group", 15),
        ("query.recorded", 32),
        ("query.spare", 272),
        ("query.subtracted", 15),
        ("query.wraps", 16),
        ("record.commitment", 906),
        ("registry.consent", 3),
        ("registry.leaves", 402),
        ("registry.node", 3216),
        ("registry.path", 56),
        ("registry.place", 2),
        ("registry.record", 3),
        ("registry.root", 1),
        ("row.bit", 1024),
        ("row.pick", 288),
        ("subject.key", 213),
    ];
    assert_eq!(by_name, BTreeMap::from(pinned));
    assert!(
        shape.constraints.len() + shape.instance_len <= 1 << 13,
        "one domain of 2^13"
    );
    assert_eq!(shape.instance_len, 9);
    assert_eq!(shape.constraints.len(), 8040);
    assert_eq!(shape.witness_len, 8079);
}
