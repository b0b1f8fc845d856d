//! Field arithmetic on several elements at once.
//!
//! [`Lanes`] is what the multi-exponentiation and the transforms are written against. There are
//! two kinds: [`portable`] (one lane, arkworks' own field) and, on x86-64 with AVX-512 IFMA, eight
//! lanes side by side, about six times as fast. Which one runs is decided when a prover is
//! made, by asking the processor. No curve knowledge and no secret-dependent policy lives here.

#[cfg(target_arch = "x86_64")]
pub(crate) mod ifma;
#[cfg(target_arch = "x86_64")]
mod limbs;
pub(crate) mod portable;
#[cfg(target_arch = "x86_64")]
pub(crate) mod quadratic;
#[cfg(test)]
mod tests;

use ark_ff::Field;

/// Work that runs with the processor features of its lanes switched on.
pub(crate) trait Kernel {
    /// What the work gives back.
    type Output;

    /// Does the work. Implementations are `#[inline(always)]`, or the features do not reach them.
    fn call(self) -> Self::Output;
}

/// Runs work of plain loops over whole numbers with the widest vectors known here.
pub(crate) fn run_widest<K: Kernel>(kernel: K) -> K::Output {
    #[cfg(target_arch = "x86_64")]
    if let Some(lanes) = ifma::Ifma::<ark_bn254::FrConfig>::detect() {
        return lanes.run(kernel);
    }
    kernel.call()
}

/// Which lanes something holds for, one bit a lane.
pub(crate) type Mask = u8;

/// `WIDTH` field elements side by side.
///
/// A `Pack` is *loose*: the number in each lane may exceed the modulus. The bound is written as a
/// multiple of the modulus q. `mul` gives less than 2q where its left side is at most 5q and its right
/// side at most 8q (in [`PrimeLanes`]: where the product of both bounds is at most 84, or 64 for a
/// modulus of 255 bits); `square` takes at most 2q; `add` gives the sum of the bounds; `sub::<K>` gives the bound of its left side
/// plus K, and needs its right side to be at most Kq. Loading gives less than q.
pub(crate) trait Lanes: Copy + Send + Sync + 'static {
    /// The field, as arkworks has it.
    type Field: Field;
    /// An affine point's two coordinates as kept in memory, each fully reduced.
    type Point: Copy + Send + Sync + 'static;
    /// `WIDTH` elements.
    type Pack: Copy + Send + Sync + 'static;
    /// Number of lanes; a power of two, at most 8.
    const WIDTH: usize;

    /// Runs `kernel` with this kind's processor features.
    fn run<K: Kernel>(self, kernel: K) -> K::Output;

    /// The in-memory form of a point.
    fn point(x: Self::Field, y: Self::Field) -> Self::Point;

    /// The coordinates of a point in memory.
    fn coordinates(point: &Self::Point) -> (Self::Field, Self::Field);

    /// Loads the points `at(0)`, `at(1)`, ... into lanes, as their two coordinates.
    fn load_points<'p>(self, at: impl Fn(usize) -> &'p Self::Point) -> (Self::Pack, Self::Pack);

    /// Stores one point per lane for the first `count` lanes. Bounds at most 4q.
    fn store_points(
        self,
        x: Self::Pack,
        y: Self::Pack,
        count: usize,
        to: impl FnMut(usize, Self::Point),
    );

    /// Loads elements, one per lane.
    fn load(self, at: impl Fn(usize) -> Self::Field) -> Self::Pack;

    /// The elements, one per lane, for all `WIDTH` lanes. Bound at most 4q.
    fn store(self, pack: Self::Pack, to: impl FnMut(usize, Self::Field));

    /// The same element in every lane.
    fn splat(self, element: Self::Field) -> Self::Pack;

    /// Lanes whose value is zero. Only for packs that came straight from a load.
    fn zeros(self, a: Self::Pack) -> Mask;

    /// Lanes in which both are equal. Only for packs that came straight from a load.
    fn equal(self, a: Self::Pack, b: Self::Pack) -> Mask;

    /// `b` where the mask is set, `a` elsewhere.
    fn select(self, mask: Mask, a: Self::Pack, b: Self::Pack) -> Self::Pack;

    /// Sum.
    fn add(self, a: Self::Pack, b: Self::Pack) -> Self::Pack;

    /// Difference; `b` is at most K times the modulus, K from 1 to 8.
    fn sub<const K: usize>(self, a: Self::Pack, b: Self::Pack) -> Self::Pack;

    /// Brings a bound of 4q down to 2q.
    fn trim(self, a: Self::Pack) -> Self::Pack;

    /// Product.
    fn mul(self, a: Self::Pack, b: Self::Pack) -> Self::Pack;

    /// Square.
    fn square(self, a: Self::Pack) -> Self::Pack;

    /// Inverse in each lane; no lane may be zero. Bound at most 2q. Slow: use it once per batch.
    fn invert(self, a: Self::Pack) -> Self::Pack;
}

/// Lanes over a prime field, which the transforms need.
pub(crate) trait PrimeLanes: Lanes {
    /// Exchanges lanes and packs in a square of `WIDTH` packs.
    fn transpose(self, packs: &mut [Self::Pack]);

    /// The elements as canonical integers of four 64-bit limbs, least significant first.
    /// Bound at most 32q.
    fn integers(self, pack: Self::Pack, to: impl FnMut(usize, [u64; 4]));
}
