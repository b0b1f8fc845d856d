//! Points that are refused, and encodings of them.

use ark_bn254::{Fq, Fq2, G1Affine, G2Affine};
use ark_ff::{BigInteger, Field, PrimeField};
use ark_serialize::CanonicalSerialize;

/// Coordinates that are of no point of the first group's curve.
pub(crate) fn first_off_curve() -> G1Affine {
    G1Affine::new_unchecked(Fq::ONE, Fq::ONE)
}

/// Coordinates that are of no point of the second group's curve.
pub(crate) fn second_off_curve() -> G2Affine {
    G2Affine::new_unchecked(Fq2::ONE, Fq2::ONE)
}

/// A point of the second curve outside the group of prime order.
pub(crate) fn second_off_group() -> G2Affine {
    let candidates = (0..).map(|n: u64| Fq2::new(Fq::from(n), Fq::ONE));
    let points = candidates.filter_map(|x| G2Affine::get_point_from_x_unchecked(x, false));
    let mut outside = points.filter(|point| !point.is_in_correct_subgroup_assuming_on_curve());
    outside.next().unwrap()
}

/// An x coordinate of the first curve that has no y, encoded.
pub(crate) fn first_without_y() -> Vec<u8> {
    let mut candidates = (0u64..).map(Fq::from);
    let x = candidates.find(|x| G1Affine::get_ys_from_x_unchecked(*x).is_none());
    encoded(&x.unwrap())
}

/// The first group's generator, whose x is one, with x written as the modulus plus one.
pub(crate) fn generator_aliased() -> Vec<u8> {
    let mut x = Fq::MODULUS;
    x.add_with_carry(&1u64.into());
    x.to_bytes_le()
}

pub(crate) fn encoded<T: CanonicalSerialize>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    value.serialize_compressed(&mut bytes).unwrap();
    bytes
}
