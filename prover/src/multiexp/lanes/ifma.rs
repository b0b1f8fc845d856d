//! Eight lanes of a 254-bit prime field on AVX-512 IFMA, through `pulp`'s safe intrinsics.
//!
//! In lanes a number is five limbs of 52 bits in Montgomery form with R = 2^260. In memory it is
//! the same number, fully reduced, as four 64-bit limbs. arkworks' form has R = 2^256, so its limbs
//! of 16·x are this form's limbs of x.
//!
//! Loops here are written out by index. Iterators' and arrays' adaptors are functions of their own, which
//! the compiler may leave out of line, and then the processor features do not reach them.
#![allow(clippy::needless_range_loop)]

use core::arch::x86_64::__m512i;
use std::marker::PhantomData;

use ark_ff::{AdditiveGroup, BigInt, Field, Fp, MontBackend, MontConfig};

use super::limbs::{LOW, multiple, negative_inverse, shifted, split};
use super::{Kernel, Lanes, Mask, PrimeLanes};

pulp::simd_type!({
    /// Proof that the processor has what the lanes need.
    pub(crate) struct Features {
        pub(crate) avx512f: f!("avx512f"),
        pub(crate) avx512ifma: f!("avx512ifma"),
    }
});

/// Eight numbers, limb by limb.
pub(crate) type Fives = [__m512i; 5];

/// Two numbers of four limbs: a point of G1, or an element of the quadratic extension. A cache line.
#[derive(Clone, Copy)]
#[repr(align(64))]
pub(crate) struct Line([u64; 8]);

/// Eight elements of the prime field that `P` describes.
pub(crate) struct Ifma<P> {
    features: Features,
    field: PhantomData<P>,
}

impl<P> Clone for Ifma<P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P> Copy for Ifma<P> {}

impl<P: MontConfig<4>> Ifma<P> {
    const MODULUS: [u64; 5] = split(P::MODULUS.0);
    // Limbs are below 2^52, so multiples up to 8 do not overflow 64 bits on the way.
    const MULTIPLES: [[u64; 5]; 9] = {
        let mut multiples = [[0; 5]; 9];
        let mut k = 0;
        while k < 9 {
            multiples[k] = multiple(Self::MODULUS, k as u64);
            k += 1;
        }
        multiples
    };
    const NEGATIVE_INVERSE: u64 = negative_inverse(Self::MODULUS[0]);
    /// arkworks' limbs of 16.
    const SIXTEEN: BigInt<4> = BigInt(shifted(P::R.0, P::MODULUS.0, 4));
    /// arkworks' limbs of 1/16: R/16 = 2^252, which is below q.
    const SIXTEENTH: BigInt<4> = BigInt([0, 0, 0, 1 << 60]);
    /// Multiplying by it in lanes turns arkworks' form into ours: 2^264.
    const FROM_ARK: [u64; 5] = split(shifted(P::R.0, P::MODULUS.0, 8));
    /// Multiplying by it in lanes turns our form into arkworks': 2^256.
    const TO_ARK: [u64; 5] = split(P::R.0);

    /// Lanes for this processor, if it has AVX-512 IFMA.
    pub(crate) fn detect() -> Option<Self> {
        Features::try_new().map(|features| Self {
            features,
            field: PhantomData,
        })
    }

    #[inline(always)]
    pub(super) fn constant(self, limbs: [u64; 5]) -> Fives {
        let f = self.features.avx512f;
        let mut pack = [f._mm512_setzero_si512(); 5];
        for i in 0..5 {
            pack[i] = f._mm512_set1_epi64(limbs[i] as i64);
        }
        pack
    }

