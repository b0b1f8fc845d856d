//! Tally: committed counts are the counts of a question over a published dataset.
//! Spec: docs/spec/cohort.md, section "Tally".

mod encoding;
mod equations;

use std::collections::BTreeMap;

use halo2_proofs::arithmetic::best_multiexp;
use pasta_curves::group::GroupEncoding;
use pasta_curves::{EqAffine, Fp};
use rayon::prelude::*;
use salus_protocol::cohort::{Factor, Plan};
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::generators::Generators;
use super::linear::{LinearError, LinearProof};
use super::opening::{Combination, Multiexp, OpeningError, OpeningProof};
use super::polynomial::{eq_table, powers};
use super::program::{Program, scalar};
use super::publication::{Publication, SLOT_BITS};
use super::sumcheck::{Shape, SumcheckError, SumcheckProof};
use super::transcript::Transcript;

pub use equations::{Products, Secrets, absorb_products, last_value, linear_statement};

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

/// A tally's transcript up to its first challenges, and those.
#[derive(Debug, Clone)]
pub struct Begun {
    /// The transcript.
    pub transcript: Transcript,
    /// The challenges.
    pub weights: Weights,
}

/// What stands for a page in the transcript: the SHA-256 of a domain string, the number of its
/// columns, and the commitments to them.
fn columns_digest(columns: &[EqAffine]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(b"salus/v1/page-columns\0");
    hasher.update((columns.len() as u64).to_le_bytes());
    for column in columns {
        hasher.update(column.to_bytes());
    }
    hasher.finalize().into()
}

impl TallyStatement<'_> {
    /// Begins the transcript of a tally and draws the weights.
    #[must_use]
    pub fn begin(&self, auxiliaries: &[Vec<EqAffine>]) -> Begun {
        self.draw(self.absorb(), auxiliaries)
    }

    /// Begins the transcript, before the auxiliary columns.
    #[must_use]
    pub fn absorb(&self) -> Transcript {
        let mut transcript = Transcript::new(b"salus/v1/tally");
        transcript.bytes(b"question", &self.context);
        transcript.bytes(b"asked", &self.plan.question);
        transcript.bytes(b"layout", &self.plan.layout.digest());
        transcript.number(b"pages", self.pages.len() as u64);
        // Digests of pages are made side by side; the transcript is not.
        let digests: Vec<[u8; 32]> = (self.pages.par_iter())
            .map(|page| columns_digest(&page.columns))
            .collect();
        for digest in &digests {
            transcript.bytes(b"columns", digest);
        }
        transcript.points(b"counts", self.counts);
        transcript
    }

    /// Goes on where [`Self::absorb`] ended: absorbs the auxiliary columns and draws the weights.
    #[must_use]
    pub fn draw(&self, mut transcript: Transcript, auxiliaries: &[Vec<EqAffine>]) -> Begun {
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
        Begun {
            transcript,
            weights,
        }
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

impl TallyProof {
    /// Checks that the statement's commitments hold the question's counts.
    ///
    /// # Errors
    /// [`TallyError`] names what is not shown.
    pub fn verify(&self, statement: &TallyStatement<'_>) -> Result<(), TallyError> {
        let program = Program::of(statement.plan);
        // Before the transcript: a shape may be too large for it.
        self.check_shape(statement, &program)?;
        let begun = statement.begin(&self.auxiliaries);
        self.verify_begun(statement, &program, begun, best_multiexp)
    }

    /// Checks a proof of the statement's shape, for whoever made it: `begun` has to be what
    /// [`TallyStatement::begin`] gives for the statement and the proof's auxiliary columns, and
    /// `multiexp` has to add up rightly.
    ///
    /// # Errors
    /// [`TallyError`] names what is not shown.
    pub fn verify_begun(
        &self,
        statement: &TallyStatement<'_>,
        program: &Program,
        begun: Begun,
        multiexp: Multiexp,
    ) -> Result<(), TallyError> {
        self.check_shape(statement, program)?;
        let Begun {
            mut transcript,
            weights,
        } = begun;
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
            .verify_by(multiexp, &vector, &at, &value.sum(), &mut transcript)?;
        let (linear, _) = linear_statement(
            program,
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
