#![allow(clippy::unwrap_used)]
use super::*;
use Released::{Count, Suppressed};
use salus_verifier::release::link::LinkError;
use salus_verifier::release::{CIRCUIT_PROOF_BYTES, ReleaseError, verify_release};

const STANDARD: DisclosurePolicy = DisclosurePolicy::STANDARD;
const CONTEXT: [u8; 32] = [7; 32];

fn open(counts: &[u64]) -> Vec<CountOpening> {
    let opening = |&count: &u64| CountOpening {
        count,
        blinding: random().unwrap(),
    };
    counts.iter().map(opening).collect()
}

fn commit(openings: &[CountOpening]) -> Vec<EqAffine> {
    openings
        .iter()
        .enumerate()
        .map(|(cell, o)| o.commitment(cell).unwrap())
        .collect()
}

fn statement(shape: Shape, openings: &[CountOpening]) -> ReleaseStatement {
    let counts: Vec<_> = openings.iter().map(|o| o.count).collect();
    ReleaseStatement {
        context: CONTEXT,
        policy: STANDARD,
        shape,
        commitments: commit(openings),
        released: release(STANDARD, shape, &counts).unwrap(),
    }
}

/// A proof by someone who proves whatever is asked, with these counts in the circuit.
fn force(statement: &ReleaseStatement, openings: &[CountOpening]) -> ReleaseProof {
    let counts: Vec<_> = openings.iter().map(|o| o.count).collect();
    let instance = statement.instance().unwrap();
    let witness = Witness::new(&instance, &counts);
    prove(statement, &instance, witness, openings).unwrap()
}

fn refused_by_circuit(statement: &ReleaseStatement, proof: &ReleaseProof) {
    let error = verify_release(statement, proof).unwrap_err();
    assert!(matches!(error, ReleaseError::Circuit(_)), "{error}");
}

fn refused_by_link(statement: &ReleaseStatement, proof: &ReleaseProof) {
    let error = verify_release(statement, proof).unwrap_err();
    assert!(
        matches!(error, ReleaseError::Link(LinkError::OtherCounts)),
        "{error}"
    );
}

/// A small table and its proof, to change.
fn attrition() -> (ReleaseStatement, ReleaseProof, Vec<CountOpening>) {
    let openings = open(&[100, 42, 3]);
    let statement = statement(Shape::Attrition, &openings);
    let (released, proof) = prove_release(CONTEXT, STANDARD, Shape::Attrition, &openings).unwrap();
    assert_eq!(released, statement.released);
    (statement, proof, openings)
}

#[test]
fn every_shape_is_proven_and_verified() {
    let full = [vec![63 * 64 / 2], (1..64).collect()].concat();
    for (shape, counts) in [
        (Shape::Single, vec![1_234]),
        (Shape::Single, vec![3]),
        (Shape::Attrition, vec![5_000, 400, 12, 3, 0]),
        (Shape::Partition, vec![35, 3, 12, 20]),
        (Shape::Partition, full),
    ] {
        let openings = open(&counts);
        let (released, proof) = prove_release(CONTEXT, STANDARD, shape, &openings).unwrap();
        let statement = statement(shape, &openings);
        assert_eq!(released, statement.released);
        let proof = ReleaseProof::from_bytes(&proof.to_bytes()).unwrap();
        assert_eq!(proof.circuit().len(), CIRCUIT_PROOF_BYTES);
        verify_release(&statement, &proof).unwrap();
    }
}

/// If this fails, halo2 draws in another order: `draws.rs` has to follow it.
#[test]
fn halo2_draws_as_expected() {
    let openings = open(&[42]);
    let mut transcript = Transcript::new(b"test");
    let instance = statement(Shape::Single, &openings).instance().unwrap();
    let draws = Draws::new().unwrap();
    let witness = Witness::new(&instance, &[42]);
    let circuit = Circuit::new(witness);
    let columns = instance.columns();
    let circuit = prove_circuit(&PROVING_KEY, Fp::one(), &columns, circuit, &draws).unwrap();
    assert!(prove_link(&mut transcript, &circuit, &openings, &draws).is_ok());
    let others = Draws::new().unwrap();
    let error = prove_link(&mut transcript, &circuit, &openings, &others).unwrap_err();
    assert!(matches!(error, ProveReleaseError::Draws));
}

