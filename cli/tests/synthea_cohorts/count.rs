//! The same cohorts counted by a custodian, with publication, tally and release.

use salus_protocol::cohort::{Layout, PAGE, Plan, Question, Table};
use salus_protocol::profile::Profile;
use salus_protocol::query::CompiledQuery;
use salus_protocol::release::{DisclosurePolicy, Released};
use salus_protocol::row_commitment::RowCommitment;
use salus_prover::cohort::{Subject, TallyInput, TallyPage, publish, tally};
use salus_prover::release::prove_release;
use salus_verifier::cohort::publication::{Page, Slot};
use salus_verifier::cohort::tally::TallyStatement;
use salus_verifier::release::{ReleaseStatement, verify_release};

use crate::standing::purpose;

/// What is proven of the count of so many subjects, all of one page.
pub(crate) struct Count {
    /// The exact count.
    pub(crate) exact: u64,
    /// What is released of it.
    pub(crate) released: Released,
}

/// Publishes, counts, releases and verifies.
pub(crate) fn count(profile: &Profile, query: &CompiledQuery, subjects: &[Subject]) -> Count {
    assert!(subjects.len() <= PAGE);
    let slot = |subject: &Subject| Slot {
        record: subject
            .record
            .as_ref()
            .map(|(row, salt)| RowCommitment::of_record(row, salt)),
        consent: subject
            .consent
            .as_ref()
            .map(|(row, salt)| RowCommitment::of_consent(row, salt)),
    };
    let page = Page {
        context: [1; 32],
        slots: subjects.iter().map(slot).collect(),
    };
    let layout = Layout::of_profile(profile);
    let published = publish(&page, subjects, &layout).unwrap();
    published.publication.verify(&page).unwrap();
    let question = Question {
        query: query.clone(),
        masks: purpose().masks(),
        day: "2026-11-20".parse().unwrap(),
        table: Table::Count,
    };
    let (plan, context) = (Plan::new(&layout, &question).unwrap(), [2; 32]);
    let made = tally(&TallyInput {
        context,
        plan: &plan,
        pages: &[TallyPage {
            publication: &published.publication,
            seed: &published.seed,
            subjects,
        }],
    })
    .unwrap();
    let statement = TallyStatement {
        context,
        plan: &plan,
        pages: &[&published.publication],
        counts: &made.counts,
    };
    made.proof.verify(&statement).unwrap();
    let (policy, shape) = (DisclosurePolicy::STANDARD, question.table.shape());
    let (released, proof) = prove_release(context, policy, shape, &made.openings).unwrap();
    let statement = ReleaseStatement {
        context,
        policy,
        shape,
        commitments: made.counts,
        released: released.clone(),
    };
    verify_release(&statement, &proof).unwrap();
    Count {
        exact: made.openings[0].count,
        released: released[0],
    }
}

/// The policy, by hand: 1 to 10 are not shown, others to the nearest 5.
pub(crate) fn shown(count: usize) -> Released {
    match count {
        1..=10 => Released::Suppressed,
        _ => Released::Count(((count + 2) / 5 * 5) as u32),
    }
}
