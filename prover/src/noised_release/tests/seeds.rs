//! Commitments to seeds, and the proof that they can be opened.
use super::*;
use salus_verifier::noised_release::{SeedProof, SeedsError, verify_seeds};

fn drawn(cells: usize) -> (Vec<SeedOpening>, Vec<EqAffine>, SeedProof) {
    let seeds: Vec<_> = (0..cells).map(|_| SeedOpening::draw().unwrap()).collect();
    let commitments = seeds.iter().enumerate();
    let commitments = commitments
        .map(|(k, seed)| seed.commitment(k).unwrap())
        .collect();
    let proof = prove_seeds(&CONTEXT, &seeds).unwrap();
    let proof = SeedProof::from_bytes(&proof.to_bytes()).unwrap();
    (seeds, commitments, proof)
}

fn refused(context: [u8; 32], commitments: &[EqAffine], proof: &SeedProof) {
    let error = verify_seeds(&context, commitments, proof).unwrap_err();
    let linear = matches!(error, SeedsError::Linear(LinearError::Points { .. }));
    assert!(linear, "{error}");
}

#[test]
fn seeds_are_drawn_committed_and_shown_to_open() {
    for cells in [1, 3, MAX_CELLS] {
        let (seeds, commitments, proof) = drawn(cells);
        verify_seeds(&CONTEXT, &commitments, &proof).unwrap();
        assert!(seeds.iter().all(|opening| opening.seed < UNIFORM_BOUND));
        assert_eq!(proof.to_bytes().len(), 96 * cells);
    }
    let (seeds, ..) = drawn(MAX_CELLS);
    let high = seeds.iter().filter(|s| s.seed >= UNIFORM_BOUND / 2).count();
    assert!((1..MAX_CELLS).contains(&high), "{high}");
    assert_eq!(format!("{:?}", seeds[0]), "SeedOpening(redacted)");
    assert!(seeds[0].commitment(MAX_CELLS).is_none());
}

#[test]
fn a_copied_proof_is_refused() {
    let (_, commitments, proof) = drawn(2);
    refused([8; 32], &commitments, &proof);
}

#[test]
fn a_multiple_of_anothers_commitment_is_refused() {
    let (_, commitments, _) = drawn(2);
    let (seeds, mine, _) = drawn(2);
    // What is proven of one's own seeds does not hold of another's, of a multiple, nor of a sum with it.
    let proof = prove_seeds(&CONTEXT, &seeds).unwrap();
    for other in [
        commitments[0],
        (commitments[0] * -Fp::one()).to_affine(),
        (mine[0] + commitments[0]).to_affine(),
    ] {
        refused(CONTEXT, &[other, mine[1]], &proof);
    }
}

#[test]
fn a_commitment_in_another_cells_generator_is_refused() {
    let (seeds, commitments, proof) = drawn(2);
    refused(CONTEXT, &[commitments[1], commitments[0]], &proof);
    let in_next = seeds[0].commitment(1).unwrap();
    refused(CONTEXT, &[in_next, commitments[1]], &proof);
    let both = (commitments[0] + count_generators().values[1]).to_affine();
    refused(CONTEXT, &[both, commitments[1]], &proof);
}

#[test]
fn only_tables_have_seeds() {
    let (seeds, commitments, proof) = drawn(1);
    let none = verify_seeds(&CONTEXT, &[], &proof).unwrap_err();
    assert_eq!(none, SeedsError::Cells { found: 0 });
    let two = [commitments[0], commitments[0]];
    let shape = verify_seeds(&CONTEXT, &two, &proof).unwrap_err();
    assert_eq!(shape, SeedsError::Linear(LinearError::Shape));
    for many in [vec![], vec![seeds[0].clone(); MAX_CELLS + 1]] {
        let error = prove_seeds(&CONTEXT, &many).unwrap_err();
        assert!(matches!(error, ProveSeedsError::Seeds(_)), "{error}");
    }
}

#[test]
fn only_canonical_seed_proofs_decode() {
    let (_, commitments, proof) = drawn(2);
    let bytes = proof.to_bytes();
    let borsh = borsh::to_vec(&proof).unwrap();
    assert_eq!(borsh::from_slice::<SeedProof>(&borsh).unwrap(), proof);
    for length in [0, 1, 95, 97, 191] {
        assert!(SeedProof::from_bytes(&bytes[..length.min(bytes.len())]).is_err());
    }
    assert!(SeedProof::from_bytes(&vec![0; 96 * (MAX_CELLS + 1)]).is_err());
    for place in (0..bytes.len()).step_by(32) {
        let mut changed = bytes.clone();
        changed[place..place + 32].fill(0xff);
        let error = SeedProof::from_bytes(&changed).unwrap_err();
        assert!(matches!(error, SeedsError::Encoding(_)), "{error}");
    }
    for place in (64..bytes.len()).step_by(32) {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        let changed = SeedProof::from_bytes(&changed).unwrap();
        refused(CONTEXT, &commitments, &changed);
    }
}
