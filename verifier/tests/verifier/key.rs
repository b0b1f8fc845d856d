//! Verifying keys: their id, and every reason to refuse one.

use ark_bn254::{Bn254, Fr, G1Affine, G2Affine};
use ark_ec::{AffineRepr, CurveGroup};
use ark_groth16::Groth16;
use salus_verifier::{
    KEY_BYTES, KeyError, KeyId, KeyPoint, KeyPolicy, PointError, Setup, VerifyingKey,
};
use sha2::{Digest, Sha256};

use crate::circuit::{NAME, Prover, statement};
use crate::point;

type ArkKey = ark_groth16::VerifyingKey<Bn254>;

fn honest() -> ArkKey {
    Prover::new(1).verifying_key().as_ark().clone()
}

fn load(key: ArkKey) -> Result<VerifyingKey, KeyError> {
    VerifyingKey::new(NAME, Setup::Ceremony, key)
}

fn load_bytes(bytes: &[u8]) -> Result<VerifyingKey, KeyError> {
    VerifyingKey::from_bytes(NAME, Setup::Ceremony, bytes)
}

/// The honest key with one thing changed.
fn changed(change: impl FnOnce(&mut ArkKey)) -> KeyError {
    let mut key = honest();
    change(&mut key);
    load(key).unwrap_err()
}

/// A key whose points are small multiples of the generators, the same on every machine.
fn fixed() -> ArkKey {
    let first = |n: u64| (G1Affine::generator() * Fr::from(n)).into_affine();
    let second = |n: u64| (G2Affine::generator() * Fr::from(n)).into_affine();
    ArkKey {
        alpha_g1: first(2),
        beta_g2: second(3),
        gamma_g2: second(4),
        delta_g2: second(5),
        gamma_abc_g1: (6..15).map(first).collect(),
    }
}

#[test]
fn a_key_is_520_bytes_and_has_one_form() {
    let key = load(honest()).unwrap();
    let bytes = key.to_bytes();
    assert_eq!((bytes.len(), KEY_BYTES), (520, 520));
    assert_eq!(
        bytes.to_vec(),
        point::encoded(key.as_ark()),
        "as arkworks encodes it"
    );
    assert_eq!(load_bytes(&bytes).unwrap(), key);
    let borsh = borsh::to_vec(&key).unwrap();
    assert_eq!(borsh::from_slice::<VerifyingKey>(&borsh).unwrap(), key);
    let json = serde_json::to_string(&key).unwrap();
    assert_eq!(serde_json::from_str::<VerifyingKey>(&json).unwrap(), key);
}

#[test]
fn the_id_is_pinned_and_covers_all_that_the_key_says() {
    let key = load(fixed()).unwrap();
    let mut hasher = Sha256::new();
    hasher.update(b"salus/v1/verifying-key\0\x0c\0\0\0eight-inputs\0");
    hasher.update(key.to_bytes());
    assert_eq!(key.id().as_bytes()[..], hasher.finalize()[..]);
    assert_eq!(
        key.id().to_string(),
        "6dbe7bff0454bb071ad41f8cd8e996acff7b27ab0300c43fbdca3e6f48657cd6"
    );
    let mut other_points = fixed();
    other_points.gamma_abc_g1.swap(1, 2);
    let others = [
        VerifyingKey::new("eight-input", Setup::Ceremony, fixed()),
        VerifyingKey::new(NAME, Setup::InsecureDevelopment, fixed()),
        load(other_points),
    ];
    for other in others {
        assert_ne!(other.unwrap().id(), key.id());
    }
}

#[test]
fn ids_have_one_text() {
    let id = KeyId::new([0xab; 32]);
    let text = id.to_string();
    assert_eq!(text.parse::<KeyId>().unwrap(), id);
    for other in [
        text.to_uppercase(),
        text[1..].to_owned(),
        format!("{text}0"),
        String::new(),
    ] {
        assert!(other.parse::<KeyId>().is_err());
    }
    let json = serde_json::to_string(&id).unwrap();
    assert_eq!(serde_json::from_str::<KeyId>(&json).unwrap(), id);
    assert_eq!(borsh::to_vec(&id).unwrap(), [0xab; 32]);
}

