//! Contacts of volunteers: sealed to the sponsor's inbox key, bound to one proof.
//!
//! HPKE (RFC 9180: X25519, HKDF-SHA256, ChaCha20-Poly1305) with the study's scope and the
//! volunteer's nullifier as associated data; the proof binds the sealed bytes by their
//! [`ContactDigest`]. Every sealed contact has the same length.
//! Spec: docs/spec/consent.md, section "Contact".

use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::{Kem as _, X25519HkdfSha256};
use hpke::{Deserializable, OpModeR, OpModeS, Serializable};
use thiserror::Error;
use zeroize::{Zeroize, Zeroizing};

use crate::nullifier::{Nullifier, Scope};
use crate::statement::ContactDigest;

type Kem = X25519HkdfSha256;

/// Longest contact, in bytes of UTF-8.
pub const CONTACT_BYTES: usize = 254;
/// Bytes that are sealed: a length of two bytes, the contact, zeros.
const PADDED: usize = 2 + CONTACT_BYTES;
/// Bytes of a sealed contact: encapsulated key, padded contact, tag.
pub const SEALED_BYTES: usize = 32 + PADDED + 16;

const INFO: &[u8] = b"salus/v1/contact";

/// Why a contact cannot be sealed or opened.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum ContactError {
    /// Too long to be hidden among others.
    #[error("a contact has 1 to {CONTACT_BYTES} bytes, this one has {found}: shorten it")]
    Length {
        /// Bytes found.
        found: usize,
    },
    /// Not a usable X25519 key.
    #[error("not an inbox key: 32 bytes of a usable X25519 key are needed")]
    Key,
    /// Sealed to another key, for another answer, or changed on the way.
    #[error(
        "the contact cannot be opened: it is sealed to another inbox, belongs to another answer, or was changed"
    )]
    Sealed,
}

/// A sponsor's inbox key, as the study publishes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InboxKey([u8; 32]);

impl InboxKey {
    /// Reads a published key.
    ///
    /// # Errors
    /// [`ContactError::Key`] when it is no usable key.
    pub fn from_bytes(bytes: [u8; 32]) -> Result<Self, ContactError> {
        <Kem as hpke::Kem>::PublicKey::from_bytes(&bytes).map_err(|_| ContactError::Key)?;
        Ok(Self(bytes))
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// A sponsor's inbox secret.
pub struct InboxSecret(Zeroizing<[u8; 32]>);

impl InboxSecret {
    /// A new inbox from the operating system's randomness.
    #[must_use]
    pub fn random() -> Self {
        let (secret, _) = Kem::gen_keypair();
        Self::of(&secret)
    }

    fn of(secret: &<Kem as hpke::Kem>::PrivateKey) -> Self {
        let mut encoded = secret.to_bytes();
        let mut bytes = Zeroizing::new([0u8; 32]);
        bytes.copy_from_slice(&encoded);
        encoded.as_mut_slice().zeroize();
        Self(bytes)
    }

    /// Reads a secret that [`Self::expose_bytes`] gave.
    ///
    /// # Errors
    /// [`ContactError::Key`] when it is no usable key.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, ContactError> {
        let secret =
            <Kem as hpke::Kem>::PrivateKey::from_bytes(bytes).map_err(|_| ContactError::Key)?;
        Ok(Self::of(&secret))
    }

    /// The secret's bytes, for the sponsor's own file.
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The key to publish.
    ///
    /// # Errors
    /// [`ContactError::Key`] never for a secret made by this type.
    pub fn key(&self) -> Result<InboxKey, ContactError> {
        let secret =
            <Kem as hpke::Kem>::PrivateKey::from_bytes(&*self.0).map_err(|_| ContactError::Key)?;
        let mut bytes = [0u8; 32];
        bytes.copy_from_slice(&Kem::sk_to_pk(&secret).to_bytes());
        Ok(InboxKey(bytes))
    }

    /// Opens a contact that came with the answer of `nullifier` in `scope`.
    ///
    /// # Errors
    /// [`ContactError::Sealed`] when it is not for this inbox and this answer.
    pub fn open(
        &self,
        scope: Scope,
        nullifier: Nullifier,
        sealed: &SealedContact,
    ) -> Result<String, ContactError> {
        let error = || ContactError::Sealed;
        let secret =
            <Kem as hpke::Kem>::PrivateKey::from_bytes(&*self.0).map_err(|_| ContactError::Key)?;
        let (key, ciphertext) = sealed.0.split_at(32);
        let key = <Kem as hpke::Kem>::EncappedKey::from_bytes(key).map_err(|_| error())?;
        let padded = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, Kem>(
            &OpModeR::Base,
            &secret,
            &key,
            INFO,
            ciphertext,
            &associated(scope, nullifier),
        )
        .map_err(|_| error())?;
        let (length, text) = padded.split_first_chunk::<2>().ok_or_else(error)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let text = text.get(..length).ok_or_else(error)?;
        String::from_utf8(text.to_vec()).map_err(|_| error())
    }
}

impl std::fmt::Debug for InboxSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InboxSecret(redacted)")
    }
}

