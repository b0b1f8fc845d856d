//! Proofs of eligibility: from a statement and a witness to a proof, one or many.
//!
//! The relation is checked natively first, so who cannot prove learns why in words. Never here:
//! where witnesses come from, and what becomes of proofs.

use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};
use salus_circuits::eligibility::{NAME, assign, shape};
use salus_protocol::eligibility::{Violation, Witness, check};
use salus_protocol::statement::Statement;
use salus_verifier::{Proof, ProofError};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::groth16::{self, Matrices, MatricesError, Preparation, ProverError};
use crate::key::{ProvingKey, ProvingKeyError};

/// Why there is no prover of eligibility.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EligibilityProverError {
    /// The key is for another circuit, or for another version of this one.
    #[error(
        "the proving key is for {found}, not for this {NAME}: make a new one with this version"
    )]
    OtherCircuit {
        /// The circuit that the key names.
        found: String,
    },
    /// The key does not fit the circuit.
    #[error(transparent)]
    Prover(#[from] ProverError),
    /// The circuit's constraints do not fit each other.
    #[error(transparent)]
    Matrices(#[from] MatricesError),
    /// The key could not be made.
    #[error(transparent)]
    Key(#[from] ProvingKeyError),
}

/// Why there is no proof.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EligibilityError {
    /// The witness does not show the statement.
    #[error("not eligible: {0}")]
    Violation(#[from] Violation),
    /// The proof could not be made.
    #[error(transparent)]
    Prove(#[from] groth16::ProveError),
    /// The proof has no encoding; it holds the identity, which happens with probability 2^-254.
    #[error("the proof cannot be written: {0}; make another")]
    Encoding(#[from] ProofError),
}

/// A key for the eligibility circuit, ready to prove.
#[derive(Debug)]
pub struct EligibilityProver {
    prover: groth16::Prover,
}

/// The circuit's constraints as keys are made for them: with few variables in B.
///
/// # Errors
/// None for the shipped circuit.
pub fn matrices() -> Result<Matrices, MatricesError> {
    let shape = shape();
    let rows = |side: fn(&salus_circuits::r1cs::Constraint) -> &salus_circuits::r1cs::Terms| {
        let row = |k| {
            side(k)
                .iter()
                .map(|(variable, c)| (*c, *variable))
                .collect()
        };
        shape.constraints.iter().map(row).collect()
    };
    let rows = [rows(|k| &k.a), rows(|k| &k.b), rows(|k| &k.c)];
    Ok(Matrices::new(rows, shape.instance_len, shape.witness_len)?.with_sparse_b())
}

/// Makes a key for development, alone. **Insecure**: see [`ProvingKey::insecure_development`].
///
/// # Errors
/// Where the setup fails, or the operating system gives no randomness.
pub fn insecure_development_key() -> Result<ProvingKey, EligibilityProverError> {
    Ok(ProvingKey::insecure_development(NAME, &matrices()?)?)
}

impl EligibilityProver {
    /// Prepares to prove with `key`.
    ///
    /// # Errors
    /// When the key is not for this circuit.
    pub fn new(key: &ProvingKey, preparation: Preparation) -> Result<Self, EligibilityProverError> {
        let matrices = matrices()?;
        if key.verifying().circuit() != NAME || key.matrices() != matrices.digest() {
            let found = key.verifying().circuit().to_owned();
            return Err(EligibilityProverError::OtherCircuit { found });
        }
        Ok(Self {
            prover: groth16::Prover::new(key.points(), matrices, preparation)?,
        })
    }

    /// One proof, on all cores.
    ///
    /// # Errors
    /// [`EligibilityError::Violation`] when the witness does not show the statement.
    pub fn prove(
        &self,
        statement: &Statement,
        witness: &Witness,
    ) -> Result<Proof, EligibilityError> {
        let values = Self::values(statement, witness)?;
        Ok(Proof::try_from(self.prover.prove(&values)?)?)
    }

    /// Many proofs, one a core at a time, in the order of the pairs. `finished` is called after each
    /// proof or failure, from any thread, in no order.
    pub fn prove_many(
        &self,
        pairs: &[(Statement, Witness)],
        finished: impl Fn() + Sync,
    ) -> Vec<Result<Proof, EligibilityError>> {
        let prove = |(statement, witness): &(Statement, Witness)| {
            let values = Self::values(statement, witness)?;
            let proof = self.prover.prove_on_one_core(&values);
            Ok(Proof::try_from(proof?)?)
        };
        let one = |pair| {
            let proof = prove(pair);
            finished();
            proof
        };
        pairs.par_iter().with_max_len(1).map(one).collect()
    }

    fn values(
        statement: &Statement,
        witness: &Witness,
    ) -> Result<Zeroizing<Vec<salus_circuits::r1cs::Fr>>, EligibilityError> {
        check(statement, witness)?;
        Ok(Zeroizing::new(assign(statement, witness).variables))
    }
}
