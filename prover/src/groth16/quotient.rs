//! The quotient polynomial h of Groth16: (a·b - c) / (xⁿ - 1), from values on the domain.
//!
//! Where a·b = c on the whole domain, six transforms do, instead of the usual seven. Write the product
//! a·b as low + high·xⁿ. On the domain xⁿ = 1, so c = low + high there. On the coset g·domain with
//! gⁿ = -1 the product is low - high. Hence h = high = (c - (low - high)) / 2, coefficient by
//! coefficient. The polynomial is unique, so it is the one any other way of computing gives.

use ark_bn254::Fr;
use ark_ff::{FftField, Field};
use zeroize::Zeroizing;

use super::transform::Transform;
use crate::multiexp::lanes::{Kernel, PrimeLanes};

/// What is computed once for a domain.
pub(crate) struct Quotient<L: PrimeLanes> {
    lanes: L,
    size: usize,
    forward: Transform<L>,
    backward: Transform<L>,
    /// gⁱ / n in scattered order.
    to_coset: Vec<L::Pack>,
    /// g⁻ⁱ / 2n in scattered order.
    from_coset: Vec<L::Pack>,
    /// 1 / 2n.
    half: L::Pack,
}

impl<L: PrimeLanes<Field = Fr>> Quotient<L> {
    /// For a domain of `size`, a power of two; `None` where it is too small or too large.
    pub(crate) fn new(lanes: L, size: usize) -> Option<Self> {
        let shift = Fr::get_root_of_unity(2 * size as u64)?;
        if !size.is_power_of_two() || size < Transform::<L>::SMALLEST {
            return None;
        }
        let root = shift.square();
        let forward = Transform::new(lanes, size, root);
        let backward = Transform::new(lanes, size, root.inverse()?);
        let half = Fr::from(2 * size as u64).inverse()?;
        let scaled = |base: Fr, first: Fr| {
            let powers: Vec<Fr> = std::iter::successors(Some(first), |power| Some(*power * base))
                .take(size)
                .collect();
            (0..size / L::WIDTH)
                .map(|pack| lanes.load(|lane| powers[backward.scattered(pack, lane)]))
                .collect::<Vec<_>>()
        };
        let to_coset = scaled(shift, half + half);
        let from_coset = scaled(shift.inverse()?, half);
        let half = lanes.splat(half);
        Some(Self {
            lanes,
            size,
            forward,
            backward,
            to_coset,
            from_coset,
            half,
        })
    }

    /// Which coefficient of h each integer of [`Self::integers`] is.
    pub(crate) fn order(&self) -> Vec<usize> {
        (0..self.size)
            .map(|i| self.backward.scattered(i / L::WIDTH, i % L::WIDTH))
            .collect()
    }

    /// h's coefficients as canonical integers, in the order of [`Self::order`], from the values of
    /// a, b and c on the domain (zero where a slice ends early). The caller has made sure
    /// that a·b = c at every place.
    pub(crate) fn integers(
        &self,
        a: &[Fr],
        b: &[Fr],
        c: &[Fr],
        parallel: bool,
    ) -> Zeroizing<Vec<[u64; 4]>> {
        let coset = |values| {
            self.lanes.run(Coset {
                quotient: self,
                values,
            })
        };
        let interpolate = |values| {
            self.lanes.run(Interpolate {
                quotient: self,
                values,
            })
        };
        let (a, (b, c)) = if parallel {
            rayon::join(|| coset(a), || rayon::join(|| coset(b), || interpolate(c)))
        } else {
            (coset(a), (coset(b), interpolate(c)))
        };
        self.lanes.run(Finish {
            quotient: self,
            a,
            b,
            c,
        })
    }

    #[inline(always)]
    fn load(&self, values: &[Fr]) -> Vec<L::Pack> {
        let at = |i: usize| values.get(i).copied().unwrap_or_default();
        let mut data = Vec::with_capacity(self.size / L::WIDTH);
        for pack in 0..self.size / L::WIDTH {
            data.push(self.lanes.load(|lane| at(pack * L::WIDTH + lane)));
        }
        data
    }
}

/// Values on the domain to values on the coset.
struct Coset<'a, L: PrimeLanes> {
    quotient: &'a Quotient<L>,
    values: &'a [Fr],
}

