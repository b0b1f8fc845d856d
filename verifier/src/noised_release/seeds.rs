//! That whoever commits to seeds can open them: each commitment in its own cell's generator and the blinding one alone.
//!
//! So nobody commits to another custodian's seed, or to something that depends on it.

use borsh::{BorshDeserialize, BorshSerialize};
use halo2_proofs::pasta::EqAffine;
use salus_protocol::release::MAX_CELLS;
use thiserror::Error;

use crate::cohort::encoding::{EncodingError, Reader};
use crate::cohort::linear::{LinearError, LinearProof, LinearStatement};
use crate::cohort::transcript::Transcript;
use crate::release::generators::count_generators;

/// Bytes of a proof for each cell: one point, and two scalars.
pub const SEED_PROOF_BYTES: usize = 3 * WORD;

const WORD: usize = 32;

/// A proof that commitments to seeds can be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeedProof(LinearProof);

/// Why commitments to seeds are refused.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum SeedsError {
    /// A table has from 1 to 64 cells.
    #[error("{found} commitments to seeds: a table has 1 to {MAX_CELLS} cells, and each needs one")]
    Cells {
        /// The number of commitments.
        found: usize,
    },
    /// The bytes have another length than any proof.
    #[error(
        "a proof for seeds is {SEED_PROOF_BYTES} bytes for each of 1 to {MAX_CELLS} cells; found {found}"
    )]
    Length {
        /// The length found, in bytes.
        found: usize,
    },
    /// The bytes are not canonical.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
    /// The proof does not hold.
    #[error("the proof does not show that the seeds can be opened: {0}")]
    Linear(#[from] LinearError),
}

impl SeedProof {
    /// Of a linear proof.
    #[must_use]
    pub const fn new(proof: LinearProof) -> Self {
        Self(proof)
    }

    /// The proof's only encoding.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.0.write(&mut bytes);
        bytes
    }

    /// Decodes a proof.
    ///
    /// # Errors
    /// [`SeedsError`] when the length is none that a proof has, or a point or scalar is not canonical.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SeedsError> {
        let (found, cells) = (bytes.len(), bytes.len() / SEED_PROOF_BYTES);
        if !found.is_multiple_of(SEED_PROOF_BYTES) || !(1..=MAX_CELLS).contains(&cells) {
            return Err(SeedsError::Length { found });
        }
        let mut reader = Reader::new(bytes);
        let proof = LinearProof::read(&mut reader, cells, 0, 2 * cells)?;
        reader.finish()?;
        Ok(Self(proof))
    }
}

impl BorshSerialize for SeedProof {
    fn serialize<W: std::io::Write>(&self, writer: &mut W) -> std::io::Result<()> {
        self.to_bytes().serialize(writer)
    }
}

impl BorshDeserialize for SeedProof {
    fn deserialize_reader<R: std::io::Read>(reader: &mut R) -> std::io::Result<Self> {
        let invalid = |e| std::io::Error::new(std::io::ErrorKind::InvalidData, e);
        Self::from_bytes(&Vec::deserialize_reader(reader)?).map_err(invalid)
    }
}

/// What is to be shown of commitments to seeds, and the transcript of it. Secrets are, cell by cell, the seed and its salt.
///
/// # Errors
/// [`SeedsError::Cells`] when no table has so many cells.
pub fn seed_statement(
    context: &[u8; 32],
    commitments: &[EqAffine],
) -> Result<(LinearStatement, Transcript), SeedsError> {
    let found = commitments.len();
    if !(1..=MAX_CELLS).contains(&found) {
        return Err(SeedsError::Cells { found });
    }
    let mut transcript = Transcript::new(b"salus.v1.noise-seeds");
    transcript.bytes(b"context", context);
    transcript.points(b"seeds", commitments);
    let generators = count_generators();
    let mut statement = LinearStatement::default();
    let blinding = statement.base(generators.blinding);
    for (commitment, value) in commitments.iter().zip(&generators.values) {
        let (seed, salt) = (statement.secret(), statement.secret());
        let value = statement.base(*value);
        let terms = [(seed, value), (salt, blinding)];
        statement.point("the seed can be opened", *commitment, &terms);
    }
    Ok((statement, transcript))
}

/// Verifies that whoever made the proof can open each of these commitments to seeds.
///
/// `context` has to name the custodian and what the seeds are for: a proof is good for one context only, so that
/// nobody hands in another's commitments as its own. That a seed is below 2^54 is not shown.
///
/// # Errors
/// [`SeedsError`] when the proof does not show it.
pub fn verify_seeds(
    context: &[u8; 32],
    commitments: &[EqAffine],
    proof: &SeedProof,
) -> Result<(), SeedsError> {
    let (statement, mut transcript) = seed_statement(context, commitments)?;
    proof.0.verify(&statement, &mut transcript)?;
    Ok(())
}
