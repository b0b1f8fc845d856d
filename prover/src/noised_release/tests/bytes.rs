//! Proofs changed after they were made, and their encoding.
use super::*;

#[test]
fn a_tampered_link_does_not_verify() {
    let (_, statement, proof) = attrition();
    let refused = |link: LinearProof| {
        let circuit = proof.circuit().to_vec();
        refused_by_link(&statement, &NoisedReleaseProof::new(circuit, link).unwrap());
    };
    for place in 0..proof.link().answers.len() {
        let mut link = proof.link().clone();
        link.answers[place] += Fp::one();
        refused(link);
    }
    for place in 0..link::EQUATIONS {
        let mut link = proof.link().clone();
        link.point_masks.swap(place, (place + 1) % link::EQUATIONS);
        refused(link);
    }
}

#[test]
fn the_link_of_another_proof_does_not_verify() {
    let (scene, statement, proof) = attrition();
    let other = scene.force(&statement);
    let circuit = proof.circuit().to_vec();
    let mixed = NoisedReleaseProof::new(circuit, other.link().clone()).unwrap();
    refused_by_link(&statement, &mixed);
}

#[test]
fn a_link_for_fewer_cells_does_not_verify() {
    let (_, statement, proof) = attrition();
    let mut link = proof.link().clone();
    link.answers.truncate(link.answers.len() - 2);
    let shorter = NoisedReleaseProof::new(proof.circuit().to_vec(), link).unwrap();
    let error = verify_noised_release(&statement, &shorter).unwrap_err();
    let shape = matches!(error, NoisedReleaseError::Link(LinearError::Shape));
    assert!(shape, "{error}");
}

#[test]
fn a_changed_circuit_proof_does_not_verify() {
    let (_, statement, proof) = attrition();
    for place in (0..CIRCUIT_PROOF_BYTES).step_by(97) {
        let mut bytes = proof.to_bytes();
        bytes[place] ^= 1;
        let changed = NoisedReleaseProof::from_bytes(&bytes).unwrap();
        assert!(
            verify_noised_release(&statement, &changed).is_err(),
            "byte {place}"
        );
    }
}

#[test]
fn sizes_are_pinned() {
    for (cells, bytes) in [(1, 4_160), (64, 8_192)] {
        let scene = Scene::new(Shape::Attrition, Epsilon::One, &vec![50; cells]);
        let (_, proof) = scene.prove().unwrap();
        assert_eq!(proof.to_bytes().len(), bytes, "{cells} cells");
    }
}

#[test]
fn only_exact_lengths_and_canonical_links_decode() {
    let (_, _, proof) = attrition();
    let bytes = proof.to_bytes();
    assert_eq!(NoisedReleaseProof::from_bytes(&bytes).unwrap(), proof);
    let decodes = |bytes: &[u8]| NoisedReleaseProof::from_bytes(bytes).is_ok();
    for cut in [
        0,
        1,
        32,
        bytes.len() - 1,
        bytes.len() - 32,
        bytes.len() - 64 * 3,
    ] {
        assert!(!decodes(&bytes[..cut]), "{cut}");
    }
    for more in [1, 32, 64 * 62] {
        assert!(!decodes(&[bytes.clone(), vec![0; more]].concat()), "{more}");
    }
    let with = |place: usize, word: &[u8]| {
        let mut bytes = bytes.clone();
        bytes[place..place + word.len()].copy_from_slice(word);
        bytes
    };
    let last = bytes.len() - 32;
    assert!(!decodes(&with(last, &[0xff; 32])));
    let modulus = (-Fp::one()).to_repr();
    assert!(decodes(&with(last, &modulus)));
    let modulus: [u8; 32] = std::array::from_fn(|k| modulus[k] + u8::from(k == 0));
    assert!(!decodes(&with(last, &modulus)));
    assert!(
        !decodes(&with(CIRCUIT_PROOF_BYTES, &[0; 32])),
        "the identity"
    );
    assert!(!decodes(&with(CIRCUIT_PROOF_BYTES, &[0xff; 32])));
    let borsh = borsh::to_vec(&proof).unwrap();
    assert_eq!(
        borsh::from_slice::<NoisedReleaseProof>(&borsh).unwrap(),
        proof
    );
}
