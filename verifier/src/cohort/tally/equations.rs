//! What a tally's linear proof shows: every commitment opens, products are products, and the sumcheck
//! begins with the counts and ends in the factors' values.

use pasta_curves::group::Curve;
use pasta_curves::{Eq as Vesta, EqAffine, Fp};

use super::Weights;
use crate::cohort::generators::Generators;
use crate::cohort::linear::{Base, LinearStatement, PointTerm, Secret};
use crate::cohort::polynomial::{eq, powers};
use crate::cohort::program::{Evaluated, Program, Value, scalar};
use crate::cohort::sumcheck::{Reduced, Shape, mask_terms, sumcheck_equations};
use crate::cohort::transcript::Transcript;

/// The secrets of a tally's linear proof, by place.
#[derive(Debug, Clone)]
pub struct Secrets {
    /// The factors' values and their blindings.
    pub factors: Vec<[Secret; 2]>,
    /// The pairs' own blindings.
    pub pairs: Vec<Secret>,
    /// The outer products' own blindings.
    pub outers: Vec<Secret>,
    /// The counts and their blindings.
    pub counts: Vec<[Secret; 2]>,
    /// The mask's coefficients and its blinding.
    pub mask: (Vec<Secret>, Secret),
    /// Blinding of the sumcheck's last equation.
    pub last: Secret,
}

/// Commitments to the program's values at the sumcheck's point.
#[derive(Debug, Clone, Copy)]
pub struct Products<'a> {
    /// Of the sumcheck's mask.
    pub mask: &'a EqAffine,
    /// Of the factors.
    pub factors: &'a [EqAffine],
    /// Of the pairs.
    pub pairs: &'a [EqAffine],
    /// Of the outer products.
    pub outers: &'a [EqAffine],
}

impl Products<'_> {
    /// The commitment to an inner sum.
    #[must_use]
    pub fn inner(&self, program: &Program, inner: u32) -> Vesta {
        let inner = &program.inners[inner as usize];
        let sum = |terms: &[(i64, u32)], points: &[EqAffine]| -> Vesta {
            terms
                .iter()
                .map(|(coefficient, i)| points[*i as usize] * scalar(*coefficient))
                .sum()
        };
        sum(&inner.factors, self.factors) + sum(&inner.pairs, self.pairs)
    }

    fn value(&self, program: &Program, value: Value) -> Vesta {
        match value {
            Value::Inner(i) => self.inner(program, i),
            Value::Outer(o) => self.outers[o as usize].into(),
        }
    }
}

/// The weight of each constraint and cell in the sumcheck's last equation.
fn last_weights<'a>(
    program: &'a Program,
    weights: &Weights,
    point: &[Fp],
) -> Vec<(&'a [Value], Fp)> {
    let corner = eq(&weights.corner, point);
    let constraints = program.constraints.iter().zip(&weights.constraints);
    let cells = program.cells.iter().zip(&weights.cells);
    constraints
        .map(|(values, weight)| (values.as_slice(), weight * corner))
        .chain(cells.map(|(values, weight)| (values.as_slice(), *weight)))
        .collect()
}

/// What the sumcheck's polynomial is at its point, from the factors' values there; for blindings
/// too, given theirs.
#[must_use]
pub fn last_value(program: &Program, weights: &Weights, point: &[Fp], values: &Evaluated) -> Fp {
    last_weights(program, weights, point)
        .into_iter()
        .map(|(summands, weight)| weight * values.sum(summands))
        .sum()
}

/// What remains to be shown by a linear proof.
#[must_use]
pub fn linear_statement(
    program: &Program,
    counts: &[EqAffine],
    products: &Products<'_>,
    weights: &Weights,
    shape: Shape,
    reduced: &Reduced,
) -> (LinearStatement, Secrets) {
    let generators = Generators::get();
    let mut statement = LinearStatement::default();
    let value = statement.base(generators.value);
    let blinding = statement.base(generators.blinding);
    let secrets = secrets(&mut statement, program, counts.len(), shape);
    for (point, [y, s]) in products.factors.iter().zip(&secrets.factors) {
        statement.point(
            "a factor's value is known",
            *point,
            &[(*y, value), (*s, blinding)],
        );
    }
    product_equations(&mut statement, program, products, &secrets, blinding);
    for ((count, generator), [c, s]) in counts.iter().zip(&generators.counts).zip(&secrets.counts) {
        let generator = statement.base(*generator);
        statement.point(
            "a count is known",
            *count,
            &[(*c, generator), (*s, blinding)],
        );
    }
    let claim: Vec<_> = (weights.cells.iter().copied())
        .zip(secrets.counts.iter().map(|[c, _]| *c))
        .collect();
    sumcheck_equations(
        &mut statement,
        shape,
        products.mask,
        reduced,
        &secrets.mask,
        &claim,
    );
    let parts = last_weights(program, weights, &reduced.point);
    let value_of = |summands: &[Value]| -> Vesta {
        summands.iter().map(|v| products.value(program, *v)).sum()
    };
    let known: Vesta = parts
        .into_iter()
        .map(|(summands, weight)| value_of(summands) * weight)
        .sum();
    let mut terms = mask_terms(shape, reduced, &secrets.mask.0, value);
    terms.push(PointTerm {
        coefficient: Fp::one(),
        secret: secrets.last,
        base: blinding,
    });
    let target = (generators.value * reduced.last - known).to_affine();
    statement.sum("the sumcheck ends in the factors' values", target, terms);
    (statement, secrets)
}

fn secrets(
    statement: &mut LinearStatement,
    program: &Program,
    counts: usize,
    shape: Shape,
) -> Secrets {
    let mut pairs_of = |count: usize| -> Vec<[Secret; 2]> {
        (0..count)
            .map(|_| [statement.secret(), statement.secret()])
            .collect()
    };
    let (factors, counts) = (pairs_of(program.factors), pairs_of(counts));
    Secrets {
        factors,
        counts,
        pairs: statement.several(program.pairs.len()),
        outers: statement.several(program.outers.len()),
        mask: (
            statement.several(shape.mask_coefficients()),
            statement.secret(),
        ),
        last: statement.secret(),
    }
}

/// Each committed product is one of the factor's value and what it is multiplied with.
fn product_equations(
    statement: &mut LinearStatement,
    program: &Program,
    products: &Products<'_>,
    secrets: &Secrets,
    blinding: Base,
) {
    for ((pair, point), own) in program.pairs.iter().zip(products.pairs).zip(&secrets.pairs) {
        let right = statement.base(products.factors[pair.right as usize]);
        let [left, _] = secrets.factors[pair.left as usize];
        let terms = [(left, right), (*own, blinding)];
        statement.point("a pair's product is that of its factors", *point, &terms);
    }
    let outers = program.outers.iter().zip(products.outers);
    for ((outer, point), own) in outers.zip(&secrets.outers) {
        let inner = statement.base(products.inner(program, outer.inner).to_affine());
        let [factor, _] = secrets.factors[outer.factor as usize];
        let terms = [(factor, inner), (*own, blinding)];
        statement.point("an outer product is that of its parts", *point, &terms);
    }
}

/// Absorbs the commitments to values and products; draws the powers that batch the opening.
pub fn absorb_products(products: &Products<'_>, transcript: &mut Transcript) -> Vec<Fp> {
    transcript.points(b"factors", products.factors);
    transcript.points(b"pairs", products.pairs);
    transcript.points(b"outers", products.outers);
    powers(transcript.challenge(b"batch"), products.factors.len())
}