#[test]
fn a_development_key_is_trusted_only_where_the_caller_says_so() {
    let development = VerifyingKey::new(NAME, Setup::InsecureDevelopment, honest()).unwrap();
    let refused = development.trusted(KeyPolicy::CeremonyOnly).unwrap_err();
    let circuit = NAME.to_owned();
    assert_eq!(
        refused,
        KeyError::Insecure {
            id: development.id(),
            circuit
        }
    );
    let allowed = development
        .trusted(KeyPolicy::AllowInsecureDevelopmentKeys)
        .unwrap();
    assert_eq!(allowed.id(), development.id());
    assert_eq!(allowed.setup(), Setup::InsecureDevelopment);
    let ceremony = load(honest()).unwrap();
    assert_eq!(
        ceremony.trusted(KeyPolicy::CeremonyOnly).unwrap().setup(),
        Setup::Ceremony
    );
}

#[test]
fn the_number_of_input_points_is_checked() {
    let pop = |key: &mut ArkKey| key.gamma_abc_g1.truncate(8);
    assert_eq!(changed(pop), KeyError::InputPoints { found: 8 });
    let push = |key: &mut ArkKey| key.gamma_abc_g1.push(G1Affine::generator());
    assert_eq!(changed(push), KeyError::InputPoints { found: 10 });
    let clear = |key: &mut ArkKey| key.gamma_abc_g1.clear();
    assert_eq!(changed(clear), KeyError::InputPoints { found: 0 });
    for wrong in [0u64, 8, 10, u64::MAX] {
        let mut bytes = load(honest()).unwrap().to_bytes();
        bytes[224..232].copy_from_slice(&wrong.to_le_bytes());
        assert_eq!(
            load_bytes(&bytes),
            Err(KeyError::InputPoints { found: wrong })
        );
    }
    let mut fewer = honest();
    fewer.gamma_abc_g1.pop();
    let refused = load_bytes(&point::encoded(&fewer));
    assert_eq!(refused, Err(KeyError::InputPoints { found: 8 }));
}

#[test]
fn missing_and_trailing_bytes_are_refused() {
    let bytes = load(honest()).unwrap().to_bytes();
    for length in [0, 1, 223, 231, 232, 519] {
        assert_eq!(
            load_bytes(&bytes[..length]),
            Err(KeyError::Length { found: length })
        );
    }
    let longer = [&bytes[..], &[0]].concat();
    assert_eq!(load_bytes(&longer), Err(KeyError::Length { found: 521 }));
}

#[test]
fn identity_points_are_refused() {
    let refused = |point| KeyError::Point {
        point,
        source: PointError::Identity,
    };
    let (first, second) = (G1Affine::identity(), G2Affine::identity());
    assert_eq!(
        changed(|key| key.alpha_g1 = first),
        refused(KeyPoint::Alpha)
    );
    assert_eq!(changed(|key| key.beta_g2 = second), refused(KeyPoint::Beta));
    assert_eq!(
        changed(|key| key.gamma_g2 = second),
        refused(KeyPoint::Gamma)
    );
    assert_eq!(
        changed(|key| key.delta_g2 = second),
        refused(KeyPoint::Delta)
    );
    for place in 0..9 {
        let error = changed(|key| key.gamma_abc_g1[place] = first);
        assert_eq!(error, refused(KeyPoint::Input(place)));
    }
}

