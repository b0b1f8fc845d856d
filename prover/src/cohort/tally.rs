//! Proves tallies. Spec: docs/spec/cohort.md, section "Tally".

use pasta_curves::{Eq as Vesta, EqAffine, Fp};
use rayon::prelude::*;
use salus_protocol::cohort::{LayoutError, Plan};
use salus_verifier::cohort::generators::Generators;
use salus_verifier::cohort::polynomial::eq_table;
use salus_verifier::cohort::program::{Evaluated, Program, scalar};
use salus_verifier::cohort::publication::Publication;
use salus_verifier::cohort::sumcheck::Reduced;
use salus_verifier::cohort::tally::{
    self as checks, BatchWeights, Begun, Products, TallyError, TallyProof, TallyStatement, Weights,
    absorb_products,
};
use thiserror::Error;

use crate::release::CountOpening;

use super::columns::{NumberColumn, blinded, commit_numbers, normalized};
use super::linear;
use super::opening::{self, Opened};
use super::publication::Subject;
use super::secret::{PageSeed, Secrets};
use super::slots::{FactorValues, Inverses};
use super::sumcheck::{self, Mask};
use super::tally_sum::TallySum;
use super::vesta::multiexp;

/// A published page with what is behind it.
#[derive(Debug, Clone, Copy)]
pub struct TallyPage<'a> {
    /// The publication.
    pub publication: &'a Publication,
    /// The seed of their blindings.
    pub seed: &'a PageSeed,
    /// The openings of its slots.
    pub subjects: &'a [Subject],
}

/// What a tally is made of.
#[derive(Debug, Clone, Copy)]
pub struct TallyInput<'a> {
    /// As in [`TallyStatement`].
    pub context: [u8; 32],
    /// The question as polynomials.
    pub plan: &'a Plan,
    /// The dataset's pages, in order.
    pub pages: &'a [TallyPage<'a>],
}

/// A tally: committed counts with their proof, and the openings that a release needs.
#[derive(Debug, Clone)]
pub struct Tally {
    /// Commitments to the cells' counts.
    pub counts: Vec<EqAffine>,
    /// That they are the question's counts.
    pub proof: TallyProof,
    /// What they open to: stays with the custodian.
    pub openings: Vec<CountOpening>,
}

/// Why nothing can be counted.
#[derive(Debug, Error)]
pub enum TallyInputError {
    /// A number does not fit.
    #[error("the openings are not those published: {0}")]
    Layout(#[from] LayoutError),
    /// The openings are others.
    #[error(
        "the openings are not those that were published: {0}; publish the page anew, \
         or count with the openings of the publication"
    )]
    Openings(#[from] TallyError),
    /// No randomness.
    #[error("the operating system gives no randomness: {0}")]
    Randomness(#[from] getrandom::Error),
}

/// Counts, and proves the counts.
///
/// The pages must be published ones with their very openings.
///
/// # Errors
/// [`TallyInputError`].
pub fn tally(input: &TallyInput<'_>) -> Result<Tally, TallyInputError> {
    let mut random = Secrets::new()?;
    let program = Program::of(input.plan);
    let inverses = Inverses::new();
    let pages: Vec<FactorValues> = input
        .pages
        .par_iter()
        .map(|page| FactorValues::of(input.plan, page.subjects))
        .collect::<Result<_, _>>()?;
    let openings: Vec<CountOpening> = count(&program, &pages)
        .into_iter()
        .map(|count| CountOpening {
            count,
            blinding: random.scalar(),
        })
        .collect();
    let generators = Generators::get();
    let counts: Vec<Vesta> = openings
        .iter()
        .zip(&generators.counts)
        .map(|(o, generator)| *generator * Fp::from(o.count) + blinded(&o.blinding))
        .collect();
    let counts = normalized(&counts);
    let publications: Vec<&Publication> = input.pages.iter().map(|p| p.publication).collect();
    let prover = TallyProver {
        input,
        statement: TallyStatement {
            context: input.context,
            plan: input.plan,
            pages: &publications,
            counts: &counts,
        },
        program: &program,
        pages: &pages,
        openings: &openings,
        inverses: &inverses,
    };
    let (proof, begun) = prover.prove(&mut random);
    // A proof from openings that are not the published ones would tell what changed.
    proof.verify_begun(&prover.statement, &program, begun, multiexp)?;
    Ok(Tally {
        counts,
        proof,
        openings,
    })
}

/// The cells' counts.
pub(crate) fn count(program: &Program, pages: &[FactorValues]) -> Vec<u64> {
    pages.par_iter().map(|page| page.count(program)).reduce(
        || vec![0; program.cells.len()],
        |mut a, b| {
            a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
            a
        },
    )
}

pub(crate) struct TallyProver<'a> {
    pub(crate) input: &'a TallyInput<'a>,
    pub(crate) statement: TallyStatement<'a>,
    pub(crate) program: &'a Program,
    pub(crate) pages: &'a [FactorValues],
    pub(crate) openings: &'a [CountOpening],
    pub(crate) inverses: &'a Inverses,
}

