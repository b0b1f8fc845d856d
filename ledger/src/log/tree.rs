//! The Merkle tree over the log's entries, in memory: hashes only.

use serde::{Deserialize, Serialize};
use tlog_tiles::tlog::{self, Hash, HashReader};

use super::proof::{ConsistencyProof, InclusionProof, ProofError};

/// A hash in the log's tree: SHA-256 by RFC 6962.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogHash([u8; 32]);

impl LogHash {
    /// Wraps 32 bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The leaf hash of an entry's bytes: SHA-256(0x00 ‖ bytes).
    #[must_use]
    pub fn of_entry(bytes: &[u8]) -> Self {
        Self(tlog::record_hash(bytes).0)
    }

    pub(crate) const fn inner(self) -> Hash {
        Hash(self.0)
    }
}

impl std::fmt::Display for LogHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl std::fmt::Debug for LogHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LogHash({self})")
    }
}

impl Serialize for LogHash {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for LogHash {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <String as Deserialize>::deserialize(d)?;
        let mut bytes = [0u8; 32];
        hex::decode_to_slice(&text, &mut bytes).map_err(serde::de::Error::custom)?;
        Ok(Self(bytes))
    }
}

/// Every hash of the tree that does not change as the tree grows, in tlog's storage order.
#[derive(Debug, Clone, Default)]
pub struct LogTree {
    size: u64,
    stored: Vec<Hash>,
}

impl HashReader for LogTree {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog::Error> {
        indexes
            .iter()
            .map(|index| {
                let index = usize::try_from(*index).map_err(|_| tlog::Error::IndexesNotInTree)?;
                self.stored
                    .get(index)
                    .copied()
                    .ok_or(tlog::Error::IndexesNotInTree)
            })
            .collect()
    }
}

impl LogTree {
    /// A tree without entries.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of entries.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Adds an entry's bytes.
    pub fn append(&mut self, entry: &[u8]) {
        // The hashes that the new leaf completes are all in the tree, so reading them succeeds.
        let new = tlog::stored_hashes(self.size, entry, self)
            .expect("the tree holds every hash below its size");
        self.stored.extend(new);
        self.size += 1;
    }

    /// The root over all entries; of no entries, SHA-256 of nothing.
    #[must_use]
    pub fn root(&self) -> LogHash {
        let root = tlog::tree_hash(self.size, self);
        LogHash(root.expect("the tree holds every hash below its size").0)
    }

    /// The root over the first `size` entries.
    ///
    /// # Errors
    /// [`ProofError::TooLarge`] when the log has fewer.
    pub fn root_at(&self, size: u64) -> Result<LogHash, ProofError> {
        self.bound(size)?;
        tlog::tree_hash(size, self)
            .map(|hash| LogHash(hash.0))
            .map_err(|_| ProofError::Invalid)
    }

    /// That entry `index` is in the tree of the first `size` entries.
    ///
    /// # Errors
    /// [`ProofError::TooLarge`] when `index` or `size` is beyond the log.
    pub fn inclusion(&self, index: u64, size: u64) -> Result<InclusionProof, ProofError> {
        self.bound(size)?;
        if index >= size {
            return Err(ProofError::TooLarge { asked: index, size });
        }
        let path = tlog::prove_record(size, index, self).map_err(|_| ProofError::Invalid)?;
        Ok(InclusionProof {
            index,
            size,
            path: path.into_iter().map(|hash| LogHash(hash.0)).collect(),
        })
    }

    /// That the tree of the first `old` entries is a prefix of that of the first `new`.
    ///
    /// # Errors
    /// [`ProofError::TooLarge`] when `old` is 0 or beyond `new`, or `new` beyond the log.
    pub fn consistency(&self, old: u64, new: u64) -> Result<ConsistencyProof, ProofError> {
        self.bound(new)?;
        if old == 0 || old > new {
            return Err(ProofError::TooLarge {
                asked: old,
                size: new,
            });
        }
        let path = tlog::prove_tree(new, old, self).map_err(|_| ProofError::Invalid)?;
        Ok(ConsistencyProof {
            old,
            new,
            path: path.into_iter().map(|hash| LogHash(hash.0)).collect(),
        })
    }

