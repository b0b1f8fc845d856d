//! Sums of Vesta's points by [`crate::multiexp`], with AVX-512 IFMA where the processor has it.
//!
//! Vesta is known twice: as `pasta_curves` has it, in which commitments are written and checked, and
//! as arkworks has it, on which the sums work. Points cross over here only.

use std::sync::LazyLock;

use ark_ec::short_weierstrass::Affine;
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{BigInt, PrimeField as _};
#[cfg(target_arch = "x86_64")]
use ark_vesta::FqConfig;
use ark_vesta::{Fq, VestaConfig};
use halo2_proofs::arithmetic::best_multiexp;
use pasta_curves::arithmetic::CurveAffine;
use pasta_curves::group::ff::PrimeField;
use pasta_curves::{Eq as Vesta, EqAffine, Fp, Fq as Coordinate};
use salus_verifier::cohort::generators::Generators;

use crate::multiexp::additions::{Adder, from_memory, to_memory};
use crate::multiexp::bases::Bases;
use crate::multiexp::digits::{Digits, Windows};
#[cfg(target_arch = "x86_64")]
use crate::multiexp::lanes::ifma::Ifma;
use crate::multiexp::lanes::{Lanes, portable::Portable};
use crate::multiexp::segments::sum_runs;

/// Fewer points than this are added up faster without lanes.
const FEW: usize = 128;

/// The points' sum, each times its scalar.
pub(crate) fn multiexp(scalars: &[Fp], points: &[EqAffine]) -> Vesta {
    if points.len() < FEW {
        return best_multiexp(scalars, points);
    }
    #[cfg(target_arch = "x86_64")]
    if let Some(lanes) = Ifma::<FqConfig>::detect() {
        return multiexp_in(lanes, scalars, points);
    }
    multiexp_in(Portable::<Fq>::new(), scalars, points)
}

fn multiexp_in<L: Lanes<Field = Fq>>(lanes: L, scalars: &[Fp], points: &[EqAffine]) -> Vesta {
    let integers: Vec<[u64; 4]> = scalars.iter().map(limbs).collect();
    let windows = Windows::plain(window_bits(points.len()));
    let points = points.iter().map(to_arkworks).enumerate();
    let bases = Bases::<L, VestaConfig>::new(lanes, windows, points);
    let digits = Digits::of(windows, &integers);
    let sum = bases.sum(&digits, rayon::current_num_threads());
    from_arkworks(&sum.into_affine()).into()
}

/// Bits of a digit. 3, 5 and 15 divide 255 and would leave the highest digit of a scalar beyond
/// 2^254 no room for a carry.
const fn window_bits(points: usize) -> usize {
    match points {
        0..512 => 6,
        512..8192 => 8,
        8192..32_768 => 10,
        _ => 11,
    }
}

/// The slots' generators, as they stand in memory for additions.
enum Slots {
    #[cfg(target_arch = "x86_64")]
    Wide(Ifma<FqConfig>, Vec<<Ifma<FqConfig> as Lanes>::Point>),
    Narrow(Portable<Fq>, Vec<<Portable<Fq> as Lanes>::Point>),
}

static SLOTS: LazyLock<Slots> = LazyLock::new(|| {
    let points = Generators::get().slots.iter().map(to_arkworks);
    #[cfg(target_arch = "x86_64")]
    if let Some(lanes) = Ifma::detect() {
        let to_memory = |point| to_memory::<Ifma<FqConfig>, VestaConfig>(&point);
        return Slots::Wide(lanes, points.map(to_memory).collect());
    }
    let to_memory = |point| to_memory::<Portable<Fq>, VestaConfig>(&point);
    Slots::Narrow(Portable::new(), points.map(to_memory).collect())
});

/// Adds up the generators of runs of slots, one run after the other; `lengths` says how many slots
/// each has.
pub(crate) fn sum_slots(slots: &[u16], lengths: &[u32]) -> Vec<EqAffine> {
    match &*SLOTS {
        #[cfg(target_arch = "x86_64")]
        Slots::Wide(lanes, table) => sum_slots_in(*lanes, table, slots, lengths),
        Slots::Narrow(lanes, table) => sum_slots_in(*lanes, table, slots, lengths),
    }
}

