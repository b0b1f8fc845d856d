//! The check itself: does a proof show its statement under a trusted key?
//!
//! A proof (A, B, C) of public inputs x holds when
//! e(A, B) = e(alpha, beta) · e(X, gamma) · e(C, delta), with X = IC\[0\] + sum x_j · IC\[j\].

mod batch;

use std::ops::Deref;

use ark_bn254::{Bn254, Fr, G1Affine, G1Projective};
use ark_ec::pairing::Pairing;
use ark_ec::{CurveGroup, VariableBaseMSM};
use salus_protocol::statement::{PUBLIC_INPUTS, Statement};
use thiserror::Error;

use crate::key::{KeyId, TrustedKey};
use crate::proof::Proof;

pub use batch::{BatchError, verify_batch};

/// Something that a proof was seen to show, and the key it was seen under. Only this crate's
/// verification makes one, so whoever asks for it can't be handed an unverified statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified<T> {
    statement: T,
    key_id: KeyId,
}

impl<T> Verified<T> {
    /// What was shown.
    pub const fn statement(&self) -> &T {
        &self.statement
    }

    /// The key under which it was shown.
    pub const fn key_id(&self) -> KeyId {
        self.key_id
    }

    /// What was shown, by value: from here on nothing says that it was verified.
    pub fn into_statement(self) -> T {
        self.statement
    }
}

impl<T> Deref for Verified<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.statement
    }
}

/// Why a proof is refused.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
pub enum VerifyError {
    /// The proof is well formed but does not show this statement under this key.
    #[error("the proof does not show this statement under key {key_id}")]
    NotValid {
        /// The key it was checked under.
        key_id: KeyId,
    },
}

/// Verifies that `proof` shows `statement` under `key`.
///
/// It says nothing about the statement's own values: the caller compares root, study, day and
/// nullifier with what it knows. Proofs can be re-randomised, so the caller deduplicates by
/// nullifier.
///
/// # Errors
/// [`VerifyError::NotValid`] when the proof does not hold.
pub fn verify(
    key: &TrustedKey,
    statement: &Statement,
    proof: &Proof,
) -> Result<Verified<Statement>, VerifyError> {
    if holds(key, statement, proof) {
        Ok(shown(key, *statement))
    } else {
        Err(VerifyError::NotValid { key_id: key.id() })
    }
}

/// To be called only for what was just seen to hold.
fn shown(key: &TrustedKey, statement: Statement) -> Verified<Statement> {
    Verified {
        statement,
        key_id: key.id(),
    }
}

fn holds(key: &TrustedKey, statement: &Statement, proof: &Proof) -> bool {
    let prepared = key.prepared();
    let proof = proof.as_ark();
    let inputs = combine_inputs(key, Fr::from(1u64), &statement.public_inputs());
    let pairs = Bn254::multi_miller_loop(
        [proof.a, inputs, proof.c],
        [
            proof.b.into(),
            prepared.gamma_g2_neg_pc.clone(),
            prepared.delta_g2_neg_pc.clone(),
        ],
    );
    // The final exponentiation fails only for zero, which is not a pairing's value.
    Bn254::final_exponentiation(pairs).is_some_and(|value| value.0 == prepared.alpha_g1_beta_g2)
}

/// The constant times IC\[0\] plus each input times its point. A trusted key holds exactly one
/// point more than there are inputs, so none is left over on either side.
fn combine_inputs(key: &TrustedKey, constant: Fr, inputs: &[Fr; PUBLIC_INPUTS]) -> G1Affine {
    let mut scalars = [constant; PUBLIC_INPUTS + 1];
    scalars[1..].copy_from_slice(inputs);
    G1Projective::msm_unchecked(key.input_points(), &scalars).into_affine()
}
