//! snarkjs's JSON: verifying keys, proofs and public signals, both ways.
//!
//! Reading is strict. Numbers are decimal without sign or leading zero, and below their field's
//! modulus: snarkjs refuses larger signals, and reducing them would give a statement many forms.
//! Points are affine, and pass every check that a canonical encoding passes. snarkjs's files carry
//! neither the circuit's name nor the setup, so whoever reads a key states both.

mod number;
mod point;

use ark_bn254::{Bn254, Fr};
use ark_ec::pairing::Pairing;
use salus_protocol::statement::{PUBLIC_INPUTS, Statement};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::key::{KeyError, Setup, VerifyingKey};
use crate::proof::{Proof, ProofError};

pub use number::NumberError;
use point::{First, Second, Target};

const PROTOCOL: &str = "groth16";
const CURVE: &str = "bn128";

/// Why a file in snarkjs's format is refused.
#[derive(Debug, Error)]
pub enum SnarkjsError {
    /// Not JSON, or not of the expected shape.
    #[error("not in snarkjs's format: {0}")]
    Json(#[source] serde_json::Error),
    /// Another proof system.
    #[error("the file's protocol is {found:?}; only {PROTOCOL:?} is read")]
    Protocol {
        /// As the file says, cut to a readable length.
        found: String,
    },
    /// Another curve.
    #[error("the file's curve is {found:?}; only {CURVE:?} is read")]
    Curve {
        /// As the file says, cut to a readable length.
        found: String,
    },
    /// Another number of public inputs.
    #[error("the file is for {found} public inputs; a statement has {PUBLIC_INPUTS}")]
    PublicInputs {
        /// How many the file has.
        found: u64,
    },
    /// A number is refused.
    #[error("{place}: {source}")]
    Number {
        /// Where in the file.
        place: String,
        /// Why.
        source: NumberError,
    },
    /// A point is not in affine form.
    #[error("{place}: the last coordinate of a point must be one")]
    NotAffine {
        /// Where in the file.
        place: String,
    },
    /// The stated pairing of alpha and beta is another one.
    #[error("vk_alphabeta_12 is not the pairing of vk_alpha_1 and vk_beta_2")]
    AlphaBeta,
    /// The numbers are in order, but the key is refused.
    #[error("the verifying key is refused: {0}")]
    Key(#[source] KeyError),
    /// The numbers are in order, but the proof is refused.
    #[error("the proof is refused: {0}")]
    Proof(#[source] ProofError),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    protocol: String,
    curve: String,
    #[serde(rename = "nPublic")]
    public_inputs: u64,
    vk_alpha_1: First,
    vk_beta_2: Second,
    vk_gamma_2: Second,
    vk_delta_2: Second,
    // Redundant, and not used by snarkjs's own verifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    vk_alphabeta_12: Option<Target>,
    #[serde(rename = "IC")]
    inputs: Vec<First>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProofFile {
    pi_a: First,
    pi_b: Second,
    pi_c: First,
    protocol: String,
    // Some provers of circom circuits leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    curve: Option<String>,
}

/// Writes a verifying key as snarkjs's `verification_key.json`.
#[must_use]
pub fn write_key(key: &VerifyingKey) -> String {
    let points = key.as_ark();
    let alpha_beta = Bn254::pairing(points.alpha_g1, points.beta_g2);
    write(&KeyFile {
        protocol: PROTOCOL.to_owned(),
        curve: CURVE.to_owned(),
        public_inputs: PUBLIC_INPUTS as u64,
        vk_alpha_1: First::write(&points.alpha_g1),
        vk_beta_2: Second::write(&points.beta_g2),
        vk_gamma_2: Second::write(&points.gamma_g2),
        vk_delta_2: Second::write(&points.delta_g2),
        vk_alphabeta_12: Some(Target::write(&alpha_beta.0)),
        inputs: points.gamma_abc_g1.iter().map(First::write).collect(),
    })
}

/// Reads snarkjs's `verification_key.json` as a key of `circuit` that comes from `setup`.
///
/// # Errors
/// When the file is not in snarkjs's format for Groth16 over BN254 with a statement's number of
/// public inputs, or [`VerifyingKey::new`] refuses what it says.
pub fn read_key(json: &str, circuit: &str, setup: Setup) -> Result<VerifyingKey, SnarkjsError> {
    let file: KeyFile = serde_json::from_str(json).map_err(SnarkjsError::Json)?;
    check_header(&file.protocol, Some(&file.curve))?;
    if file.public_inputs != PUBLIC_INPUTS as u64 {
        return Err(SnarkjsError::PublicInputs {
            found: file.public_inputs,
        });
    }
    let inputs = file.inputs.iter().enumerate();
    let points = ark_groth16::VerifyingKey {
        alpha_g1: file.vk_alpha_1.read("vk_alpha_1")?,
        beta_g2: file.vk_beta_2.read("vk_beta_2")?,
        gamma_g2: file.vk_gamma_2.read("vk_gamma_2")?,
        delta_g2: file.vk_delta_2.read("vk_delta_2")?,
        gamma_abc_g1: inputs
            .map(|(place, input)| input.read(&format!("IC[{place}]")))
            .collect::<Result<_, _>>()?,
    };
    let key = VerifyingKey::new(circuit, setup, points).map_err(SnarkjsError::Key)?;
    if let Some(stated) = file.vk_alphabeta_12 {
        let actual = Bn254::pairing(key.as_ark().alpha_g1, key.as_ark().beta_g2);
        if stated != Target::write(&actual.0) {
            return Err(SnarkjsError::AlphaBeta);
        }
    }
    Ok(key)
}

/// Writes a proof as snarkjs's `proof.json`.
#[must_use]
pub fn write_proof(proof: &Proof) -> String {
    let points = proof.as_ark();
    write(&ProofFile {
        pi_a: First::write(&points.a),
        pi_b: Second::write(&points.b),
        pi_c: First::write(&points.c),
        protocol: PROTOCOL.to_owned(),
        curve: Some(CURVE.to_owned()),
    })
}

/// Reads snarkjs's `proof.json`.
///
/// # Errors
/// When the file is not in snarkjs's format for Groth16 over BN254, or a point is not on its
/// curve, not in its group, or the identity.
pub fn read_proof(json: &str) -> Result<Proof, SnarkjsError> {
    let file: ProofFile = serde_json::from_str(json).map_err(SnarkjsError::Json)?;
    check_header(&file.protocol, file.curve.as_deref())?;
    let points = ark_groth16::Proof {
        a: file.pi_a.read("pi_a")?,
        b: file.pi_b.read("pi_b")?,
        c: file.pi_c.read("pi_c")?,
    };
    Proof::try_from(points).map_err(SnarkjsError::Proof)
}

/// Writes a statement's public inputs as snarkjs's `public.json`.
#[must_use]
pub fn write_signals(statement: &Statement) -> String {
    write(&statement.public_inputs().map(|input| input.to_string()))
}

/// Reads snarkjs's `public.json`. The caller compares the signals with
/// [`Statement::public_inputs`] of the statement it expects.
///
/// # Errors
/// When there are not as many signals as a statement has public inputs, or one is not a decimal
/// number below the scalar field's modulus.
pub fn read_signals(json: &str) -> Result<[Fr; PUBLIC_INPUTS], SnarkjsError> {
    let texts: Vec<String> = serde_json::from_str(json).map_err(SnarkjsError::Json)?;
    let found = texts.len() as u64;
    let signals = texts
        .iter()
        .enumerate()
        .map(|(place, text)| number::read(text, &format!("public signal {place}")))
        .collect::<Result<Vec<_>, _>>()?;
    signals
        .try_into()
        .map_err(|_| SnarkjsError::PublicInputs { found })
}

fn check_header(protocol: &str, curve: Option<&str>) -> Result<(), SnarkjsError> {
    let cut = |text: &str| text.chars().take(80).collect();
    if protocol != PROTOCOL {
        return Err(SnarkjsError::Protocol {
            found: cut(protocol),
        });
    }
    match curve {
        Some(curve) if curve != CURVE => Err(SnarkjsError::Curve { found: cut(curve) }),
        _ => Ok(()),
    }
}

fn write<T: Serialize>(file: &T) -> String {
    serde_json::to_string_pretty(file).expect("texts, numbers and lists can be written as JSON")
}
