//! Eight elements of BN254's quadratic extension, on top of eight lanes of its base field.
//!
//! The extension is Fq\[u\] with u² = -1, which is all that its arithmetic needs.

use ark_bn254::{Fq, Fq2, FqConfig};

use super::ifma::{Fives, Ifma, Line};
use super::{Kernel, Lanes, Mask};

/// Eight elements c0 + c1·u at a time. Bounds hold for each of the two parts.
#[derive(Clone, Copy)]
pub(crate) struct Quadratic(pub(crate) Ifma<FqConfig>);

impl Lanes for Quadratic {
    type Field = Fq2;
    type Point = [Line; 2];
    type Pack = [Fives; 2];
    const WIDTH: usize = 8;

    #[inline(always)]
    fn run<K: Kernel>(self, kernel: K) -> K::Output {
        self.0.run(kernel)
    }

    fn point(x: Fq2, y: Fq2) -> [Line; 2] {
        [
            Ifma::<FqConfig>::point(x.c0, x.c1),
            Ifma::<FqConfig>::point(y.c0, y.c1),
        ]
    }

    fn coordinates(point: &[Line; 2]) -> (Fq2, Fq2) {
        let (x0, x1) = Ifma::<FqConfig>::coordinates(&point[0]);
        let (y0, y1) = Ifma::<FqConfig>::coordinates(&point[1]);
        (Fq2::new(x0, x1), Fq2::new(y0, y1))
    }

    #[inline(always)]
    fn load_points<'p>(self, at: impl Fn(usize) -> &'p Self::Point) -> (Self::Pack, Self::Pack) {
        let x = self.0.load_points(|lane| &at(lane)[0]);
        let y = self.0.load_points(|lane| &at(lane)[1]);
        ([x.0, x.1], [y.0, y.1])
    }

    #[inline(always)]
    fn store_points(
        self,
        x: Self::Pack,
        y: Self::Pack,
        count: usize,
        mut to: impl FnMut(usize, Self::Point),
    ) {
        let xs = self.0.lines(x[0], x[1]);
        let ys = self.0.lines(y[0], y[1]);
        for lane in 0..count {
            to(lane, [xs[lane], ys[lane]]);
        }
    }

    #[inline(always)]
    fn load(self, at: impl Fn(usize) -> Fq2) -> Self::Pack {
        [
            self.0.load(|lane| at(lane).c0),
            self.0.load(|lane| at(lane).c1),
        ]
    }

    #[inline(always)]
    fn store(self, pack: Self::Pack, mut to: impl FnMut(usize, Fq2)) {
        let mut elements = [Fq2::default(); 8];
        self.0.store(pack[0], |lane, c0| elements[lane].c0 = c0);
        self.0.store(pack[1], |lane, c1| elements[lane].c1 = c1);
        for (lane, element) in elements.into_iter().enumerate() {
            to(lane, element);
        }
    }

    #[inline(always)]
    fn splat(self, element: Fq2) -> Self::Pack {
        [self.0.splat(element.c0), self.0.splat(element.c1)]
    }

    #[inline(always)]
    fn zeros(self, a: Self::Pack) -> Mask {
        self.0.zeros(a[0]) & self.0.zeros(a[1])
    }

    #[inline(always)]
    fn equal(self, a: Self::Pack, b: Self::Pack) -> Mask {
        self.0.equal(a[0], b[0]) & self.0.equal(a[1], b[1])
    }

    #[inline(always)]
    fn select(self, mask: Mask, a: Self::Pack, b: Self::Pack) -> Self::Pack {
        [
            self.0.select(mask, a[0], b[0]),
            self.0.select(mask, a[1], b[1]),
        ]
    }

    #[inline(always)]
    fn add(self, a: Self::Pack, b: Self::Pack) -> Self::Pack {
        [self.0.add(a[0], b[0]), self.0.add(a[1], b[1])]
    }

    #[inline(always)]
    fn sub<const K: usize>(self, a: Self::Pack, b: Self::Pack) -> Self::Pack {
        [self.0.sub::<K>(a[0], b[0]), self.0.sub::<K>(a[1], b[1])]
    }

    #[inline(always)]
    fn trim(self, a: Self::Pack) -> Self::Pack {
        [self.0.trim(a[0]), self.0.trim(a[1])]
    }

    #[inline(always)]
    fn mul(self, a: Self::Pack, b: Self::Pack) -> Self::Pack {
        // (a0·b0 - a1·b1) + (a0·b1 + a1·b0)·u, with one reduction for each part.
        let f = self.0;
        let minus = f.sub::<8>(f.constant([0; 5]), b[1]);
        let (mut low, mut high) = (f.wide(), f.wide());
        f.accumulate(&mut low, &mut high, a[0], b[0]);
        f.accumulate(&mut low, &mut high, a[1], minus);
        let c0 = f.montgomery(low, high);
        let (mut low, mut high) = (f.wide(), f.wide());
        f.accumulate(&mut low, &mut high, a[0], b[1]);
        f.accumulate(&mut low, &mut high, a[1], b[0]);
        [c0, f.montgomery(low, high)]
    }

    #[inline(always)]
    fn square(self, a: Self::Pack) -> Self::Pack {
        // (a0 + a1)·(a0 - a1) + 2·a0·a1·u
        let f = self.0;
        let c0 = f.mul(f.add(a[0], a[1]), f.sub::<2>(a[0], a[1]));
        [c0, f.mul(f.add(a[0], a[0]), a[1])]
    }

    #[inline(always)]
    fn invert(self, a: Self::Pack) -> Self::Pack {
        // 1 / (c0 + c1·u) = (c0 - c1·u) / (c0² + c1²)
        let f = self.0;
        let norm = f.trim(f.add(f.square(a[0]), f.square(a[1])));
        let inverse = f.invert(norm);
        let zero = f.splat(Fq::default());
        [f.mul(a[0], inverse), f.mul(f.sub::<2>(zero, a[1]), inverse)]
    }
}
