//! Envelopes: a transaction with its signer and signature, bound to one ledger.

use borsh::{BorshDeserialize, BorshSerialize};
use ed25519_dalek::SigningKey;
use salus_protocol::nullifier::LedgerId;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::Transaction;
use crate::key::{PublicKey, Signature};
use crate::log::{Entry, EntryError, MAX_ENTRY_BYTES};

/// The byte with which the log's entry of a transaction begins.
const TRANSACTION_ENTRY: u8 = 0;

/// Why bytes are not an envelope.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum EnvelopeError {
    /// Not the canonical bytes of one.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// An entry, but not of a transaction.
    #[error("not a signed transaction: the bytes are a registry head, which only a ledger makes")]
    Head,
}

/// A transaction's identity: the hash of the ledger, the transaction and its signer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct TransactionId([u8; 32]);

impl TransactionId {
    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Display for TransactionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl std::fmt::Debug for TransactionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TransactionId({self})")
    }
}

impl Serialize for TransactionId {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TransactionId {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <String as Deserialize>::deserialize(d)?;
        let mut bytes = [0u8; 32];
        hex::decode_to_slice(&text, &mut bytes).map_err(serde::de::Error::custom)?;
        Ok(Self(bytes))
    }
}

/// A signed transaction. Its signature is over a domain string, the ledger's id and the
/// transaction's canonical bytes, so it holds on one ledger only.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Envelope {
    transaction: Transaction,
    signer: PublicKey,
    signature: Signature,
}

impl Envelope {
    /// Signs a transaction for a ledger.
    #[must_use]
    pub fn sign(
        transaction: impl Into<Transaction>,
        ledger: &LedgerId,
        secret: &SigningKey,
    ) -> Self {
        let transaction = transaction.into();
        let signature = Signature::sign(secret, &signed_bytes(&transaction, ledger));
        Self {
            transaction,
            signer: PublicKey::of(secret),
            signature,
        }
    }

    /// Signs a transaction with a key that is made for it and thrown away: for answers, which
    /// must not link to each other.
    ///
    /// # Errors
    /// When the operating system gives no randomness.
    pub fn sign_once(
        transaction: impl Into<Transaction>,
        ledger: &LedgerId,
    ) -> Result<Self, getrandom::Error> {
        let mut seed = [0u8; 32];
        getrandom::fill(&mut seed)?;
        // The signing key is zeroized when dropped; so is this copy.
        let secret = SigningKey::from_bytes(&seed);
        seed.fill(0);
        Ok(Self::sign(transaction, ledger, &secret))
    }

    /// The transaction.
    #[must_use]
    pub const fn transaction(&self) -> &Transaction {
        &self.transaction
    }

    /// The transaction, by value.
    pub(crate) fn into_transaction(self) -> Transaction {
        self.transaction
    }

    /// Whose signature it should carry.
    #[must_use]
    pub const fn signer(&self) -> PublicKey {
        self.signer
    }

    /// Whether the signature is the signer's, for this ledger.
    #[must_use]
    pub fn is_signed_for(&self, ledger: &LedgerId) -> bool {
        self.signer
            .verifies(&signed_bytes(&self.transaction, ledger), &self.signature)
    }

    /// Whose good signature for this ledger an envelope's bytes carry, and the identity that the
    /// transaction has; none when they carry none. Nothing of the transaction is decoded: with this,
    /// who signs, and whether it has entered, can be known before any work is done on what is
    /// signed. [`Self::from_bytes`] may still refuse the bytes.
    #[must_use]
    pub fn signed_by(bytes: &[u8], ledger: &LedgerId) -> Option<(PublicKey, TransactionId)> {
        if bytes.len() > MAX_ENTRY_BYTES {
            return None;
        }
        // An entry of a transaction: its kind, the transaction, the signer, the signature.
        let (kind, rest) = bytes.split_first()?;
        let (rest, signature) = rest.split_last_chunk::<64>()?;
        let (transaction, signer) = rest.split_last_chunk::<32>()?;
        if *kind != TRANSACTION_ENTRY {
            return None;
        }
        let signer = PublicKey::from_bytes(signer).ok()?;
        let mut message = begin_signed(ledger);
        message.extend_from_slice(transaction);
        signer
            .verifies(&message, &Signature::from_bytes(*signature))
            .then(|| (signer, identity(&signer, &message)))
    }

    /// The transaction's identity on a ledger. It does not depend on the signature's bytes, so a
    /// second signature over the same transaction is the same transaction.
    #[must_use]
    pub fn id(&self, ledger: &LedgerId) -> TransactionId {
        identity(&self.signer, &signed_bytes(&self.transaction, ledger))
    }

    /// The canonical bytes: those of the log's entry.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        Entry::Transaction(self.clone()).to_bytes()
    }

    /// Decodes canonical bytes, such as a wallet sends.
    ///
    /// # Errors
    /// [`EnvelopeError`] for anything that [`Self::to_bytes`] would not give.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        match Entry::from_bytes(bytes)? {
            Entry::Transaction(envelope) => Ok(envelope),
            Entry::Head(_) => Err(EnvelopeError::Head),
        }
    }
}

/// What is signed.
fn signed_bytes(transaction: &Transaction, ledger: &LedgerId) -> Vec<u8> {
    let mut bytes = begin_signed(ledger);
    borsh::to_writer(&mut bytes, transaction).expect("writing to memory does not fail");
    bytes
}

/// What goes before a transaction's bytes in what is signed.
fn begin_signed(ledger: &LedgerId) -> Vec<u8> {
    let mut bytes = b"salus/v1/transaction\0".to_vec();
    bytes.extend(ledger.as_bytes());
    bytes
}

fn identity(signer: &PublicKey, signed: &[u8]) -> TransactionId {
    let mut hasher = Sha256::new();
    hasher.update(b"salus/v1/transaction-id\0");
    hasher.update(signer.as_bytes());
    hasher.update(signed);
    TransactionId(hasher.finalize().into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::transaction::{RegisterBoard, Title};

    #[test]
    fn signer_and_identity_of_bytes_are_those_of_the_envelope_and_only_with_its_signature() {
        let secret = SigningKey::from_bytes(&[3; 32]);
        let ledger = LedgerId::new([1; 32]);
        let board = RegisterBoard {
            name: Title::new("Board".to_owned()).unwrap(),
            key: PublicKey::of(&secret),
        };
        let envelope = Envelope::sign(board, &ledger, &secret);
        let bytes = envelope.to_bytes();
        let signed = Envelope::signed_by(&bytes, &ledger);
        assert_eq!(signed, Some((envelope.signer(), envelope.id(&ledger))));
        assert!(envelope.is_signed_for(&ledger));
        let other = LedgerId::new([2; 32]);
        assert_eq!(Envelope::signed_by(&bytes, &other), None);
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert_eq!(Envelope::signed_by(&changed, &ledger), None, "byte {at}");
            assert_eq!(Envelope::signed_by(&bytes[..at], &ledger), None);
        }
    }
}
