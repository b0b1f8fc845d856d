//! Issuers: custodians whose records the ledger takes.

use borsh::{BorshDeserialize, BorshSerialize};

use super::text::Title;
use crate::key::PublicKey;

/// Registers an issuer. Signed by the governance key.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RegisterIssuer {
    /// The issuer's name.
    pub name: Title,
    /// The key that signs its records.
    pub key: PublicKey,
}
