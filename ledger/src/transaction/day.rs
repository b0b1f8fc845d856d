//! The ledger's day: its only clock, moved by a transaction.

use borsh::{BorshDeserialize, BorshSerialize};
use salus_protocol::day::Day;

/// Moves the ledger's day forward. Signed by the checkpoint key.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct AdvanceDay {
    /// The new day, later than the ledger's.
    pub day: Day,
}
