//! Genesis: the first transaction of a ledger, whose hash is the ledger's id.

use borsh::{BorshDeserialize, BorshSerialize};
use salus_protocol::nullifier::LedgerId;
use sha2::{Digest, Sha256};

use super::text::LedgerName;
use crate::key::PublicKey;

/// Founds a ledger. Signed by the governance key.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Genesis {
    /// The ledger's name.
    pub name: LedgerName,
    /// Registers issuers and boards, and accepts verifying keys.
    pub governance: PublicKey,
    /// Signs checkpoints, and moves the ledger's day.
    pub checkpoint: PublicKey,
    /// Whether keys of a development setup, whose maker can forge proofs, may be accepted.
    pub accepts_insecure_keys: bool,
    /// Random, so that two ledgers founded alike have two ids.
    pub nonce: [u8; 32],
}

impl Genesis {
    /// The id of the ledger that this founds.
    #[must_use]
    pub fn ledger_id(&self) -> LedgerId {
        let mut hasher = Sha256::new();
        hasher.update(b"salus/v1/ledger\0");
        hasher.update(borsh::to_vec(self).expect("writing to memory does not fail"));
        LedgerId::new(hasher.finalize().into())
    }
}
