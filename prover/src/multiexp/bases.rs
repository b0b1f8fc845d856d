//! Fixed bases: sums of scalar multiples of points that stay the same from proof to proof.

use ark_ec::AffineRepr;
use ark_ec::short_weierstrass::{Affine, Projective, SWCurveConfig};
use ark_ff::AdditiveGroup;
use rayon::prelude::*;

use super::additions::{Adder, double_all, from_memory, to_memory};
use super::digits::{Digits, Entries, Windows};
use super::lanes::Lanes;
use super::segments::sum_runs;

/// Points to be multiplied by scalars and added up, with their table.
pub(crate) struct Bases<L: Lanes, P> {
    lanes: L,
    windows: Windows,
    /// The scalar of each base, by its place among the scalars.
    scalars: Vec<u32>,
    /// Level by level, 2^(bits·groups·level) times every base.
    table: Vec<L::Point>,
    curve: std::marker::PhantomData<P>,
}

impl<L, P> Bases<L, P>
where
    L: Lanes<Field = P::BaseField>,
    P: SWCurveConfig,
{
    /// Prepares points for scalars cut as `windows` says. Points at infinity are left out.
    pub(crate) fn new(
        lanes: L,
        windows: Windows,
        points: impl Iterator<Item = (usize, Affine<P>)>,
    ) -> Self {
        let (scalars, bases): (Vec<u32>, Vec<_>) = points
            .filter(|(_, point)| !point.is_zero())
            .map(|(scalar, point)| (scalar as u32, to_memory::<L, P>(&point)))
            .unzip();
        let mut table = bases.clone();
        let mut level = bases;
        for _ in 1..windows.levels() {
            // In pieces, so that all cores take part.
            let piece = level.len().div_ceil(rayon::current_num_threads()).max(1);
            level.par_chunks_mut(piece).for_each(|points| {
                double_all::<L, P>(lanes, points, windows.bits * windows.groups);
            });
            table.extend_from_slice(&level);
        }
        Self {
            lanes,
            windows,
            scalars,
            table,
            curve: std::marker::PhantomData,
        }
    }

    /// The sum of every base times its scalar, worked on in `parts` parallel parts.
    pub(crate) fn sum(&self, digits: &Digits, parts: usize) -> Projective<P> {
        debug_assert_eq!(digits.windows(), self.windows);
        let entries = Entries::sort(digits, &self.scalars);
        let infinity = to_memory::<L, P>(&Affine::identity());
        let part = |(entries, lengths): (&[u32], &[u32])| {
            let mut adder = Adder::<L, P>::new(self.lanes);
            sum_runs(&mut adder, &self.table, entries, lengths, infinity)
        };
        let pieces = entries.cut(parts);
        let buckets: Vec<L::Point> = if parts == 1 {
            pieces.into_iter().flat_map(part).collect()
        } else {
            pieces
                .into_par_iter()
                .map(part)
                .collect::<Vec<_>>()
                .concat()
        };
        self.weigh(&buckets, &entries.lengths, infinity)
    }

    /// Adds up all buckets, each times its digit, and the groups, each times its power of two.
    ///
    /// Buckets form a square: bucket b = row·width + column stands for digit b + 1. With R and C the
    /// sums of rows and columns, the group's sum is width·Σ row·R + Σ (column + 1)·C.
    fn weigh(&self, buckets: &[L::Point], filled: &[u32], infinity: L::Point) -> Projective<P> {
        let count = self.windows.buckets();
        let width = 1 << (self.windows.bits / 2);
        let height = count / width;
        let rows = 0..buckets.len() as u32;
        let group = |group: usize| {
            (0..width).flat_map(move |column| {
                (0..height).map(move |row| (group * count + row * width + column) as u32)
            })
        };
        let columns = (0..self.windows.groups).flat_map(group);
        let mut entries = Vec::with_capacity(2 * buckets.len());
        let mut lengths = Vec::with_capacity(self.windows.groups * (height + width));
        let mut append = |places: &mut dyn Iterator<Item = u32>, run: usize| {
            for (index, place) in places.enumerate() {
                if index % run == 0 {
                    lengths.push(0);
                }
                // Empty buckets are left out, for additions of infinity are slow.
                if let Some(length) = lengths.last_mut().filter(|_| filled[place as usize] != 0) {
                    entries.push(place << 1);
                    *length += 1;
                }
            }
        };
        append(&mut rows.into_iter(), width);
        append(&mut columns.into_iter(), height);
        let mut adder = Adder::<L, P>::new(self.lanes);
        let sums = sum_runs(&mut adder, buckets, &entries, &lengths, infinity);
        let sums: Vec<Affine<P>> = sums.iter().map(from_memory::<L, P>).collect();
        let (rows, columns) = sums.split_at(self.windows.groups * height);
        let groups = rows
            .chunks_exact(height)
            .zip(columns.chunks_exact(width))
            .rev();
        let mut total = Projective::<P>::ZERO;
        for (rows, columns) in groups {
            for _ in 0..self.windows.bits {
                total.double_in_place();
            }
            let mut sum = ladder(&rows[1..]);
            for _ in 0..width.trailing_zeros() {
                sum.double_in_place();
            }
            total += sum + ladder(columns);
        }
        total
    }
}

