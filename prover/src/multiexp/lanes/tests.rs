//! Every kind of lanes agrees with arkworks' field, at the bounds and at the edges.
#![allow(clippy::unwrap_used)]

use ark_bn254::{Fq, Fq2, FqConfig, Fr, FrConfig};
use ark_ff::{AdditiveGroup, Field, PrimeField, UniformRand};
use ark_std::test_rng;

use super::portable::Portable;
use super::{Kernel, Lanes, PrimeLanes};

/// Computes a mixture of every operation on two packs of elements.
struct Mixture<'a, L: Lanes> {
    lanes: L,
    a: &'a [L::Field],
    b: &'a [L::Field],
}

impl<L: Lanes> Kernel for Mixture<'_, L> {
    type Output = Vec<Vec<L::Field>>;

    #[inline(always)]
    fn call(self) -> Self::Output {
        let l = self.lanes;
        let a = l.load(|lane| self.a[lane]);
        let b = l.load(|lane| self.b[lane]);
        let far = l.sub::<4>(l.sub::<1>(a, b), l.add(b, b));
        let packs = [
            a,
            l.add(a, b),
            l.sub::<1>(a, b),
            l.mul(a, b),
            l.square(a),
            l.mul(l.sub::<4>(b, a), far),
            l.square(l.sub::<1>(a, b)),
            l.trim(l.sub::<3>(a, l.add(b, b))),
            l.invert(l.mul(a, b)),
            l.select(0b0101_0101, a, b),
            l.mul(l.splat(self.a[0]), b),
        ];
        let mut out = Vec::new();
        for pack in packs {
            let mut elements = Vec::new();
            l.store(pack, |_, element| elements.push(element));
            out.push(elements);
        }
        out
    }
}

fn expected<F: Field>(a: &[F], b: &[F]) -> Vec<Vec<F>> {
    let each = |f: &dyn Fn(usize, F, F) -> F| {
        a.iter()
            .zip(b)
            .enumerate()
            .map(|(i, (a, b))| f(i, *a, *b))
            .collect::<Vec<F>>()
    };
    vec![
        each(&|_, a, _| a),
        each(&|_, a, b| a + b),
        each(&|_, a, b| a - b),
        each(&|_, a, b| a * b),
        each(&|_, a, _| a.square()),
        each(&|_, a, b| (b - a) * (a - b - b - b)),
        each(&|_, a, b| (a - b).square()),
        each(&|_, a, b| a - b - b),
        each(&|_, a, b| (a * b).inverse().unwrap()),
        each(&|i, a, b| if i % 2 == 0 { b } else { a }),
        each(&|_, _, b| a[0] * b),
    ]
}

fn agrees<L: Lanes>(lanes: L, edges: &[L::Field]) {
    let rng = &mut test_rng();
    for round in 0..200 {
        let mut draw = |i: usize| {
            if round < 50 && !(i + round).is_multiple_of(3) {
                edges[(i * 7 + round) % edges.len()]
            } else {
                L::Field::rand(rng)
            }
        };
        let a: Vec<_> = (0..L::WIDTH).map(&mut draw).collect();
        let b: Vec<_> = (0..L::WIDTH).map(|i| draw(i + 3)).collect();
        assert_eq!(
            lanes.run(Mixture {
                lanes,
                a: &a,
                b: &b
            }),
            expected(&a, &b)
        );
    }
}

fn prime_edges<F: PrimeField>() -> Vec<F> {
    let two = F::ONE.double();
    vec![
        F::ONE,
        -F::ONE,
        two,
        -two,
        two.inverse().unwrap(),
        F::from(u64::MAX),
        -F::from(u64::MAX),
    ]
}

#[test]
fn portable_lanes_agree_with_the_field() {
    agrees(Portable::<Fq>::new(), &prime_edges());
    agrees(
        Portable::<Fq2>::new(),
        &[Fq2::ONE, -Fq2::ONE, Fq2::new(-Fq::ONE, Fq::ONE)],
    );
}

#[cfg(target_arch = "x86_64")]
mod wide {
    use super::super::ifma::Ifma;
    use super::super::quadratic::Quadratic;
    use super::*;

    fn absent() {
        eprintln!("skipped: this processor has no AVX-512 IFMA");
    }

    #[test]
    fn wide_lanes_agree_with_the_field() {
        let (Some(q), Some(r)) = (Ifma::<FqConfig>::detect(), Ifma::<FrConfig>::detect()) else {
            return absent();
        };
        agrees(q, &prime_edges());
        agrees(r, &prime_edges());
        let edges = [
            Fq2::ONE,
            -Fq2::ONE,
            Fq2::new(Fq::ZERO, Fq::ONE),
            Fq2::new(-Fq::ONE, -Fq::ONE),
            Fq2::new(-Fq::ONE, Fq::from(2u8)),
        ];
        agrees(Quadratic(q), &edges);
    }

    struct Points<'a, L: Lanes>(L, &'a [L::Point]);

    impl<L: Lanes> Kernel for Points<'_, L> {
        type Output = (Vec<L::Point>, u8, u8);

        #[inline(always)]
        fn call(self) -> Self::Output {
            let (x, y) = self.0.load_points(|lane| &self.1[lane]);
            let mut out = Vec::new();
            self.0.store_points(x, y, 7, |_, point| out.push(point));
            (out, self.0.zeros(x), self.0.equal(x, y))
        }
    }

    fn points_return<L: Lanes>(lanes: L) {
        let rng = &mut test_rng();
        let mut values: Vec<_> = (0..8)
            .map(|_| (L::Field::rand(rng), L::Field::rand(rng)))
            .collect();
        values[2].0 = L::Field::ZERO;
        values[5].1 = values[5].0;
        let points: Vec<_> = values.iter().map(|&(x, y)| L::point(x, y)).collect();
        let (out, zeros, equal) = lanes.run(Points(lanes, &points));
        let out: Vec<_> = out.iter().map(L::coordinates).collect();
        assert_eq!(out, values[..7]);
        assert_eq!((zeros, equal), (1 << 2, 1 << 5));
    }

    #[test]
    fn wide_points_come_back_as_they_were() {
        let Some(q) = Ifma::<FqConfig>::detect() else {
            return absent();
        };
        points_return(q);
        points_return(Quadratic(q));
    }

    struct Integers<'a, L: PrimeLanes>(L, &'a [L::Field]);

    impl<L: PrimeLanes> Kernel for Integers<'_, L> {
        type Output = Vec<[u64; 4]>;

        #[inline(always)]
        fn call(self) -> Self::Output {
            let mut packs: Vec<_> = (0..8)
                .map(|row| self.0.load(|lane| self.1[8 * row + lane]))
                .collect();
            self.0.transpose(&mut packs);
            let mut out = Vec::new();
            for pack in packs {
                self.0.integers(pack, |_, limbs| out.push(limbs));
            }
            out
        }
    }

    #[test]
    fn wide_integers_are_canonical_and_turned() {
        let Some(r) = Ifma::<FrConfig>::detect() else {
            return absent();
        };
        let rng = &mut test_rng();
        let mut values: Vec<_> = (0..64).map(|_| Fr::rand(rng)).collect();
        values[0] = Fr::ZERO;
        values[9] = -Fr::ONE;
        let out = r.run(Integers(r, &values));
        for (i, limbs) in out.into_iter().enumerate() {
            assert_eq!(values[(i % 8) * 8 + i / 8].into_bigint().0, limbs);
        }
    }
}
