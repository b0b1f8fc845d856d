//! The scalar field of BN254 and the one way its elements become bytes.
//!
//! Lives here: canonical encodings, and the macro that makes a semantic type out of an
//! element. Never here: hashing (see [`crate::poseidon`]) or any particular noun.

use ark_ff::{BigInteger, PrimeField};
use thiserror::Error;

pub use ark_bn254::Fr;

/// Why bytes or text are not a field element.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum FieldError {
    /// The value is the modulus or more, so it would be a second encoding of a smaller one.
    #[error("not a canonical field element: the number is not below the BN254 scalar modulus")]
    NotCanonical,
    /// The text is not exactly 64 hexadecimal digits.
    #[error("not a field element: expected 64 lower-case hexadecimal digits, found {found:?}")]
    NotHex {
        /// The text as given, cut to a readable length.
        found: String,
    },
}

/// Encodes an element as 32 bytes, most significant first.
#[must_use]
pub fn to_bytes(element: &Fr) -> [u8; 32] {
    let mut bytes = [0u8; 32];
    bytes.copy_from_slice(&element.into_bigint().to_bytes_be());
    bytes
}

/// Decodes 32 bytes, most significant first.
///
/// # Errors
/// [`FieldError::NotCanonical`] when the number is not below the modulus.
pub fn from_bytes(bytes: &[u8; 32]) -> Result<Fr, FieldError> {
    let mut limbs = [0u64; 4];
    for (limb, chunk) in limbs.iter_mut().rev().zip(bytes.chunks_exact(8)) {
        *limb = chunk.iter().fold(0, |acc, b| (acc << 8) | u64::from(*b));
    }
    Fr::from_bigint(ark_ff::BigInt(limbs)).ok_or(FieldError::NotCanonical)
}

/// Encodes an element as 64 lower-case hexadecimal digits.
#[must_use]
pub fn to_hex(element: &Fr) -> String {
    hex::encode(to_bytes(element))
}

/// Decodes 64 lower-case hexadecimal digits.
///
/// # Errors
/// [`FieldError::NotHex`] for any other text, [`FieldError::NotCanonical`] for too large a number.
pub fn from_hex(text: &str) -> Result<Fr, FieldError> {
    let not_hex = || FieldError::NotHex {
        found: text.chars().take(80).collect(),
    };
    if text.bytes().any(|b| b.is_ascii_uppercase()) {
        return Err(not_hex());
    }
    let mut bytes = [0u8; 32];
    hex::decode_to_slice(text, &mut bytes).map_err(|_| not_hex())?;
    from_bytes(&bytes)
}

/// The first 248 bits of a SHA-256 digest as an element: injective, so no two digests that
/// differ there meet in the field.
#[must_use]
pub fn from_digest(digest: &[u8; 32]) -> Fr {
    Fr::from_be_bytes_mod_order(&digest[..31])
}

/// A uniformly random element from the operating system.
///
/// # Errors
/// When the operating system gives no randomness.
pub fn random() -> Result<Fr, getrandom::Error> {
    // 512 bits reduced: the distance from uniform is below 2^-256.
    let mut wide = zeroize::Zeroizing::new([0u8; 64]);
    getrandom::fill(&mut *wide)?;
    Ok(Fr::from_be_bytes_mod_order(&*wide))
}

/// Makes a semantic type out of a field element: canonical bytes, hexadecimal text, serde as
/// text, borsh as 32 bytes.
macro_rules! element_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name($crate::field::Fr);

        impl $name {
            /// Wraps an element that already has this meaning.
            #[must_use]
            pub const fn new(element: $crate::field::Fr) -> Self {
                Self(element)
            }
            /// The element itself, as circuits see it.
            #[must_use]
            pub const fn element(&self) -> $crate::field::Fr {
                self.0
            }
            /// 32 bytes, most significant first.
            #[must_use]
            pub fn to_bytes(&self) -> [u8; 32] {
                $crate::field::to_bytes(&self.0)
            }
            /// Decodes 32 bytes, most significant first.
            ///
            /// # Errors
            /// When the number is not below the field's modulus.
            pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, $crate::field::FieldError> {
                $crate::field::from_bytes(bytes).map(Self)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&$crate::field::to_hex(&self.0))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::field::FieldError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $crate::field::from_hex(text).map(Self)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl borsh::BorshSerialize for $name {
            fn serialize<W: std::io::Write>(&self, writer: &mut W) -> std::io::Result<()> {
                writer.write_all(&self.to_bytes())
            }
        }

        impl borsh::BorshDeserialize for $name {
            fn deserialize_reader<R: std::io::Read>(reader: &mut R) -> std::io::Result<Self> {
                let mut bytes = [0u8; 32];
                reader.read_exact(&mut bytes)?;
                Self::from_bytes(&bytes)
                    .map_err(|e| std::io::Error::new(std::io::ErrorKind::InvalidData, e))
            }
        }
    };
}
pub(crate) use element_type;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use ark_ff::{Field, Zero};
    use proptest::prelude::*;

    #[test]
    fn the_modulus_and_above_are_refused() {
        let mut bytes = [0u8; 32];
        bytes.copy_from_slice(&Fr::MODULUS.to_bytes_be());
        assert_eq!(from_bytes(&bytes), Err(FieldError::NotCanonical));
        assert_eq!(from_bytes(&[0xff; 32]), Err(FieldError::NotCanonical));
        bytes[31] -= 1;
        assert_eq!(from_bytes(&bytes).unwrap(), -Fr::ONE);
        assert_eq!(from_bytes(&[0; 32]).unwrap(), Fr::zero());
    }

    #[test]
    fn text_has_one_form() {
        let text = to_hex(&Fr::from(0xab_u64));
        assert_eq!(from_hex(&text).unwrap(), Fr::from(0xab_u64));
        assert!(from_hex(&text.to_uppercase()).is_err());
        assert!(from_hex(&text[2..]).is_err());
        assert!(from_hex(&format!("0x{text}")).is_err());
    }

    proptest! {
        #[test]
        fn bytes_round_trip(wide in any::<[u8; 32]>()) {
            let element = Fr::from_be_bytes_mod_order(&wide);
            prop_assert_eq!(from_bytes(&to_bytes(&element)).unwrap(), element);
        }
    }
}
