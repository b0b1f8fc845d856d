//! Pedersen commitments over Vesta, for cohort proofs: one of the row, one of the consent.
//!
//! Generators come from hash-to-curve, so nobody knows a relation between them.
//! Spec: docs/spec/records.md, section "Row commitment".

use std::sync::LazyLock;

use borsh::{BorshDeserialize, BorshSerialize};
use pasta_curves::arithmetic::CurveExt;
use pasta_curves::group::ff::{FromUniformBytes, PrimeField};
use pasta_curves::group::{Curve, Group, GroupEncoding};
use pasta_curves::{Eq as Vesta, EqAffine, Fp};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::row::{FIELDS, Row};

/// Why bytes are not a commitment or a salt.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum PedersenError {
    /// Not the canonical encoding of a point of Vesta.
    #[error("not a commitment: the 32 bytes are not the canonical encoding of a Vesta point")]
    NotAPoint,
    /// The identity commits to nothing hidden.
    #[error("not a commitment: the point is the identity")]
    Identity,
    /// Not a canonical scalar.
    #[error("not a salt: expected 64 hexadecimal digits of a number below Vesta's order")]
    NotAScalar,
}

/// The generators of one kind of row commitment.
pub struct Generators {
    values: [Vesta; FIELDS],
    blinding: Vesta,
}

impl Generators {
    /// Those of records' rows.
    #[must_use]
    pub fn of_records() -> &'static Self {
        &ROW
    }

    /// Those of consents.
    #[must_use]
    pub fn of_consents() -> &'static Self {
        &CONSENT
    }

    /// The generator of each field's number.
    #[must_use]
    pub fn values(&self) -> [EqAffine; FIELDS] {
        self.values.map(|point| point.to_affine())
    }

    /// The generator of the salt.
    #[must_use]
    pub fn blinding(&self) -> EqAffine {
        self.blinding.to_affine()
    }

    fn hash(domain: &str) -> Self {
        let point = Vesta::hash_to_curve(domain);
        Self {
            values: std::array::from_fn(|j| point(format!("value {j}").as_bytes())),
            blinding: point(b"blinding"),
        }
    }
}

static ROW: LazyLock<Generators> = LazyLock::new(|| Generators::hash("salus.v1.row-commitment"));
static CONSENT: LazyLock<Generators> =
    LazyLock::new(|| Generators::hash("salus.v1.consent-row-commitment"));

/// The point commitment of a row: sum of value_j * G_j + salt * H.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RowCommitment(EqAffine);

impl RowCommitment {
    /// Commits to a record's row.
    #[must_use]
    pub fn of_record(row: &Row, salt: &RowSalt) -> Self {
        Self::commit(&ROW, row, salt)
    }

    /// Commits to a consent, written as a row; with generators of its own.
    #[must_use]
    pub fn of_consent(row: &Row, salt: &RowSalt) -> Self {
        Self::commit(&CONSENT, row, salt)
    }

    fn commit(generators: &Generators, row: &Row, salt: &RowSalt) -> Self {
        let mut sum = Vesta::identity();
        // Double and add over all values at once, from the highest bit.
        for bit in (0..u16::BITS).rev() {
            sum = sum.double();
            for (value, generator) in row.values().iter().zip(&generators.values) {
                if value >> bit & 1 == 1 {
                    sum += generator;
                }
            }
        }
        Self((sum + generators.blinding * salt.0).to_affine())
    }

    /// The point.
    #[must_use]
    pub const fn point(&self) -> EqAffine {
        self.0
    }

    /// The canonical 32 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// Decodes 32 bytes.
    ///
    /// # Errors
    /// [`PedersenError`] for anything but a canonical point other than the identity.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, PedersenError> {
        let point = Option::<EqAffine>::from(EqAffine::from_bytes(bytes))
            .ok_or(PedersenError::NotAPoint)?;
        if point == EqAffine::default() {
            return Err(PedersenError::Identity);
        }
        if point.to_bytes() != *bytes {
            return Err(PedersenError::NotAPoint);
        }
        Ok(Self(point))
    }
}

impl std::fmt::Debug for RowCommitment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RowCommitment({})", hex::encode(self.to_bytes()))
    }
}

impl Serialize for RowCommitment {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&hex::encode(self.to_bytes()))
    }
}