    /// Carries so that every limb but the last is below 2^52. Limbs may be negative on the way in.
    #[inline(always)]
    fn carry(self, mut a: Fives) -> Fives {
        let f = self.features.avx512f;
        let low = f._mm512_set1_epi64(LOW as i64);
        for i in 0..4 {
            let carry = f._mm512_srai_epi64::<52>(a[i]);
            a[i] = f._mm512_and_si512(a[i], low);
            a[i + 1] = f._mm512_add_epi64(a[i + 1], carry);
        }
        a
    }

    /// Subtracts K·q where that leaves no negative number.
    #[inline(always)]
    fn subtract_multiple<const K: usize>(self, a: Fives) -> Fives {
        let f = self.features.avx512f;
        let q = self.constant(Self::MULTIPLES[K]);
        let mut less = a;
        for i in 0..5 {
            less[i] = f._mm512_sub_epi64(a[i], q[i]);
        }
        let less = self.carry(less);
        let negative = f._mm512_cmplt_epi64_mask(less[4], f._mm512_setzero_si512());
        self.select(negative, less, a)
    }

    /// Fully reduced. Bound at most 4q.
    #[inline(always)]
    fn reduce(self, a: Fives) -> Fives {
        self.subtract_multiple::<1>(self.trim(a))
    }

    /// Adds the double-width product a·b to the low and high halves' sums.
    #[inline(always)]
    pub(super) fn accumulate(
        self,
        low: &mut [__m512i; 10],
        high: &mut [__m512i; 10],
        a: Fives,
        b: Fives,
    ) {
        let m = self.features.avx512ifma;
        for i in 0..5 {
            for j in 0..5 {
                low[i + j] = m._mm512_madd52lo_epu64(low[i + j], a[i], b[j]);
                high[i + j + 1] = m._mm512_madd52hi_epu64(high[i + j + 1], a[i], b[j]);
            }
        }
    }

    /// Montgomery reduction of a double-width sum, below 84·q², to below 2q.
    #[inline(always)]
    pub(super) fn montgomery(self, low: [__m512i; 10], high: [__m512i; 10]) -> Fives {
        let f = self.features.avx512f;
        let m = self.features.avx512ifma;
        let zero = f._mm512_setzero_si512();
        let q = self.constant(Self::MODULUS);
        let inverse = f._mm512_set1_epi64(Self::NEGATIVE_INVERSE as i64);
        let mut t = low;
        for i in 1..10 {
            t[i] = f._mm512_add_epi64(t[i], high[i]);
        }
        for i in 0..5 {
            let factor = m._mm512_madd52lo_epu64(zero, t[i], inverse);
            for j in 0..5 {
                t[i + j] = m._mm512_madd52lo_epu64(t[i + j], factor, q[j]);
                t[i + j + 1] = m._mm512_madd52hi_epu64(t[i + j + 1], factor, q[j]);
            }
            t[i + 1] = f._mm512_add_epi64(t[i + 1], f._mm512_srli_epi64::<52>(t[i]));
        }
        self.carry([t[5], t[6], t[7], t[8], t[9]])
    }

    #[inline(always)]
    pub(super) fn wide(self) -> [__m512i; 10] {
        [self.features.avx512f._mm512_setzero_si512(); 10]
    }

    /// An 8 x 8 square of words, rows for columns.
    #[inline(always)]
    fn turn(self, r: [__m512i; 8]) -> [__m512i; 8] {
        let f = self.features.avx512f;
        let mut out = r;
        for odd in 0..2 {
            let mut t = [r[0]; 4];
            for i in 0..4 {
                t[i] = if odd == 0 {
                    f._mm512_unpacklo_epi64(r[2 * i], r[2 * i + 1])
                } else {
                    f._mm512_unpackhi_epi64(r[2 * i], r[2 * i + 1])
                };
            }
            let m0 = f._mm512_shuffle_i64x2::<0x88>(t[0], t[1]);
            let m1 = f._mm512_shuffle_i64x2::<0x88>(t[2], t[3]);
            let m2 = f._mm512_shuffle_i64x2::<0xdd>(t[0], t[1]);
            let m3 = f._mm512_shuffle_i64x2::<0xdd>(t[2], t[3]);
            out[odd] = f._mm512_shuffle_i64x2::<0x88>(m0, m1);
            out[odd + 4] = f._mm512_shuffle_i64x2::<0xdd>(m0, m1);
            out[odd + 2] = f._mm512_shuffle_i64x2::<0x88>(m2, m3);
            out[odd + 6] = f._mm512_shuffle_i64x2::<0xdd>(m2, m3);
        }
        out
    }

