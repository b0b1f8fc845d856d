//! Number-theoretic transforms over lanes, in the two halves that need no reordering.
//!
//! [`Transform::scatter`] takes values in natural order to their transform in *scattered* order;
//! [`Transform::gather`] takes scattered order to natural order. Whatever happens in between is
//! element by element, so no bit reversal is ever done. [`Transform::scattered`] says what is where.

use ark_ff::Field;

use crate::multiexp::lanes::PrimeLanes;

/// The twiddle factors of one root of unity.
pub(crate) struct Transform<L: PrimeLanes> {
    lanes: L,
    /// For each stage, from butterflies of neighbours (span 1) up: the factors of one block.
    stages: Vec<Vec<L::Pack>>,
}

impl<L: PrimeLanes> Transform<L> {
    /// Smallest size that fills the lanes.
    pub(crate) const SMALLEST: usize = L::WIDTH * L::WIDTH;

    /// For values at the powers of `root`, which is a primitive root of unity of order `size`, a
    /// power of two that is at least [`Self::SMALLEST`].
    pub(crate) fn new(lanes: L, size: usize, root: L::Field) -> Self {
        let mut stages = Vec::new();
        let mut span = size / 2;
        let mut step = root;
        while span > 0 {
            let powers: Vec<L::Field> =
                std::iter::successors(Some(L::Field::ONE), |power| Some(*power * step))
                    .take(span)
                    .collect();
            stages.push(if span < L::WIDTH {
                powers.iter().map(|&power| lanes.splat(power)).collect()
            } else {
                powers
                    .chunks_exact(L::WIDTH)
                    .map(|row| lanes.load(|lane| row[lane]))
                    .collect()
            });
            step.square_in_place();
            span /= 2;
        }
        stages.reverse();
        Self { lanes, stages }
    }

    /// Place, in scattered order, that lane `lane` of pack `pack` stands for.
    pub(crate) fn scattered(&self, pack: usize, lane: usize) -> usize {
        let square = pack / L::WIDTH * L::WIDTH * L::WIDTH;
        let place = square + lane * L::WIDTH + pack % L::WIDTH;
        // A domain of one has no stages, and shifting out every bit leaves zero.
        let unused = usize::BITS - self.stages.len() as u32;
        place.reverse_bits().checked_shr(unused).unwrap_or(0)
    }

    fn crossing(&self) -> usize {
        L::WIDTH.trailing_zeros() as usize
    }

    /// Natural to scattered. Bounds: in 2q, out 2q.
    #[inline(always)]
    pub(crate) fn scatter(&self, data: &mut [L::Pack]) {
        let (crossing, straight) = self.stages.split_at(self.crossing());
        for factors in straight.iter().rev() {
            self.split(data, factors);
        }
        for square in data.chunks_exact_mut(L::WIDTH) {
            self.lanes.transpose(square);
            for factors in crossing.iter().rev() {
                self.split(square, factors);
            }
        }
    }

    /// Scattered to natural. Bounds: in 2q, out 2q for every stage more: at most 60q.
    #[inline(always)]
    pub(crate) fn gather(&self, data: &mut [L::Pack]) {
        let (crossing, straight) = self.stages.split_at(self.crossing());
        for square in data.chunks_exact_mut(L::WIDTH) {
            for factors in crossing {
                self.join(square, factors);
            }
            self.lanes.transpose(square);
        }
        for factors in straight {
            self.join(data, factors);
        }
    }

    #[inline(always)]
    fn split(&self, data: &mut [L::Pack], factors: &[L::Pack]) {
        let l = self.lanes;
        for block in data.chunks_exact_mut(2 * factors.len()) {
            let (low, high) = block.split_at_mut(factors.len());
            for ((u, v), factor) in low.iter_mut().zip(high).zip(factors) {
                let sum = l.trim(l.add(*u, *v));
                *v = l.mul(l.sub::<2>(*u, *v), *factor);
                *u = sum;
            }
        }
    }

    #[inline(always)]
    fn join(&self, data: &mut [L::Pack], factors: &[L::Pack]) {
        let l = self.lanes;
        for block in data.chunks_exact_mut(2 * factors.len()) {
            let (low, high) = block.split_at_mut(factors.len());
            for ((u, v), factor) in low.iter_mut().zip(high).zip(factors) {
                let turned = l.mul(*factor, *v);
                *v = l.sub::<2>(*u, turned);
                *u = l.add(*u, turned);
            }
        }
    }
}