/// Values at the sumcheck's point with the blindings of their commitments.
pub(crate) struct Committed {
    pub(crate) values: Evaluated,
    pub(crate) blindings: Evaluated,
    pub(crate) factors: [Vec<Fp>; 2],
    /// Blindings of pairs and outer products beyond what follows from their parts.
    pub(crate) pairs: Vec<Fp>,
    pub(crate) outers: Vec<Fp>,
}

impl TallyProver<'_> {
    /// The proof, and how its transcript began.
    pub(crate) fn prove(&self, random: &mut Secrets) -> (TallyProof, Begun) {
        let blindings = self.auxiliary_blindings(random);
        let (transcript, auxiliaries) = rayon::join(
            || self.statement.absorb(),
            || self.commit_auxiliaries(&blindings),
        );
        let begun = self.statement.draw(transcript, &auxiliaries);
        let proof = self.prove_begun(begun.clone(), auxiliaries, &blindings, random);
        (proof, begun)
    }

    fn prove_begun(
        &self,
        begun: Begun,
        auxiliaries: Vec<Vec<EqAffine>>,
        blindings: &[Vec<Fp>],
        random: &mut Secrets,
    ) -> TallyProof {
        let Begun {
            mut transcript,
            weights,
        } = begun;
        let shape = checks::shape(self.pages.len());
        let mask = Mask::random(shape, random);
        let claim = self
            .openings
            .iter()
            .zip(&weights.cells)
            .map(|(o, weight)| weight * Fp::from(o.count))
            .sum();
        let mut sum = TallySum::new(self.program, &weights, self.pages, self.inverses, claim);
        let (messages, reduced) = sumcheck::prove(&mut sum, claim, &mask, &mut transcript);
        let committed = self.commit_values(sum.values(), random);
        let [factors, pairs, outers] = self.commitments(&committed);
        let products = Products {
            mask: &messages.mask,
            factors: &factors,
            pairs: &pairs,
            outers: &outers,
        };
        let batch = absorb_products(&products, &mut transcript);
        let opened = self.opened(&sum, &batch, &reduced, blindings, &committed);
        let at = eq_table(&reduced.point[checks::page_bits(self.pages.len())..]);
        let opening = opening::prove(&opened, &at, random, &mut transcript);
        let (statement, _) = checks::linear_statement(
            self.program,
            self.statement.counts,
            &products,
            &weights,
            shape,
            &reduced,
        );
        let secrets = self.linear_secrets(&committed, &mask, &weights, &reduced);
        let linear = linear::prove(&statement, &secrets, random, &mut transcript);
        TallyProof {
            auxiliaries,
            sumcheck: messages,
            factors,
            pairs,
            outers,
            opening,
            linear,
        }
    }

    pub(crate) fn auxiliary_blindings(&self, random: &mut Secrets) -> Vec<Vec<Fp>> {
        let count = self.input.plan.auxiliaries.len();
        self.pages.iter().map(|_| random.scalars(count)).collect()
    }

    pub(crate) fn commit_auxiliaries(&self, blindings: &[Vec<Fp>]) -> Vec<Vec<EqAffine>> {
        self.pages
            .par_iter()
            .zip(blindings)
            .map(|(page, blindings)| {
                let auxiliaries = self.input.plan.auxiliaries.iter();
                let columns: Vec<_> = auxiliaries
                    .zip(blindings)
                    .map(|(auxiliary, blinding)| NumberColumn {
                        values: page.factor(auxiliary.factor as usize),
                        blinding: *blinding,
                    })
                    .collect();
                commit_numbers(&columns)
            })
            .collect()
    }

    /// Draws blindings for the factors' values and their products, and follows them through the
    /// program: commitments to inner sums are sums of commitments.
    pub(crate) fn commit_values(&self, factors: Vec<Fp>, random: &mut Secrets) -> Committed {
        let program = self.program;
        let blindings = random.scalars(factors.len());
        let mut values = Evaluated::default();
        program.evaluate(&factors, &mut values);
        let pairs = random.scalars(program.pairs.len());
        let outers = random.scalars(program.outers.len());
        let mut hidden = Evaluated {
            pairs: program
                .pairs
                .iter()
                .zip(&pairs)
                .map(|(p, own)| factors[p.left as usize] * blindings[p.right as usize] + own)
                .collect(),
            ..Evaluated::default()
        };
        let weighted = |terms: &[(i64, u32)], of: &[Fp]| -> Fp {
            terms
                .iter()
                .map(|(c, i)| scalar(*c) * of[*i as usize])
                .sum()
        };
        hidden.inners = program
            .inners
            .iter()
            .map(|i| weighted(&i.factors, &blindings) + weighted(&i.pairs, &hidden.pairs))
            .collect();
        hidden.outers = program
            .outers
            .iter()
            .zip(&outers)
            .map(|(o, own)| factors[o.factor as usize] * hidden.inners[o.inner as usize] + own)
            .collect();
        Committed {
            values,
            blindings: hidden,
            factors: [factors, blindings],
            pairs,
            outers,
        }
    }

    /// Commitments to factors, pairs and outer products.
    pub(crate) fn commitments(&self, committed: &Committed) -> [Vec<EqAffine>; 3] {
        let value = Generators::get().value;
        let commit = |values: &[Fp], blindings: &[Fp]| -> Vec<EqAffine> {
            let points: Vec<Vesta> = values
                .iter()
                .zip(blindings)
                .map(|(v, b)| value * v + blinded(b))
                .collect();
            normalized(&points)
        };
        let [factors, blindings] = &committed.factors;
        [
            commit(factors, blindings),
            commit(&committed.values.pairs, &committed.blindings.pairs),
            commit(&committed.values.outers, &committed.blindings.outers),
        ]
    }

    /// The batch of all factors' columns, folded over pages, with its blinding.
    pub(crate) fn opened(
        &self,
        sum: &TallySum<'_>,
        batch: &[Fp],
        reduced: &Reduced,
        auxiliaries: &[Vec<Fp>],
        committed: &Committed,
    ) -> Opened {
        let pages = eq_table(&reduced.point[..checks::page_bits(self.pages.len())]);
        let weights = BatchWeights::of(self.input.plan, batch);
        let vector_blinding = self
            .input
            .pages
            .par_iter()
            .zip(auxiliaries)
            .zip(&pages)
            .map(|((page, auxiliary), weight)| {
                let published = weights.columns.iter();
                let published = published.map(|(c, by)| by * page.seed.blinding(*c));
                let added = auxiliary.iter().zip(&weights.auxiliaries);
                let added = added.map(|(b, by)| b * by);
                weight * published.chain(added).sum::<Fp>()
            })
            .sum();
        let value_blinding = batch
            .iter()
            .zip(&committed.factors[1])
            .map(|(by, blinding)| by * blinding)
            .sum();
        Opened {
            vector: sum.batched(batch),
            vector_blinding,
            value_blinding,
        }
    }

    /// The secrets in the order of [`checks::Secrets`]: factors, counts, pairs, outers, mask,
    /// last.
    pub(crate) fn linear_secrets(
        &self,
        committed: &Committed,
        mask: &Mask,
        weights: &Weights,
        reduced: &Reduced,
    ) -> Vec<Fp> {
        let [values, blindings] = &committed.factors;
        let factors = values.iter().zip(blindings).flat_map(|(v, b)| [*v, *b]);
        let counts = self
            .openings
            .iter()
            .flat_map(|o| [Fp::from(o.count), o.blinding]);
        let last = -checks::last_value(self.program, weights, &reduced.point, &committed.blindings);
        factors
            .chain(counts)
            .chain(committed.pairs.iter().copied())
            .chain(committed.outers.iter().copied())
            .chain(mask.coefficients.iter().copied())
            .chain([mask.blinding, last])
            .collect()
    }
}
