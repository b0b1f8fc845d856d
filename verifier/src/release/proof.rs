//! A release's proof and its only encoding: the circuit's proof, then the link.

use std::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use halo2_proofs::pasta::group::GroupEncoding;
use halo2_proofs::pasta::group::ff::PrimeField;
use halo2_proofs::pasta::{EqAffine, Fp};
use salus_protocol::release::MAX_CELLS;
use thiserror::Error;

use super::link::{Link, OTHER_SECRETS};

/// Length of the circuit's proof in bytes, whatever the statement.
pub const CIRCUIT_PROOF_BYTES: usize = 2464;

const WORD: usize = 32;

/// A proof of a release.
#[derive(Clone, PartialEq, Eq)]
pub struct ReleaseProof {
    circuit: Vec<u8>,
    link: Link,
}

/// Why bytes are not a release's proof.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum ReleaseProofError {
    /// No number of cells gives this length.
    #[error(
        "a release's proof is {CIRCUIT_PROOF_BYTES} bytes and 32 for each of the link's 2 announcements, {OTHER_SECRETS} secrets and 1 to {MAX_CELLS} cells; found {found}"
    )]
    Length {
        /// The length found, in bytes.
        found: usize,
    },
    /// An announcement is not a canonical point.
    #[error("the link's announcement {place} is not the canonical encoding of a Vesta point")]
    Announcement {
        /// Which, from 0.
        place: usize,
    },
    /// An answer is not a canonical scalar.
    #[error("the link's answer {place} is not below Vesta's order")]
    Answer {
        /// Which, from 0.
        place: usize,
    },
}

impl ReleaseProof {
    /// A proof of its two parts.
    ///
    /// # Errors
    /// [`ReleaseProofError::Length`] when a part has another length than a proof's.
    pub fn new(circuit: Vec<u8>, link: Link) -> Result<Self, ReleaseProofError> {
        let found = circuit.len() + WORD * (link.answers.len() + 2);
        check_length(found)?;
        if circuit.len() != CIRCUIT_PROOF_BYTES {
            return Err(ReleaseProofError::Length { found });
        }
        Ok(Self { circuit, link })
    }

    /// Decodes a proof.
    ///
    /// # Errors
    /// [`ReleaseProofError`] when the length is none that a proof has, or the link is not canonical. The
    /// circuit's proof is decoded when it is verified.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ReleaseProofError> {
        check_length(bytes.len())?;
        let (circuit, link) = bytes.split_at(CIRCUIT_PROOF_BYTES);
        let (words, _) = link.as_chunks::<WORD>();
        let (announcements, answers) = words.split_at(2);
        let announcement = |place: usize| {
            point(&announcements[place]).ok_or(ReleaseProofError::Announcement { place })
        };
        let answer = |(place, word): (usize, &[u8; WORD])| {
            Option::from(Fp::from_repr(*word)).ok_or(ReleaseProofError::Answer { place })
        };
        Ok(Self {
            circuit: circuit.to_vec(),
            link: Link {
                announcements: [announcement(0)?, announcement(1)?],
                answers: answers
                    .iter()
                    .enumerate()
                    .map(answer)
                    .collect::<Result<_, _>>()?,
            },
        })
    }

    /// The proof's only encoding.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.circuit.clone();
        bytes.extend(
            self.link
                .announcements
                .iter()
                .flat_map(GroupEncoding::to_bytes),
        );
        bytes.extend(self.link.answers.iter().flat_map(PrimeField::to_repr));
        bytes
    }

    /// The circuit's proof.
    #[must_use]
    pub fn circuit(&self) -> &[u8] {
        &self.circuit
    }

    /// The link.
    #[must_use]
    pub const fn link(&self) -> &Link {
        &self.link
    }

    /// halo2's commitment to the column of counts: the first thing in the circuit's proof.
    #[must_use]
    pub fn count_column(&self) -> Option<EqAffine> {
        self.circuit.first_chunk().and_then(point)
    }
}

fn check_length(found: usize) -> Result<(), ReleaseProofError> {
    let cells = |cells: usize| CIRCUIT_PROOF_BYTES + WORD * (2 + OTHER_SECRETS + cells);
    let fits = (cells(1)..=cells(MAX_CELLS)).contains(&found);
    if !fits || !(found - CIRCUIT_PROOF_BYTES).is_multiple_of(WORD) {
        return Err(ReleaseProofError::Length { found });
    }
    Ok(())
}

/// Decodes a point, and refuses any but its one encoding.
fn point(bytes: &[u8; WORD]) -> Option<EqAffine> {
    Option::<EqAffine>::from(EqAffine::from_bytes(bytes)).filter(|point| point.to_bytes() == *bytes)
}

impl fmt::Debug for ReleaseProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReleaseProof({})", hex::encode(self.to_bytes()))
    }
}

impl BorshSerialize for ReleaseProof {
    fn serialize<W: std::io::Write>(&self, writer: &mut W) -> std::io::Result<()> {
        self.to_bytes().serialize(writer)
    }
}

impl BorshDeserialize for ReleaseProof {
    fn deserialize_reader<R: std::io::Read>(reader: &mut R) -> std::io::Result<Self> {
        let invalid = |e| std::io::Error::new(std::io::ErrorKind::InvalidData, e);
        Self::from_bytes(&Vec::deserialize_reader(reader)?).map_err(invalid)
    }
}
