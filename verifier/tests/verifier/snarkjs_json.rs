//! snarkjs's JSON, without snarkjs: round trips, and every refusal.

use ark_bn254::{Fq, Fr};
use ark_ff::{BigInteger, PrimeField};
use salus_verifier::snarkjs::{self, NumberError, SnarkjsError};
use salus_verifier::{KeyError, KeyPoint, PointError, ProofError, ProofPoint, Setup};
use serde_json::{Value, json};

use crate::circuit::{NAME, Prover, statement};
use crate::point;

fn key_file() -> Value {
    let key = Prover::new(1).verifying_key();
    serde_json::from_str(&snarkjs::write_key(&key)).unwrap()
}

fn proof_file() -> Value {
    let proof = Prover::new(1).prove(&statement(1));
    serde_json::from_str(&snarkjs::write_proof(&proof)).unwrap()
}

fn signals_file() -> Value {
    serde_json::from_str(&snarkjs::write_signals(&statement(1))).unwrap()
}

fn key_refused(change: impl FnOnce(&mut Value)) -> SnarkjsError {
    let mut file = key_file();
    change(&mut file);
    snarkjs::read_key(&file.to_string(), NAME, Setup::Ceremony).unwrap_err()
}

fn proof_refused(change: impl FnOnce(&mut Value)) -> SnarkjsError {
    let mut file = proof_file();
    change(&mut file);
    snarkjs::read_proof(&file.to_string()).unwrap_err()
}

fn signals_refused(change: impl FnOnce(&mut Value)) -> SnarkjsError {
    let mut file = signals_file();
    change(&mut file);
    snarkjs::read_signals(&file.to_string()).unwrap_err()
}

/// The decimal text of a number plus a modulus.
fn aliased<F: PrimeField>(text: &Value) -> Value {
    let number: F = text.as_str().unwrap().parse().ok().unwrap();
    let mut number = number.into_bigint();
    number.add_with_carry(&F::MODULUS);
    json!(number.to_string())
}

#[test]
fn what_is_written_is_read() {
    let mut prover = Prover::new(2);
    let (key, statement) = (prover.verifying_key(), statement(1));
    let proof = prover.prove(&statement);
    let read = snarkjs::read_key(&snarkjs::write_key(&key), key.circuit(), key.setup()).unwrap();
    assert_eq!(read, key);
    assert_eq!(read.id(), key.id());
    assert_eq!(
        snarkjs::read_proof(&snarkjs::write_proof(&proof)).unwrap(),
        proof
    );
    let signals = snarkjs::read_signals(&snarkjs::write_signals(&statement)).unwrap();
    assert_eq!(signals, statement.public_inputs());
}

#[test]
fn files_have_snarkjs_names() {
    let names = |file: &Value| {
        let mut names: Vec<_> = file.as_object().unwrap().keys().cloned().collect();
        names.sort();
        names.join(" ")
    };
    let key = key_file();
    let expected =
        "IC curve nPublic protocol vk_alpha_1 vk_alphabeta_12 vk_beta_2 vk_delta_2 vk_gamma_2";
    assert_eq!(names(&key), expected);
    assert_eq!(
        (&key["protocol"], &key["curve"]),
        (&json!("groth16"), &json!("bn128"))
    );
    assert_eq!(
        (&key["nPublic"], key["IC"].as_array().unwrap().len()),
        (&json!(8), 9)
    );
    assert_eq!(key["vk_beta_2"][2], json!(["1", "0"]));
    assert_eq!(names(&proof_file()), "curve pi_a pi_b pi_c protocol");
    assert_eq!(proof_file()["pi_a"][2], json!("1"));
}

#[test]
fn optional_parts_may_be_left_out() {
    let mut file = key_file();
    file.as_object_mut().unwrap().remove("vk_alphabeta_12");
    snarkjs::read_key(&file.to_string(), NAME, Setup::Ceremony).unwrap();
    let mut file = proof_file();
    file.as_object_mut().unwrap().remove("curve");
    snarkjs::read_proof(&file.to_string()).unwrap();
}

#[test]
fn other_protocols_and_curves_are_refused() {
    let refused = key_refused(|file| file["protocol"] = json!("plonk"));
    assert!(matches!(refused, SnarkjsError::Protocol { found } if found == "plonk"));
    let refused = key_refused(|file| file["curve"] = json!("bls12381"));
    assert!(matches!(refused, SnarkjsError::Curve { found } if found == "bls12381"));
    let refused = proof_refused(|file| file["protocol"] = json!("fflonk"));
    assert!(matches!(refused, SnarkjsError::Protocol { .. }));
    let refused = proof_refused(|file| file["curve"] = json!("bls12381"));
    assert!(matches!(refused, SnarkjsError::Curve { .. }));
    let refused = key_refused(|file| drop(file.as_object_mut().unwrap().remove("curve")));
    assert!(matches!(refused, SnarkjsError::Json(_)));
}

