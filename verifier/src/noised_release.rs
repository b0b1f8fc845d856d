//! Noised releases: that released values are what a policy makes of committed counts with noise, and that the
//! noise follows from committed seeds and public offsets.
//!
//! A proof has two parts. A halo2 proof of the circuit in `salus_circuits::noised_release` shows it of the
//! counts and seeds in its first two columns; the [`link`] shows that these are the committed ones.
//! Nothing here has a trusted setup: the verifying key follows from the circuit.
//! Spec: docs/spec/cohort.md, section "Noise".

pub mod generators;
pub mod link;
mod proof;
pub mod seeds;

use halo2_proofs::pasta::EqAffine;
use salus_circuits::noised_release::{Instance, InstanceError};
use salus_protocol::noise::Epsilon;
use salus_protocol::release::{DisclosurePolicy, Released, Shape};
use thiserror::Error;

use crate::cohort::Transcript;
use crate::cohort::linear::LinearError;
use crate::release::verify_circuit;
use generators::verifying_key;
pub use proof::{CIRCUIT_PROOF_BYTES, NoisedReleaseProof, NoisedReleaseProofError};
pub use seeds::{SeedProof, SeedsError, verify_seeds};

/// What a noised release shows: the values are what the policy makes of the committed counts with
/// the noise that the committed seeds and the offsets give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoisedReleaseStatement {
    /// Digest of the answer that the release is part of.
    pub context: [u8; 32],
    /// How noisy counts are released.
    pub policy: DisclosurePolicy,
    /// What the cells are to each other. Each is released by itself, whatever this is.
    pub shape: Shape,
    /// Which law the noise has.
    pub epsilon: Epsilon,
    /// Commitments to the counts, cell by cell: the count times the cell's generator, and a multiple of the
    /// blinding generator.
    pub commitments: Vec<EqAffine>,
    /// Commitments to the seeds, cell by cell, with the same generators.
    pub seeds: Vec<EqAffine>,
    /// The ledger's part in each cell's noise, below 2^54: see [`salus_protocol::noise::offset`].
    pub offsets: Vec<u64>,
    /// What is released of each cell.
    pub released: Vec<Released>,
}

/// Why a noised release does not verify.
#[derive(Debug, Error)]
pub enum NoisedReleaseError {
    /// The values can't have been released.
    #[error(transparent)]
    Instance(#[from] InstanceError),
    /// Each cell has one commitment to its count and one to its seed.
    #[error(
        "{commitments} commitments to counts and {seeds} to seeds for {cells} cells: each cell needs one of both"
    )]
    Commitments {
        /// The number of released values.
        cells: usize,
        /// The number of commitments to counts.
        commitments: usize,
        /// The number of commitments to seeds.
        seeds: usize,
    },
    /// The circuit's proof does not hold.
    #[error(
        "the proof does not show that these values are released with this noise under this policy: {0}"
    )]
    Circuit(halo2_proofs::plonk::Error),
    /// The circuit's proof does not begin with commitments.
    #[error("the circuit's proof does not begin with two points of Vesta")]
    Columns,
    /// The circuit's proof is about other counts or seeds.
    #[error("the circuit's proof is about other counts or seeds than the committed ones: {0}")]
    Link(#[from] LinearError),
}

/// Verifies a noised release.
///
/// The caller decides whether the policy is strict enough, whether the commitments are the tally's, whether the seeds
/// were committed to for this table before the offsets could be known, whether they are used once, and whether the
/// offsets are those that follow from beacon and table.
///
/// # Errors
/// [`NoisedReleaseError`] when the statement is no table that could be released, or the proof does not show it.
pub fn verify_noised_release(
    statement: &NoisedReleaseStatement,
    proof: &NoisedReleaseProof,
) -> Result<(), NoisedReleaseError> {
    let instance = statement.instance()?;
    let mut transcript = statement.transcript();
    let bound = transcript.challenge(b"statement");
    verify_circuit(verifying_key(), &instance.columns(), bound, proof.circuit())
        .map_err(NoisedReleaseError::Circuit)?;
    transcript.bytes(b"circuit proof", proof.circuit());
    let columns = proof.columns().ok_or(NoisedReleaseError::Columns)?;
    let link = link::statement(&mut transcript, columns, statement);
    proof.link().verify(&link, &mut transcript)?;
    Ok(())
}

impl NoisedReleaseStatement {
    /// The statement as the circuit reads it.
    ///
    /// # Errors
    /// [`NoisedReleaseError`] when it is no table that could be released.
    pub fn instance(&self) -> Result<Instance, NoisedReleaseError> {
        let (cells, commitments) = (self.released.len(), self.commitments.len());
        let seeds = self.seeds.len();
        if cells != commitments || cells != seeds {
            return Err(NoisedReleaseError::Commitments {
                cells,
                commitments,
                seeds,
            });
        }
        Ok(Instance::new(
            self.policy,
            self.shape,
            self.epsilon,
            &self.offsets,
            &self.released,
        )?)
    }

    /// The transcript after it has absorbed the statement.
    #[must_use]
    pub fn transcript(&self) -> Transcript {
        let mut transcript = Transcript::new(b"salus.v1.noised-release");
        transcript.bytes(b"context", &self.context);
        transcript.number(b"suppress up to", self.policy.suppress_up_to.into());
        transcript.number(b"round to", self.policy.round_to.into());
        let shape: &[u8] = match self.shape {
            Shape::Single => b"single",
            Shape::Attrition => b"attrition",
            Shape::Partition => b"partition",
        };
        transcript.bytes(b"shape", shape);
        transcript.number(b"epsilon in tenths", self.epsilon.tenths().into());
        transcript.number(b"cells", self.released.len() as u64);
        for released in &self.released {
            match released {
                Released::Suppressed => transcript.bytes(b"suppressed", b""),
                Released::Count(count) => transcript.number(b"count", (*count).into()),
            }
        }
        transcript.number(b"offsets", self.offsets.len() as u64);
        for offset in &self.offsets {
            transcript.number(b"offset", *offset);
        }
        transcript.points(b"commitments", &self.commitments);
        transcript.points(b"seeds", &self.seeds);
        transcript
    }
}
