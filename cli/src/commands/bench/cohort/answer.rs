//! One answer: a tally and its release, both verified.

use salus_protocol::cohort::{Plan, Question};
use salus_protocol::release::{DisclosurePolicy, Shape};
use salus_prover::cohort::{TallyInput, TallyPage, tally};
use salus_prover::release::prove_release;
use salus_verifier::cohort::publication::Publication;
use salus_verifier::cohort::tally::TallyStatement;
use salus_verifier::release::{ReleaseStatement, verify_release};

use super::dataset::Dataset;
use super::report::Answer;
use super::step;
use crate::commands::bench::broken;
use crate::failure::Failure;

/// What the measured proofs are bound to.
const CONTEXT: [u8; 32] = [1; 32];

/// Counts, releases and verifies; the count must be the one `expected`, if one is.
pub(super) fn measure(
    dataset: &Dataset,
    question: &Question,
    runs: u32,
    expected: impl Into<Option<u64>>,
) -> Result<Answer, Failure> {
    let plan = Plan::new(&dataset.layout, question).map_err(broken)?;
    let pages: Vec<TallyPage<'_>> = (dataset.pages.iter())
        .map(|page| TallyPage {
            publication: &page.published.publication,
            seed: &page.published.seed,
            subjects: &page.subjects,
        })
        .collect();
    let input = TallyInput {
        context: CONTEXT,
        plan: &plan,
        pages: &pages,
    };
    let (made, tally) = step(runs, || tally(&input).map_err(broken))?;
    let counted = made.openings[0].count;
    if expected.into().is_some_and(|expected| expected != counted) {
        return Err(broken("the proven count is not the plain one"));
    }
    let policy = DisclosurePolicy::STANDARD;
    let ((released, proof), release) = step(runs, || {
        prove_release(CONTEXT, policy, Shape::Single, &made.openings).map_err(broken)
    })?;
    let publications: Vec<&Publication> = pages.iter().map(|page| page.publication).collect();
    let statement = TallyStatement {
        context: CONTEXT,
        plan: &plan,
        pages: &publications,
        counts: &made.counts,
    };
    let shown = ReleaseStatement {
        context: CONTEXT,
        policy,
        shape: Shape::Single,
        commitments: made.counts.clone(),
        released,
    };
    let ((), verify) = step(runs, || {
        made.proof.verify(&statement).map_err(broken)?;
        verify_release(&shown, &proof).map_err(broken)
    })?;
    Ok(Answer {
        matching: counted,
        proof_bytes: made.proof.to_bytes().len() + proof.to_bytes().len(),
        tally,
        release,
        verify,
    })
}
