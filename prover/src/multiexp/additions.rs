//! Many affine additions at once, with one field inversion for the lot.
//!
//! An affine addition needs one inversion and few multiplications. Montgomery's trick turns the
//! inversions of a batch into one inversion and three multiplications each, which makes an addition
//! cost about six multiplications. No scalar is known here.

use std::marker::PhantomData;

use ark_ec::AffineRepr;
use ark_ec::short_weierstrass::{Affine, SWCurveConfig};
use ark_ff::{AdditiveGroup, Field};

use super::lanes::{Kernel, Lanes, Mask};

/// The point at infinity is kept as (0, 0), which is on neither curve (b is not zero).
pub(crate) fn to_memory<L, P>(point: &Affine<P>) -> L::Point
where
    L: Lanes<Field = P::BaseField>,
    P: SWCurveConfig,
{
    match point.xy() {
        Some((x, y)) => L::point(x, y),
        None => L::point(P::BaseField::ZERO, P::BaseField::ZERO),
    }
}

/// Back from memory. Only for points that [`to_memory`] or an addition here made.
pub(crate) fn from_memory<L, P>(point: &L::Point) -> Affine<P>
where
    L: Lanes<Field = P::BaseField>,
    P: SWCurveConfig,
{
    let (x, y) = L::coordinates(point);
    if x == P::BaseField::ZERO && y == P::BaseField::ZERO {
        Affine::identity()
    } else {
        // On the curve and in the group, as sums of points that are.
        Affine::new_unchecked(x, y)
    }
}

/// One addition: where its two points come from and where the sum goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Addition {
    /// Place of the first point in the source.
    pub(crate) left: u32,
    /// Place of the second point in the source.
    pub(crate) right: u32,
    /// Place of the sum in the sums.
    pub(crate) to: u32,
}

/// Where additions take their points from.
trait Source<T>: Copy {
    /// The point at a place, and whether it is to be negated. `sums` is where sums go.
    fn at<'s>(&'s self, sums: &'s [T], place: u32) -> (&'s T, bool);
}

/// Entries: twice the place in a table, plus one where the point is to be negated.
#[derive(Clone, Copy)]
struct FromTable<'a, T>(&'a [T]);

impl<T: Copy> Source<T> for FromTable<'_, T> {
    #[inline(always)]
    fn at<'s>(&'s self, _sums: &'s [T], place: u32) -> (&'s T, bool) {
        (&self.0[(place >> 1) as usize], place & 1 == 1)
    }
}

/// Places in the sums themselves.
#[derive(Clone, Copy)]
struct InPlace;

impl<T: Copy> Source<T> for InPlace {
    #[inline(always)]
    fn at<'s>(&'s self, sums: &'s [T], place: u32) -> (&'s T, bool) {
        (&sums[place as usize], false)
    }
}

/// Additions per inversion: enough that the inversion costs little, few enough to stay in the
/// second-level cache.
const BATCH: usize = 2048;

/// Adds points of one curve, and keeps the memory that takes.
pub(crate) struct Adder<L: Lanes, P> {
    lanes: L,
    differences: Vec<L::Pack>,
    prefixes: Vec<L::Pack>,
    odd: Vec<usize>,
    fetched: Vec<L::Point>,
    curve: PhantomData<P>,
}

