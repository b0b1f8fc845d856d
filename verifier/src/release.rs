//! Releases: that released values are what a policy makes of committed counts.
//!
//! A proof has two parts. A halo2 proof of the circuit in `salus_circuits::release` shows it of the
//! counts in its first column; the [`link`] shows that these are the committed ones.
//! Nothing here has a trusted setup: the verifying key follows from the circuit.
//! Spec: docs/spec/cohort.md, section "Release".

pub mod generators;
pub mod link;
mod proof;

use halo2_proofs::pasta::group::GroupEncoding;
use halo2_proofs::pasta::group::ff::FromUniformBytes;
use halo2_proofs::pasta::{EqAffine, Fp};
use halo2_proofs::plonk::{SingleVerifier, VerifyingKey, verify_proof};
use halo2_proofs::transcript::{Blake2bRead, Challenge255, Transcript as _};
use merlin::Transcript;
use salus_circuits::release::{Instance, InstanceError};
use salus_protocol::release::{DisclosurePolicy, Released, Shape};
use thiserror::Error;

use generators::{parameters, verifying_key};
use link::LinkError;
pub use proof::{CIRCUIT_PROOF_BYTES, ReleaseProof, ReleaseProofError};

/// What a release shows: the values are what the policy makes of the committed counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseStatement {
    /// Digest of the answer that the release is part of.
    pub context: [u8; 32],
    /// How counts are released.
    pub policy: DisclosurePolicy,
    /// What the cells are to each other.
    pub shape: Shape,
    /// Commitments to the counts, cell by cell: the count times the cell's generator, and a multiple of the
    /// blinding generator.
    pub commitments: Vec<EqAffine>,
    /// What is released of each cell.
    pub released: Vec<Released>,
}

/// Why a release does not verify.
#[derive(Debug, Error)]
pub enum ReleaseError {
    /// The values can't have been released.
    #[error(transparent)]
    Instance(#[from] InstanceError),
    /// Each cell has one commitment.
    #[error("{commitments} commitments for {cells} cells: each cell needs one")]
    Commitments {
        /// The number of released values.
        cells: usize,
        /// The number of commitments.
        commitments: usize,
    },
    /// The circuit's proof does not hold.
    #[error("the proof does not show that these values are released under this policy: {0}")]
    Circuit(halo2_proofs::plonk::Error),
    /// The circuit's proof is about other counts, or not about this statement.
    #[error(transparent)]
    Link(#[from] LinkError),
}

/// Verifies a release.
///
/// The caller decides whether the policy is strict enough and whether the commitments are the tally's.
///
/// # Errors
/// [`ReleaseError`] when the statement is no table that could be released, or the proof does not show it.
pub fn verify_release(
    statement: &ReleaseStatement,
    proof: &ReleaseProof,
) -> Result<(), ReleaseError> {
    let instance = statement.instance()?;
    let mut transcript = statement.transcript();
    let bound = scalar(&mut transcript, b"statement");
    verify_circuit(verifying_key(), &instance.columns(), bound, proof.circuit())
        .map_err(ReleaseError::Circuit)?;
    transcript.append_message(b"circuit proof", proof.circuit());
    let column = proof.count_column().ok_or(LinkError::Column)?;
    link::verify(
        &mut transcript,
        column,
        &statement.commitments,
        proof.link(),
    )?;
    Ok(())
}

/// Verifies halo2's proof of a circuit of this size. `bound` is the first thing that its transcript absorbs.
pub(crate) fn verify_circuit(
    key: &VerifyingKey<EqAffine>,
    instance: &[Vec<Fp>],
    bound: Fp,
    proof: &[u8],
) -> Result<(), halo2_proofs::plonk::Error> {
    let mut reader = Blake2bRead::<_, EqAffine, Challenge255<EqAffine>>::init(proof);
    reader.common_scalar(bound)?;
    let columns: Vec<&[Fp]> = instance.iter().map(Vec::as_slice).collect();
    let strategy = SingleVerifier::new(parameters());
    verify_proof(parameters(), key, strategy, &[&columns], &mut reader)
}

impl ReleaseStatement {
    /// The statement as the circuit reads it.
    ///
    /// # Errors
    /// [`ReleaseError`] when it is no table that could be released.
    pub fn instance(&self) -> Result<Instance, ReleaseError> {
        let (cells, commitments) = (self.released.len(), self.commitments.len());
        if cells != commitments {
            return Err(ReleaseError::Commitments { cells, commitments });
        }
        Ok(Instance::new(self.policy, self.shape, &self.released)?)
    }

    /// The transcript after it has absorbed the statement.
    #[must_use]
    pub fn transcript(&self) -> Transcript {
        let mut transcript = Transcript::new(b"salus.v1.release");
        transcript.append_message(b"context", &self.context);
        transcript.append_u64(b"suppress up to", self.policy.suppress_up_to.into());
        transcript.append_u64(b"round to", self.policy.round_to.into());
        let shape: &[u8] = match self.shape {
            Shape::Single => b"single",
            Shape::Attrition => b"attrition",
            Shape::Partition => b"partition",
        };
        transcript.append_message(b"shape", shape);
        transcript.append_u64(b"cells", self.released.len() as u64);
        for released in &self.released {
            match released {
                Released::Suppressed => transcript.append_message(b"suppressed", b""),
                Released::Count(count) => transcript.append_u64(b"count", (*count).into()),
            }
        }
        transcript.append_u64(b"commitments", self.commitments.len() as u64);
        for commitment in &self.commitments {
            transcript.append_message(b"commitment", &commitment.to_bytes());
        }
        transcript
    }
}

/// A challenge: 512 bits of the transcript, reduced.
#[must_use]
pub fn scalar(transcript: &mut Transcript, label: &'static [u8]) -> Fp {
    let mut wide = [0; 64];
    transcript.challenge_bytes(label, &mut wide);
    Fp::from_uniform_bytes(&wide)
}