#[test]
fn points_off_the_curve_or_group_are_refused() {
    let refused = |point, source| KeyError::Point { point, source };
    let (first, second) = (point::first_off_curve(), point::second_off_curve());
    let off_curve = |point| refused(point, PointError::NotOnCurve);
    assert_eq!(
        changed(|key| key.alpha_g1 = first),
        off_curve(KeyPoint::Alpha)
    );
    assert_eq!(
        changed(|key| key.beta_g2 = second),
        off_curve(KeyPoint::Beta)
    );
    assert_eq!(
        changed(|key| key.gamma_abc_g1[8] = first),
        off_curve(KeyPoint::Input(8))
    );
    let second = point::second_off_group();
    let off_group = |point| refused(point, PointError::NotInSubgroup);
    assert_eq!(
        changed(|key| key.beta_g2 = second),
        off_group(KeyPoint::Beta)
    );
    assert_eq!(
        changed(|key| key.gamma_g2 = second),
        off_group(KeyPoint::Gamma)
    );
    assert_eq!(
        changed(|key| key.delta_g2 = second),
        off_group(KeyPoint::Delta)
    );

    let mut bytes = load(honest()).unwrap().to_bytes();
    bytes[96..160].copy_from_slice(&point::encoded(&second));
    assert_eq!(load_bytes(&bytes).unwrap_err(), off_group(KeyPoint::Gamma));
    let mut bytes = load(honest()).unwrap().to_bytes();
    bytes[232..264].copy_from_slice(&point::first_without_y());
    assert_eq!(
        load_bytes(&bytes).unwrap_err(),
        off_curve(KeyPoint::Input(0))
    );
}

#[test]
fn encodings_that_are_not_canonical_are_refused() {
    let bytes = load(honest()).unwrap().to_bytes();
    let refused = |point| KeyError::Point {
        point,
        source: PointError::NotCanonical,
    };
    let mut aliased = bytes;
    aliased[..32].copy_from_slice(&point::generator_aliased());
    assert_eq!(load_bytes(&aliased).unwrap_err(), refused(KeyPoint::Alpha));
    let lasts = [31, 95, 159, 223, 263, 519];
    let points = [
        KeyPoint::Alpha,
        KeyPoint::Beta,
        KeyPoint::Gamma,
        KeyPoint::Delta,
        KeyPoint::Input(0),
        KeyPoint::Input(8),
    ];
    for (last, point) in lasts.into_iter().zip(points) {
        let mut both_flags = bytes;
        both_flags[last] |= 0xc0;
        assert_eq!(load_bytes(&both_flags).unwrap_err(), refused(point));
        let mut identity_with_x = bytes;
        identity_with_x[last] = (bytes[last] & 0x3f) | 0x40;
        assert_eq!(load_bytes(&identity_with_x).unwrap_err(), refused(point));
    }
}

/// Not a formality: with such a key, arkworks' verifier accepts a forged proof of any statement.
#[test]
fn gamma_equal_to_delta_up_to_sign_is_refused() {
    for negate in [false, true] {
        let mut key = honest();
        key.delta_g2 = if negate { -key.gamma_g2 } else { key.gamma_g2 };
        let prepared = ark_groth16::prepare_verifying_key(&key);
        let inputs = statement(1).public_inputs();
        let combined = Groth16::<Bn254>::prepare_inputs(&prepared, &inputs).unwrap();
        let c = if negate { combined } else { -combined };
        let (a, b, c) = (key.alpha_g1, key.beta_g2, c.into_affine());
        let forged = ark_groth16::Proof { a, b, c };
        assert!(Groth16::<Bn254>::verify_proof(&prepared, &forged, &inputs).unwrap());

        let bytes = point::encoded(&key);
        assert_eq!(load(key), Err(KeyError::GammaIsDelta));
        assert_eq!(load_bytes(&bytes), Err(KeyError::GammaIsDelta));
    }
}

#[test]
fn input_points_equal_up_to_sign_are_refused() {
    let equal = changed(|key| key.gamma_abc_g1[5] = key.gamma_abc_g1[2]);
    assert_eq!(
        equal,
        KeyError::InputsNotApart {
            first: 2,
            second: 5
        }
    );
    let negated = changed(|key| key.gamma_abc_g1[8] = -key.gamma_abc_g1[1]);
    assert_eq!(
        negated,
        KeyError::InputsNotApart {
            first: 1,
            second: 8
        }
    );
}

