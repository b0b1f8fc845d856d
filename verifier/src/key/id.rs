//! The name of a verifying key: a digest of all that it says.

use std::fmt;
use std::str::FromStr;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::{KEY_BYTES, Setup};

/// SHA-256 over `salus/v1/verifying-key\0`, the length of the circuit's name (4 bytes, least
/// significant first), the name, one byte for the setup (0 ceremony, 1 insecure) and the key's
/// canonical bytes. Ledgers name the ids that they accept.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct KeyId([u8; 32]);

/// The text is not a key id.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[error("not a key id: expected 64 lower-case hexadecimal digits, found {found:?}")]
pub struct KeyIdError {
    /// The text as given, cut to a readable length.
    pub found: String,
}

impl KeyId {
    /// Takes an id that was read elsewhere, as from a ledger.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The id's bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub(super) fn of(circuit: &str, setup: Setup, key: &[u8; KEY_BYTES]) -> Self {
        let length = u32::try_from(circuit.len()).expect("a circuit's name has at most 64 bytes");
        let mut hasher = Sha256::new();
        hasher.update(b"salus/v1/verifying-key\0");
        hasher.update(length.to_le_bytes());
        hasher.update(circuit.as_bytes());
        hasher.update([match setup {
            Setup::Ceremony => 0,
            Setup::InsecureDevelopment => 1,
        }]);
        hasher.update(key);
        Self(hasher.finalize().into())
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

impl FromStr for KeyId {
    type Err = KeyIdError;

    fn from_str(text: &str) -> Result<Self, KeyIdError> {
        let refused = || KeyIdError {
            found: text.chars().take(80).collect(),
        };
        if text.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(refused());
        }
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| refused())?;
        Ok(Self(bytes))
    }
}

impl Serialize for KeyId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for KeyId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as Deserialize>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}
