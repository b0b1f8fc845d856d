//! Verifying keys: accepted by governance, never an insecure one unless the genesis allows it.

use std::sync::Arc;

use salus_verifier::{KeyPolicy, Setup, TrustedKey, VerifyingKey};

use super::{Event, Rejection, State};
use crate::key::PublicKey;
use crate::transaction::{AcceptKey, ELIGIBILITY_CIRCUIT};

/// A verifying key that the ledger takes proofs under.
#[derive(Debug, Clone)]
pub struct AcceptedKey {
    /// The key.
    pub key: VerifyingKey,
    /// Index of the log entry that accepted it.
    pub entry: u64,
    trusted: Arc<TrustedKey>,
}

impl AcceptedKey {
    /// The key made ready for verification.
    #[must_use]
    pub fn trusted(&self) -> &TrustedKey {
        &self.trusted
    }
}

impl PartialEq for AcceptedKey {
    fn eq(&self, other: &Self) -> bool {
        // The rest follows from the key.
        self.key == other.key && self.entry == other.entry
    }
}

impl Eq for AcceptedKey {}

impl State {
    /// Checks the rules for a verifying key, and gives it, made ready.
    pub(super) fn check_key(
        &self,
        t: &AcceptKey,
        signer: PublicKey,
    ) -> Result<(VerifyingKey, TrustedKey), Rejection> {
        self.governed(signer)?;
        if t.circuit != ELIGIBILITY_CIRCUIT {
            return Err(Rejection::KeyCircuit {
                found: t.circuit.chars().take(80).collect(),
                expected: ELIGIBILITY_CIRCUIT,
            });
        }
        let malformed = |problem: String| Rejection::KeyMalformed { problem };
        let key = t.verifying_key().map_err(|e| malformed(e.to_string()))?;
        if key.id() != t.id {
            return Err(Rejection::KeyId {
                computed: key.id(),
                found: t.id,
            });
        }
        if key.setup() == Setup::InsecureDevelopment && !self.genesis.accepts_insecure_keys {
            return Err(Rejection::KeyInsecure { id: t.id });
        }
        // What the genesis allows was just checked.
        let trusted = key
            .trusted(KeyPolicy::AllowInsecureDevelopmentKeys)
            .map_err(|e| malformed(e.to_string()))?;
        Ok((key, trusted))
    }

    pub(super) fn accept_key(
        &mut self,
        t: &AcceptKey,
        signer: PublicKey,
    ) -> Result<Event, Rejection> {
        let (key, trusted) = self.check_key(t, signer)?;
        // The id covers all that the transaction says, so a second one is a replay, refused before.
        let entry = self.entries;
        self.keys.insert(
            t.id,
            AcceptedKey {
                key,
                entry,
                trusted: Arc::new(trusted),
            },
        );
        Ok(Event::KeyAccepted { id: t.id })
    }
}
