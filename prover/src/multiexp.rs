//! Sums of multiples of points, on any curve y² = x³ + b: buckets, additions that share inversions,
//! field arithmetic in lanes.
//!
//! Never here: keys, circuits, commitments, or what a sum is for.

pub(crate) mod additions;
pub(crate) mod bases;
pub(crate) mod digits;
pub(crate) mod lanes;
pub(crate) mod segments;
