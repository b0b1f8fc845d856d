//! The transcript from which both sides draw the same challenges: Merlin's, with Vesta's points
//! and scalars. Spec: docs/spec/cohort.md, section "Commitments".

use pasta_curves::group::ff::{FromUniformBytes, PrimeField};
use pasta_curves::group::{Curve, GroupEncoding};
use pasta_curves::{Eq as Vesta, EqAffine, Fp};

/// What was said so far.
#[derive(Clone)]
pub struct Transcript(merlin::Transcript);

impl Transcript {
    /// Begins a transcript of the named protocol.
    #[must_use]
    pub fn new(protocol: &'static [u8]) -> Self {
        Self(merlin::Transcript::new(protocol))
    }

    /// Absorbs bytes; their length is absorbed with them.
    pub fn bytes(&mut self, label: &'static [u8], bytes: &[u8]) {
        self.0.append_message(label, bytes);
    }

    /// Absorbs a number.
    pub fn number(&mut self, label: &'static [u8], number: u64) {
        self.0.append_u64(label, number);
    }

    /// Absorbs a point.
    pub fn point(&mut self, label: &'static [u8], point: &EqAffine) {
        self.bytes(label, &point.to_bytes());
    }

    /// Absorbs points, and how many they are.
    pub fn points(&mut self, label: &'static [u8], points: &[EqAffine]) {
        self.number(label, points.len() as u64);
        for point in points {
            self.point(label, point);
        }
    }

    /// Absorbs points that are not in affine form.
    pub fn curve_points(&mut self, label: &'static [u8], points: &[Vesta]) {
        let mut affine = vec![EqAffine::default(); points.len()];
        Vesta::batch_normalize(points, &mut affine);
        self.points(label, &affine);
    }

    /// Absorbs scalars, and how many they are.
    pub fn scalars(&mut self, label: &'static [u8], scalars: &[Fp]) {
        self.number(label, scalars.len() as u64);
        for scalar in scalars {
            self.bytes(label, &scalar.to_repr());
        }
    }

    /// Draws a challenge: 512 bits, reduced.
    pub fn challenge(&mut self, label: &'static [u8]) -> Fp {
        let mut wide = [0u8; 64];
        self.0.challenge_bytes(label, &mut wide);
        Fp::from_uniform_bytes(&wide)
    }

    /// Draws several challenges.
    pub fn challenges(&mut self, label: &'static [u8], count: usize) -> Vec<Fp> {
        (0..count).map(|_| self.challenge(label)).collect()
    }
}

impl std::fmt::Debug for Transcript {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Transcript(..)")
    }
}