impl<L: PrimeLanes<Field = Fr>> Kernel for Coset<'_, L> {
    type Output = Vec<L::Pack>;

    #[inline(always)]
    fn call(self) -> Self::Output {
        let q = self.quotient;
        let one = q.lanes.splat(Fr::ONE);
        let mut data = q.load(self.values);
        q.backward.scatter(&mut data);
        for (value, factor) in data.iter_mut().zip(&q.to_coset) {
            *value = q.lanes.mul(*value, *factor);
        }
        q.forward.gather(&mut data);
        for value in &mut data {
            // Down to 2q.
            *value = q.lanes.mul(one, *value);
        }
        data
    }
}

/// Values on the domain to coefficients times n, in scattered order.
struct Interpolate<'a, L: PrimeLanes> {
    quotient: &'a Quotient<L>,
    values: &'a [Fr],
}

impl<L: PrimeLanes<Field = Fr>> Kernel for Interpolate<'_, L> {
    type Output = Vec<L::Pack>;

    #[inline(always)]
    fn call(self) -> Self::Output {
        let mut data = self.quotient.load(self.values);
        self.quotient.backward.scatter(&mut data);
        data
    }
}

/// The quotient from a and b on the coset and c's coefficients.
struct Finish<'a, L: PrimeLanes> {
    quotient: &'a Quotient<L>,
    a: Vec<L::Pack>,
    b: Vec<L::Pack>,
    c: Vec<L::Pack>,
}

impl<L: PrimeLanes<Field = Fr>> Kernel for Finish<'_, L> {
    type Output = Zeroizing<Vec<[u64; 4]>>;

    #[inline(always)]
    fn call(self) -> Self::Output {
        let Self {
            quotient: q,
            mut a,
            b,
            c,
        } = self;
        let l = q.lanes;
        for (a, b) in a.iter_mut().zip(b) {
            *a = l.mul(*a, b);
        }
        q.backward.scatter(&mut a);
        let mut integers = Zeroizing::new(vec![[0; 4]; q.size]);
        for (pack, (product, c)) in a.into_iter().zip(c).enumerate() {
            let high = l.sub::<2>(l.mul(c, q.half), l.mul(product, q.from_coset[pack]));
            l.integers(high, |lane, limbs| integers[pack * L::WIDTH + lane] = limbs);
        }
        integers
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use ark_ff::{PrimeField, UniformRand};
    use ark_poly::univariate::DensePolynomial;
    use ark_poly::{DenseUVPolynomial, EvaluationDomain, Radix2EvaluationDomain};

    use super::*;
    use crate::multiexp::lanes::portable::Portable;

    fn agrees<L: PrimeLanes<Field = Fr>>(lanes: L) {
        for size in [1usize, 4, 64, 128, 1024] {
            let Some(quotient) = Quotient::new(lanes, size) else {
                assert!(size < Transform::<L>::SMALLEST);
                continue;
            };
            let rng = &mut ark_std::test_rng();
            let a: Vec<Fr> = (0..size).map(|_| Fr::rand(rng)).collect();
            let b: Vec<Fr> = (0..size * 3 / 4).map(|_| Fr::rand(rng)).collect();
            let c: Vec<Fr> = a.iter().zip(&b).map(|(a, b)| *a * b).collect();
            let domain = Radix2EvaluationDomain::<Fr>::new(size).unwrap();
            let polynomial =
                |values: &[Fr]| DensePolynomial::from_coefficients_vec(domain.ifft(values));
            let product = &(&polynomial(&a) * &polynomial(&b)) - &polynomial(&c);
            let (expected, remainder) = product.divide_by_vanishing_poly(domain);
            assert!(remainder.coeffs.iter().all(|c| *c == Fr::from(0u8)));
            let order = quotient.order();
            for parallel in [false, true] {
                let mut h = vec![[0; 4]; size];
                let integers = quotient.integers(&a, &b, &c, parallel);
                for (&place, limbs) in order.iter().zip(integers.iter()) {
                    h[place] = *limbs;
                }
                for (i, limbs) in h.into_iter().enumerate() {
                    let coefficient = expected.coeffs.get(i).copied().unwrap_or_default();
                    assert_eq!(
                        limbs,
                        coefficient.into_bigint().0,
                        "coefficient {i} of {size}"
                    );
                }
            }
        }
    }

    #[test]
    fn portable_quotient_agrees_with_polynomial_division() {
        agrees(Portable::<Fr>::new());
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn wide_quotient_agrees_with_polynomial_division() {
        use crate::multiexp::lanes::ifma::Ifma;
        match Ifma::<ark_bn254::FrConfig>::detect() {
            Some(lanes) => agrees(lanes),
            None => eprintln!("skipped: this processor has no AVX-512 IFMA"),
        }
    }
}
