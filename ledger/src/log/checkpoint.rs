//! Checkpoints: the log's size and root, signed, as C2SP tlog-checkpoint and signed-note say.

use base64::prelude::{BASE64_STANDARD, Engine};
use ed25519_dalek::SigningKey;
use salus_protocol::nullifier::LedgerId;
use serde::{Deserialize, Serialize};
use signed_note::{Note, Verifier, VerifierList};
use thiserror::Error;
use tlog_tiles::checkpoint::Checkpoint as NoteText;

use super::tree::{LogHash, LogTree};
use crate::key::{PublicKey, Signature};

/// signed-note's number for Ed25519.
const ED25519: u8 = 1;

/// Why a text is not a checkpoint of a ledger.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum CheckpointError {
    /// Not in the C2SP format.
    #[error("not a checkpoint: {problem}")]
    Malformed {
        /// What is wrong.
        problem: String,
    },
    /// Of another ledger.
    #[error("the checkpoint is of {found}, not of {expected}")]
    Origin {
        /// The origin expected.
        expected: String,
        /// The origin found.
        found: String,
    },
    /// Not signed by the ledger's checkpoint key.
    #[error("the checkpoint carries no valid signature by the ledger's checkpoint key {key}")]
    Signature {
        /// The key.
        key: PublicKey,
    },
}

/// A checkpoint's first line, and its key's name: the ledger's name and the first half of its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// The origin of a ledger's checkpoints.
    #[must_use]
    pub fn of(name: &crate::transaction::LedgerName, id: &LedgerId) -> Self {
        Self(format!("{name}/{}", hex::encode(&id.as_bytes()[..16])))
    }

    /// The line.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The key that a ledger's checkpoints are signed with, as others verify it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckpointKey {
    origin: Origin,
    key: PublicKey,
}

impl CheckpointKey {
    /// The checkpoint key of a ledger.
    #[must_use]
    pub const fn new(origin: Origin, key: PublicKey) -> Self {
        Self { origin, key }
    }

    /// The origin.
    #[must_use]
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The public key.
    #[must_use]
    pub const fn key(&self) -> PublicKey {
        self.key
    }

    /// The first four bytes of the hash that names the key in a note.
    fn note_id(&self) -> u32 {
        let mut typed = vec![ED25519];
        typed.extend(self.key.as_bytes());
        signed_note::key_id(self.origin.as_str(), &typed)
    }
}

impl std::fmt::Display for CheckpointKey {
    /// signed-note's verifier key: name, id and typed key, with `+` between.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut typed = vec![ED25519];
        typed.extend(self.key.as_bytes());
        write!(
            f,
            "{}+{:08x}+{}",
            self.origin.as_str(),
            self.note_id(),
            BASE64_STANDARD.encode(&typed)
        )
    }
}

impl Verifier for CheckpointKey {
    fn name(&self) -> &str {
        self.origin.as_str()
    }
    fn key_id(&self) -> u32 {
        self.note_id()
    }
    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        <[u8; 64]>::try_from(signature)
            .is_ok_and(|bytes| self.key.verifies(message, &Signature::from_bytes(bytes)))
    }
}

/// A log's size and root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkpoint {
    /// Number of entries.
    pub size: u64,
    /// The tree's root over them.
    pub root: LogHash,
}

impl Checkpoint {
    /// The head of a log: the size and root of its tree.
    #[must_use]
    pub fn of(tree: &LogTree) -> Self {
        Self {
            size: tree.size(),
            root: tree.root(),
        }
    }

