//! Points of BN254's two groups: decoded with every check, and no other way in.
//!
//! A point is 32 (first group) or 64 (second group) bytes: x, least significant byte first, with
//! the sign of y in the top bit. Only one encoding of a point is accepted, and never the identity,
//! which no honest key or proof holds.

use ark_ec::AffineRepr;
use ark_ec::short_weierstrass::{Affine, SWCurveConfig, SWFlags};
use ark_serialize::{CanonicalDeserialize, CanonicalDeserializeWithFlags, CanonicalSerialize};
use thiserror::Error;

/// Why a point is refused.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
pub enum PointError {
    /// The bytes are not the one encoding of a point: a coordinate is not below the field's
    /// modulus, or the flag bits mean nothing.
    #[error("not the canonical encoding of a point")]
    NotCanonical,
    /// No point of the curve has these coordinates.
    #[error("not on the curve")]
    NotOnCurve,
    /// A point of the curve, outside the group of prime order.
    #[error("on the curve but outside the group of prime order")]
    NotInSubgroup,
    /// The point at infinity.
    #[error("the point at infinity, which no honest key or proof holds")]
    Identity,
}

/// Decodes a compressed point.
pub(crate) fn decode<P: SWCurveConfig>(bytes: &[u8]) -> Result<Affine<P>, PointError> {
    let Ok(point) = Affine::<P>::deserialize_compressed(bytes) else {
        return Err(reason::<P>(bytes));
    };
    // The decoder ignores what follows the point, and x where the infinity flag is set.
    if encode(&point) != bytes {
        return Err(PointError::NotCanonical);
    }
    check(&point)?;
    Ok(point)
}

/// Encodes a point, compressed.
pub(crate) fn encode<P: SWCurveConfig>(point: &Affine<P>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(point.compressed_size());
    point
        .serialize_compressed(&mut bytes)
        .expect("writing to memory does not fail");
    bytes
}

/// Checks a point that did not come from [`decode`].
pub(crate) fn check<P: SWCurveConfig>(point: &Affine<P>) -> Result<(), PointError> {
    if point.is_zero() {
        return Err(PointError::Identity);
    }
    if !point.is_on_curve() {
        return Err(PointError::NotOnCurve);
    }
    if !point.is_in_correct_subgroup_assuming_on_curve() {
        return Err(PointError::NotInSubgroup);
    }
    Ok(())
}

/// Names the reason for which bytes were refused; decides nothing.
fn reason<P: SWCurveConfig>(bytes: &[u8]) -> PointError {
    let Ok((x, _)) = P::BaseField::deserialize_with_flags::<_, SWFlags>(bytes) else {
        return PointError::NotCanonical;
    };
    match Affine::<P>::get_ys_from_x_unchecked(x) {
        None => PointError::NotOnCurve,
        Some(_) => PointError::NotInSubgroup,
    }
}
