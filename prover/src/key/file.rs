//! A proving key's file.
//!
//! The magic line; a borsh header (circuit's name, setup, number of constraints, digest of the
//! matrices, provenance); the points as arkworks writes them, uncompressed; SHA-256 of all that. The
//! digest guards against damage, not against malice: whoever alters the rest can alter it too.

use std::fmt;
use std::io::{Read, Write};

use ark_serialize::{CanonicalDeserialize, CanonicalSerialize, Compress, Validate};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_verifier::{Setup, VerifyingKey};
use sha2::{Digest, Sha256};

use super::{ProvingKey, ProvingKeyError, check, check_provenance};
use crate::groth16::MatricesDigest;

const MAGIC: &[u8] = b"salus proving key 1\n";

/// SHA-256 of a proving key's file, without the digest at its end.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct FileDigest([u8; 32]);

impl FileDigest {
    /// A digest noted down earlier.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The digest's bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    fn of(content: &[u8]) -> Self {
        Self(Sha256::digest(content).into())
    }
}

impl fmt::Display for FileDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for FileDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileDigest({self})")
    }
}

#[derive(BorshSerialize, BorshDeserialize)]
struct Header {
    circuit: String,
    setup: Setup,
    constraints: u32,
    matrices: [u8; 32],
    provenance: String,
}

impl ProvingKey {
    /// The key's file: the same bytes for the same key.
    pub fn to_bytes(&self) -> Vec<u8> {
        let (mut bytes, digest) = self.content();
        bytes.extend(digest.0);
        bytes
    }

    /// Digest of the key's file, for [`Self::from_trusted_bytes`].
    pub fn file_digest(&self) -> FileDigest {
        self.content().1
    }

    fn content(&self) -> (Vec<u8>, FileDigest) {
        let header = Header {
            circuit: self.verifying.circuit().to_owned(),
            setup: self.verifying.setup(),
            constraints: self.constraints,
            matrices: *self.matrices.as_bytes(),
            provenance: self.provenance.clone(),
        };
        let mut bytes =
            Vec::with_capacity(MAGIC.len() + 2048 + self.points.serialized_size(Compress::No));
        bytes.extend(MAGIC);
        borsh::to_writer(&mut bytes, &header).expect("a Vec takes all that is written");
        self.points
            .serialize_uncompressed(&mut bytes)
            .expect("a Vec takes all that is written");
        let digest = FileDigest::of(&bytes);
        (bytes, digest)
    }

    /// Reads a key's file from anywhere, and checks all of it. Takes some tenths of a second for 8,000
    /// constraints, nearly all of it for the subgroup checks.
    ///
    /// # Errors
    /// For anything but the exact bytes that [`Self::to_bytes`] gives for a sound key.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProvingKeyError> {
        Self::read(bytes, None)
    }

    /// Reads a key's file that has to be the one with digest `expected`.
    ///
    /// `expected` has to come from somewhere that the file's author can't write to: noted down when
    /// [`Self::from_bytes`] last read this file, or when it was made. Because the very same bytes were
    /// checked in full then, the slow subgroup checks are left out here. Nothing else is.
    ///
    /// # Errors
    /// As [`Self::from_bytes`], and where the file has another digest.
    pub fn from_trusted_bytes(
        bytes: &[u8],
        expected: &FileDigest,
    ) -> Result<Self, ProvingKeyError> {
        Self::read(bytes, Some(expected))
    }

    fn read(bytes: &[u8], expected: Option<&FileDigest>) -> Result<Self, ProvingKeyError> {
        let inner = bytes.strip_prefix(MAGIC).ok_or(ProvingKeyError::Magic)?;
        let (content, stated) = bytes
            .split_last_chunk::<32>()
            .ok_or(ProvingKeyError::Magic)?;
        let (stated, actual) = (FileDigest(*stated), FileDigest::of(content));
        if stated != actual {
            return Err(ProvingKeyError::Damaged { stated, actual });
        }
        if let Some(&expected) = expected.filter(|expected| **expected != actual) {
            return Err(ProvingKeyError::NotExpected { expected, actual });
        }
        let mut rest = inner
            .strip_suffix(&stated.0)
            .ok_or(ProvingKeyError::Magic)?;
        let header = Header::deserialize_reader(&mut rest).map_err(ProvingKeyError::Header)?;
        check_provenance(&header.provenance)?;
        // Decoded without arkworks' own checks, because ours, which follow, use all cores and say
        // which part is wrong. No key leaves here without them.
        let decode = ark_groth16::ProvingKey::deserialize_with_mode;
        let points = decode(rest, Compress::No, Validate::No).map_err(ProvingKeyError::Points)?;
        let mut same = SameBytes { expected: rest };
        let rewritten = points.serialize_uncompressed(&mut same);
        if rewritten.is_err() || !same.expected.is_empty() {
            return Err(ProvingKeyError::NotCanonical);
        }
        let depth = match expected {
            Some(_) => check::Depth::NoSubgroups,
            None => check::Depth::Everything,
        };
        check::points(&points, depth)?;
        Ok(Self {
            verifying: VerifyingKey::new(&header.circuit, header.setup, points.vk.clone())?,
            constraints: header.constraints,
            matrices: MatricesDigest::new(header.matrices),
            provenance: header.provenance,
            points,
        })
    }
}

/// Takes only the bytes that it expects.
struct SameBytes<'a> {
    expected: &'a [u8],
}

impl Write for SameBytes<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut here = vec![0; bytes.len()];
        self.expected.read_exact(&mut here)?;
        if here == bytes {
            Ok(bytes.len())
        } else {
            Err(std::io::ErrorKind::InvalidData.into())
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
