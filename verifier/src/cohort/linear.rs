//! The linear proof: knowledge of scalars whose images under public linear maps are known points
//! and scalars. Spec: docs/spec/cohort.md, section "Building blocks".

use halo2_proofs::arithmetic::best_multiexp;
use pasta_curves::group::Group;
use pasta_curves::{Eq as Vesta, EqAffine, Fp};
use thiserror::Error;

use super::encoding::{self, EncodingError, Reader};
use super::transcript::Transcript;

/// The place of a secret scalar in a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Secret(pub usize);

/// The place of a base point in a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Base(pub usize);

/// `coefficient · secret · base`.
#[derive(Debug, Clone, Copy)]
pub struct PointTerm {
    /// A public factor.
    pub coefficient: Fp,
    /// The secret.
    pub secret: Secret,
    /// The point.
    pub base: Base,
}

/// A point that is a sum of terms.
#[derive(Debug, Clone)]
pub struct PointEquation {
    /// What is shown, for errors and readers.
    pub name: &'static str,
    /// The known point.
    pub target: EqAffine,
    /// The terms.
    pub terms: Vec<PointTerm>,
}

/// A scalar that is a sum of secrets with public coefficients.
#[derive(Debug, Clone)]
pub struct ScalarEquation {
    /// What is shown, for readers.
    pub name: &'static str,
    /// The known scalar.
    pub target: Fp,
    /// Coefficient and secret of each term.
    pub terms: Vec<(Fp, Secret)>,
}

/// What a linear proof shows: secrets exist that satisfy all equations.
#[derive(Debug, Clone, Default)]
pub struct LinearStatement {
    /// Number of secrets.
    pub secrets: usize,
    /// The base points.
    pub bases: Vec<EqAffine>,
    /// Equations between points.
    pub points: Vec<PointEquation>,
    /// Equations between scalars.
    pub scalars: Vec<ScalarEquation>,
}

impl LinearStatement {
    /// Adds a secret.
    pub const fn secret(&mut self) -> Secret {
        self.secrets += 1;
        Secret(self.secrets - 1)
    }

    /// Adds several secrets.
    pub fn several(&mut self, count: usize) -> Vec<Secret> {
        (0..count).map(|_| self.secret()).collect()
    }

    /// Adds a base point.
    pub fn base(&mut self, point: EqAffine) -> Base {
        self.bases.push(point);
        Base(self.bases.len() - 1)
    }

    /// Adds an equation `target = Σ secret · base`.
    pub fn point(&mut self, name: &'static str, target: EqAffine, terms: &[(Secret, Base)]) {
        let terms = terms
            .iter()
            .map(|(secret, base)| PointTerm {
                coefficient: Fp::one(),
                secret: *secret,
                base: *base,
            })
            .collect();
        self.sum(name, target, terms);
    }

    /// Adds an equation between a point and a sum of terms.
    pub fn sum(&mut self, name: &'static str, target: EqAffine, terms: Vec<PointTerm>) {
        self.points.push(PointEquation {
            name,
            target,
            terms,
        });
    }

    /// Absorbs the whole statement: bases, targets, and which secret stands where.
    pub fn absorb(&self, transcript: &mut Transcript) {
        transcript.number(b"secrets", self.secrets as u64);
        transcript.points(b"bases", &self.bases);
        for equation in &self.points {
            transcript.point(b"target", &equation.target);
            transcript.number(b"terms", equation.terms.len() as u64);
            for term in &equation.terms {
                transcript.scalars(b"coefficient", &[term.coefficient]);
                transcript.number(b"secret", term.secret.0 as u64);
                transcript.number(b"base", term.base.0 as u64);
            }
        }
        for equation in &self.scalars {
            transcript.scalars(b"target", &[equation.target]);
            for (coefficient, secret) in &equation.terms {
                transcript.scalars(b"coefficient", &[*coefficient]);
                transcript.number(b"secret", secret.0 as u64);
            }
        }
    }
}

/// A linear proof: the masks' images, and an answer for each secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinearProof {
    /// The image of the masks in each equation between points.
    pub point_masks: Vec<EqAffine>,
    /// The image of the masks in each equation between scalars.
    pub scalar_masks: Vec<Fp>,
    /// challenge · secret + mask.
    pub answers: Vec<Fp>,
}

