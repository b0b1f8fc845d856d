//! Runs masked sumchecks. Spec: docs/spec/cohort.md, section "Building blocks".

use pasta_curves::group::Curve;
use pasta_curves::{EqAffine, Fp};
use salus_verifier::cohort::Transcript;
use salus_verifier::cohort::generators::Generators;
use salus_verifier::cohort::polynomial::{interpolate, powers};
use salus_verifier::cohort::sumcheck::{self, Reduced, Shape, SumcheckProof};

use super::secret::Secrets;
use super::vesta::multiexp;

/// A sum over corners, variable by variable.
pub(crate) trait Sum {
    /// The sum over the remaining variables but the next, as a polynomial in that one: its values
    /// at 0, 1, ..., degree.
    fn round(&mut self) -> Vec<Fp>;
    /// Sets the next variable.
    fn bind(&mut self, value: Fp);
}

/// A mask's coefficients, with the blinding of their commitment.
pub(crate) struct Mask {
    shape: Shape,
    pub(crate) coefficients: Vec<Fp>,
    pub(crate) blinding: Fp,
    commitment: EqAffine,
}

impl Mask {
    pub(crate) fn random(shape: Shape, random: &mut Secrets) -> Self {
        let coefficients = random.scalars(shape.mask_coefficients());
        Self::of(shape, coefficients, random.scalar())
    }

    /// The mask with these coefficients.
    pub(crate) fn of(shape: Shape, coefficients: Vec<Fp>, blinding: Fp) -> Self {
        let generators = Generators::get();
        let slots = &generators.slots[..coefficients.len()];
        let commitment = multiexp(&coefficients, slots) + generators.blinding * blinding;
        Self {
            shape,
            coefficients,
            blinding,
            commitment: commitment.to_affine(),
        }
    }

    /// The mask's part of a variable, at a value of it.
    fn part(&self, variable: usize, at: Fp) -> Fp {
        let degree = self.shape.degree;
        let coefficients = &self.coefficients[1 + variable * degree..][..degree];
        coefficients
            .iter()
            .zip(powers(at, degree + 1).into_iter().skip(1))
            .map(|(a, power)| a * power)
            .sum()
    }

    /// The mask's sum over the variables after the one of this round, whose value is `at`; the
    /// ones before are set.
    pub(crate) fn round(&self, point: &[Fp], at: Fp) -> Fp {
        let (variable, variables) = (point.len(), self.shape.variables);
        let set: Fp = point
            .iter()
            .enumerate()
            .map(|(j, x)| self.part(j, *x))
            .sum();
        let here = self.coefficients[0] + set + self.part(variable, at);
        // Each later variable takes 0, where its part is 0, and 1, in half of the corners each.
        let later: Fp = (variable + 1..variables)
            .map(|j| self.part(j, Fp::one()))
            .sum();
        let corners = powers(Fp::from(2), variables);
        let rest = variables - variable - 1;
        let halves = if rest == 0 {
            Fp::zero()
        } else {
            corners[rest - 1]
        };
        corners[rest] * here + halves * later
    }

    pub(crate) fn sum(&self) -> Fp {
        let functional = self.shape.sum_functional();
        let terms = functional.iter().zip(&self.coefficients);
        terms.map(|(by, a)| by * a).sum()
    }
}

/// Runs the sumcheck of `sum`, whose value is `claim`.
pub(crate) fn prove(
    sum: &mut impl Sum,
    claim: Fp,
    mask: &Mask,
    transcript: &mut Transcript,
) -> (SumcheckProof, Reduced) {
    let shape = mask.shape;
    let rho = sumcheck::begin(&mask.commitment, transcript);
    let first = claim + rho * mask.sum();
    transcript.scalars(b"masked sum", &[first]);
    let mut last = first;
    let (mut point, mut rounds) = (Vec::new(), Vec::new());
    for _ in 0..shape.variables {
        let mut values = sum.round();
        for (t, value) in values.iter_mut().enumerate() {
            *value += rho * mask.round(&point, Fp::from(t as u64));
        }
        let mut sent = values.clone();
        sent.remove(1);
        let challenge = sumcheck::next(&sent, transcript);
        last = interpolate(&values, challenge);
        sum.bind(challenge);
        point.push(challenge);
        rounds.push(sent);
    }
    let proof = SumcheckProof {
        mask: mask.commitment,
        sum: first,
        rounds,
    };
    let reduced = Reduced {
        point,
        rho,
        first,
        last,
    };
    (proof, reduced)
}