impl<L, P> Adder<L, P>
where
    L: Lanes<Field = P::BaseField>,
    P: SWCurveConfig,
{
    /// An adder with nothing allocated yet.
    pub(crate) fn new(lanes: L) -> Self {
        Self {
            lanes,
            differences: Vec::new(),
            prefixes: Vec::new(),
            odd: Vec::new(),
            fetched: Vec::new(),
            curve: PhantomData,
        }
    }

    /// Adds points of a table; a place is twice the place in the table,
    /// plus one where the point is to be negated.
    ///
    /// A table is far larger than the caches and is read in no order. So each batch's points are fetched
    /// first, in a loop short enough that many loads are under way at once.
    pub(crate) fn add_from_table(
        &mut self,
        table: &[L::Point],
        additions: &[Addition],
        sums: &mut [L::Point],
    ) {
        let mut fetched = std::mem::take(&mut self.fetched);
        let mut moved = Vec::with_capacity(BATCH);
        for batch in additions.chunks(BATCH) {
            fetched.clear();
            moved.clear();
            for addition in batch {
                let [left, right] = [addition.left, addition.right].map(|entry| {
                    fetched.push(table[(entry >> 1) as usize]);
                    (fetched.len() as u32 - 1) << 1 | entry & 1
                });
                moved.push(Addition {
                    left,
                    right,
                    ..*addition
                });
            }
            self.add_batch(FromTable(&fetched), &moved, sums);
        }
        self.fetched = fetched;
    }

    /// Adds sums to sums. No sum's place may be the source of another addition.
    pub(crate) fn add_in_place(&mut self, additions: &[Addition], sums: &mut [L::Point]) {
        for batch in additions.chunks(BATCH) {
            self.add_batch(InPlace, batch, sums);
        }
    }

    fn add_batch<S: Source<L::Point>>(
        &mut self,
        source: S,
        batch: &[Addition],
        sums: &mut [L::Point],
    ) {
        let groups = batch.len().div_ceil(L::WIDTH);
        let filler = self.lanes.splat(L::Field::ONE);
        self.differences.resize(groups, filler);
        self.prefixes.resize(groups, filler);
        self.odd.clear();
        let lanes = self.lanes;
        let inverse = lanes.run(Forward {
            lanes,
            source,
            batch,
            sums,
            work: self,
        });
        // Points that the chord formula can't add are added plainly, before sums overwrite them.
        let odd: Vec<_> = self
            .odd
            .iter()
            .map(|&place| {
                (
                    batch[place].to,
                    self.add_plainly(source, batch[place], sums),
                )
            })
            .collect();
        lanes.run(Backward {
            lanes,
            source,
            batch,
            sums,
            work: self,
            inverse,
        });
        for (to, sum) in odd {
            sums[to as usize] = sum;
        }
    }

    fn add_plainly<S: Source<L::Point>>(
        &self,
        source: S,
        addition: Addition,
        sums: &[L::Point],
    ) -> L::Point {
        let point = |place| {
            let (point, negate) = source.at(sums, place);
            let point = from_memory::<L, P>(point);
            if negate { -point } else { point }
        };
        let sum = point(addition.left) + point(addition.right);
        to_memory::<L, P>(&sum.into())
    }
}

/// A group of `WIDTH` additions; the last group repeats its last addition.
#[derive(Clone, Copy)]
struct Group<'a> {
    batch: &'a [Addition],
    first: usize,
}

impl Group<'_> {
    #[inline(always)]
    fn addition(&self, lane: usize) -> Addition {
        self.batch[(self.first + lane).min(self.batch.len() - 1)]
    }
}

/// Loads one side of a group, negated where asked for.
#[inline(always)]
fn load<L: Lanes, S: Source<L::Point>>(
    lanes: L,
    source: S,
    sums: &[L::Point],
    place: impl Fn(usize) -> u32,
) -> (L::Pack, L::Pack, Mask) {
    let (x, y) = lanes.load_points(|lane| source.at(sums, place(lane)).0);
    let mut negate = 0;
    for lane in 0..L::WIDTH {
        negate |= Mask::from(source.at(sums, place(lane)).1) << lane;
    }
    (x, y, negate)
}

/// First pass: x differences, their running products, and the inverse of the whole product.
struct Forward<'a, 'b, L: Lanes, P, S> {
    lanes: L,
    source: S,
    batch: &'a [Addition],
    sums: &'a [L::Point],
    work: &'b mut Adder<L, P>,
}

impl<L, P, S> Kernel for Forward<'_, '_, L, P, S>
where
    L: Lanes<Field = P::BaseField>,
    P: SWCurveConfig,
    S: Source<L::Point>,
{
    type Output = L::Pack;

    #[inline(always)]
    fn call(self) -> L::Pack {
        let Self {
            lanes,
            source,
            batch,
            sums,
            work,
        } = self;
        let one = lanes.splat(L::Field::ONE);
        let mut product = one;
        let places = work.differences.iter_mut().zip(work.prefixes.iter_mut());
        for (index, (difference, prefix)) in places.enumerate() {
            let group = Group {
                batch,
                first: index * L::WIDTH,
            };
            let (x1, _, _) = load(lanes, source, sums, |lane| group.addition(lane).left);
            let (x2, _, _) = load(lanes, source, sums, |lane| group.addition(lane).right);
            let mut d = lanes.sub::<1>(x2, x1);
            // Equal x: a doubling or a cancellation. Zero x: perhaps the point at infinity.
            let odd = lanes.equal(x1, x2) | lanes.zeros(x1) | lanes.zeros(x2);
            if odd != 0 {
                d = lanes.select(odd, d, one);
                let here = (0..L::WIDTH).filter(|lane| odd >> lane & 1 == 1);
                work.odd.extend(
                    here.map(|l| group.first + l)
                        .filter(|&place| place < batch.len()),
                );
            }
            *difference = d;
            *prefix = product;
            product = lanes.mul(product, d);
        }
        lanes.invert(product)
    }
}

