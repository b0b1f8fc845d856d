//! Cohorts counted by a custodian: publication, tally in parts, release, and all verified.
//!
//! Lives here: the product's side of a count, from rows and consents on. Never here: what the
//! counts should be.

use pasta_curves::EqAffine;
use salus_protocol::cohort::{Layout, PAGE, Plan, Question};
use salus_protocol::profile::Profile;
use salus_protocol::release::{DisclosurePolicy, Released, Shape};
use salus_protocol::row_commitment::RowCommitment;
use salus_prover::cohort::{Counted, PublishedPage, Subject, TallyPage, count_part, join, publish};
use salus_prover::release::prove_release;
use salus_verifier::cohort::parts::PartsStatement;
use salus_verifier::cohort::publication::{Page, Publication, Slot};
use salus_verifier::release::{ReleaseStatement, verify_release};

/// The context of all answers here; a ledger makes one for each.
const CONTEXT: [u8; 32] = [2; 32];
/// Pages of a part, but for the last.
const PART: usize = 2;

/// A dataset, published.
pub(crate) struct Dataset {
    layout: Layout,
    pages: Vec<OpenPage>,
}

/// A published page with what is behind it.
struct OpenPage {
    published: PublishedPage,
    subjects: Vec<Subject>,
}

/// What is proven of a cohort.
pub(crate) struct Answer {
    /// The exact counts of the table's cells.
    pub(crate) exact: Vec<u64>,
    /// What is released of them.
    pub(crate) released: Vec<Released>,
    /// In how many parts they were counted.
    pub(crate) parts: usize,
}

impl Dataset {
    /// Commits and publishes everyone, and verifies the publications.
    pub(crate) fn publish(profile: &Profile, subjects: Vec<Subject>) -> Self {
        let layout = Layout::of_profile(profile);
        let pages = (0u8..)
            .zip(subjects.chunks(PAGE))
            .map(|(number, subjects)| {
                let page = Page {
                    context: [number; 32],
                    slots: subjects.iter().map(slot).collect(),
                };
                let published = publish(&page, subjects, &layout).unwrap();
                published.publication.verify(&page).unwrap();
                OpenPage {
                    published,
                    subjects: subjects.to_vec(),
                }
            });
        Self {
            pages: pages.collect(),
            layout,
        }
    }

    /// How many pages it has.
    pub(crate) fn pages(&self) -> usize {
        self.pages.len()
    }

    /// Counts, releases and verifies.
    pub(crate) fn answer(&self, question: &Question, policy: DisclosurePolicy) -> Answer {
        let plan = Plan::new(&self.layout, question).unwrap();
        let counted = self.count(&plan);
        let publications: Vec<&Publication> = self
            .pages
            .iter()
            .map(|page| &page.published.publication)
            .collect();
        let statement = PartsStatement {
            context: CONTEXT,
            plan: &plan,
            pages: &publications,
            counts: &counted.counts,
        };
        counted.proof.verify(&statement).unwrap();
        Answer {
            released: released(&counted, policy, question.table.shape()),
            exact: counted.openings.iter().map(|o| o.count).collect(),
            parts: counted.proof.0.len(),
        }
    }

    /// Tallies part by part, and joins the parts.
    fn count(&self, plan: &Plan) -> Counted {
        let pages: Vec<TallyPage<'_>> = self
            .pages
            .iter()
            .map(|page| TallyPage {
                publication: &page.published.publication,
                seed: &page.published.seed,
                subjects: &page.subjects,
            })
            .collect();
        let part = |(number, pages): (usize, &[TallyPage<'_>])| {
            count_part(&CONTEXT, plan, number * PART, pages).unwrap()
        };
        let parts = pages.chunks(PART).enumerate().map(part).collect();
        join(pages.len(), parts).unwrap()
    }
}

/// What the policy makes of counts, proven and verified.
fn released(counted: &Counted, policy: DisclosurePolicy, shape: Shape) -> Vec<Released> {
    let (released, proof) = prove_release(CONTEXT, policy, shape, &counted.openings).unwrap();
    let commitments: Vec<EqAffine> = counted.counts.clone();
    let statement = ReleaseStatement {
        context: CONTEXT,
        policy,
        shape,
        commitments,
        released,
    };
    verify_release(&statement, &proof).unwrap();
    statement.released
}

fn slot(subject: &Subject) -> Slot {
    let record = subject.record.as_ref();
    let consent = subject.consent.as_ref();
    Slot {
        record: record.map(|(row, salt)| RowCommitment::of_record(row, salt)),
        consent: consent.map(|(row, salt)| RowCommitment::of_consent(row, salt)),
    }
}
