//! Each way to release what the policy forbids, with a prover who chooses freely.

use salus_circuits::release::{Instance, InstanceError, Witness};
use salus_protocol::release::Released::{Count, Suppressed};
use salus_protocol::release::{DisclosurePolicy, Released, Shape, release};

const STANDARD: DisclosurePolicy = DisclosurePolicy::STANDARD;

/// Whether any choice of threshold and of chosen cells makes the circuit take it.
fn forced(shape: Shape, counts: &[u64], released: &[Released]) -> bool {
    let instance = Instance::new(STANDARD, shape, released).unwrap();
    let choices = (0..1u32 << counts.len()).map(|bits| {
        (0..counts.len())
            .map(|k| bits >> k & 1 == 1)
            .collect::<Vec<_>>()
    });
    let mut thresholds: Vec<u64> = counts
        .iter()
        .flat_map(|&c| [c.saturating_sub(1), c])
        .collect();
    thresholds.push(u64::from(STANDARD.suppress_up_to) + 1);
    choices.into_iter().any(|chosen| {
        thresholds
            .iter()
            .any(|&t| super::holds(&instance, Witness::with(&instance, counts, &chosen, t)))
    })
}

fn refused(shape: Shape, counts: &[u64], released: &[Released]) {
    let honest = release(STANDARD, shape, counts).unwrap();
    assert!(forced(shape, counts, &honest), "the test itself is broken");
    assert_ne!(honest, released);
    assert!(
        !forced(shape, counts, released),
        "{counts:?} released as {released:?}"
    );
}

#[test]
fn a_small_cell_released() {
    let five = Instance::new(STANDARD, Shape::Single, &[Count(5)]);
    assert_eq!(
        five,
        Err(InstanceError::NeverReleased { cell: 0, found: 5 })
    );
    refused(Shape::Single, &[10], &[Count(10)]);
    refused(Shape::Single, &[1], &[Count(0)]);
}

#[test]
fn a_count_not_rounded() {
    let not_a_multiple = Instance::new(STANDARD, Shape::Single, &[Count(23)]);
    assert_eq!(
        not_a_multiple,
        Err(InstanceError::NeverReleased { cell: 0, found: 23 })
    );
}

#[test]
fn a_count_rounded_the_wrong_way() {
    refused(Shape::Single, &[23], &[Count(20)]);
    refused(Shape::Single, &[22], &[Count(25)]);
}

#[test]
fn a_count_suppressed_that_is_not_small() {
    refused(Shape::Single, &[11], &[Suppressed]);
    refused(Shape::Single, &[0], &[Suppressed]);
    refused(
        Shape::Partition,
        &[50, 20, 30],
        &[Count(50), Suppressed, Suppressed],
    );
    refused(Shape::Partition, &[33, 3, 30], &[Suppressed; 3]);
}

#[test]
fn complementary_suppression_skipped() {
    refused(
        Shape::Partition,
        &[53, 3, 20, 30],
        &[Count(55), Suppressed, Count(20), Count(30)],
    );
}

#[test]
fn another_part_suppressed_than_the_smallest() {
    refused(
        Shape::Partition,
        &[53, 3, 20, 30],
        &[Count(55), Suppressed, Count(20), Suppressed],
    );
}

#[test]
fn one_of_two_smallest_parts_shown() {
    refused(
        Shape::Partition,
        &[43, 3, 20, 20],
        &[Count(45), Suppressed, Count(20), Suppressed],
    );
}

#[test]
fn two_different_large_parts_suppressed() {
    refused(
        Shape::Partition,
        &[94, 3, 20, 30, 41],
        &[Count(95), Suppressed, Suppressed, Suppressed, Count(40)],
    );
}

#[test]
fn an_empty_part_shown_beside_a_small_one() {
    assert_eq!(
        Instance::new(
            STANDARD,
            Shape::Partition,
            &[Count(25), Suppressed, Suppressed, Count(0)]
        ),
        Err(InstanceError::EmptyPartShown { cell: 3 })
    );
}

#[test]
fn parts_that_are_not_the_total() {
    let released = [Count(55), Count(20), Count(30)];
    let instance = Instance::new(STANDARD, Shape::Partition, &released).unwrap();
    let takes = |counts: &[u64]| super::holds(&instance, Witness::new(&instance, counts));
    assert!(takes(&[54, 22, 32]));
    assert!(!takes(&[53, 22, 32]));
    assert!(!takes(&[54, 22, 31]));
}

#[test]
fn a_count_too_large() {
    let shown = (1 << 26) + 5;
    let instance = Instance::new(STANDARD, Shape::Single, &[Count(shown)]);
    assert!(matches!(instance, Err(InstanceError::NeverReleased { .. })));
    // The highest value that is released at all has no count from 2^26 on behind it.
    let instance = Instance::new(STANDARD, Shape::Single, &[Count((1 << 26) + 1)]).unwrap();
    let takes = |count| super::holds(&instance, Witness::new(&instance, &[count]));
    assert!(takes((1 << 26) - 1));
    assert!(!takes(1 << 26));
}

#[test]
fn another_number_of_cells() {
    for (shape, cells) in [
        (Shape::Single, 2),
        (Shape::Attrition, 65),
        (Shape::Partition, 1),
    ] {
        let instance = Instance::new(STANDARD, shape, &vec![Count(20); cells]);
        assert!(matches!(instance, Err(InstanceError::Table(_))));
    }
    // A count in a row beyond the table.
    let instance = Instance::new(STANDARD, Shape::Attrition, &[Count(20)]).unwrap();
    assert!(!super::holds(&instance, Witness::new(&instance, &[20, 1])));
}

#[test]
fn another_policy() {
    let stricter = DisclosurePolicy {
        suppress_up_to: 20,
        round_to: 5,
    };
    let released = release(STANDARD, Shape::Single, &[15]).unwrap();
    assert!(super::takes(STANDARD, Shape::Single, &[15], &released));
    assert!(!super::takes(stricter, Shape::Single, &[15], &released));
}
