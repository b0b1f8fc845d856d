//! Tally: committed counts are the counts of a question over a published dataset.
//! Spec: docs/spec/cohort.md, section "Tally".

mod encoding;

use std::collections::BTreeMap;

use pasta_curves::group::Curve;
use pasta_curves::{Eq as Vesta, EqAffine, Fp};
use salus_protocol::cohort::{Factor, Plan};
use thiserror::Error;

use super::generators::Generators;
use super::linear::{Base, LinearError, LinearProof, LinearStatement, PointTerm, Secret};
use super::opening::{Combination, OpeningError, OpeningProof};
use super::polynomial::{eq, eq_table, powers};
use super::program::{Evaluated, Program, Value, scalar};
use super::publication::{Publication, SLOT_BITS};
use super::sumcheck::{
    Reduced, Shape, SumcheckError, SumcheckProof, mask_terms, sumcheck_equations,
};
use super::transcript::Transcript;

/// Most pages of a dataset: 2^26 slots, as many as a registry has leaves.
pub const MOST_PAGES: usize = 1 << 14;

/// What is asked of which columns, and the commitments that answer it.
#[derive(Debug, Clone)]
pub struct TallyStatement<'a> {
    /// Ledger, issuer, edition, study, day and question, as whoever asks encodes them.
    pub context: [u8; 32],
    /// The question as polynomials.
    pub plan: &'a Plan,
    /// The publications of the dataset's pages, in order: verified ones, all of the plan's layout.
    pub pages: &'a [&'a Publication],
    /// Commitments to the cells' counts.
    pub counts: &'a [EqAffine],
}

/// A proof of a tally.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TallyProof {
    /// For each page, commitments to the auxiliary columns.
    pub auxiliaries: Vec<Vec<EqAffine>>,
    /// That constraints hold and cells come to their sums.
    pub sumcheck: SumcheckProof,
    /// Commitments to the factors' values at the sumcheck's point.
    pub factors: Vec<EqAffine>,
    /// Commitments to the products of pairs of them.
    pub pairs: Vec<EqAffine>,
    /// Commitments to the products of factors and inner sums.
    pub outers: Vec<EqAffine>,
    /// That the factors' values are those of the columns.
    pub opening: OpeningProof,
    /// Everything else.
    pub linear: LinearProof,
}

