//! One lane: arkworks' field arithmetic, for processors without AVX-512 IFMA.

use std::marker::PhantomData;

use ark_ff::{BigInt, Field, PrimeField};

use super::{Kernel, Lanes, Mask, PrimeLanes};

/// One element at a time, always fully reduced.
pub(crate) struct Portable<F>(PhantomData<F>);

impl<F> Portable<F> {
    /// Works on every processor.
    pub(crate) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<F> Clone for Portable<F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F> Copy for Portable<F> {}

impl<F: Field> Lanes for Portable<F> {
    type Field = F;
    type Point = (F, F);
    type Pack = F;
    const WIDTH: usize = 1;

    #[inline(always)]
    fn run<K: Kernel>(self, kernel: K) -> K::Output {
        kernel.call()
    }

    fn point(x: F, y: F) -> (F, F) {
        (x, y)
    }

    fn coordinates(point: &(F, F)) -> (F, F) {
        *point
    }

    #[inline(always)]
    fn load_points<'p>(self, at: impl Fn(usize) -> &'p Self::Point) -> (F, F) {
        *at(0)
    }

    #[inline(always)]
    fn store_points(self, x: F, y: F, _count: usize, mut to: impl FnMut(usize, (F, F))) {
        to(0, (x, y));
    }

    #[inline(always)]
    fn load(self, at: impl Fn(usize) -> F) -> F {
        at(0)
    }

    #[inline(always)]
    fn store(self, pack: F, mut to: impl FnMut(usize, F)) {
        to(0, pack);
    }

    #[inline(always)]
    fn splat(self, element: F) -> F {
        element
    }

    #[inline(always)]
    fn zeros(self, a: F) -> Mask {
        Mask::from(a.is_zero())
    }

    #[inline(always)]
    fn equal(self, a: F, b: F) -> Mask {
        Mask::from(a == b)
    }

    #[inline(always)]
    fn select(self, mask: Mask, a: F, b: F) -> F {
        if mask & 1 == 0 { a } else { b }
    }

    #[inline(always)]
    fn add(self, a: F, b: F) -> F {
        a + b
    }

    #[inline(always)]
    fn sub<const K: usize>(self, a: F, b: F) -> F {
        a - b
    }

    #[inline(always)]
    fn trim(self, a: F) -> F {
        a
    }

    #[inline(always)]
    fn mul(self, a: F, b: F) -> F {
        a * b
    }

    #[inline(always)]
    fn square(self, a: F) -> F {
        a.square()
    }

    #[inline(always)]
    fn invert(self, a: F) -> F {
        a.inverse().unwrap_or(F::ZERO)
    }
}

impl<F: PrimeField<BigInt = BigInt<4>>> PrimeLanes for Portable<F> {
    fn transpose(self, _packs: &mut [F]) {}

    #[inline(always)]
    fn integers(self, pack: F, mut to: impl FnMut(usize, [u64; 4])) {
        to(0, pack.into_bigint().0);
    }
}