fn sum_slots_in<L: Lanes<Field = Fq>>(
    lanes: L,
    table: &[L::Point],
    slots: &[u16],
    lengths: &[u32],
) -> Vec<EqAffine> {
    let entries: Vec<u32> = slots.iter().map(|slot| u32::from(*slot) << 1).collect();
    let infinity = to_memory::<L, VestaConfig>(&Affine::zero());
    let mut adder = Adder::<L, VestaConfig>::new(lanes);
    let sums = sum_runs(&mut adder, table, &entries, lengths, infinity);
    sums.iter()
        .map(|sum| from_arkworks(&from_memory::<L, VestaConfig>(sum)))
        .collect()
}

/// A number's canonical limbs, least significant first.
fn limbs<N: PrimeField<Repr = [u8; 32]>>(number: &N) -> [u64; 4] {
    let bytes = number.to_repr();
    let mut limbs = [0; 4];
    for (limb, bytes) in limbs.iter_mut().zip(bytes.as_chunks::<8>().0) {
        *limb = u64::from_le_bytes(*bytes);
    }
    limbs
}

fn to_arkworks(point: &EqAffine) -> Affine<VestaConfig> {
    // The point at infinity has no coordinates.
    Option::from(point.coordinates()).map_or(
        Affine::zero(),
        |at: pasta_curves::arithmetic::Coordinates<EqAffine>| {
            let coordinate = |c: &Coordinate| Fq::new(BigInt(limbs(c)));
            // On the curve, as it was before.
            Affine::new_unchecked(coordinate(at.x()), coordinate(at.y()))
        },
    )
}

fn from_arkworks(point: &Affine<VestaConfig>) -> EqAffine {
    point.xy().map_or(EqAffine::default(), |(x, y)| {
        let coordinate = |c: Fq| {
            let mut bytes = [0; 32];
            for (bytes, limb) in bytes
                .as_chunks_mut::<8>()
                .0
                .iter_mut()
                .zip(c.into_bigint().0)
            {
                *bytes = limb.to_le_bytes();
            }
            Option::from(Coordinate::from_repr(bytes)).expect("both fields have one modulus")
        };
        Option::from(EqAffine::from_xy(coordinate(x), coordinate(y)))
            .expect("both curves have one equation")
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use pasta_curves::group::Curve;
    use pasta_curves::group::ff::Field;

    use super::*;
    use crate::cohort::secret::Secrets;

    /// Scalars with a carry into their highest digit, and points that can't be added plainly:
    /// infinity, equal ones, opposite ones.
    fn awkward(count: usize) -> (Vec<Fp>, Vec<EqAffine>) {
        let mut random = Secrets::new().unwrap();
        let high = Fp::from(2).pow([254]);
        let known = [Fp::ZERO, Fp::ONE, -Fp::ONE, high, high - Fp::ONE, -high];
        let generators = &Generators::get().slots;
        let scalars = random.scalars(count).into_iter().enumerate();
        let scalars = scalars.map(|(i, s)| known.get(i % 9).copied().unwrap_or(s));
        let points = (0..count).map(|i| match i % 7 {
            1 => EqAffine::default(),
            2 | 3 => generators[0],
            4 => -generators[0],
            _ => generators[i % generators.len()],
        });
        (scalars.collect(), points.collect())
    }

    #[test]
    fn sums_of_multiples_agree_with_halo2() {
        for count in [0, 5, 127, 128, 600, 9000] {
            let (scalars, points) = awkward(count);
            let expected = best_multiexp(&scalars, &points);
            assert_eq!(multiexp(&scalars, &points), expected, "{count} points");
            let narrow = multiexp_in(Portable::<Fq>::new(), &scalars, &points);
            assert_eq!(narrow, expected, "{count} points, portable");
        }
    }

    #[test]
    fn sums_of_slots_are_sums_of_their_generators() {
        let generators = &Generators::get().slots;
        let lengths = [0u32, 1, 2, 0, 5, 4000, 0];
        let slots: Vec<u16> = (0..4008).map(|i| i * 7 % 4096).collect();
        let mut rest = &slots[..];
        let expected: Vec<EqAffine> = lengths
            .iter()
            .map(|length| {
                let (run, after) = rest.split_at(*length as usize);
                rest = after;
                let points = run
                    .iter()
                    .map(|slot| Vesta::from(generators[usize::from(*slot)]));
                points.sum::<Vesta>().to_affine()
            })
            .collect();
        assert_eq!(sum_slots(&slots, &lengths), expected);
    }

    #[test]
    fn no_window_ends_where_a_scalar_does() {
        for points in [1, 511, 512, 8191, 8192, 32_767, 32_768, 1 << 20] {
            assert_ne!(255 % window_bits(points), 0);
        }
    }
}
