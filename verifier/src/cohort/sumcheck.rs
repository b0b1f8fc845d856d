//! The masked sumcheck: its messages, and the reduction of a sum to one point.
//! Spec: docs/spec/cohort.md, section "Building blocks".

use pasta_curves::{EqAffine, Fp};
use thiserror::Error;

use super::encoding::{self, EncodingError, Reader};
use super::generators::Generators;
use super::linear::{Base, LinearStatement, PointTerm, ScalarEquation, Secret};
use super::polynomial::{interpolate, powers};
use super::transcript::Transcript;

/// Variables and degree of a sumcheck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Number of variables.
    pub variables: usize,
    /// Greatest degree in a variable.
    pub degree: usize,
}

impl Shape {
    /// Coefficients of the mask: a_0, then those of x, x², ... for each variable.
    #[must_use]
    pub const fn mask_coefficients(&self) -> usize {
        1 + self.variables * self.degree
    }

    /// By what each coefficient of the mask counts in its sum over all corners.
    #[must_use]
    pub fn sum_functional(&self) -> Vec<Fp> {
        let corners = |n: usize| powers(Fp::from(2), n + 1)[n];
        let mut functional = vec![corners(self.variables - 1); self.mask_coefficients()];
        functional[0] = corners(self.variables);
        functional
    }

    /// By what each coefficient of the mask counts in its value at a point.
    #[must_use]
    pub fn point_functional(&self, point: &[Fp]) -> Vec<Fp> {
        let each = point
            .iter()
            .flat_map(|x| powers(*x, self.degree + 1).into_iter().skip(1));
        std::iter::once(Fp::one()).chain(each).collect()
    }
}

/// The messages of a masked sumcheck.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SumcheckProof {
    /// Commitment to the mask's coefficients.
    pub mask: EqAffine,
    /// The masked sum.
    pub sum: Fp,
    /// For each round, the polynomial's values at 0, 2, 3, ..., degree.
    pub rounds: Vec<Vec<Fp>>,
}

/// What a sumcheck leaves to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reduced {
    /// The random point.
    pub point: Vec<Fp>,
    /// The factor of the mask.
    pub rho: Fp,
    /// The claimed sum of f + ρg.
    pub first: Fp,
    /// What f + ρg must be at the point.
    pub last: Fp,
}

/// The sumcheck is of another shape than its statement.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[error("the sumcheck has another number of rounds, or of values in a round, than its statement")]
pub struct SumcheckError;

impl SumcheckProof {
    /// Follows the rounds. What they claim is believed only after both ends were shown.
    ///
    /// # Errors
    /// [`SumcheckError`].
    pub fn reduce(
        &self,
        shape: Shape,
        transcript: &mut Transcript,
    ) -> Result<Reduced, SumcheckError> {
        let fits = self.rounds.len() == shape.variables
            && self.rounds.iter().all(|round| round.len() == shape.degree);
        if !fits {
            return Err(SumcheckError);
        }
        let rho = begin(&self.mask, transcript);
        transcript.scalars(b"masked sum", &[self.sum]);
        let (mut claim, mut point) = (self.sum, Vec::with_capacity(shape.variables));
        for round in &self.rounds {
            let challenge = next(round, transcript);
            let mut values = round.clone();
            values.insert(1, claim - round[0]);
            claim = interpolate(&values, challenge);
            point.push(challenge);
        }
        Ok(Reduced {
            point,
            rho,
            first: self.sum,
            last: claim,
        })
    }

    /// Appends the canonical bytes.
    pub fn write(&self, bytes: &mut Vec<u8>) {
        encoding::write_point(bytes, &self.mask);
        std::iter::once(&self.sum)
            .chain(self.rounds.iter().flatten())
            .for_each(|scalar| encoding::write_scalar(bytes, scalar));
    }

    /// Reads the messages of a sumcheck of this shape.
    ///
    /// # Errors
    /// [`EncodingError`] for anything but canonical bytes.
    pub fn read(reader: &mut Reader<'_>, shape: Shape) -> Result<Self, EncodingError> {
        let what = "sumcheck";
        Ok(Self {
            mask: reader.point(what)?,
            sum: reader.scalar(what)?,
            rounds: (0..shape.variables)
                .map(|_| reader.scalars(what, shape.degree))
                .collect::<Result<_, _>>()?,
        })
    }
}

/// Absorbs the mask's commitment and draws its factor.
pub fn begin(mask: &EqAffine, transcript: &mut Transcript) -> Fp {
    transcript.point(b"sumcheck mask", mask);
    transcript.challenge(b"mask factor")
}

/// Absorbs a round and draws the point's next coordinate.
pub fn next(round: &[Fp], transcript: &mut Transcript) -> Fp {
    transcript.scalars(b"round", round);
    transcript.challenge(b"round")
}

/// The mask opens, and the sumcheck's claimed sum is `claim` (secrets with coefficients) plus the
/// mask's.
pub(crate) fn sumcheck_equations(
    statement: &mut LinearStatement,
    shape: Shape,
    mask: &EqAffine,
    reduced: &Reduced,
    (coefficients, blinding): &(Vec<Secret>, Secret),
    claim: &[(Fp, Secret)],
) {
    let generators = Generators::get();
    let bases: Vec<_> = generators.slots[..coefficients.len()]
        .iter()
        .map(|point| statement.base(*point))
        .collect();
    let mut terms: Vec<_> = coefficients.iter().copied().zip(bases).collect();
    terms.push((*blinding, statement.base(generators.blinding)));
    statement.point("the sumcheck's mask is known", *mask, &terms);
    let functional = shape.sum_functional();
    let mask_sum = functional
        .iter()
        .zip(coefficients)
        .map(|(by, secret)| (reduced.rho * by, *secret));
    statement.scalars.push(ScalarEquation {
        name: "the sumcheck's sum is the claimed one",
        target: reduced.first,
        terms: claim.iter().copied().chain(mask_sum).collect(),
    });
}

/// ρ times the mask's value at the sumcheck's point.
pub(crate) fn mask_terms(
    shape: Shape,
    reduced: &Reduced,
    coefficients: &[Secret],
    value: Base,
) -> Vec<PointTerm> {
    shape
        .point_functional(&reduced.point)
        .iter()
        .zip(coefficients)
        .map(|(by, secret)| PointTerm {
            coefficient: reduced.rho * by,
            secret: *secret,
            base: value,
        })
        .collect()
}
