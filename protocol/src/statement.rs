//! The public statement of an eligibility proof, and the only place that orders its inputs.
//!
//! Spec: docs/spec/eligibility.md, section "Statement".

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::day::Day;
use crate::field::{self, Fr, element_type};
use crate::nullifier::{Nullifier, Scope};
use crate::purpose::PurposeCode;
use crate::query::QueryDigest;
use crate::registry::Root;

/// Number of public inputs.
pub const PUBLIC_INPUTS: usize = 8;

element_type! {
    /// An institution as circuits see it.
    InstitutionCode
}

element_type! {
    /// Binds a proof to the encrypted contact beside it; zero when there is none.
    ContactDigest
}

impl ContactDigest {
    /// No contact.
    pub const NONE: Self = Self::new(<Fr as ark_ff::AdditiveGroup>::ZERO);

    /// The digest of an encrypted contact: 248 bits of SHA-256.
    #[must_use]
    pub fn of(ciphertext: &[u8]) -> Self {
        use sha2::{Digest, Sha256};
        let mut hasher = Sha256::new();
        hasher.update(b"salus/v1/contact\0");
        hasher.update(ciphertext);
        Self::new(field::from_digest(&hasher.finalize().into()))
    }
}

/// "I hold the secret and openings of some record under `root`; its consent covers `purpose` at
/// `institution` and is in force on `day`; its row satisfies `query`; my nullifier in `scope` is
/// `nullifier`; I stand by the contact behind `contact`."
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// Root of the registry at some height.
    pub root: Root,
    /// The compiled query, which binds profile and index day.
    pub query: QueryDigest,
    /// The study on its ledger.
    pub scope: Scope,
    /// The subject, to this study only.
    pub nullifier: Nullifier,
    /// The day on which consent is in force.
    pub day: Day,
    /// The study's purpose.
    pub purpose: PurposeCode,
    /// The study's institution.
    pub institution: InstitutionCode,
    /// The encrypted contact, if any.
    pub contact: ContactDigest,
}

impl Statement {
    /// The public inputs, in the circuit's order.
    #[must_use]
    pub fn public_inputs(&self) -> [Fr; PUBLIC_INPUTS] {
        [
            self.root.element(),
            self.query.element(),
            self.scope.element(),
            self.nullifier.element(),
            Fr::from(self.day.number()),
            self.purpose.element(),
            self.institution.element(),
            self.contact.element(),
        ]
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_order_of_the_inputs_is_pinned() {
        let n = |n: u64| Fr::from(n);
        let statement = Statement {
            root: Root::new(n(1)),
            query: QueryDigest::new(n(2)),
            scope: Scope::new(n(3)),
            nullifier: Nullifier::new(n(4)),
            day: Day::from_number(5).unwrap(),
            purpose: PurposeCode::new(n(6)),
            institution: InstitutionCode::new(n(7)),
            contact: ContactDigest::new(n(8)),
        };
        assert_eq!(statement.public_inputs(), [1, 2, 3, 4, 5, 6, 7, 8].map(n));
        let bytes = borsh::to_vec(&statement).unwrap();
        assert_eq!(borsh::from_slice::<Statement>(&bytes).unwrap(), statement);
    }
}