#[test]
fn circuit_names_are_plain() {
    for name in [
        "",
        "Eligibility",
        "a b",
        "é",
        "a\0",
        "\u{202e}x",
        &"a".repeat(65),
    ] {
        let refused = VerifyingKey::new(name, Setup::Ceremony, honest()).unwrap_err();
        assert!(matches!(refused, KeyError::CircuitName { .. }), "{name:?}");
    }
    for name in [
        "a",
        "eligibility/1",
        "eligibility-64x16_v1.0",
        &"a".repeat(64),
    ] {
        assert_eq!(
            VerifyingKey::new(name, Setup::Ceremony, honest())
                .unwrap()
                .circuit(),
            name
        );
    }
}

#[test]
fn a_changed_key_file_is_refused() {
    let key = VerifyingKey::new(NAME, Setup::InsecureDevelopment, honest()).unwrap();
    let file = serde_json::to_value(&key).unwrap();
    assert_eq!(file["setup"], "insecure-development");
    assert_eq!(file["circuit"], NAME);
    assert_eq!(file["id"], key.id().to_string());
    let changed = |name: &str, value: &str| {
        let mut file = file.clone();
        file[name] = value.into();
        serde_json::from_value::<VerifyingKey>(file)
            .unwrap_err()
            .to_string()
    };
    // The insecure mark can't be taken off without changing the id.
    assert!(changed("setup", "ceremony").contains("it was changed"));
    assert!(changed("circuit", "other").contains("it was changed"));
    assert!(changed("id", &"0".repeat(64)).contains("it was changed"));
    let upper = file["key"].as_str().unwrap().to_uppercase();
    assert!(changed("key", &upper).contains("hexadecimal"));
    assert!(changed("key", "00").contains("520 bytes"));
    assert!(changed("setup", "trust-me").contains("unknown variant"));
    assert!(changed("note", "x").contains("unknown field"));
}

/// With gamma = beta or delta = beta anyone can forge: the very forgeries verify under arkworks,
/// and the keys are refused here, also with the sign turned.
#[test]
fn keys_that_share_beta_are_forgeable_and_refused() {
    let statement = statement(1);
    let inputs = statement.public_inputs();
    let sum = |key: &ArkKey| {
        let points = key.gamma_abc_g1[1..].iter().zip(inputs);
        points.fold(key.gamma_abc_g1[0].into_group(), |sum, (point, x)| {
            sum + *point * x
        })
    };
    let forged = |key: &ArkKey, proof: ark_groth16::Proof<Bn254>| {
        let prepared = ark_groth16::prepare_verifying_key(key);
        assert!(Groth16::<Bn254>::verify_proof(&prepared, &proof, &inputs).unwrap());
    };

    let mut key = honest();
    key.gamma_g2 = key.beta_g2;
    let a = (sum(&key) + key.alpha_g1).into_affine();
    let b = (key.beta_g2 + key.delta_g2).into_affine();
    forged(&key, ark_groth16::Proof { a, b, c: a });
    assert_eq!(
        load(key.clone()),
        Err(KeyError::BetaIsShared {
            other: KeyPoint::Gamma
        })
    );
    key.gamma_g2 = -key.beta_g2;
    assert_eq!(
        load(key),
        Err(KeyError::BetaIsShared {
            other: KeyPoint::Gamma
        })
    );

    let mut key = honest();
    key.delta_g2 = key.beta_g2;
    let x = sum(&key);
    let b = (key.beta_g2 + key.gamma_g2).into_affine();
    let c = (x - key.alpha_g1).into_affine();
    forged(
        &key,
        ark_groth16::Proof {
            a: x.into_affine(),
            b,
            c,
        },
    );
    assert_eq!(
        load(key.clone()),
        Err(KeyError::BetaIsShared {
            other: KeyPoint::Delta
        })
    );
    key.delta_g2 = -key.beta_g2;
    assert_eq!(
        load(key),
        Err(KeyError::BetaIsShared {
            other: KeyPoint::Delta
        })
    );
}