#[test]
fn two_proofs_of_one_statement_share_nothing() {
    let openings = open(&[35, 3, 12, 20]);
    let prove = || prove_release(CONTEXT, STANDARD, Shape::Partition, &openings).unwrap();
    let (one, other) = (prove().1.to_bytes(), prove().1.to_bytes());
    assert!(one.chunks(32).zip(other.chunks(32)).all(|(a, b)| a != b));
}

#[test]
fn a_small_cell_released_does_not_verify() {
    let openings = open(&[100, 42, 9]);
    let mut false_one = statement(Shape::Attrition, &openings);
    assert_eq!(false_one.released[2], Suppressed);
    false_one.released[2] = Count(10);
    refused_by_circuit(&false_one, &force(&false_one, &openings));
}

#[test]
fn a_count_that_is_not_rounded_does_not_verify() {
    let (mut statement, proof, _) = attrition();
    statement.released[1] = Count(42);
    let error = verify_release(&statement, &proof).unwrap_err();
    assert!(matches!(
        error,
        ReleaseError::Instance(InstanceError::NeverReleased { cell: 1, found: 42 })
    ));
}

#[test]
fn complementary_suppression_skipped_does_not_verify() {
    let openings = open(&[35, 3, 12, 20]);
    let mut false_one = statement(Shape::Partition, &openings);
    assert_eq!(false_one.released[2], Suppressed);
    false_one.released[2] = Count(10);
    refused_by_circuit(&false_one, &force(&false_one, &openings));
}

#[test]
fn another_policy_does_not_verify() {
    let (mut statement, proof, _) = attrition();
    statement.policy.suppress_up_to = 11;
    refused_by_circuit(&statement, &proof);
}

#[test]
fn another_shape_does_not_verify() {
    let openings = open(&[40]);
    let mut other = statement(Shape::Single, &openings);
    let proof = force(&other, &openings);
    verify_release(&other, &proof).unwrap();
    other.shape = Shape::Attrition;
    refused_by_circuit(&other, &proof);
}

#[test]
fn another_context_does_not_verify() {
    let (mut statement, proof, _) = attrition();
    statement.context[0] ^= 1;
    refused_by_circuit(&statement, &proof);
}

#[test]
fn commitments_to_other_counts_do_not_verify() {
    // The circuit is told of counts that round to the same as the committed ones.
    let openings = open(&[100, 42, 3]);
    let mut told = openings.clone();
    told[1].count = 41;
    let statement = statement(Shape::Attrition, &openings);
    refused_by_link(&statement, &force(&statement, &told));
}

#[test]
fn commitments_to_the_same_sum_do_not_verify() {
    // The commitments add up to the same point, but not each is of its own count.
    let openings = open(&[100, 42, 3]);
    let mut statement = statement(Shape::Attrition, &openings);
    let shift = count_generators().values[1];
    statement.commitments[0] = (statement.commitments[0] + shift).to_affine();
    statement.commitments[1] = (statement.commitments[1] - shift).to_affine();
    refused_by_link(&statement, &force(&statement, &openings));
}

#[test]
fn swapped_commitments_do_not_verify() {
    let openings = open(&[100, 42, 3]);
    let mut statement = statement(Shape::Attrition, &openings);
    statement.commitments.swap(0, 1);
    refused_by_link(&statement, &force(&statement, &openings));
}

#[test]
fn a_commitment_of_another_cell_does_not_verify() {
    let openings = open(&[42, 42]);
    let mut statement = statement(Shape::Attrition, &openings);
    statement.commitments[1] = statement.commitments[0];
    refused_by_link(&statement, &force(&statement, &openings));
}

