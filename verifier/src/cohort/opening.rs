//! The opening: a committed vector has a committed inner product with a public one.
//! Spec: docs/spec/cohort.md, section "Building blocks".

use halo2_proofs::arithmetic::best_multiexp;
use pasta_curves::group::Group;
use pasta_curves::group::ff::Field;
use pasta_curves::{Eq as Vesta, EqAffine, Fp};
use salus_protocol::cohort::PAGE;
use thiserror::Error;

use super::encoding::{self, EncodingError, Reader};
use super::generators::Generators;
use super::transcript::Transcript;

/// How often the answer is halved before it is sent.
pub const FOLDINGS: usize = 3;
/// Scalars of the answer that are sent.
pub const FOLDED: usize = PAGE >> FOLDINGS;

/// A sum of points with public coefficients, not yet added up.
#[derive(Debug, Clone, Default)]
pub struct Combination {
    /// The coefficients.
    pub scalars: Vec<Fp>,
    /// The points, one for each coefficient.
    pub points: Vec<EqAffine>,
}

impl Combination {
    /// Adds a term.
    pub fn push(&mut self, scalar: Fp, point: EqAffine) {
        self.scalars.push(scalar);
        self.points.push(point);
    }

    /// The sum.
    #[must_use]
    pub fn sum(&self) -> Vesta {
        self.sum_by(best_multiexp)
    }

    fn sum_by(&self, multiexp: Multiexp) -> Vesta {
        multiexp(&self.scalars, &self.points)
    }
}

/// A way to add up points, each times its scalar.
pub type Multiexp = fn(&[Fp], &[EqAffine]) -> Vesta;

/// Proof that X = Σ x_k G_k + r W and Y = <a, x> U + s W for some x, r, s.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpeningProof {
    /// The masks' image under the first map.
    pub vector_mask: EqAffine,
    /// The masks' image under the second.
    pub value_mask: EqAffine,
    /// The inner product of the answer with a.
    pub value: Fp,
    /// The answer for r.
    pub vector_blinding: Fp,
    /// The answer for s.
    pub value_blinding: Fp,
    /// What each folding leaves over: left and right.
    pub foldings: [[EqAffine; 2]; FOLDINGS],
    /// What is left of the answer.
    pub folded: Vec<Fp>,
}

/// The opening does not hold.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum OpeningError {
    /// It is of another shape.
    #[error("the opening is of another shape than a page")]
    Shape,
    /// The value is not as it should be.
    #[error("the opening's value is not the committed one")]
    Value,
    /// The vector is not as it should be.
    #[error("the opening's vector is not the committed one, or has another inner product")]
    Vector,
}

/// Weights by which the blocks of a folded vector are added up: block b of the 2^FOLDINGS, its
/// highest bit folded first, counts the product of the challenges where its bit is 0.
#[must_use]
pub fn block_weights(challenges: &[Fp]) -> Vec<Fp> {
    challenges
        .iter()
        .fold(vec![Fp::one()], |weights, challenge| {
            weights
                .iter()
                .flat_map(|weight| [weight * challenge, *weight])
                .collect()
        })
}

impl OpeningProof {
    /// Checks the opening of `vector` (X) at `a` to `value` (Y). X is not added up first.
    ///
    /// # Errors
    /// [`OpeningError`].
    pub fn verify(
        &self,
        vector: &Combination,
        a: &[Fp],
        value: &Vesta,
        transcript: &mut Transcript,
    ) -> Result<(), OpeningError> {
        self.verify_by(best_multiexp, vector, a, value, transcript)
    }

