//! Keys come back from their files as they were, and nothing else is taken for one.
#![allow(clippy::unwrap_used)]

use std::sync::LazyLock;

use ark_bn254::{Fq, Fq2, Fr, G1Affine, G2Affine, g2};
use ark_ec::short_weierstrass::SWCurveConfig;
use ark_ff::{AdditiveGroup, Field};
use proptest::prelude::*;

use super::*;
use crate::groth16::{Matrices, Preparation, ProveError, Prover, ProverError};

/// x² for each of eight public inputs, plus a bit.
fn matrices() -> Matrices {
    let one = |column| vec![(Fr::ONE, column)];
    let inputs = 1..9;
    let mut rows = [
        inputs.clone().map(one).collect::<Vec<_>>(),
        inputs.clone().map(one).collect(),
        inputs.map(|i| one(i + 8)).collect(),
    ];
    rows[0].push(one(17));
    rows[1].push(vec![(Fr::ONE, 17), (-Fr::ONE, 0)]);
    rows[2].push(vec![]);
    Matrices::new(rows, 9, 9).unwrap()
}

fn assignment() -> Vec<Fr> {
    let inputs = (1..9).map(|i| Fr::from(i as u64));
    let squares = inputs.clone().map(|x| x.square());
    [Fr::ONE]
        .into_iter()
        .chain(inputs)
        .chain(squares)
        .chain([Fr::ONE])
        .collect()
}

static KEY: LazyLock<ProvingKey> =
    LazyLock::new(|| ProvingKey::insecure_development("test/squares", &matrices()).unwrap());

/// Makes the digest at the end right again.
fn sealed(mut content: Vec<u8>) -> Vec<u8> {
    content.truncate(content.len() - 32);
    let digest = FileDigest::of(&content);
    content.extend(digest.0);
    content
}

fn with_points(change: impl FnOnce(&mut ark_groth16::ProvingKey<ark_bn254::Bn254>)) -> Vec<u8> {
    let mut key = KEY.clone();
    change(&mut key.points);
    key.to_bytes()
}

#[test]
fn a_key_comes_back_as_it_was() {
    let bytes = KEY.to_bytes();
    for read in [
        ProvingKey::from_bytes(&bytes).unwrap(),
        ProvingKey::from_trusted_bytes(&bytes, &KEY.file_digest()).unwrap(),
    ] {
        assert_eq!(read.to_bytes(), bytes);
        assert_eq!(read.id(), KEY.id());
        assert_eq!(read.verifying(), KEY.verifying());
        assert_eq!(read.verifying().setup(), Setup::InsecureDevelopment);
        assert!(read.provenance().contains("INSECURE"));
        assert_eq!(read.constraints(), 9);
        let prover = Prover::for_key(&read, matrices(), Preparation::Quick).unwrap();
        assert!(prover.prove(&assignment()).is_ok());
    }
}

#[test]
fn a_key_is_only_for_its_own_matrices() {
    // The same shape, but a different circuit.
    let mut rows = matrices().rows();
    rows[0][8] = vec![(Fr::from(2u8), 17)];
    let other = Matrices::new(rows, 9, 9).unwrap();
    let refused = Prover::for_key(&KEY, other, Preparation::Quick);
    assert!(matches!(refused, Err(ProverError::Matrices { .. })));
    let mut wrong = assignment();
    wrong[17] = Fr::from(2u8);
    let prover = Prover::for_key(&KEY, matrices(), Preparation::Quick).unwrap();
    assert!(matches!(
        prover.prove(&wrong),
        Err(ProveError::Assignment(_))
    ));
}

#[test]
fn another_file_than_the_expected_one_is_refused() {
    let bytes = KEY.to_bytes();
    let refused = ProvingKey::from_trusted_bytes(&bytes, &FileDigest::new([7; 32]));
    assert!(matches!(refused, Err(ProvingKeyError::NotExpected { .. })));
}

#[test]
fn damage_is_reported() {
    let bytes = KEY.to_bytes();
    let mut altered = bytes.clone();
    altered[100] ^= 1;
    let read = ProvingKey::from_bytes;
    assert!(matches!(
        read(&altered),
        Err(ProvingKeyError::Damaged { .. })
    ));
    assert!(matches!(
        read(&bytes[..bytes.len() - 1]),
        Err(ProvingKeyError::Damaged { .. })
    ));
    assert!(matches!(
        read(&bytes[..MAGIC.len() + 5]),
        Err(ProvingKeyError::Magic)
    ));
    assert!(matches!(read(&bytes[1..]), Err(ProvingKeyError::Magic)));
    assert!(matches!(read(b""), Err(ProvingKeyError::Magic)));
    let mut longer = bytes.clone();
    longer.extend([0; 32]);
    assert!(matches!(
        read(&sealed(longer)),
        Err(ProvingKeyError::NotCanonical)
    ));
    let cut = bytes[..bytes.len() - 64].to_vec();
    assert!(matches!(
        read(&sealed(cut)),
        Err(ProvingKeyError::Points(_))
    ));
}

