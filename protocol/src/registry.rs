//! The registry: a fixed-depth Poseidon Merkle tree, one leaf per record, updated in place.
//!
//! A leaf is a pair: record commitment and consent commitment. Four leaves make a bottom node;
//! above it stand eight levels of eight, so a registry holds 2^26 records. One membership proof
//! under a recent root shows *issued, current, consented, not revoked* at once.
//! Spec: docs/spec/registry.md.

use std::sync::LazyLock;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::consent::ConsentCommitment;
use crate::field::{Fr, element_type};
use crate::poseidon::{self, Domain};
use crate::record::RecordCommitment;

/// Leaves in a bottom node.
pub const LEAVES: usize = 4;
/// Children of an inner node.
pub const ARITY: usize = 8;
/// Levels of inner nodes above the bottom nodes.
pub const LEVELS: usize = 8;
/// Records that a registry holds: 4 * 8^8.
pub const CAPACITY: u32 = 1 << 26;

element_type! {
    /// The root of the registry at some height.
    Root
}

/// Position of a record in the registry.
pub type RecordIndex = u32;

/// What the registry holds of one record. Zero stands for nothing: no hash is known to give it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize,
)]
pub struct Leaf {
    /// The record, or [`Leaf::EMPTY`]'s zero when erased.
    pub record: RecordCommitment,
    /// The consent in force, or zero when there is none.
    pub consent: ConsentCommitment,
}

impl Leaf {
    /// No record, no consent.
    pub const EMPTY: Self = Self {
        record: RecordCommitment::new(ZERO),
        consent: ConsentCommitment::new(ZERO),
    };
}

const ZERO: Fr = <Fr as ark_ff::AdditiveGroup>::ZERO;

/// Why a registry refuses an update or a question.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum RegistryError {
    /// The index is beyond the registry's capacity.
    #[error("record index {index} is beyond the registry's capacity of {CAPACITY} records")]
    Full {
        /// The index asked for.
        index: RecordIndex,
    },
    /// No record was ever put at this index.
    #[error("there is no record at index {index}: the registry has {records} records")]
    NoRecord {
        /// The index asked for.
        index: RecordIndex,
        /// Records in the registry.
        records: u32,
    },
    /// Records are numbered without gaps.
    #[error("record index {index} leaves a gap: the next free index is {records}")]
    Gap {
        /// The index asked for.
        index: RecordIndex,
        /// Records in the registry.
        records: u32,
    },
}

/// That a leaf stands under a root: every node on the way with all its children.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MembershipProof {
    /// Position of the leaf.
    pub index: RecordIndex,
    /// The bottom node's four leaves.
    pub leaves: [Leaf; LEAVES],
    /// The children of each inner node, from the bottom up.
    pub nodes: [[NodeHash; ARITY]; LEVELS],
}

element_type! {
    /// The hash of a node of the registry.
    NodeHash
}

impl MembershipProof {
    /// The leaf that the proof is about.
    #[must_use]
    pub const fn leaf(&self) -> Leaf {
        self.leaves[self.index as usize % LEAVES]
    }
}

impl std::fmt::Debug for MembershipProof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Which record it is about would link its holder.
        f.write_str("MembershipProof(redacted)")
    }
}

/// Hash of a bottom node.
#[must_use]
pub fn hash_leaves(leaves: &[Leaf; LEAVES]) -> NodeHash {
    let inputs: [Fr; 2 * LEAVES] = std::array::from_fn(|i| {
        let leaf = &leaves[i / 2];
        if i % 2 == 0 {
            leaf.record.element()
        } else {
            leaf.consent.element()
        }
    });
    NodeHash::new(poseidon::hash(Domain::RegistryLeaves, &inputs))
}

/// Hash of an inner node.
#[must_use]
pub fn hash_node(children: &[NodeHash; ARITY]) -> NodeHash {
    NodeHash::new(poseidon::hash(
        Domain::RegistryNode,
        &children.map(|c| c.element()),
    ))
}

/// Hashes of empty nodes, from the bottom node to the root.
static EMPTY_NODES: LazyLock<[NodeHash; LEVELS + 1]> = LazyLock::new(|| {
    let mut nodes = [hash_leaves(&[Leaf::EMPTY; LEAVES]); LEVELS + 1];
    for level in 0..LEVELS {
        nodes[level + 1] = hash_node(&[nodes[level]; ARITY]);
    }
    nodes
});

/// The registry, in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registry {
    leaves: Vec<Leaf>,
    // nodes[0] are the bottom nodes, nodes[LEVELS] holds the root; missing ones are empty.
    nodes: [Vec<NodeHash>; LEVELS + 1],
}

impl Default for Registry {
    fn default() -> Self {
        Self::new()
    }
}

impl Registry {
    /// A registry without records.
    #[must_use]
    pub fn new() -> Self {
        Self {
            leaves: Vec::new(),
            nodes: std::array::from_fn(|_| Vec::new()),
        }
    }

    /// Number of indices in use, erased records included.
    #[must_use]
    pub fn records(&self) -> u32 {
        // CAPACITY bounds the length.
        self.leaves.len() as u32
    }

    /// The root.
    #[must_use]
    pub fn root(&self) -> Root {
        Root::new(self.node(LEVELS, 0).element())
    }

    /// The leaf at an index in use.
    #[must_use]
    pub fn leaf(&self, index: RecordIndex) -> Option<Leaf> {
        self.leaves.get(index as usize).copied()
    }

