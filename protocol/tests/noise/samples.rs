//! Sampled noise against samples of the OpenDP library, and against the exact law.
//!
//! Our samples follow from a fixed seed, OpenDP's from the system: a correct table fails a comparison here
//! with a probability of about 2^-55.

use dashu_ratio::RBig;
use opendp::traits::samplers::sample_discrete_laplace;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use salus_protocol::noise::{Epsilon, NoiseTable, UNIFORM_BOUND, uniform};

const SAMPLES: u64 = 200_000;

/// Values are counted one by one up to this, and further out together, so that each bin has many.
fn furthest(epsilon: Epsilon) -> i32 {
    match epsilon {
        Epsilon::Tenth => 40,
        Epsilon::Half => 10,
        Epsilon::One => 5,
    }
}

/// How often each value comes, from the lowest bin to the highest.
fn histogram(epsilon: Epsilon, mut sample: impl FnMut() -> i32) -> Vec<u64> {
    let furthest = furthest(epsilon);
    let mut bins = vec![0; 2 * furthest as usize + 1];
    for _ in 0..SAMPLES {
        bins[(sample().clamp(-furthest, furthest) + furthest) as usize] += 1;
    }
    bins
}

/// Noise as releases have it: from seeds and offsets.
fn ours(epsilon: Epsilon) -> Vec<u64> {
    let mut random = ChaCha20Rng::seed_from_u64(2026);
    let table = NoiseTable::of(epsilon);
    histogram(epsilon, || {
        let (seed, offset) = (random.next_u64(), random.next_u64());
        table.noise(uniform(seed % UNIFORM_BOUND, offset % UNIFORM_BOUND))
    })
}

/// Noise as OpenDP's discrete Laplace mechanism has it, at the scale 1 / epsilon.
fn opendp(epsilon: Epsilon) -> Vec<u64> {
    let scale = RBig::from(10) / RBig::from(epsilon.tenths());
    histogram(epsilon, || {
        let sample = sample_discrete_laplace(scale.clone()).unwrap();
        i32::try_from(sample).unwrap()
    })
}

/// What would be counted on average.
fn expected(epsilon: Epsilon) -> Vec<f64> {
    let furthest = furthest(epsilon);
    let mut bins = vec![0.0; 2 * furthest as usize + 1];
    for row in NoiseTable::of(epsilon).rows() {
        let bin = (row.noise.clamp(-furthest, furthest) + furthest) as usize;
        bins[bin] += row.span as f64 / UNIFORM_BOUND as f64 * SAMPLES as f64;
    }
    bins
}

/// The limit that a chi-square of so many bins exceeds with a probability below exp(-40)
/// (Laurent and Massart 2000).
fn limit(bins: usize) -> f64 {
    let freedom = (bins - 1) as f64;
    let t = 40.0;
    freedom + 2.0 * (freedom * t).sqrt() + 2.0 * t
}

fn is_of_law(counts: &[u64], expected: &[f64]) -> bool {
    let term = |(&count, expected): (&u64, &f64)| (count as f64 - expected).powi(2) / expected;
    let sum: f64 = counts.iter().zip(expected).map(term).sum();
    sum < limit(counts.len())
}

/// Whether two histograms of as many samples may be of one law.
fn are_alike(one: &[u64], other: &[u64]) -> bool {
    let pairs = one.iter().zip(other).map(|(&a, &b)| (a as f64, b as f64));
    let sum: f64 = pairs.map(|(a, b)| (a - b).powi(2) / (a + b)).sum();
    sum < limit(one.len())
}

#[test]
fn noise_is_as_opendp_draws_it() {
    for epsilon in Epsilon::ALL {
        let (ours, theirs) = (ours(epsilon), opendp(epsilon));
        assert!(are_alike(&ours, &theirs), "{epsilon}: {ours:?}, {theirs:?}");
        let expected = expected(epsilon);
        assert!(is_of_law(&ours, &expected), "{epsilon}: {ours:?}");
        assert!(is_of_law(&theirs, &expected), "{epsilon}: {theirs:?}");
    }
}

/// The comparison sees noise that is one too high in half of the samples.
#[test]
fn other_noise_is_told_apart() {
    for epsilon in Epsilon::ALL {
        let mut random = ChaCha20Rng::seed_from_u64(7);
        let table = NoiseTable::of(epsilon);
        let shifted = histogram(epsilon, || {
            let noise = table.noise(random.next_u64());
            if random.next_u64().is_multiple_of(2) {
                noise + 1
            } else {
                noise
            }
        });
        assert!(!is_of_law(&shifted, &expected(epsilon)), "{epsilon}");
    }
}