/// The linear proof does not hold.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum LinearError {
    /// It is of another shape than its statement.
    #[error("the linear proof is of another shape than its statement")]
    Shape,
    /// An equation between scalars does not hold.
    #[error("the linear proof does not show: {name}")]
    Scalar {
        /// The equation.
        name: &'static str,
    },
    /// An equation between points does not hold.
    #[error(
        "the linear proof does not show its equations between points, the first that fails: {name}"
    )]
    Points {
        /// The equation.
        name: &'static str,
    },
}

impl LinearProof {
    /// Checks the proof.
    ///
    /// # Errors
    /// [`LinearError`] names an equation that does not hold.
    pub fn verify(
        &self,
        statement: &LinearStatement,
        transcript: &mut Transcript,
    ) -> Result<(), LinearError> {
        let fits = self.point_masks.len() == statement.points.len()
            && self.scalar_masks.len() == statement.scalars.len()
            && self.answers.len() == statement.secrets;
        if !fits {
            return Err(LinearError::Shape);
        }
        statement.absorb(transcript);
        transcript.points(b"point masks", &self.point_masks);
        transcript.scalars(b"scalar masks", &self.scalar_masks);
        let challenge = transcript.challenge(b"linear");
        transcript.scalars(b"answers", &self.answers);
        for (equation, mask) in statement.scalars.iter().zip(&self.scalar_masks) {
            let sum: Fp = equation
                .terms
                .iter()
                .map(|(coefficient, secret)| coefficient * self.answers[secret.0])
                .sum();
            if sum != challenge * equation.target + mask {
                return Err(LinearError::Scalar {
                    name: equation.name,
                });
            }
        }
        let weight = transcript.challenge(b"batch");
        if self.difference(statement, challenge, weight) == Vesta::identity() {
            return Ok(());
        }
        let fails = (0..statement.points.len())
            .find(|i| self.single(statement, *i, challenge) != Vesta::identity());
        Err(LinearError::Points {
            name: fails.map_or("a combination of all", |i| statement.points[i].name),
        })
    }

    /// The equations' differences between both sides, combined by powers of `weight`.
    fn difference(&self, statement: &LinearStatement, challenge: Fp, weight: Fp) -> Vesta {
        let mut scalars = vec![Fp::zero(); statement.bases.len()];
        let mut points = statement.bases.clone();
        let mut power = Fp::one();
        for (equation, mask) in statement.points.iter().zip(&self.point_masks) {
            for term in &equation.terms {
                scalars[term.base.0] += power * term.coefficient * self.answers[term.secret.0];
            }
            points.extend([equation.target, *mask]);
            scalars.extend([-(power * challenge), -power]);
            power *= weight;
        }
        best_multiexp(&scalars, &points)
    }

    /// One equation's difference, to name the one that fails.
    fn single(&self, statement: &LinearStatement, i: usize, challenge: Fp) -> Vesta {
        let equation = &statement.points[i];
        let sum: Vesta = equation
            .terms
            .iter()
            .map(|t| statement.bases[t.base.0] * (t.coefficient * self.answers[t.secret.0]))
            .sum();
        sum - equation.target * challenge - self.point_masks[i]
    }

    /// Appends the canonical bytes.
    pub fn write(&self, bytes: &mut Vec<u8>) {
        self.point_masks
            .iter()
            .for_each(|point| encoding::write_point(bytes, point));
        self.scalar_masks
            .iter()
            .chain(&self.answers)
            .for_each(|scalar| encoding::write_scalar(bytes, scalar));
    }

    /// Reads a proof of a statement with these numbers of equations and secrets.
    ///
    /// # Errors
    /// [`EncodingError`] for anything but canonical bytes.
    pub fn read(
        reader: &mut Reader<'_>,
        points: usize,
        scalars: usize,
        secrets: usize,
    ) -> Result<Self, EncodingError> {
        Ok(Self {
            point_masks: reader.points("linear proof", points)?,
            scalar_masks: reader.scalars("linear proof", scalars)?,
            answers: reader.scalars("linear proof", secrets)?,
        })
    }
}