#[test]
fn other_numbers_of_public_inputs_are_refused() {
    let refused = key_refused(|file| file["nPublic"] = json!(7));
    assert!(matches!(refused, SnarkjsError::PublicInputs { found: 7 }));
    let refused = key_refused(|file| drop(file["IC"].as_array_mut().unwrap().pop()));
    assert!(matches!(
        refused,
        SnarkjsError::Key(KeyError::InputPoints { found: 8 })
    ));
    let refused = signals_refused(|file| drop(file.as_array_mut().unwrap().pop()));
    assert!(matches!(refused, SnarkjsError::PublicInputs { found: 7 }));
    let refused = signals_refused(|file| file.as_array_mut().unwrap().push(json!("0")));
    assert!(matches!(refused, SnarkjsError::PublicInputs { found: 9 }));
}

#[test]
fn other_shapes_are_refused() {
    let refused = key_refused(|file| file["extra"] = json!("1"));
    assert!(matches!(refused, SnarkjsError::Json(_)));
    let refused = proof_refused(|file| file["pi_a"] = json!(["1", "2"]));
    assert!(matches!(refused, SnarkjsError::Json(_)));
    let refused = proof_refused(|file| file["pi_b"] = json!(["1", "2", "1"]));
    assert!(matches!(refused, SnarkjsError::Json(_)));
    let refused = signals_refused(|file| file[0] = json!(5));
    assert!(matches!(refused, SnarkjsError::Json(_)));
    let twice = r#"{"protocol":"groth16","protocol":"groth16"}"#;
    assert!(matches!(
        snarkjs::read_proof(twice),
        Err(SnarkjsError::Json(_))
    ));
}

#[test]
fn numbers_with_a_second_form_are_refused() {
    let too_large = |refused: SnarkjsError, at: &str| {
        let source = NumberError::TooLarge;
        assert!(
            matches!(&refused, SnarkjsError::Number { place, source: s } if place == at && *s == source),
            "{refused}"
        );
    };
    for place in 0..8 {
        let refused = signals_refused(|file| file[place] = aliased::<Fr>(&file[place]));
        too_large(refused, &format!("public signal {place}"));
    }
    too_large(
        proof_refused(|f| f["pi_a"][0] = aliased::<Fq>(&f["pi_a"][0])),
        "pi_a",
    );
    too_large(
        proof_refused(|f| f["pi_b"][1][1] = aliased::<Fq>(&f["pi_b"][1][1])),
        "pi_b",
    );
    too_large(
        key_refused(|f| f["IC"][3][1] = aliased::<Fq>(&f["IC"][3][1])),
        "IC[3]",
    );
    for text in ["", "-1", "+1", "01", "0x1", "1.0", "1e3"] {
        let refused = signals_refused(|file| file[4] = json!(text));
        let source = NumberError::NotDecimal;
        assert!(matches!(refused, SnarkjsError::Number { source: s, .. } if s == source));
    }
}

#[test]
fn projective_points_are_refused() {
    for last in ["0", "2", "01", ""] {
        let refused = proof_refused(|file| file["pi_c"][2] = json!(last));
        assert!(matches!(refused, SnarkjsError::NotAffine { place } if place == "pi_c"));
    }
    // The point at infinity, as snarkjs writes it.
    let refused = proof_refused(|file| file["pi_a"] = json!(["0", "1", "0"]));
    assert!(matches!(refused, SnarkjsError::NotAffine { .. }));
    for last in [["0", "0"], ["1", "1"], ["0", "1"]] {
        let refused = key_refused(|file| file["vk_gamma_2"][2] = json!(last));
        assert!(matches!(refused, SnarkjsError::NotAffine { place } if place == "vk_gamma_2"));
    }
}

#[test]
fn points_off_the_curve_or_group_are_refused() {
    let proof_point = |refused: SnarkjsError, point, source| {
        let expected = ProofError::Point { point, source };
        assert!(
            matches!(&refused, SnarkjsError::Proof(e) if *e == expected),
            "{refused}"
        );
    };
    let refused = proof_refused(|file| file["pi_a"] = json!(["1", "1", "1"]));
    proof_point(refused, ProofPoint::A, PointError::NotOnCurve);
    let refused = proof_refused(|file| file["pi_c"] = json!(["0", "0", "1"]));
    proof_point(refused, ProofPoint::C, PointError::Identity);
    let outside = point::second_off_group();
    let pair = |c: ark_bn254::Fq2| json!([c.c0.to_string(), c.c1.to_string()]);
    let outside = json!([pair(outside.x), pair(outside.y), ["1", "0"]]);
    let refused = proof_refused(|file| file["pi_b"] = outside.clone());
    proof_point(refused, ProofPoint::B, PointError::NotInSubgroup);
    let refused = key_refused(|file| file["vk_delta_2"] = outside);
    let expected = KeyError::Point {
        point: KeyPoint::Delta,
        source: PointError::NotInSubgroup,
    };
    assert!(matches!(refused, SnarkjsError::Key(e) if e == expected));
}

#[test]
fn unsound_or_inconsistent_keys_are_refused() {
    let refused = key_refused(|file| file["vk_delta_2"] = file["vk_gamma_2"].clone());
    assert!(matches!(refused, SnarkjsError::Key(KeyError::GammaIsDelta)));
    let refused = key_refused(|file| file["vk_alphabeta_12"][0][0][0] = json!("1"));
    assert!(matches!(refused, SnarkjsError::AlphaBeta));
}