/// Why a tally does not verify.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum TallyError {
    /// The proof is of another shape than the statement.
    #[error("the tally's {what} are not as many as the question and the dataset ask for")]
    Shape {
        /// What is too many or too few.
        what: &'static str,
    },
    /// The dataset has no page.
    #[error("the dataset has no page, so there is nothing to count")]
    Empty,
    /// A page has other columns than the question was planned for.
    #[error("page {page} is published in another layout than the question was planned for")]
    Layout {
        /// The page.
        page: usize,
    },
    /// The sumcheck is malformed.
    #[error("the count is not shown: {0}")]
    Sumcheck(#[from] SumcheckError),
    /// The factors are not those of the columns.
    #[error("the proof speaks of other columns than those published: {0}")]
    Opening(#[from] OpeningError),
    /// The last part fails.
    #[error("the count is not shown: {0}")]
    Linear(#[from] LinearError),
}

/// Coordinates of a page, the number of pages rounded up to a power of two. They come before
/// those of a slot in its page.
#[must_use]
pub const fn page_bits(pages: usize) -> usize {
    // More are refused; the bound keeps the power of two in range.
    let pages = if pages > MOST_PAGES {
        MOST_PAGES
    } else {
        pages
    };
    pages.next_power_of_two().ilog2() as usize
}

/// The sumcheck over so many pages.
#[must_use]
pub const fn shape(pages: usize) -> Shape {
    Shape {
        variables: page_bits(pages) + SLOT_BITS,
        degree: 4,
    }
}

/// The challenges after the statement and the auxiliary columns.
#[derive(Debug, Clone)]
pub struct Weights {
    /// λ^k, for cells.
    pub cells: Vec<Fp>,
    /// α^(m+1), for constraints: none shares its weight with a cell.
    pub constraints: Vec<Fp>,
    /// τ, the corner at which constraints are checked.
    pub corner: Vec<Fp>,
}

impl TallyStatement<'_> {
    /// Begins the transcript of a tally and draws the weights.
    #[must_use]
    pub fn begin(&self, auxiliaries: &[Vec<EqAffine>]) -> (Transcript, Weights) {
        let mut transcript = Transcript::new(b"salus/v1/tally");
        transcript.bytes(b"question", &self.context);
        transcript.bytes(b"asked", &self.plan.question);
        transcript.bytes(b"layout", &self.plan.layout.digest());
        transcript.number(b"pages", self.pages.len() as u64);
        for page in self.pages {
            transcript.points(b"columns", &page.columns);
        }
        transcript.points(b"counts", self.counts);
        for page in auxiliaries {
            transcript.points(b"auxiliaries", page);
        }
        let cell = transcript.challenge(b"cells");
        let constraint = transcript.challenge(b"constraints");
        let weights = Weights {
            cells: powers(cell, self.plan.cells.len()),
            constraints: powers(constraint, self.plan.constraints.len() + 1).split_off(1),
            corner: transcript.challenges(b"corner", shape(self.pages.len()).variables),
        };
        (transcript, weights)
    }

    /// The factors' commitments, each weighted by a power of `batch`, folded over pages at the
    /// sumcheck's point: what the opening is of.
    #[must_use]
    pub fn folded(&self, auxiliaries: &[Vec<EqAffine>], point: &[Fp], batch: &[Fp]) -> Combination {
        let pages = eq_table(&point[..page_bits(self.pages.len())]);
        let BatchWeights {
            columns,
            auxiliaries: own,
            ones,
        } = BatchWeights::of(self.plan, batch);
        let mut vector = Combination::default();
        let mut occupied = Fp::zero();
        for ((page, auxiliary), weight) in self.pages.iter().zip(auxiliaries).zip(&pages) {
            occupied += weight;
            for (column, by) in &columns {
                vector.push(weight * by, page.columns[*column as usize]);
            }
            for (point, by) in auxiliary.iter().zip(&own) {
                vector.push(weight * by, *point);
            }
        }
        vector.push(ones * occupied, Generators::get().ones);
        vector
    }
}

/// By what each column counts in a batch of factors.
#[derive(Debug, Clone)]
pub struct BatchWeights {
    /// Of the published columns that the plan uses.
    pub columns: BTreeMap<u32, Fp>,
    /// Of the auxiliary columns.
    pub auxiliaries: Vec<Fp>,
    /// Of the constant 1.
    pub ones: Fp,
}

impl BatchWeights {
    /// The weights, each factor counting by its place in `batch`.
    #[must_use]
    pub fn of(plan: &Plan, batch: &[Fp]) -> Self {
        let mut weights = Self {
            columns: BTreeMap::new(),
            auxiliaries: vec![Fp::zero(); plan.auxiliaries.len()],
            ones: Fp::zero(),
        };
        for (factor, weight) in plan.factors.iter().zip(batch) {
            match factor {
                Factor::Form(form) => {
                    weights.ones += scalar(form.constant) * weight;
                    for term in &form.terms {
                        *weights.columns.entry(term.column).or_default() +=
                            scalar(term.coefficient) * weight;
                    }
                }
                Factor::Auxiliary(i) => weights.auxiliaries[*i as usize] += weight,
            }
        }
        weights
    }
}

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

impl TallyProof {
    /// Checks that the statement's commitments hold the question's counts.
    ///
    /// # Errors
    /// [`TallyError`] names what is not shown.
    pub fn verify(&self, statement: &TallyStatement<'_>) -> Result<(), TallyError> {
        let program = Program::of(statement.plan);
        self.check_shape(statement, &program)?;
        let (mut transcript, weights) = statement.begin(&self.auxiliaries);
        let shape = shape(statement.pages.len());
        let reduced = self.sumcheck.reduce(shape, &mut transcript)?;
        let products = self.products();
        let batch = absorb_products(&products, &mut transcript);
        let vector = statement.folded(&self.auxiliaries, &reduced.point, &batch);
        let at = eq_table(&reduced.point[page_bits(statement.pages.len())..]);
        let value = Combination {
            scalars: batch,
            points: self.factors.clone(),
        };
        self.opening
            .verify(&vector, &at, &value.sum(), &mut transcript)?;
        let (linear, _) = linear_statement(
            &program,
            statement.counts,
            &products,
            &weights,
            shape,
            &reduced,
        );
        Ok(self.linear.verify(&linear, &mut transcript)?)
    }

    fn check_shape(
        &self,
        statement: &TallyStatement<'_>,
        program: &Program,
    ) -> Result<(), TallyError> {
        let plan = statement.plan;
        let pages = statement.pages.len();
        if pages == 0 {
            return Err(TallyError::Empty);
        }
        if let Some(page) = statement.pages.iter().position(|p| p.layout != plan.layout) {
            return Err(TallyError::Layout { page });
        }
        let columns = plan.layout.columns() as usize;
        let auxiliaries = plan.auxiliaries.len();
        let cells = plan.cells.len();
        let shapes = [
            (
                "columns",
                statement.pages.iter().all(|p| p.columns.len() == columns),
            ),
            (
                "counts",
                statement.counts.len() == cells && cells <= Generators::get().counts.len(),
            ),
            (
                "pages",
                self.auxiliaries.len() == pages && pages <= MOST_PAGES,
            ),
            (
                "auxiliary columns",
                self.auxiliaries.iter().all(|p| p.len() == auxiliaries),
            ),
            ("factors", self.factors.len() == program.factors),
            ("pairs", self.pairs.len() == program.pairs.len()),
            ("outer products", self.outers.len() == program.outers.len()),
        ];
        match shapes.into_iter().find(|(_, fits)| !fits) {
            Some((what, _)) => Err(TallyError::Shape { what }),
            None => Ok(()),
        }
    }

    fn products(&self) -> Products<'_> {
        Products {
            mask: &self.sumcheck.mask,
            factors: &self.factors,
            pairs: &self.pairs,
            outers: &self.outers,
        }
    }
}

/// Absorbs the commitments to values and products; draws the powers that batch the opening.
pub fn absorb_products(products: &Products<'_>, transcript: &mut Transcript) -> Vec<Fp> {
    transcript.points(b"factors", products.factors);
    transcript.points(b"pairs", products.pairs);
    transcript.points(b"outers", products.outers);
    powers(transcript.challenge(b"batch"), products.factors.len())
}
