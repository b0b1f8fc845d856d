//! A noised release's proof and its only encoding: the circuit's proof, then the link.

use std::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use halo2_proofs::pasta::EqAffine;
use salus_protocol::release::MAX_CELLS;
use thiserror::Error;

use super::link::{EQUATIONS, secrets};
use crate::cohort::encoding::{EncodingError, Reader};
use crate::cohort::linear::LinearProof;

/// Length of the circuit's proof in bytes, whatever the statement.
pub const CIRCUIT_PROOF_BYTES: usize = 3136;

const WORD: usize = 32;

/// A proof of a noised release.
#[derive(Clone, PartialEq, Eq)]
pub struct NoisedReleaseProof {
    circuit: Vec<u8>,
    link: LinearProof,
}

/// Why bytes are not a noised release's proof.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum NoisedReleaseProofError {
    /// No number of cells gives this length.
    #[error(
        "a noised release's proof is {} bytes, and {} more for each of 1 to {MAX_CELLS} cells; found {found}",
        length(0), 2 * WORD
    )]
    Length {
        /// The length found, in bytes.
        found: usize,
    },
    /// The link is not canonical.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
}

impl NoisedReleaseProof {
    /// A proof of its two parts.
    ///
    /// # Errors
    /// [`NoisedReleaseProofError::Length`] when a part has another length than a proof's.
    pub fn new(circuit: Vec<u8>, link: LinearProof) -> Result<Self, NoisedReleaseProofError> {
        let points = link.point_masks.len();
        let found = circuit.len() + WORD * (points + link.answers.len());
        let is_link = points == EQUATIONS && link.scalar_masks.is_empty();
        if circuit.len() != CIRCUIT_PROOF_BYTES || !is_link {
            return Err(NoisedReleaseProofError::Length { found });
        }
        cells_of(found)?;
        Ok(Self { circuit, link })
    }

    /// Decodes a proof.
    ///
    /// # Errors
    /// [`NoisedReleaseProofError`] when the length is none that a proof has, or the link is not canonical. The
    /// circuit's proof is decoded when it is verified.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NoisedReleaseProofError> {
        let cells = cells_of(bytes.len())?;
        let (circuit, link) = bytes.split_at(CIRCUIT_PROOF_BYTES);
        let mut reader = Reader::new(link);
        let link = LinearProof::read(&mut reader, EQUATIONS, 0, secrets(cells))?;
        reader.finish()?;
        Ok(Self {
            circuit: circuit.to_vec(),
            link,
        })
    }

    /// The proof's only encoding.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.circuit.clone();
        self.link.write(&mut bytes);
        bytes
    }

    /// The circuit's proof.
    #[must_use]
    pub fn circuit(&self) -> &[u8] {
        &self.circuit
    }

    /// The link.
    #[must_use]
    pub const fn link(&self) -> &LinearProof {
        &self.link
    }

    /// halo2's commitments to the columns of counts and of seeds: the first two things in the circuit's
    /// proof.
    #[must_use]
    pub fn columns(&self) -> Option<[EqAffine; 2]> {
        let mut reader = Reader::new(&self.circuit);
        let mut column = || reader.point("circuit's proof").ok();
        Some([column()?, column()?])
    }
}

/// A proof's length in bytes, for so many cells.
const fn length(cells: usize) -> usize {
    CIRCUIT_PROOF_BYTES + WORD * (EQUATIONS + secrets(cells))
}

/// For how many cells a proof of this length is.
fn cells_of(found: usize) -> Result<usize, NoisedReleaseProofError> {
    (1..=MAX_CELLS)
        .find(|cells| length(*cells) == found)
        .ok_or(NoisedReleaseProofError::Length { found })
}

impl fmt::Debug for NoisedReleaseProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NoisedReleaseProof({})", hex::encode(self.to_bytes()))
    }
}

impl BorshSerialize for NoisedReleaseProof {
    fn serialize<W: std::io::Write>(&self, writer: &mut W) -> std::io::Result<()> {
        self.to_bytes().serialize(writer)
    }
}

impl BorshDeserialize for NoisedReleaseProof {
    fn deserialize_reader<R: std::io::Read>(reader: &mut R) -> std::io::Result<Self> {
        let invalid = |e| std::io::Error::new(std::io::ErrorKind::InvalidData, e);
        Self::from_bytes(&Vec::deserialize_reader(reader)?).map_err(invalid)
    }
}
