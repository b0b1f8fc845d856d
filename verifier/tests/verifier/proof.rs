//! A proof's bytes: one form only.

use ark_bn254::{G1Affine, G2Affine};
use salus_verifier::{PROOF_BYTES, PointError, Proof, ProofError, ProofPoint};

use crate::circuit::{Prover, statement};
use crate::point;

fn proof() -> Proof {
    Prover::new(1).prove(&statement(1))
}

fn refused(bytes: &[u8]) -> (ProofPoint, PointError) {
    match Proof::from_bytes(bytes) {
        Err(ProofError::Point { point, source }) => (point, source),
        other => panic!("expected a refused point, got {other:?}"),
    }
}

#[test]
fn a_proof_is_128_bytes_in_every_form() {
    let proof = proof();
    let bytes = proof.to_bytes();
    assert_eq!((bytes.len(), PROOF_BYTES), (128, 128));
    assert_eq!(
        bytes.to_vec(),
        point::encoded(proof.as_ark()),
        "as arkworks encodes it"
    );
    assert_eq!(Proof::from_bytes(&bytes).unwrap(), proof);
    let borsh = borsh::to_vec(&proof).unwrap();
    assert_eq!(borsh, bytes);
    assert_eq!(borsh::from_slice::<Proof>(&borsh).unwrap(), proof);
    let json = serde_json::to_string(&proof).unwrap();
    assert_eq!(json, format!("\"{}\"", hex::encode(bytes)));
    assert_eq!(serde_json::from_str::<Proof>(&json).unwrap(), proof);
}

#[test]
fn other_lengths_are_refused() {
    let bytes = proof().to_bytes();
    for length in [0, 1, 31, 32, 96, 127] {
        let refused = ProofError::Length { found: length };
        assert_eq!(Proof::from_bytes(&bytes[..length]), Err(refused));
        assert!(borsh::from_slice::<Proof>(&bytes[..length]).is_err());
    }
    let longer = [&bytes[..], &[0]].concat();
    assert_eq!(
        Proof::from_bytes(&longer),
        Err(ProofError::Length { found: 129 })
    );
    assert!(borsh::from_slice::<Proof>(&longer).is_err());
}

#[test]
fn other_texts_are_refused() {
    let text = proof().to_string();
    assert!(Proof::from_hex(&text).is_ok());
    for other in [
        text.to_uppercase(),
        format!("0x{text}"),
        text[2..].to_owned(),
        format!("{text}00"),
    ] {
        assert_eq!(Proof::from_hex(&other), Err(ProofError::NotHex));
    }
    assert!(serde_json::from_str::<Proof>("[1, 2]").is_err());
}

#[test]
fn encodings_that_are_not_canonical_are_refused() {
    let bytes = proof().to_bytes();
    for (last, point) in [
        (31, ProofPoint::A),
        (95, ProofPoint::B),
        (127, ProofPoint::C),
    ] {
        let mut both_flags = bytes;
        both_flags[last] |= 0xc0;
        assert_eq!(refused(&both_flags), (point, PointError::NotCanonical));
        let mut identity_with_x = bytes;
        identity_with_x[last] = (bytes[last] & 0x3f) | 0x40;
        assert_eq!(refused(&identity_with_x), (point, PointError::NotCanonical));
        let mut large = bytes;
        large[last - 31..=last].fill(0xff);
        large[last] = 0x3f;
        assert_eq!(refused(&large), (point, PointError::NotCanonical));
    }
    let mut aliased = bytes;
    aliased[..32].copy_from_slice(&point::generator_aliased());
    assert_eq!(refused(&aliased), (ProofPoint::A, PointError::NotCanonical));
}

#[test]
fn points_off_the_curve_or_group_are_refused() {
    let bytes = proof().to_bytes();
    let mut no_y = bytes;
    no_y[96..].copy_from_slice(&point::first_without_y());
    assert_eq!(refused(&no_y), (ProofPoint::C, PointError::NotOnCurve));
    let mut off_group = bytes;
    off_group[32..96].copy_from_slice(&point::encoded(&point::second_off_group()));
    assert_eq!(
        refused(&off_group),
        (ProofPoint::B, PointError::NotInSubgroup)
    );
}

#[test]
fn points_at_infinity_are_refused() {
    let bytes = proof().to_bytes();
    for (range, point) in [
        (0..32, ProofPoint::A),
        (32..96, ProofPoint::B),
        (96..128, ProofPoint::C),
    ] {
        let mut identity = bytes;
        identity[range.clone()].fill(0);
        identity[range.end - 1] = 0x40;
        assert_eq!(refused(&identity), (point, PointError::Identity));
    }
}

#[test]
fn arkworks_proofs_pass_the_same_checks() {
    let good = proof().as_ark().clone();
    let cases = |a: G1Affine, b: G2Affine, c: G1Affine| {
        [
            (ark_groth16::Proof { a, ..good.clone() }, ProofPoint::A),
            (ark_groth16::Proof { b, ..good.clone() }, ProofPoint::B),
            (ark_groth16::Proof { c, ..good.clone() }, ProofPoint::C),
        ]
    };
    let (first, second) = (point::first_off_curve(), point::second_off_curve());
    for (proof, point) in cases(first, second, first) {
        let refused = ProofError::Point {
            point,
            source: PointError::NotOnCurve,
        };
        assert_eq!(Proof::try_from(proof), Err(refused));
    }
    let (first, second) = (G1Affine::identity(), G2Affine::identity());
    for (proof, point) in cases(first, second, first) {
        let refused = ProofError::Point {
            point,
            source: PointError::Identity,
        };
        assert_eq!(Proof::try_from(proof), Err(refused));
    }
    let off_group = ark_groth16::Proof {
        b: point::second_off_group(),
        ..good.clone()
    };
    let refused = ProofError::Point {
        point: ProofPoint::B,
        source: PointError::NotInSubgroup,
    };
    assert_eq!(Proof::try_from(off_group), Err(refused));
}