    const fn bound(&self, size: u64) -> Result<(), ProofError> {
        if size > self.size {
            return Err(ProofError::TooLarge {
                asked: size,
                size: self.size,
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use sha2::{Digest, Sha256};

    /// RFC 6962, section 2.1, as it is written.
    fn reference(entries: &[Vec<u8>]) -> [u8; 32] {
        match entries {
            [] => Sha256::digest([]).into(),
            [one] => Sha256::digest([&[0u8][..], one].concat()).into(),
            many => {
                let mut split = 1;
                while split * 2 < many.len() {
                    split *= 2;
                }
                let (left, right) = (reference(&many[..split]), reference(&many[split..]));
                Sha256::digest([&[1u8][..], &left, &right].concat()).into()
            }
        }
    }

    /// Section 2.1.1: the audit path, as it is written.
    fn reference_path(index: usize, entries: &[Vec<u8>]) -> Vec<[u8; 32]> {
        if entries.len() <= 1 {
            return Vec::new();
        }
        let mut split = 1;
        while split * 2 < entries.len() {
            split *= 2;
        }
        let (left, right) = entries.split_at(split);
        let (mut path, other) = if index < split {
            (reference_path(index, left), reference(right))
        } else {
            (reference_path(index - split, right), reference(left))
        };
        path.push(other);
        path
    }

    /// Section 2.1.2: SUBPROOF, as it is written.
    fn reference_subproof(old: usize, entries: &[Vec<u8>], whole: bool) -> Vec<[u8; 32]> {
        if old == entries.len() {
            return if whole {
                Vec::new()
            } else {
                vec![reference(entries)]
            };
        }
        let mut split = 1;
        while split * 2 < entries.len() {
            split *= 2;
        }
        let (left, right) = entries.split_at(split);
        let (mut path, other) = if old <= split {
            (reference_subproof(old, left, whole), reference(right))
        } else {
            (
                reference_subproof(old - split, right, false),
                reference(left),
            )
        };
        path.push(other);
        path
    }

    #[test]
    fn agrees_with_rfc_6962_at_every_size() {
        let entries: Vec<Vec<u8>> = (0..40u8).map(|i| vec![i; usize::from(i)]).collect();
        let mut tree = LogTree::new();
        assert_eq!(*tree.root().as_bytes(), reference(&[]));
        for size in 1..=entries.len() {
            tree.append(&entries[size - 1]);
            let root = tree.root();
            assert_eq!(*root.as_bytes(), reference(&entries[..size]));
            for index in 0..size {
                let proof = tree.inclusion(index as u64, size as u64).unwrap();
                let path: Vec<_> = proof.path.iter().map(|h| *h.as_bytes()).collect();
                assert_eq!(path, reference_path(index, &entries[..size]));
                proof.verify(&entries[index], &root).unwrap();
            }
            for old in 1..=size {
                let proof = tree.consistency(old as u64, size as u64).unwrap();
                let path: Vec<_> = proof.path.iter().map(|h| *h.as_bytes()).collect();
                assert_eq!(path, reference_subproof(old, &entries[..size], true));
                let before = LogHash::new(reference(&entries[..old]));
                proof.verify(&before, &root).unwrap();
            }
        }
    }

    #[test]
    fn beyond_the_log_is_an_error() {
        let mut tree = LogTree::new();
        tree.append(b"one");
        assert!(tree.root_at(2).is_err());
        assert!(tree.inclusion(1, 1).is_err());
        assert!(tree.consistency(0, 1).is_err());
        assert!(tree.consistency(1, 2).is_err());
    }
}
