//! Verifying keys that a ledger takes proofs under.

use borsh::{BorshDeserialize, BorshSerialize};
use salus_verifier::{KEY_BYTES, KeyError, KeyId, Setup, VerifyingKey};

/// The name of the one circuit whose proofs this ledger takes.
pub const ELIGIBILITY_CIRCUIT: &str = "salus.v1.eligibility-64x16";

/// Accepts a verifying key. Signed by the governance key.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct AcceptKey {
    /// The name of the circuit that the key is for: [`ELIGIBILITY_CIRCUIT`].
    pub circuit: String,
    /// Where the key comes from.
    pub setup: Setup,
    /// The key's id, which covers circuit, setup and bytes; the ledger computes it anew.
    pub id: KeyId,
    /// The key's canonical bytes.
    pub key: [u8; KEY_BYTES],
}

impl AcceptKey {
    /// The transaction that accepts a key.
    #[must_use]
    pub fn of(key: &VerifyingKey) -> Self {
        Self {
            circuit: key.circuit().to_owned(),
            setup: key.setup(),
            id: key.id(),
            key: key.to_bytes(),
        }
    }

    /// The key itself, checked.
    ///
    /// # Errors
    /// [`KeyError`] when it is malformed.
    pub fn verifying_key(&self) -> Result<VerifyingKey, KeyError> {
        VerifyingKey::from_bytes(&self.circuit, self.setup, &self.key)
    }
}