    /// 64-bit words as 52-bit limbs.
    #[inline(always)]
    fn narrow(self, w: [__m512i; 4]) -> Fives {
        let f = self.features.avx512f;
        let low = f._mm512_set1_epi64(LOW as i64);
        let mut limbs = [
            w[0],
            f._mm512_or_si512(
                f._mm512_srli_epi64::<52>(w[0]),
                f._mm512_slli_epi64::<12>(w[1]),
            ),
            f._mm512_or_si512(
                f._mm512_srli_epi64::<40>(w[1]),
                f._mm512_slli_epi64::<24>(w[2]),
            ),
            f._mm512_or_si512(
                f._mm512_srli_epi64::<28>(w[2]),
                f._mm512_slli_epi64::<36>(w[3]),
            ),
            f._mm512_srli_epi64::<16>(w[3]),
        ];
        for i in 0..4 {
            limbs[i] = f._mm512_and_si512(limbs[i], low);
        }
        limbs
    }

    /// 52-bit limbs, fully carried, as 64-bit words.
    #[inline(always)]
    fn widen(self, l: Fives) -> [__m512i; 4] {
        let f = self.features.avx512f;
        [
            f._mm512_or_si512(l[0], f._mm512_slli_epi64::<52>(l[1])),
            f._mm512_or_si512(
                f._mm512_srli_epi64::<12>(l[1]),
                f._mm512_slli_epi64::<40>(l[2]),
            ),
            f._mm512_or_si512(
                f._mm512_srli_epi64::<24>(l[2]),
                f._mm512_slli_epi64::<28>(l[3]),
            ),
            f._mm512_or_si512(
                f._mm512_srli_epi64::<36>(l[3]),
                f._mm512_slli_epi64::<16>(l[4]),
            ),
        ]
    }

    /// Two packs as eight lines. Bounds at most 4q.
    #[inline(always)]
    pub(super) fn lines(self, x: Fives, y: Fives) -> [Line; 8] {
        let x = self.widen(self.reduce(x));
        let y = self.widen(self.reduce(y));
        let rows = self.turn([x[0], x[1], x[2], x[3], y[0], y[1], y[2], y[3]]);
        let mut lines = [Line([0; 8]); 8];
        for lane in 0..8 {
            lines[lane] = Line(pulp::cast(rows[lane]));
        }
        lines
    }

    /// Words as they stand, one number per lane.
    #[inline(always)]
    fn words(self, at: impl Fn(usize) -> [u64; 4]) -> Fives {
        let mut words = [[0u64; 8]; 4];
        for lane in 0..8 {
            let number = at(lane);
            for word in 0..4 {
                words[word][lane] = number[word];
            }
        }
        let [w0, w1, w2, w3] = words;
        self.narrow([
            pulp::cast(w0),
            pulp::cast(w1),
            pulp::cast(w2),
            pulp::cast(w3),
        ])
    }

    /// Fully reduced numbers as they stand.
    #[inline(always)]
    fn spill(self, a: Fives, mut to: impl FnMut(usize, [u64; 4])) {
        let [w0, w1, w2, w3] = self.widen(a);
        let words: [[u64; 8]; 4] = [
            pulp::cast(w0),
            pulp::cast(w1),
            pulp::cast(w2),
            pulp::cast(w3),
        ];
        for lane in 0..8 {
            to(
                lane,
                [
                    words[0][lane],
                    words[1][lane],
                    words[2][lane],
                    words[3][lane],
                ],
            );
        }
    }
}