/// Second pass, backwards: inverses out of the running products, and the sums.
struct Backward<'a, 'b, L: Lanes, P, S> {
    lanes: L,
    source: S,
    batch: &'a [Addition],
    sums: &'a mut [L::Point],
    work: &'b mut Adder<L, P>,
    inverse: L::Pack,
}

impl<L, P, S> Kernel for Backward<'_, '_, L, P, S>
where
    L: Lanes<Field = P::BaseField>,
    P: SWCurveConfig,
    S: Source<L::Point>,
{
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self {
            lanes,
            source,
            batch,
            sums,
            work,
            inverse: mut rest,
        } = self;
        let zero = lanes.splat(L::Field::ZERO);
        for index in (0..work.prefixes.len()).rev() {
            let group = Group {
                batch,
                first: index * L::WIDTH,
            };
            let (x1, y1, n1) = load(lanes, source, sums, |lane| group.addition(lane).left);
            let (x2, y2, n2) = load(lanes, source, sums, |lane| group.addition(lane).right);
            let y1 = lanes.select(n1, y1, lanes.sub::<1>(zero, y1));
            let y2 = lanes.select(n2, y2, lanes.sub::<1>(zero, y2));
            let inverse = lanes.mul(rest, work.prefixes[index]);
            rest = lanes.mul(rest, work.differences[index]);
            let slope = lanes.mul(lanes.sub::<1>(y2, y1), inverse);
            // Bounds: slope² and its input 2q, x 4q, x1 - x 5q, y 3q.
            let x = lanes.sub::<2>(lanes.square(slope), lanes.add(x1, x2));
            let y = lanes.sub::<1>(lanes.mul(lanes.sub::<4>(x1, x), slope), y1);
            let count = L::WIDTH.min(batch.len() - group.first);
            lanes.store_points(x, y, count, |lane, sum| {
                sums[group.addition(lane).to as usize] = sum;
            });
        }
    }
}

/// Doubles every point `times` times. None may be the point at infinity.
pub(crate) fn double_all<L, P>(lanes: L, points: &mut [L::Point], times: usize)
where
    L: Lanes<Field = P::BaseField>,
    P: SWCurveConfig,
{
    let mut work = Doubling {
        lanes,
        points: &mut [],
        prefixes: Vec::new(),
    };
    for batch in points.chunks_mut(BATCH) {
        for _ in 0..times {
            let Doubling { prefixes, .. } = work;
            work = Doubling {
                lanes,
                points: batch,
                prefixes,
            };
            let prefixes = lanes.run(work);
            work = Doubling {
                lanes,
                points: &mut [],
                prefixes,
            };
        }
    }
}

/// One doubling of a batch. Both curves have a = 0, and no point of order two.
struct Doubling<'a, L: Lanes> {
    lanes: L,
    points: &'a mut [L::Point],
    prefixes: Vec<L::Pack>,
}

impl<L: Lanes> Kernel for Doubling<'_, L> {
    type Output = Vec<L::Pack>;

    #[inline(always)]
    fn call(self) -> Self::Output {
        let Self {
            lanes,
            points,
            mut prefixes,
        } = self;
        let last = points.len() - 1;
        let groups = points.len().div_ceil(L::WIDTH);
        prefixes.clear();
        let mut product = lanes.splat(L::Field::ONE);
        for index in 0..groups {
            let (_, y) = lanes.load_points(|lane| &points[(index * L::WIDTH + lane).min(last)]);
            prefixes.push(product);
            product = lanes.mul(lanes.add(y, y), product);
        }
        let mut rest = lanes.invert(product);
        for index in (0..groups).rev() {
            let first = index * L::WIDTH;
            let (x, y) = lanes.load_points(|lane| &points[(first + lane).min(last)]);
            let inverse = lanes.mul(rest, prefixes[index]);
            rest = lanes.mul(lanes.add(y, y), rest);
            let square = lanes.square(x);
            // Bounds: 3x² 6q, slope 2q, the new x 4q, x minus it 5q, the new y 3q.
            let triple = lanes.add(lanes.add(square, square), square);
            let slope = lanes.mul(inverse, triple);
            let new_x = lanes.sub::<2>(lanes.square(slope), lanes.add(x, x));
            let new_y = lanes.sub::<1>(lanes.mul(lanes.sub::<4>(x, new_x), slope), y);
            let count = L::WIDTH.min(points.len() - first);
            lanes.store_points(new_x, new_y, count, |lane, point| {
                points[first + lane] = point
            });
        }
        prefixes
    }
}
