//! Canonical bytes of points and scalars: one encoding each, everything else refused.

use halo2_proofs::arithmetic::CurveAffine;
use pasta_curves::group::CurveAffine as _;
use pasta_curves::group::GroupEncoding;
use pasta_curves::group::ff::PrimeField;
use pasta_curves::{EqAffine, Fp, Fq};
use thiserror::Error;

/// Why bytes are not what they should encode.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum EncodingError {
    /// The bytes end too early.
    #[error("the bytes end within the {what}")]
    Short {
        /// What was being read.
        what: &'static str,
    },
    /// Bytes follow after the end.
    #[error("{count} bytes follow after the end")]
    Long {
        /// How many.
        count: usize,
    },
    /// Not the canonical encoding of a point other than the identity.
    #[error("a point of the {what} is no canonical Vesta point, or is the identity")]
    Point {
        /// What was being read.
        what: &'static str,
    },
    /// Not a canonical scalar.
    #[error("a scalar of the {what} is not below Vesta's order")]
    Scalar {
        /// What was being read.
        what: &'static str,
    },
}

/// Reads canonical encodings from the front of some bytes.
#[derive(Debug)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Reads from these bytes.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Takes `N` bytes.
    ///
    /// # Errors
    /// [`EncodingError::Short`].
    pub fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], EncodingError> {
        let (head, rest) = self
            .0
            .split_first_chunk::<N>()
            .ok_or(EncodingError::Short { what })?;
        self.0 = rest;
        Ok(*head)
    }

    /// Takes a compressed point.
    ///
    /// # Errors
    /// [`EncodingError`] for anything but a canonical point other than the identity.
    pub fn point(&mut self, what: &'static str) -> Result<EqAffine, EncodingError> {
        let bytes = self.array::<32>(what)?;
        Option::<EqAffine>::from(EqAffine::from_bytes(&bytes))
            .filter(|point| !bool::from(point.is_identity()) && point.to_bytes() == bytes)
            .ok_or(EncodingError::Point { what })
    }

    /// Takes a point as its two coordinates, which costs no square root.
    ///
    /// # Errors
    /// [`EncodingError`] for anything but a canonical point other than the identity.
    pub fn plain_point(&mut self, what: &'static str) -> Result<EqAffine, EncodingError> {
        let (x, y) = (self.array::<32>(what)?, self.array::<32>(what)?);
        let coordinate = |bytes| Option::<Fq>::from(Fq::from_repr(bytes));
        coordinate(x)
            .zip(coordinate(y))
            .and_then(|(x, y)| Option::<EqAffine>::from(EqAffine::from_xy(x, y)))
            .filter(|point| !bool::from(point.is_identity()))
            .ok_or(EncodingError::Point { what })
    }

    /// Takes a scalar.
    ///
    /// # Errors
    /// [`EncodingError`] for anything but a canonical scalar.
    pub fn scalar(&mut self, what: &'static str) -> Result<Fp, EncodingError> {
        let bytes = self.array::<32>(what)?;
        Option::from(Fp::from_repr(bytes)).ok_or(EncodingError::Scalar { what })
    }

    /// Takes `count` points.
    ///
    /// # Errors
    /// As [`Self::point`].
    pub fn points(
        &mut self,
        what: &'static str,
        count: usize,
    ) -> Result<Vec<EqAffine>, EncodingError> {
        self.holds(what, count)?;
        (0..count).map(|_| self.point(what)).collect()
    }

    /// Takes `count` scalars.
    ///
    /// # Errors
    /// As [`Self::scalar`].
    pub fn scalars(&mut self, what: &'static str, count: usize) -> Result<Vec<Fp>, EncodingError> {
        self.holds(what, count)?;
        (0..count).map(|_| self.scalar(what)).collect()
    }

    /// Takes all that is left.
    pub const fn rest(&mut self) -> &'a [u8] {
        let rest = self.0;
        self.0 = &[];
        rest
    }

    /// Checks that all bytes were read.
    ///
    /// # Errors
    /// [`EncodingError::Long`].
    pub const fn finish(&self) -> Result<(), EncodingError> {
        match self.0.len() {
            0 => Ok(()),
            count => Err(EncodingError::Long { count }),
        }
    }

    /// Refuses a count of 32-byte items that the bytes can't hold, before memory is taken for it.
    fn holds(&self, what: &'static str, count: usize) -> Result<(), EncodingError> {
        if self.0.len() / 32 < count {
            return Err(EncodingError::Short { what });
        }
        Ok(())
    }
}

/// Appends a compressed point.
pub fn write_point(bytes: &mut Vec<u8>, point: &EqAffine) {
    bytes.extend_from_slice(&point.to_bytes());
}

/// Appends a point as its two coordinates. The identity, which has none, is written as zeros and
/// refused by every reader.
pub fn write_plain_point(bytes: &mut Vec<u8>, point: &EqAffine) {
    let coordinates =
        Option::<pasta_curves::arithmetic::Coordinates<EqAffine>>::from(point.coordinates());
    let (x, y) = coordinates.map_or((Fq::zero(), Fq::zero()), |c| (*c.x(), *c.y()));
    bytes.extend_from_slice(&x.to_repr());
    bytes.extend_from_slice(&y.to_repr());
}

/// Appends a scalar.
pub fn write_scalar(bytes: &mut Vec<u8>, scalar: &Fp) {
    bytes.extend_from_slice(&scalar.to_repr());
}