impl<P: MontConfig<4>> Lanes for Ifma<P> {
    type Field = Fp<MontBackend<P, 4>, 4>;
    type Point = Line;
    type Pack = Fives;
    const WIDTH: usize = 8;

    #[inline(always)]
    fn run<K: Kernel>(self, kernel: K) -> K::Output {
        struct Inner<K>(K);
        impl<K: Kernel> pulp::NullaryFnOnce for Inner<K> {
            type Output = K::Output;

            #[inline(always)]
            fn call(self) -> K::Output {
                self.0.call()
            }
        }
        self.features.vectorize(Inner(kernel))
    }

    fn point(x: Self::Field, y: Self::Field) -> Line {
        let sixteen = Self::Field::new_unchecked(Self::SIXTEEN);
        let (x, y) = ((x * sixteen).0.0, (y * sixteen).0.0);
        Line([x[0], x[1], x[2], x[3], y[0], y[1], y[2], y[3]])
    }

    fn coordinates(point: &Line) -> (Self::Field, Self::Field) {
        let sixteenth = Self::Field::new_unchecked(Self::SIXTEENTH);
        let [x0, x1, x2, x3, y0, y1, y2, y3] = point.0;
        // In-memory numbers are fully reduced, which is what `new_unchecked` asks for.
        let x = Self::Field::new_unchecked(BigInt([x0, x1, x2, x3]));
        let y = Self::Field::new_unchecked(BigInt([y0, y1, y2, y3]));
        (x * sixteenth, y * sixteenth)
    }