#[test]
fn points_outside_their_group_are_refused() {
    let refused = |bytes: Vec<u8>, expected: &str| match ProvingKey::from_bytes(&bytes) {
        Err(ProvingKeyError::NotInGroup { part }) => assert_eq!(part, expected),
        other => panic!("{expected}: {other:?}"),
    };
    let off = G1Affine::new_unchecked(Fq::ONE, Fq::ONE);
    refused(with_points(|key| key.a_query[3] = off), "A query");
    refused(with_points(|key| key.h_query[0] = off), "H query");
    refused(with_points(|key| key.delta_g1 = off), "delta in G1");
    // On the curve, outside the group of order r.
    let outside = (1u64..)
        .filter_map(|x| G2Affine::get_point_from_x_unchecked(Fq2::new(Fq::from(x), Fq::ZERO), true))
        .find(|point| !g2::Config::is_in_correct_subgroup_assuming_on_curve(point))
        .unwrap();
    refused(
        with_points(|key| key.b_g2_query[1] = outside),
        "B query in G2",
    );
    refused(with_points(|key| key.vk.beta_g2 = outside), "beta in G2");
    // Without its subgroup check a trusted file would take it, but its digest gives it away.
    let bytes = with_points(|key| key.b_g2_query[1] = outside);
    let trusted = ProvingKey::from_trusted_bytes(&bytes, &KEY.file_digest());
    assert!(matches!(trusted, Err(ProvingKeyError::NotExpected { .. })));
}

#[test]
fn parts_of_different_setups_are_refused() {
    let other = ProvingKey::insecure_development("test/squares", &matrices()).unwrap();
    assert_ne!(other.id(), KEY.id());
    let mixed = with_points(|key| key.beta_g1 = other.points.beta_g1);
    assert!(matches!(
        ProvingKey::from_bytes(&mixed),
        Err(ProvingKeyError::Disagrees)
    ));
    let identity = with_points(|key| {
        (key.beta_g1, key.delta_g1) = (G1Affine::identity(), G1Affine::identity());
    });
    assert!(matches!(
        ProvingKey::from_bytes(&identity),
        Err(ProvingKeyError::Disagrees)
    ));
    let unfinished = with_points(|key| key.vk.gamma_g2 = key.vk.delta_g2);
    assert!(matches!(
        ProvingKey::from_bytes(&unfinished),
        Err(ProvingKeyError::Verifying(_))
    ));
}

#[test]
fn only_circuits_with_eight_inputs_get_a_key() {
    let few = Matrices::new([vec![vec![]], vec![vec![]], vec![vec![]]], 2, 1).unwrap();
    let refused = ProvingKey::insecure_development("test/few", &few);
    assert!(matches!(refused, Err(ProvingKeyError::Verifying(_))));
    let named = ProvingKey::insecure_development("Bad name", &matrices());
    assert!(matches!(named, Err(ProvingKeyError::Verifying(_))));
}

#[test]
fn a_provenance_is_short_and_plain() {
    for provenance in ["x".repeat(1025), "two\nlines".to_owned()] {
        let mut key = KEY.clone();
        key.provenance = provenance;
        let refused = ProvingKey::from_bytes(&key.to_bytes());
        assert!(matches!(refused, Err(ProvingKeyError::Provenance)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A change anywhere, resealed, is refused or gives a file that says what was changed.
    #[test]
    fn no_change_passes_unseen(at in 0usize..1 << 20, bit in 0u8..8) {
        let mut bytes = KEY.to_bytes();
        let at = at % (bytes.len() - 32);
        bytes[at] ^= 1 << bit;
        let bytes = sealed(bytes);
        if let Ok(key) = ProvingKey::from_bytes(&bytes) {
            prop_assert_eq!(key.to_bytes(), bytes);
        }
    }

    #[test]
    fn arbitrary_bytes_are_refused_without_panic(tail in prop::collection::vec(any::<u8>(), 0..400)) {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(tail);
        bytes.extend([0; 32]);
        prop_assert!(ProvingKey::from_bytes(&sealed(bytes)).is_err());
    }
}
