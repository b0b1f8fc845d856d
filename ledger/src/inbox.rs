//! Requests for a study's sealed contacts, signed with the sponsor's key.
//!
//! Contacts are beside the log and sealed to the sponsor, who alone is given even the sealed ones:
//! what nobody copied can be dropped, and no leaked inbox secret opens it.
//! Never here: contacts themselves, or a clock: the caller says what time it is.

use ed25519_dalek::SigningKey;
use salus_protocol::nullifier::{LedgerId, StudyId};
use serde::{Deserialize, Serialize};

use crate::key::{PublicKey, Signature};

/// How many seconds the clocks of asker and keeper may differ, both ways.
pub const CLOCK_TOLERANCE: u64 = 300;

/// A sponsor's request for the sealed contacts of its study.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InboxRequest {
    /// When it was signed: seconds since 1970 in UTC. It can be used for [`CLOCK_TOLERANCE`].
    pub time: u64,
    /// The sponsor's Ed25519 signature in hexadecimal, bound to ledger, study and time.
    pub signature: String,
}

impl InboxRequest {
    /// Signs a request.
    #[must_use]
    pub fn sign(ledger: &LedgerId, study: &StudyId, time: u64, sponsor: &SigningKey) -> Self {
        let signature = Signature::sign(sponsor, &signed_bytes(ledger, study, time));
        Self {
            time,
            signature: hex::encode(signature.as_bytes()),
        }
    }

    /// Whether it is the sponsor's request for this study on this ledger, signed about `now`.
    #[must_use]
    pub fn is_by(&self, sponsor: &PublicKey, ledger: &LedgerId, study: &StudyId, now: u64) -> bool {
        let mut bytes = [0u8; 64];
        hex::decode_to_slice(&self.signature, &mut bytes).is_ok()
            && self.time.abs_diff(now) <= CLOCK_TOLERANCE
            && sponsor.verifies(
                &signed_bytes(ledger, study, self.time),
                &Signature::from_bytes(bytes),
            )
    }
}

fn signed_bytes(ledger: &LedgerId, study: &StudyId, time: u64) -> Vec<u8> {
    let mut bytes = b"salus/v1/inbox-request\0".to_vec();
    bytes.extend(ledger.as_bytes());
    bytes.extend(study.as_bytes());
    bytes.extend(time.to_le_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_for_its_sponsor_ledger_study_and_time_only() {
        let [sponsor, other] = [5, 6].map(|seed| SigningKey::from_bytes(&[seed; 32]));
        let (ledger, study) = (LedgerId::new([1; 32]), StudyId::new([2; 32]));
        let key = PublicKey::of(&sponsor);
        let request = InboxRequest::sign(&ledger, &study, 1_000, &sponsor);
        for now in [700, 1_000, 1_300] {
            assert!(request.is_by(&key, &ledger, &study, now));
        }
        for now in [0, 699, 1_301, u64::MAX] {
            assert!(!request.is_by(&key, &ledger, &study, now));
        }
        assert!(!request.is_by(&PublicKey::of(&other), &ledger, &study, 1_000));
        assert!(!request.is_by(&key, &LedgerId::new([3; 32]), &study, 1_000));
        assert!(!request.is_by(&key, &ledger, &StudyId::new([3; 32]), 1_000));
        let later = InboxRequest {
            time: 1_001,
            ..request.clone()
        };
        assert!(!later.is_by(&key, &ledger, &study, 1_001));
        let cut = InboxRequest {
            signature: request.signature[2..].to_owned(),
            ..request
        };
        assert!(!cut.is_by(&key, &ledger, &study, 1_000));
    }
}