    #[inline(always)]
    fn load_points<'p>(self, at: impl Fn(usize) -> &'p Line) -> (Fives, Fives) {
        let mut rows = [self.features.avx512f._mm512_setzero_si512(); 8];
        for lane in 0..8 {
            rows[lane] = pulp::cast(at(lane).0);
        }
        let [x0, x1, x2, x3, y0, y1, y2, y3] = self.turn(rows);
        (self.narrow([x0, x1, x2, x3]), self.narrow([y0, y1, y2, y3]))
    }

    #[inline(always)]
    fn store_points(self, x: Fives, y: Fives, count: usize, mut to: impl FnMut(usize, Line)) {
        let lines = self.lines(x, y);
        for lane in 0..count {
            to(lane, lines[lane]);
        }
    }

    #[inline(always)]
    fn load(self, at: impl Fn(usize) -> Self::Field) -> Fives {
        let raw = self.words(|lane| at(lane).0.0);
        self.reduce(self.mul(raw, self.constant(Self::FROM_ARK)))
    }

    #[inline(always)]
    fn store(self, pack: Fives, mut to: impl FnMut(usize, Self::Field)) {
        let raw = self.reduce(self.mul(pack, self.constant(Self::TO_ARK)));
        self.spill(raw, |lane, limbs| {
            to(lane, Self::Field::new_unchecked(BigInt(limbs)))
        });
    }

    #[inline(always)]
    fn splat(self, element: Self::Field) -> Fives {
        let sixteen = Self::Field::new_unchecked(Self::SIXTEEN);
        self.constant(split((element * sixteen).0.0))
    }

    #[inline(always)]
    fn zeros(self, a: Fives) -> Mask {
        let f = self.features.avx512f;
        let mut any = a[0];
        for i in 1..5 {
            any = f._mm512_or_si512(any, a[i]);
        }
        f._mm512_testn_epi64_mask(any, any)
    }

    #[inline(always)]
    fn equal(self, a: Fives, b: Fives) -> Mask {
        let f = self.features.avx512f;
        let mut differences = a;
        for i in 0..5 {
            differences[i] = f._mm512_xor_si512(a[i], b[i]);
        }
        self.zeros(differences)
    }

    #[inline(always)]
    fn select(self, mask: Mask, mut a: Fives, b: Fives) -> Fives {
        for i in 0..5 {
            a[i] = self
                .features
                .avx512f
                ._mm512_mask_blend_epi64(mask, a[i], b[i]);
        }
        a
    }

    #[inline(always)]
    fn add(self, mut a: Fives, b: Fives) -> Fives {
        for i in 0..5 {
            a[i] = self.features.avx512f._mm512_add_epi64(a[i], b[i]);
        }
        self.carry(a)
    }

    #[inline(always)]
    fn sub<const K: usize>(self, mut a: Fives, b: Fives) -> Fives {
        let f = self.features.avx512f;
        let q = self.constant(Self::MULTIPLES[K]);
        for i in 0..5 {
            a[i] = f._mm512_sub_epi64(f._mm512_add_epi64(a[i], q[i]), b[i]);
        }
        self.carry(a)
    }

    #[inline(always)]
    fn trim(self, a: Fives) -> Fives {
        self.subtract_multiple::<2>(a)
    }

    #[inline(always)]
    fn mul(self, a: Fives, b: Fives) -> Fives {
        let (mut low, mut high) = (self.wide(), self.wide());
        self.accumulate(&mut low, &mut high, a, b);
        self.montgomery(low, high)
    }

    #[inline(always)]
    fn square(self, a: Fives) -> Fives {
        let f = self.features.avx512f;
        let m = self.features.avx512ifma;
        let (mut low, mut high) = (self.wide(), self.wide());
        for i in 0..5 {
            for j in i + 1..5 {
                low[i + j] = m._mm512_madd52lo_epu64(low[i + j], a[i], a[j]);
                high[i + j + 1] = m._mm512_madd52hi_epu64(high[i + j + 1], a[i], a[j]);
            }
        }
        for i in 0..10 {
            low[i] = f._mm512_add_epi64(low[i], low[i]);
            high[i] = f._mm512_add_epi64(high[i], high[i]);
        }
        for i in 0..5 {
            low[2 * i] = m._mm512_madd52lo_epu64(low[2 * i], a[i], a[i]);
            high[2 * i + 1] = m._mm512_madd52hi_epu64(high[2 * i + 1], a[i], a[i]);
        }
        self.montgomery(low, high)
    }

    #[inline(always)]
    fn invert(self, a: Fives) -> Fives {
        let mut elements = [Self::Field::ZERO; 8];
        self.store(a, |lane, element| elements[lane] = element);
        invert_all(&mut elements);
        self.load(|lane| elements[lane])
    }
}

/// Inverts eight elements, none of them zero, with one inversion.
fn invert_all<F: Field>(elements: &mut [F; 8]) {
    let mut prefixes = [F::ONE; 8];
    let mut product = F::ONE;
    for (prefix, element) in prefixes.iter_mut().zip(elements.iter()) {
        *prefix = product;
        product *= element;
    }
    let mut inverse = product.inverse().unwrap_or(F::ZERO);
    for (prefix, element) in prefixes.into_iter().zip(elements).rev() {
        let next = inverse * *element;
        *element = inverse * prefix;
        inverse = next;
    }
}

impl<P: MontConfig<4>> PrimeLanes for Ifma<P> {
    #[inline(always)]
    fn transpose(self, packs: &mut [Fives]) {
        for limb in 0..5 {
            let mut rows = [self.features.avx512f._mm512_setzero_si512(); 8];
            for i in 0..8 {
                rows[i] = packs[i][limb];
            }
            let rows = self.turn(rows);
            for i in 0..8 {
                packs[i][limb] = rows[i];
            }
        }
    }

    #[inline(always)]
    fn integers(self, pack: Fives, to: impl FnMut(usize, [u64; 4])) {
        let plain = self.mul(pack, self.constant([1, 0, 0, 0, 0]));
        self.spill(self.subtract_multiple::<1>(plain), to);
    }
}
