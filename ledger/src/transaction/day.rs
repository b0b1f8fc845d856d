//! The ledger's day: its only clock, moved by a transaction.

use borsh::{BorshDeserialize, BorshSerialize};
use salus_protocol::day::Day;

/// Moves the ledger's day forward. Signed by the checkpoint key.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct AdvanceDay {
    /// The new day, later than the ledger's.
    pub day: Day,
    /// Chance, so that nobody who saw a day set before, on a ledger that was then rolled back, knows
    /// what the same day draws again.
    pub nonce: [u8; 32],
}

impl AdvanceDay {
    /// A new day, with a nonce of the operating system.
    ///
    /// # Errors
    /// When the operating system gives no randomness.
    pub fn drawn(day: Day) -> Result<Self, getrandom::Error> {
        let mut nonce = [0; 32];
        getrandom::fill(&mut nonce)?;
        Ok(Self { day, nonce })
    }
}
