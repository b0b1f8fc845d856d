//! Random draws that are the same everywhere. Only exactly defined arithmetic is used: no
//! logarithm, sine or power, whose last bits differ between platforms.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// A stream of draws.
pub(super) struct Draw(ChaCha20Rng);

impl Draw {
    /// The stream of this number under this seed.
    pub(super) fn new(seed: u64, stream: u64) -> Self {
        let mut key = *b"salus synthetic patients, v1....";
        for (byte, of_seed) in key.iter_mut().rev().zip(seed.to_le_bytes()) {
            *byte ^= of_seed;
        }
        let mut rng = ChaCha20Rng::from_seed(key);
        rng.set_stream(stream);
        Self(rng)
    }

    /// Uniform in [0, 1).
    pub(super) fn unit(&mut self) -> f64 {
        // 53 bits fit a double exactly, and so does their product with a power of two.
        (self.0.next_u64() >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }

    /// True with this probability.
    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// A whole number from `low` to `high`, both included.
    pub(super) fn between(&mut self, low: i32, high: i32) -> i32 {
        low + (self.unit() * f64::from(high - low + 1)) as i32
    }

    /// Near normal, mean 0, deviation 1, never beyond 6.
    pub(super) fn normal(&mut self) -> f64 {
        let mut sum = 0.0;
        for _ in 0..12 {
            sum += self.unit();
        }
        sum - 6.0
    }

    /// One of these, each as likely.
    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        let place = (self.unit() * from.len() as f64) as usize;
        from.get(place).copied()
    }

    /// The place of one of these weights.
    pub(super) fn weighted(&mut self, weights: &[u32]) -> usize {
        let mut left = self.unit() * f64::from(weights.iter().sum::<u32>());
        for (place, weight) in weights.iter().enumerate() {
            left -= f64::from(*weight);
            if left < 0.0 {
                return place;
            }
        }
        0
    }

    /// A version 4 UUID.
    pub(super) fn uuid(&mut self) -> String {
        let (high, low) = (self.0.next_u64(), self.0.next_u64());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xfff,
            low >> 48 & 0x3fff | 0x8000,
            low & 0xffff_ffff_ffff
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_stay_in_range_and_spread() {
        let mut draw = Draw::new(1, 0);
        let mut counts = [0_u32; 3];
        for _ in 0..3_000 {
            assert!((0.0..1.0).contains(&draw.unit()));
            assert!((-2..=4).contains(&draw.between(-2, 4)));
            counts[draw.weighted(&[1, 2, 3])] += 1;
        }
        assert!(counts[0] < counts[1] && counts[1] < counts[2]);
    }

    #[test]
    fn streams_differ_and_repeat() {
        let first = |seed, stream| Draw::new(seed, stream).uuid();
        assert_eq!(first(1, 2), first(1, 2));
        assert_ne!(first(1, 2), first(1, 3));
        assert_ne!(first(1, 2), first(2, 2));
    }
}
