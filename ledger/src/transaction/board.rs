//! Ethics boards, whose approval a study needs.

use borsh::{BorshDeserialize, BorshSerialize};

use super::text::Title;
use crate::key::PublicKey;

/// Registers an ethics board. Signed by the governance key.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RegisterBoard {
    /// The board's name.
    pub name: Title,
    /// The key that signs its approvals.
    pub key: PublicKey,
}