impl<'de> Deserialize<'de> for RowCommitment {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <String as Deserialize>::deserialize(d)?;
        let mut bytes = [0u8; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(serde::de::Error::custom)?;
        Self::from_bytes(&bytes).map_err(serde::de::Error::custom)
    }
}

impl BorshSerialize for RowCommitment {
    fn serialize<W: std::io::Write>(&self, writer: &mut W) -> std::io::Result<()> {
        writer.write_all(&self.to_bytes())
    }
}

impl BorshDeserialize for RowCommitment {
    fn deserialize_reader<R: std::io::Read>(reader: &mut R) -> std::io::Result<Self> {
        let mut bytes = [0u8; 32];
        reader.read_exact(&mut bytes)?;
        Self::from_bytes(&bytes)
            .map_err(|e| std::io::Error::new(std::io::ErrorKind::InvalidData, e))
    }
}

/// The randomness that hides a row commitment.
#[derive(Clone, PartialEq, Eq)]
pub struct RowSalt(Fp);

impl RowSalt {
    /// A new salt from the operating system.
    ///
    /// # Errors
    /// When the operating system gives no randomness.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut wide = zeroize::Zeroizing::new([0u8; 64]);
        getrandom::fill(&mut *wide)?;
        Ok(Self(Fp::from_uniform_bytes(&wide)))
    }
}

impl RowSalt {
    /// The salt as a scalar: as secret as the salt itself.
    #[must_use]
    pub const fn reveal(&self) -> Fp {
        self.0
    }

    /// The salt that hides nothing, for blanks and tests.
    #[must_use]
    pub const fn zero() -> Self {
        Self(Fp::zero())
    }
}

impl Drop for RowSalt {
    fn drop(&mut self) {
        self.0 = Fp::zero();
    }
}

impl std::fmt::Debug for RowSalt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RowSalt(redacted)")
    }
}

impl Serialize for RowSalt {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&hex::encode(self.0.to_repr()))
    }
}

impl<'de> Deserialize<'de> for RowSalt {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let error = || serde::de::Error::custom(PedersenError::NotAScalar);
        let text = <String as Deserialize>::deserialize(d)?;
        let mut bytes = [0u8; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| error())?;
        Option::from(Fp::from_repr(bytes))
            .map(Self)
            .ok_or_else(error)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::collections::BTreeSet;

    fn point(commitment: &RowCommitment) -> Vesta {
        commitment.0.into()
    }

    #[test]
    fn is_the_sum_it_says() {
        let values: [u16; FIELDS] = std::array::from_fn(|j| (j as u16).wrapping_mul(7919));
        let salt = RowSalt::random().unwrap();
        let expected = values
            .iter()
            .zip(&ROW.values)
            .fold(ROW.blinding * salt.0, |sum, (v, g)| {
                sum + *g * Fp::from(u64::from(*v))
            });
        assert_eq!(
            point(&RowCommitment::of_record(&Row::new(values), &salt)),
            expected
        );
    }

    #[test]
    fn generators_differ_and_are_pinned() {
        let every = |g: &Generators| {
            g.values
                .iter()
                .chain([&g.blinding])
                .map(GroupEncoding::to_bytes)
                .collect::<Vec<_>>()
        };
        let listed = [every(&ROW), every(&CONSENT)].concat();
        let all: BTreeSet<_> = listed.iter().copied().collect();
        assert_eq!(all.len(), 2 * (FIELDS + 1));
        let digest = <sha2::Sha256 as sha2::Digest>::digest(listed.concat());
        assert_eq!(
            hex::encode(digest),
            "33bbca5947186568020f1a8d0052b945419627663782e16df782136003182b5e"
        );
        assert!(!all.contains(&Vesta::identity().to_bytes()));
    }

    #[test]
    fn one_encoding() {
        let commitment =
            RowCommitment::of_record(&Row::new([3; FIELDS]), &RowSalt::random().unwrap());
        assert_eq!(
            RowCommitment::from_bytes(&commitment.to_bytes()),
            Ok(commitment)
        );
        assert!(RowCommitment::from_bytes(&[0; 32]).is_err());
        assert!(RowCommitment::from_bytes(&[0xff; 32]).is_err());
    }
}