    /// Checks the opening, with sums by `multiexp`.
    ///
    /// # Errors
    /// [`OpeningError`].
    pub fn verify_by(
        &self,
        multiexp: Multiexp,
        vector: &Combination,
        a: &[Fp],
        value: &Vesta,
        transcript: &mut Transcript,
    ) -> Result<(), OpeningError> {
        if a.len() != PAGE || self.folded.len() != FOLDED {
            return Err(OpeningError::Shape);
        }
        let generators = Generators::get();
        transcript.curve_points(b"opened value", &[*value]);
        transcript.points(b"opening masks", &[self.vector_mask, self.value_mask]);
        let challenge = transcript.challenge(b"opening");
        let sent = [self.value, self.vector_blinding, self.value_blinding];
        transcript.scalars(b"opening answers", &sent);
        let expected = *value * challenge + self.value_mask;
        let found = generators.value * self.value + generators.blinding * self.value_blinding;
        if expected != found {
            return Err(OpeningError::Value);
        }
        let base = transcript.challenge(b"opening base");
        let mut folds = Vec::with_capacity(FOLDINGS);
        for sides in &self.foldings {
            transcript.points(b"folding", sides);
            folds.push(transcript.challenge(b"folding"));
        }
        transcript.scalars(b"folded", &self.folded);
        let difference = self.difference(vector, a, challenge, base, &folds);
        if difference.sum_by(multiexp) == Vesta::identity() {
            Ok(())
        } else {
            Err(OpeningError::Vector)
        }
    }

    /// What the folded answer commits to, less what the foldings of the unfolded one give:
    /// P' = L + c P + c² R in each folding, P = challenge·X + mask - blinding·W + value·base·U at
    /// the start.
    fn difference(
        &self,
        vector: &Combination,
        a: &[Fp],
        challenge: Fp,
        base: Fp,
        folds: &[Fp],
    ) -> Combination {
        let generators = Generators::get();
        let weights = block_weights(folds);
        let mut sum = Combination::default();
        let mut product = Fp::zero();
        for (block, weight) in weights.iter().enumerate() {
            for (k, folded) in self.folded.iter().enumerate() {
                let scalar = weight * folded;
                product += scalar * a[block * FOLDED + k];
                sum.push(scalar, generators.slots[block * FOLDED + k]);
            }
        }
        // Later foldings multiply what came before by their challenge.
        let whole: Fp = folds.iter().product();
        let mut rest = whole;
        for (sides, fold) in self.foldings.iter().zip(folds) {
            rest *= fold.invert().unwrap_or(Fp::zero());
            sum.push(-rest, sides[0]);
            sum.push(-(rest * fold.square()), sides[1]);
        }
        sum.push(base * (product - whole * self.value), generators.value);
        sum.push(-whole, self.vector_mask);
        sum.push(whole * self.vector_blinding, generators.blinding);
        let scale = -(whole * challenge);
        sum.scalars.extend(vector.scalars.iter().map(|s| s * scale));
        sum.points.extend_from_slice(&vector.points);
        sum
    }

    /// Appends the canonical bytes.
    pub fn write(&self, bytes: &mut Vec<u8>) {
        let points = [self.vector_mask, self.value_mask];
        for point in points.iter().chain(self.foldings.iter().flatten()) {
            encoding::write_point(bytes, point);
        }
        let sent = [self.value, self.vector_blinding, self.value_blinding];
        for scalar in sent.iter().chain(&self.folded) {
            encoding::write_scalar(bytes, scalar);
        }
    }

    /// Reads an opening.
    ///
    /// # Errors
    /// [`EncodingError`] for anything but canonical bytes.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, EncodingError> {
        let what = "opening";
        let (vector_mask, value_mask) = (reader.point(what)?, reader.point(what)?);
        let mut foldings = [[vector_mask; 2]; FOLDINGS];
        for side in foldings.iter_mut().flatten() {
            *side = reader.point(what)?;
        }
        Ok(Self {
            vector_mask,
            value_mask,
            foldings,
            value: reader.scalar(what)?,
            vector_blinding: reader.scalar(what)?,
            value_blinding: reader.scalar(what)?,
            folded: reader.scalars(what, FOLDED)?,
        })
    }
}
