//! A Groth16 proof over BN254 and its only encoding: A, B and C, compressed, 128 bytes.
//!
//! Anyone can turn a proof into another one of the same statement (Groth16 proofs can be
//! re-randomised), so equal statements need not have equal proofs: deduplicate by nullifier, never
//! by proof bytes.

use std::fmt;
use std::io::{Error, ErrorKind, Read, Result as IoResult, Write};

use ark_bn254::Bn254;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

use crate::point::{self, PointError};

/// Length of a proof in bytes.
pub const PROOF_BYTES: usize = 128;

/// A proof: three points, all on their curve, in their group, and none the identity.
#[derive(Clone, PartialEq)]
pub struct Proof(ark_groth16::Proof<Bn254>);

/// One of a proof's points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofPoint {
    /// The first point, of the first group.
    A,
    /// The second point, of the second group.
    B,
    /// The third point, of the first group.
    C,
}

impl fmt::Display for ProofPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
        })
    }
}

/// Why bytes or points are not a proof.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum ProofError {
    /// A proof has one length.
    #[error("a proof is {PROOF_BYTES} bytes long, found {found}")]
    Length {
        /// The length found, in bytes.
        found: usize,
    },
    /// The text is not lower-case hexadecimal of the right length.
    #[error("a proof is written as {} lower-case hexadecimal digits", 2 * PROOF_BYTES)]
    NotHex,
    /// A point is refused.
    #[error("the proof's point {point} is refused: {source}")]
    Point {
        /// Which point.
        point: ProofPoint,
        /// Why.
        source: PointError,
    },
}

fn at(point: ProofPoint) -> impl FnOnce(PointError) -> ProofError {
    move |source| ProofError::Point { point, source }
}

impl Proof {
    /// Decodes a proof.
    ///
    /// # Errors
    /// When the length is not [`PROOF_BYTES`], or a point is not canonical, on its curve, in its
    /// group, or is the identity.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProofError> {
        if bytes.len() != PROOF_BYTES {
            return Err(ProofError::Length { found: bytes.len() });
        }
        Ok(Self(ark_groth16::Proof {
            a: point::decode(&bytes[..32]).map_err(at(ProofPoint::A))?,
            b: point::decode(&bytes[32..96]).map_err(at(ProofPoint::B))?,
            c: point::decode(&bytes[96..]).map_err(at(ProofPoint::C))?,
        }))
    }

    /// The proof's only encoding.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; PROOF_BYTES] {
        let mut bytes = [0; PROOF_BYTES];
        bytes[..32].copy_from_slice(&point::encode(&self.0.a));
        bytes[32..96].copy_from_slice(&point::encode(&self.0.b));
        bytes[96..].copy_from_slice(&point::encode(&self.0.c));
        bytes
    }

    /// Decodes lower-case hexadecimal.
    ///
    /// # Errors
    /// [`ProofError::NotHex`], or as [`Self::from_bytes`].
    pub fn from_hex(text: &str) -> Result<Self, ProofError> {
        let mut bytes = [0; PROOF_BYTES];
        if text.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(ProofError::NotHex);
        }
        hex::decode_to_slice(text, &mut bytes).map_err(|_| ProofError::NotHex)?;
        Self::from_bytes(&bytes)
    }

    /// The proof as arkworks writes it.
    #[must_use]
    pub const fn as_ark(&self) -> &ark_groth16::Proof<Bn254> {
        &self.0
    }
}

impl TryFrom<ark_groth16::Proof<Bn254>> for Proof {
    type Error = ProofError;

    fn try_from(proof: ark_groth16::Proof<Bn254>) -> Result<Self, ProofError> {
        point::check(&proof.a).map_err(at(ProofPoint::A))?;
        point::check(&proof.b).map_err(at(ProofPoint::B))?;
        point::check(&proof.c).map_err(at(ProofPoint::C))?;
        Ok(Self(proof))
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.to_bytes()))
    }
}

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proof({self})")
    }
}

impl Serialize for Proof {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Proof {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as Deserialize>::deserialize(deserializer)?;
        Self::from_hex(&text).map_err(de::Error::custom)
    }
}

impl BorshSerialize for Proof {
    fn serialize<W: Write>(&self, writer: &mut W) -> IoResult<()> {
        writer.write_all(&self.to_bytes())
    }
}

impl BorshDeserialize for Proof {
    fn deserialize_reader<R: Read>(reader: &mut R) -> IoResult<Self> {
        let mut bytes = [0; PROOF_BYTES];
        reader.read_exact(&mut bytes)?;
        Self::from_bytes(&bytes).map_err(|e| Error::new(ErrorKind::InvalidData, e))
    }
}