#[test]
fn a_tampered_link_does_not_verify() {
    let (statement, proof, _) = attrition();
    for place in 0..proof.link().answers.len() {
        let mut link = proof.link().clone();
        link.answers[place] += Fp::one();
        let proof = ReleaseProof::new(proof.circuit().to_vec(), link).unwrap();
        refused_by_link(&statement, &proof);
    }
    let mut link = proof.link().clone();
    link.announcements.swap(0, 1);
    refused_by_link(
        &statement,
        &ReleaseProof::new(proof.circuit().to_vec(), link).unwrap(),
    );
}

#[test]
fn the_link_of_another_proof_does_not_verify() {
    let (statement, proof, openings) = attrition();
    let other = force(&statement, &openings);
    let mixed = ReleaseProof::new(proof.circuit().to_vec(), other.link().clone()).unwrap();
    refused_by_link(&statement, &mixed);
}

#[test]
fn a_changed_circuit_proof_does_not_verify() {
    let (statement, proof, _) = attrition();
    for place in (0..CIRCUIT_PROOF_BYTES).step_by(97) {
        let mut bytes = proof.to_bytes();
        bytes[place] ^= 1;
        let changed = ReleaseProof::from_bytes(&bytes).unwrap();
        assert!(
            verify_release(&statement, &changed).is_err(),
            "byte {place}"
        );
    }
}

#[test]
fn only_exact_lengths_and_canonical_links_decode() {
    let (_, proof, _) = attrition();
    let bytes = proof.to_bytes();
    for cut in [0, 1, 32, bytes.len() - 1, bytes.len() - 32 * 3] {
        assert!(ReleaseProof::from_bytes(&bytes[..cut]).is_err());
    }
    assert!(ReleaseProof::from_bytes(&[bytes.clone(), vec![0]].concat()).is_err());
    assert!(ReleaseProof::from_bytes(&[bytes.clone(), vec![0; 32 * 62]].concat()).is_err());
    let last = bytes.len() - 32;
    let large = [&bytes[..last], &[0xff; 32]].concat();
    assert!(matches!(
        ReleaseProof::from_bytes(&large),
        Err(ReleaseProofError::Answer { .. })
    ));
}

#[test]
fn another_number_of_cells_does_not_verify() {
    let (statement, proof, _) = attrition();
    let mut fewer = statement.clone();
    fewer.commitments.pop();
    assert!(matches!(
        verify_release(&fewer, &proof),
        Err(ReleaseError::Commitments {
            cells: 3,
            commitments: 2
        })
    ));
    let mut more = statement.clone();
    more.commitments.push(statement.commitments[0]);
    more.released.push(Count(0));
    refused_by_circuit(&more, &proof);
    let mut link = proof.link().clone();
    link.answers.pop();
    let proof = ReleaseProof::new(proof.circuit().to_vec(), link).unwrap();
    let error = verify_release(&statement, &proof).unwrap_err();
    assert!(matches!(
        error,
        ReleaseError::Link(LinkError::Cells { cells: 3, .. })
    ));
}

#[test]
fn a_count_too_large_is_not_proven() {
    let error = prove_release(CONTEXT, STANDARD, Shape::Single, &open(&[1 << 26])).unwrap_err();
    assert!(matches!(
        error,
        ProveReleaseError::Table(TableError::TooLarge { cell: 0, .. })
    ));
    let openings = open(&[(1 << 26) - 1]);
    let mut false_one = statement(Shape::Single, &openings);
    verify_release(&false_one, &force(&false_one, &openings)).unwrap();
    let larger = open(&[1 << 26]);
    false_one.commitments = commit(&larger);
    refused_by_circuit(&false_one, &force(&false_one, &larger));
}

#[test]
fn openings_are_redacted() {
    assert_eq!(format!("{:?}", open(&[42])[0]), "CountOpening(redacted)");
}
