//! Secrets as they stand in files: lower-case hexadecimal.

use ed25519_dalek::SigningKey;
use salus_ledger::key::PublicKey;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use zeroize::Zeroizing;

/// An Ed25519 signing key that its owner keeps in a file.
#[derive(Clone)]
pub(crate) struct SigningSecret(SigningKey);

impl SigningSecret {
    /// A new key from the operating system's randomness.
    pub(crate) fn random() -> Result<Self, getrandom::Error> {
        let mut seed = Zeroizing::new([0u8; 32]);
        getrandom::fill(&mut *seed)?;
        Ok(Self(SigningKey::from_bytes(&seed)))
    }

    pub(crate) const fn key(&self) -> &SigningKey {
        &self.0
    }

    pub(crate) fn public(&self) -> PublicKey {
        PublicKey::of(&self.0)
    }
}

impl std::fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningSecret(redacted)")
    }
}

impl Serialize for SigningSecret {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        bytes::serialize(self.0.as_bytes(), s)
    }
}

impl<'de> Deserialize<'de> for SigningSecret {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let seed = bytes::deserialize(d)?;
        Ok(Self(SigningKey::from_bytes(&seed)))
    }
}

/// 32 secret bytes.
pub(super) mod bytes {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8; 32], s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&Zeroizing::new(hex::encode(bytes)))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        d: D,
    ) -> Result<Zeroizing<[u8; 32]>, D::Error> {
        let text = Zeroizing::new(<String as Deserialize>::deserialize(d)?);
        let mut bytes = Zeroizing::new([0u8; 32]);
        hex::decode_to_slice(&*text, &mut *bytes)
            .map_err(|_| de::Error::custom("a secret is written in 64 hexadecimal digits"))?;
        Ok(bytes)
    }
}
