//! Who a subject is to a study, and to nobody else: secret, subject key, scope, nullifier.
//!
//! Spec: docs/spec/primitives.md, section "Subject key and nullifier".

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::field::{self, FieldError, Fr, element_type};
use crate::poseidon::{self, Domain};

/// Makes an identifier of 32 bytes: hexadecimal text, serde as text, borsh as bytes.
macro_rules! identifier_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
        pub struct $name([u8; 32]);

        impl $name {
            /// Wraps 32 bytes that already have this meaning.
            #[must_use]
            pub const fn new(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }
            /// The 32 bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl std::str::FromStr for $name {
            type Err = hex::FromHexError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let mut bytes = [0u8; 32];
                hex::decode_to_slice(text, &mut bytes)?;
                Ok(Self(bytes))
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = <String as Deserialize>::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

identifier_type! {
    /// A ledger: the hash of its genesis.
    LedgerId
}

identifier_type! {
    /// A study on some ledger: the hash of the transaction that opened it.
    StudyId
}

element_type! {
    /// A study on a ledger, as circuits see it: answers in one scope do not link to another.
    Scope
}

impl Scope {
    /// The scope of `study` on `ledger`.
    #[must_use]
    pub fn of(ledger: &LedgerId, study: &StudyId) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(b"salus/v1/scope\0");
        hasher.update(ledger.as_bytes());
        hasher.update(study.as_bytes());
        Self::new(field::from_digest(&hasher.finalize().into()))
    }
}

element_type! {
    /// A subject's public key: in every record of the subject, seen by issuers only.
    SubjectKey
}

element_type! {
    /// What a subject shows to a study: the same twice in one study, unlinkable across studies.
    Nullifier
}

/// A subject's secret: made in the wallet, never leaves it.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SubjectSecret([u8; 32]);

impl SubjectSecret {
    /// A new secret from the operating system.
    ///
    /// # Errors
    /// When the operating system gives no randomness.
    pub fn random() -> Result<Self, getrandom::Error> {
        Ok(Self(field::to_bytes(&field::random()?)))
    }

    /// Reads a secret that [`Self::expose_bytes`] gave.
    ///
    /// # Errors
    /// [`FieldError::NotCanonical`] when the number is not below the field's modulus.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, FieldError> {
        field::from_bytes(bytes).map(|_| Self(*bytes))
    }

    /// The secret's bytes, for the wallet's own file.
    #[must_use]
    pub const fn expose_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The secret as circuits see it.
    #[must_use]
    pub fn expose_element(&self) -> Fr {
        // Both ways to make a secret give a canonical encoding.
        field::from_bytes(&self.0).unwrap_or_default()
    }

    /// The subject's public key.
    #[must_use]
    pub fn key(&self) -> SubjectKey {
        SubjectKey::new(poseidon::hash(Domain::SubjectKey, &[self.expose_element()]))
    }

    /// The subject's nullifier in a scope.
    #[must_use]
    pub fn nullifier(&self, scope: Scope) -> Nullifier {
        let inputs = [self.expose_element(), scope.element()];
        Nullifier::new(poseidon::hash(Domain::Nullifier, &inputs))
    }
}

impl std::fmt::Debug for SubjectSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SubjectSecret(redacted)")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn one_nullifier_per_study() {
        let (secret, other) = (
            SubjectSecret::random().unwrap(),
            SubjectSecret::random().unwrap(),
        );
        let ledger = LedgerId::new([1; 32]);
        let (a, b) = (StudyId::new([2; 32]), StudyId::new([3; 32]));
        let scope = Scope::of(&ledger, &a);
        assert_eq!(secret.nullifier(scope), secret.nullifier(scope));
        assert_ne!(secret.nullifier(scope), other.nullifier(scope));
        assert_ne!(
            secret.nullifier(scope),
            secret.nullifier(Scope::of(&ledger, &b))
        );
        assert_ne!(scope, Scope::of(&LedgerId::new([9; 32]), &a));
        assert_eq!(format!("{secret:?}"), "SubjectSecret(redacted)");
    }
}