/// 1·P₁ + 2·P₂ + 3·P₃ + ...
fn ladder<P: SWCurveConfig>(points: &[Affine<P>]) -> Projective<P> {
    let mut running = Projective::<P>::ZERO;
    let mut total = Projective::<P>::ZERO;
    for point in points.iter().rev() {
        running += point;
        total += running;
    }
    total
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use ark_bn254::{Fq, Fr, G1Affine, G1Projective, g1, g2};
    use ark_ec::{CurveGroup, VariableBaseMSM};
    use ark_ff::{Field, PrimeField, UniformRand};

    use super::super::lanes::portable::Portable;
    use super::*;

    /// Scalars and points that meet every special case: bits, zeros, equal points under equal
    /// scalars (doublings), opposite points (cancellations), points at infinity.
    fn awkward<G: CurveGroup<ScalarField = Fr>>(count: usize) -> (Vec<Fr>, Vec<G::Affine>) {
        let rng = &mut ark_std::test_rng();
        let mut scalars = Vec::new();
        let mut points: Vec<G::Affine> = Vec::new();
        for i in 0..count {
            scalars.push(match i % 7 {
                0 => Fr::ZERO,
                1 | 2 => Fr::ONE,
                3 => -Fr::ONE,
                4 => scalars[i - 1],
                _ => Fr::rand(rng),
            });
            points.push(match i % 9 {
                2 => points[i - 1],
                4 => -points[i - 1],
                6 => G::Affine::zero(),
                _ => G::rand(rng).into_affine(),
            });
        }
        (scalars, points)
    }

    fn agrees<L, P>(lanes: L)
    where
        L: Lanes<Field = P::BaseField>,
        P: SWCurveConfig<ScalarField = Fr>,
    {
        for count in [0, 1, 2, 30, 500] {
            let (scalars, points) = awkward::<Projective<P>>(count);
            let expected = Projective::<P>::msm(&points, &scalars).unwrap();
            let integers: Vec<_> = scalars
                .iter()
                .map(|scalar| scalar.into_bigint().0)
                .collect();
            for windows in [
                Windows::tabled(4),
                Windows::tabled(9),
                Windows::tabled(13),
                Windows::plain(6),
                Windows::plain(9),
            ] {
                let points = points.iter().copied().enumerate();
                let bases = Bases::<L, P>::new(lanes, windows, points);
                let digits = Digits::of(windows, &integers);
                assert_eq!(bases.sum(&digits, 1), expected);
                assert_eq!(bases.sum(&digits, 3), expected);
            }
        }
    }

    #[test]
    fn portable_sums_agree_with_arkworks() {
        agrees::<_, g1::Config>(Portable::<Fq>::new());
        agrees::<_, g2::Config>(Portable::new());
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn wide_sums_agree_with_arkworks() {
        use super::super::lanes::{ifma::Ifma, quadratic::Quadratic};
        let Some(lanes) = Ifma::detect() else {
            eprintln!("skipped: this processor has no AVX-512 IFMA");
            return;
        };
        agrees::<_, g1::Config>(lanes);
        agrees::<_, g2::Config>(Quadratic(lanes));
    }

    #[test]
    fn a_sum_of_one_bucket_and_its_opposite_is_infinity() {
        let point = G1Affine::generator();
        let points = [point, -point, point, -point];
        let windows = Windows::tabled(13);
        let bases = Bases::<_, g1::Config>::new(
            Portable::<Fq>::new(),
            windows,
            points.into_iter().enumerate(),
        );
        let digits = Digits::of(windows, &[[5, 0, 0, 0]; 4]);
        assert_eq!(bases.sum(&digits, 1), G1Projective::ZERO);
    }
}
