//! Poseidon with circomlib's parameters over BN254, one domain tag per use.
//!
//! The tag is the initial capacity element (circomlib's `PoseidonEx` initial state), so
//! separating domains costs no constraint. Parameters come from `light-poseidon`.
//! Spec: docs/spec/primitives.md, section "Poseidon".

use std::cell::RefCell;
use std::collections::BTreeMap;

use light_poseidon::{Poseidon, PoseidonHasher};

use crate::field::Fr;

/// What a hash is for. No two uses share a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Domain {
    /// Profile and index day, together.
    Edition,
    /// Subject's public key from the subject's secret.
    SubjectKey,
    /// The first twelve blocks of a row.
    RowBlocks,
    /// Record commitment.
    Record,
    /// Consent commitment.
    Consent,
    /// Bottom node of the registry: four leaves.
    RegistryLeaves,
    /// Inner node of the registry: eight nodes.
    RegistryNode,
    /// Query digest.
    Query,
    /// Nullifier.
    Nullifier,
}

impl Domain {
    /// Every domain, in the order of the specification.
    pub const ALL: [Self; 9] = [
        Self::Edition,
        Self::SubjectKey,
        Self::RowBlocks,
        Self::Record,
        Self::Consent,
        Self::RegistryLeaves,
        Self::RegistryNode,
        Self::Query,
        Self::Nullifier,
    ];

    /// The label whose ASCII bytes, read as a number, are the tag.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Edition => "salus.v1.edition",
            Self::SubjectKey => "salus.v1.subject-key",
            Self::RowBlocks => "salus.v1.row-blocks",
            Self::Record => "salus.v1.record",
            Self::Consent => "salus.v1.consent",
            Self::RegistryLeaves => "salus.v1.registry-leaves",
            Self::RegistryNode => "salus.v1.registry-node",
            Self::Query => "salus.v1.query",
            Self::Nullifier => "salus.v1.nullifier",
        }
    }

    /// Number of elements hashed in this domain.
    #[must_use]
    pub const fn inputs(self) -> usize {
        match self {
            Self::SubjectKey => 1,
            Self::Edition | Self::Nullifier => 2,
            Self::Consent => 4,
            Self::Query => 5,
            Self::Record | Self::RegistryLeaves | Self::RegistryNode => 8,
            Self::RowBlocks => 12,
        }
    }

    /// The tag: the initial value of the capacity element.
    #[must_use]
    pub fn tag(self) -> Fr {
        use ark_ff::PrimeField;
        // At most 24 bytes, so below the modulus.
        Fr::from_be_bytes_mod_order(self.label().as_bytes())
    }
}

thread_local! {
    // Making the parameters costs more than a hash, so each thread keeps its hashers.
    static HASHERS: RefCell<BTreeMap<Domain, Poseidon<Fr>>> = const { RefCell::new(BTreeMap::new()) };
}

/// Hashes `inputs` in `domain`. The array length is checked against the domain by a debug
/// assertion and by the type of every caller; see [`Domain::inputs`].
///
/// # Panics
/// Never for the lengths that [`Domain::inputs`] gives, which are all between 1 and 12.
#[must_use]
pub fn hash<const N: usize>(domain: Domain, inputs: &[Fr; N]) -> Fr {
    assert_eq!(N, domain.inputs(), "wrong number of inputs for {domain:?}");
    HASHERS.with_borrow_mut(|hashers| {
        hashers
            .entry(domain)
            .or_insert_with(|| {
                Poseidon::<Fr>::with_domain_tag_circom(N, domain.tag())
                    .expect("light-poseidon has parameters for 1 to 12 inputs")
            })
            .hash(inputs)
            .expect("the hasher was made for exactly this many inputs")
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::collections::BTreeSet;
    use std::str::FromStr;

    fn circomlib(inputs: &[u64]) -> String {
        let inputs: Vec<Fr> = inputs.iter().map(|i| Fr::from(*i)).collect();
        Poseidon::<Fr>::new_circom(inputs.len())
            .unwrap()
            .hash(&inputs)
            .unwrap()
            .to_string()
    }

    /// Values that circomlibjs and many other implementations publish.
    #[test]
    fn parameters_are_circomlibs() {
        assert_eq!(
            circomlib(&[1]),
            "18586133768512220936620570745912940619677854269274689475585506675881198879027"
        );
        assert_eq!(
            circomlib(&[1, 2]),
            "7853200120776062878684798364095072458815029376092732009249414926327459813530"
        );
        assert_eq!(
            circomlib(&[1, 2, 3, 4]),
            "18821383157269793795438455681495246036402687001665670618754263018637548127333"
        );
    }

    #[test]
    fn no_two_domains_share_a_tag() {
        let tags: BTreeSet<_> = Domain::ALL.iter().map(|d| d.tag()).collect();
        assert_eq!(tags.len(), Domain::ALL.len());
        assert!(
            !tags.contains(&Fr::from_str("0").unwrap()),
            "zero is plain circomlib"
        );
    }

    #[test]
    fn the_tag_changes_the_hash() {
        let inputs = [Fr::from(1u64), Fr::from(2u64)];
        assert_ne!(
            hash(Domain::Edition, &inputs),
            hash(Domain::Nullifier, &inputs)
        );
    }
}
