//! Inclusion and consistency proofs, and their verification, which needs no log.

use serde::{Deserialize, Serialize};
use thiserror::Error;
use tlog_tiles::tlog::{self, Hash};

use super::tree::LogHash;

/// Sizes above this are refused before any arithmetic; no log comes near.
const MAX_SIZE: u64 = 1 << 48;

/// Why a proof about the log can't be made or does not hold.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum ProofError {
    /// The path does not lead to the root.
    #[error("the proof does not lead to the log's root: the entry, the path or the root is wrong")]
    Invalid,
    /// An index or a size beyond the log.
    #[error("{asked} is beyond the log, which has {size} entries")]
    TooLarge {
        /// The index or size asked for.
        asked: u64,
        /// The size of the log.
        size: u64,
    },
}

/// That an entry is in the log of some size, at some index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InclusionProof {
    /// The entry's index, from 0.
    pub index: u64,
    /// The size of the log.
    pub size: u64,
    /// The sibling hashes, from the leaf up.
    pub path: Vec<LogHash>,
}

impl InclusionProof {
    /// Checks that `entry` is at the proof's index under `root`.
    ///
    /// # Errors
    /// [`ProofError`] when it is not shown to be.
    pub fn verify(&self, entry: &[u8], root: &LogHash) -> Result<(), ProofError> {
        bound(self.index, self.size)?;
        tlog::check_record(
            &inner(&self.path),
            self.size,
            root.inner(),
            self.index,
            LogHash::of_entry(entry).inner(),
        )
        .map_err(|_| ProofError::Invalid)
    }
}

/// That one log is a prefix of another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsistencyProof {
    /// The size of the shorter log, at least 1.
    pub old: u64,
    /// The size of the longer log.
    pub new: u64,
    /// The hashes, by RFC 6962 section 2.1.2.
    pub path: Vec<LogHash>,
}

impl ConsistencyProof {
    /// Checks that the log with root `old` is a prefix of the log with root `new`.
    ///
    /// # Errors
    /// [`ProofError`] when it is not shown to be.
    pub fn verify(&self, old: &LogHash, new: &LogHash) -> Result<(), ProofError> {
        bound(self.old, self.new)?;
        tlog::check_tree(
            &inner(&self.path),
            self.new,
            new.inner(),
            self.old,
            old.inner(),
        )
        .map_err(|_| ProofError::Invalid)
    }
}

fn inner(path: &[LogHash]) -> Vec<Hash> {
    path.iter().map(|hash| hash.inner()).collect()
}

const fn bound(small: u64, large: u64) -> Result<(), ProofError> {
    if small > large || large > MAX_SIZE {
        return Err(ProofError::TooLarge {
            asked: small,
            size: large,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::log::LogTree;
    use proptest::prelude::*;

    fn tree(size: u8) -> LogTree {
        let mut tree = LogTree::new();
        (0..size).for_each(|i| tree.append(&[i]));
        tree
    }

    proptest! {
        #[test]
        fn any_change_is_refused(size in 2u8..60, index in any::<u8>(), bit in any::<u16>()) {
            let index = index % size;
            let tree = tree(size);
            let proof = tree.inclusion(u64::from(index), u64::from(size)).unwrap();
            let root = tree.root();
            prop_assert!(proof.verify(&[index], &root).is_ok());
            prop_assert!(proof.verify(&[index ^ 1], &root).is_err());
            let mut flipped = proof.clone();
            let at = usize::from(bit) % (flipped.path.len() * 256);
            let mut bytes = *flipped.path[at / 256].as_bytes();
            bytes[at % 256 / 8] ^= 1 << (at % 8);
            flipped.path[at / 256] = LogHash::new(bytes);
            prop_assert!(flipped.verify(&[index], &root).is_err());
            let mut longer = proof.clone();
            longer.path.push(root);
            prop_assert!(longer.verify(&[index], &root).is_err());
            let mut elsewhere = proof;
            elsewhere.index = (elsewhere.index + 1) % u64::from(size);
            prop_assert!(elsewhere.verify(&[index], &root).is_err());
        }

        #[test]
        fn no_numbers_make_it_panic(a in any::<u64>(), b in any::<u64>(), n in 0usize..70) {
            let path = vec![LogHash::new([3; 32]); n];
            let root = LogHash::new([4; 32]);
            let inclusion = InclusionProof { index: a, size: b, path: path.clone() };
            prop_assert!(inclusion.verify(b"entry", &root).is_err());
            let consistency = ConsistencyProof { old: a, new: b, path };
            prop_assert!(consistency.verify(&root, &LogHash::new([5; 32])).is_err());
        }
    }

    #[test]
    fn a_rewritten_log_is_not_consistent() {
        let (old, new) = (tree(9), tree(30));
        let proof = new.consistency(9, 30).unwrap();
        proof.verify(&old.root(), &new.root()).unwrap();
        assert!(proof.verify(&tree(8).root(), &new.root()).is_err());
        assert!(proof.verify(&old.root(), &tree(29).root()).is_err());
    }
}