/// A sealed contact: [`SEALED_BYTES`] bytes that only the inbox's holder can open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedContact(Vec<u8>);

impl SealedContact {
    /// Seals a contact to an inbox, for the answer of `nullifier` in `scope`.
    ///
    /// # Errors
    /// [`ContactError::Length`] for an empty or overlong contact.
    pub fn seal(
        inbox: &InboxKey,
        scope: Scope,
        nullifier: Nullifier,
        contact: &str,
    ) -> Result<Self, ContactError> {
        let found = contact.len();
        let length = u16::try_from(found)
            .ok()
            .filter(|_| (1..=CONTACT_BYTES).contains(&found))
            .ok_or(ContactError::Length { found })?;
        let mut padded = Zeroizing::new([0u8; PADDED]);
        padded[..2].copy_from_slice(&length.to_be_bytes());
        padded[2..2 + found].copy_from_slice(contact.as_bytes());
        let key =
            <Kem as hpke::Kem>::PublicKey::from_bytes(&inbox.0).map_err(|_| ContactError::Key)?;
        let (encapsulated, ciphertext) =
            hpke::single_shot_seal::<ChaCha20Poly1305, HkdfSha256, Kem>(
                &OpModeS::Base,
                &key,
                INFO,
                &*padded,
                &associated(scope, nullifier),
            )
            .map_err(|_| ContactError::Key)?;
        let mut bytes = encapsulated.to_bytes().to_vec();
        bytes.extend_from_slice(&ciphertext);
        Ok(Self(bytes))
    }

    /// Reads sealed bytes.
    ///
    /// # Errors
    /// [`ContactError::Sealed`] when they are not [`SEALED_BYTES`] long.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, ContactError> {
        if bytes.len() == SEALED_BYTES {
            Ok(Self(bytes))
        } else {
            Err(ContactError::Sealed)
        }
    }

    /// The sealed bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// What the proof binds.
    #[must_use]
    pub fn digest(&self) -> ContactDigest {
        ContactDigest::of(&self.0)
    }
}

fn associated(scope: Scope, nullifier: Nullifier) -> [u8; 64] {
    let mut bytes = [0u8; 64];
    bytes[..32].copy_from_slice(&scope.to_bytes());
    bytes[32..].copy_from_slice(&nullifier.to_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::field::Fr;

    #[test]
    fn opens_for_its_inbox_and_answer_only() {
        let inbox = InboxSecret::random();
        let key = inbox.key().unwrap();
        let (scope, nullifier) = (Scope::new(Fr::from(1u64)), Nullifier::new(Fr::from(2u64)));
        let sealed = SealedContact::seal(&key, scope, nullifier, "call 555-0100").unwrap();
        assert_eq!(sealed.as_bytes().len(), SEALED_BYTES);
        assert_eq!(
            inbox.open(scope, nullifier, &sealed).unwrap(),
            "call 555-0100"
        );
        let again = InboxSecret::from_bytes(inbox.expose_bytes()).unwrap();
        assert_eq!(
            again.open(scope, nullifier, &sealed).unwrap(),
            "call 555-0100"
        );

        let other = Nullifier::new(Fr::from(3u64));
        assert_eq!(inbox.open(scope, other, &sealed), Err(ContactError::Sealed));
        assert_eq!(
            InboxSecret::random().open(scope, nullifier, &sealed),
            Err(ContactError::Sealed)
        );
        for i in 0..SEALED_BYTES {
            let mut changed = sealed.as_bytes().to_vec();
            changed[i] ^= 1;
            let changed = SealedContact::from_bytes(changed).unwrap();
            // X25519 ignores the key's highest bit, but HPKE hashes its bytes.
            assert_eq!(
                inbox.open(scope, nullifier, &changed),
                Err(ContactError::Sealed),
                "byte {i}"
            );
            assert_ne!(changed.digest(), sealed.digest());
        }
    }

    #[test]
    fn every_length_looks_alike() {
        let key = InboxSecret::random().key().unwrap();
        let (scope, nullifier) = (Scope::new(Fr::from(1u64)), Nullifier::new(Fr::from(2u64)));
        let seal = |text: &str| SealedContact::seal(&key, scope, nullifier, text);
        assert_eq!(
            seal("a").unwrap().as_bytes().len(),
            seal(&"b".repeat(254)).unwrap().as_bytes().len()
        );
        assert!(matches!(seal(""), Err(ContactError::Length { found: 0 })));
        assert!(matches!(
            seal(&"b".repeat(255)),
            Err(ContactError::Length { found: 255 })
        ));
    }
}