    /// Every leaf in use, in order.
    #[must_use]
    pub fn leaves(&self) -> &[Leaf] {
        &self.leaves
    }

    /// Replaces the leaf at an index in use, or adds one at the next free index.
    ///
    /// # Errors
    /// [`RegistryError`] when the index leaves a gap or the registry is full.
    pub fn set(&mut self, index: RecordIndex, leaf: Leaf) -> Result<(), RegistryError> {
        self.set_many(&[(index, leaf)])
    }

    /// Like [`Self::set`], many at once: a node above several changed leaves is hashed once.
    ///
    /// # Errors
    /// [`RegistryError`] for the first index that is refused; then nothing is changed.
    pub fn set_many(&mut self, changes: &[(RecordIndex, Leaf)]) -> Result<(), RegistryError> {
        let mut records = self.records();
        for (index, _) in changes {
            if *index >= CAPACITY {
                return Err(RegistryError::Full { index: *index });
            }
            if *index > records {
                return Err(RegistryError::Gap {
                    index: *index,
                    records,
                });
            }
            records = records.max(index + 1);
        }
        for (index, leaf) in changes {
            let index = *index as usize;
            if index == self.leaves.len() {
                self.leaves.push(*leaf);
            } else {
                self.leaves[index] = *leaf;
            }
        }
        self.rehash(
            changes
                .iter()
                .map(|(index, _)| *index as usize / LEAVES)
                .collect(),
        );
        Ok(())
    }

    /// The membership proof of the leaf at an index in use.
    ///
    /// # Errors
    /// [`RegistryError::NoRecord`] when the index is not in use.
    pub fn membership(&self, index: RecordIndex) -> Result<MembershipProof, RegistryError> {
        if index >= self.records() {
            return Err(RegistryError::NoRecord {
                index,
                records: self.records(),
            });
        }
        let bottom = index as usize / LEAVES;
        let mut parent = bottom;
        let nodes = std::array::from_fn(|level| {
            parent /= ARITY;
            std::array::from_fn(|child| self.node(level, ARITY * parent + child))
        });
        Ok(MembershipProof {
            index,
            leaves: self.bottom(bottom),
            nodes,
        })
    }

    fn node(&self, level: usize, position: usize) -> NodeHash {
        self.nodes[level]
            .get(position)
            .copied()
            .unwrap_or(EMPTY_NODES[level])
    }

    fn bottom(&self, position: usize) -> [Leaf; LEAVES] {
        std::array::from_fn(|i| {
            self.leaves
                .get(LEAVES * position + i)
                .copied()
                .unwrap_or(Leaf::EMPTY)
        })
    }

    /// Hashes anew the bottom nodes at `positions` and everything above them.
    fn rehash(&mut self, mut positions: Vec<usize>) {
        for level in 0..=LEVELS {
            positions.sort_unstable();
            positions.dedup();
            for position in &mut positions {
                let hash = if level == 0 {
                    hash_leaves(&self.bottom(*position))
                } else {
                    let below = level - 1;
                    hash_node(&std::array::from_fn(|c| {
                        self.node(below, ARITY * *position + c)
                    }))
                };
                let nodes = &mut self.nodes[level];
                if nodes.len() <= *position {
                    nodes.resize(*position + 1, EMPTY_NODES[level]);
                }
                nodes[*position] = hash;
                *position /= ARITY;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn leaf(n: u64) -> Leaf {
        Leaf {
            record: RecordCommitment::new(Fr::from(2 * n + 1)),
            consent: ConsentCommitment::new(Fr::from(2 * n + 2)),
        }
    }

    /// Follows a proof upwards, as the specification says it.
    fn root_of(proof: &MembershipProof) -> Option<Root> {
        let mut node = hash_leaves(&proof.leaves);
        let mut position = proof.index as usize / LEAVES;
        for children in &proof.nodes {
            if children[position % ARITY] != node {
                return None;
            }
            node = hash_node(children);
            position /= ARITY;
        }
        Some(Root::new(node.element()))
    }

    #[test]
    fn refuses_gaps_and_strangers() {
        let mut registry = Registry::new();
        assert!(matches!(
            registry.set(1, leaf(1)),
            Err(RegistryError::Gap { .. })
        ));
        assert!(matches!(
            registry.set(CAPACITY, leaf(1)),
            Err(RegistryError::Full { .. })
        ));
        registry.set(0, leaf(1)).unwrap();
        assert!(matches!(
            registry.membership(1),
            Err(RegistryError::NoRecord { .. })
        ));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]
        #[test]
        fn every_leaf_stands_under_the_root(count in 1u32..80, changed in any::<prop::sample::Index>()) {
            let all: Vec<_> = (0..count).map(|i| (i, leaf(u64::from(i)))).collect();
            let mut at_once = Registry::new();
            at_once.set_many(&all).unwrap();
            let mut one_by_one = Registry::new();
            for (index, leaf) in &all {
                one_by_one.set(*index, *leaf).unwrap();
            }
            prop_assert_eq!(&at_once, &one_by_one);
            let index = changed.index(count as usize) as u32;
            let before = at_once.root();
            at_once.set(index, leaf(1000)).unwrap();
            prop_assert_ne!(at_once.root(), before);
            for i in 0..count {
                let proof = at_once.membership(i).unwrap();
                prop_assert_eq!(proof.leaf(), at_once.leaf(i).unwrap());
                prop_assert_eq!(root_of(&proof), Some(at_once.root()));
            }
        }
    }
}