    /// Signs a checkpoint. Ed25519 is deterministic: the same log gives the same text.
    ///
    /// # Errors
    /// [`CheckpointError::Malformed`] when the origin does not fit the format, which a
    /// [`crate::transaction::LedgerName`] rules out.
    pub fn sign(
        &self,
        origin: &Origin,
        secret: &SigningKey,
    ) -> Result<SignedCheckpoint, CheckpointError> {
        let text = NoteText::new(origin.as_str(), self.size, self.root.inner(), "")
            .map_err(malformed)?
            .to_bytes();
        let key = CheckpointKey::new(origin.clone(), PublicKey::of(secret));
        let bytes = Signature::sign(secret, &text).as_bytes().to_vec();
        let signature =
            signed_note::Signature::new(origin.as_str().to_owned(), key.note_id(), bytes)
                .map_err(malformed)?;
        let note = Note::new(&text, &[signature]).map_err(malformed)?;
        String::from_utf8(note.to_bytes())
            .map(SignedCheckpoint)
            .map_err(malformed)
    }
}

/// A signed checkpoint's text, not yet verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SignedCheckpoint(String);

impl SignedCheckpoint {
    /// Wraps a text read from somewhere.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The text, as C2SP tools read it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Checks origin and signature.
    ///
    /// # Errors
    /// [`CheckpointError`] says what is wrong.
    pub fn verify(&self, key: &CheckpointKey) -> Result<Checkpoint, CheckpointError> {
        let note = Note::from_bytes(self.0.as_bytes()).map_err(malformed)?;
        let text = NoteText::from_bytes(note.text()).map_err(malformed)?;
        if text.origin() != key.origin().as_str() {
            return Err(CheckpointError::Origin {
                expected: key.origin().as_str().to_owned(),
                found: text.origin().to_owned(),
            });
        }
        let known = VerifierList::new(vec![Box::new(key.clone())]);
        note.verify(&known)
            .map_err(|_| CheckpointError::Signature { key: key.key() })?;
        Ok(Checkpoint {
            size: text.size(),
            root: LogHash::new(text.hash().0),
        })
    }
}

fn malformed(problem: impl std::fmt::Display) -> CheckpointError {
    CheckpointError::Malformed {
        problem: problem.to_string(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::transaction::LedgerName;
    use signed_note::StandardVerifier;

    fn signed() -> (SignedCheckpoint, CheckpointKey, SigningKey) {
        let secret = SigningKey::from_bytes(&[5; 32]);
        let origin = Origin::of(&LedgerName::new("a.b").unwrap(), &LedgerId::new([7; 32]));
        let key = CheckpointKey::new(origin.clone(), PublicKey::of(&secret));
        let checkpoint = Checkpoint {
            size: 42,
            root: LogHash::new([9; 32]),
        };
        (checkpoint.sign(&origin, &secret).unwrap(), key, secret)
    }

    #[test]
    fn verifies_and_is_deterministic() {
        let (text, key, _) = signed();
        let checkpoint = text.verify(&key).unwrap();
        assert_eq!(
            (checkpoint.size, checkpoint.root),
            (42, LogHash::new([9; 32]))
        );
        assert_eq!(signed().0, text);
        assert!(
            text.as_str()
                .starts_with("a.b/07070707070707070707070707070707\n42\n")
        );
    }

    #[test]
    fn another_reader_of_signed_notes_agrees() {
        let (text, key, _) = signed();
        let verifier = StandardVerifier::new(&key.to_string()).unwrap();
        let note = Note::from_bytes(text.as_str().as_bytes()).unwrap();
        let (verified, rest) = note
            .verify(&VerifierList::new(vec![Box::new(verifier)]))
            .unwrap();
        assert_eq!((verified.len(), rest.len()), (1, 0));
    }

    #[test]
    fn any_change_is_refused() {
        let (text, key, _) = signed();
        for place in 0..text.as_str().len() {
            let mut bytes = text.as_str().as_bytes().to_vec();
            bytes[place] ^= 1;
            let Ok(changed) = String::from_utf8(bytes) else {
                continue;
            };
            assert!(
                SignedCheckpoint::new(changed).verify(&key).is_err(),
                "byte {place}"
            );
        }
        let other = SigningKey::from_bytes(&[6; 32]);
        let stranger = CheckpointKey::new(key.origin().clone(), PublicKey::of(&other));
        let error = text.verify(&stranger).unwrap_err();
        assert!(matches!(error, CheckpointError::Signature { .. }));
    }
}
