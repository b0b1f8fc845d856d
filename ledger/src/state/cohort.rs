//! Cohort answers by one custodian: what one must show, and the rules by which it enters.
//! Spec: docs/spec/ledger.md, section "Cohort answers".

use pasta_curves::EqAffine;
use salus_protocol::cohort::{Layout, Plan, Question, Table};
use salus_protocol::day::Day;
use salus_protocol::nullifier::{LedgerId, StudyId};
use salus_protocol::release::{DisclosurePolicy, Released, Shape};
use salus_verifier::cohort::encoding::Reader;
use salus_verifier::cohort::parts::{PartsProof, PartsStatement};
use salus_verifier::cohort::publication::Publication;
use salus_verifier::release::{ReleaseProof, ReleaseStatement, verify_release};
use sha2::{Digest, Sha256};

use super::attached::{self, Attached};
use super::budget::{check_budget, check_noise_budget};
use super::dataset::{Dataset, PublishedPage};
use super::differencing::are_near;
use super::{Event, Evidence, Rejection, State, StudyState};
use crate::key::PublicKey;
use crate::transaction::{AttachmentDigest, CellCommitment, DatasetDigest, SubmitCohort};

/// An answer to a study, by one custodian or several together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CohortAnswer {
    /// Who submitted it.
    pub issuer: PublicKey,
    /// The ledger's day when it entered.
    pub day: Day,
    /// The shape of the answer.
    pub table: Table,
    /// What was released of each cell.
    pub released: Vec<Released>,
    /// What it counts.
    pub over: CountedOver,
    /// The digest of its proofs.
    pub proof: AttachmentDigest,
    /// Index of its log entry.
    pub entry: u64,
}

/// What an answer counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CountedOver {
    /// The submitter's dataset, as published.
    Dataset(DatasetDigest),
    /// The datasets of several custodians: the log entries of their tallies.
    Tallies(Vec<u64>),
}

/// What a count over one dataset must show, as prover and ledger derive it alike.
#[derive(Debug, Clone)]
pub struct CohortStatement {
    /// The study.
    pub study: StudyId,
    /// Whose dataset is counted.
    pub issuer: PublicKey,
    /// What is asked.
    pub question: Question,
    /// The question as polynomials over the dataset's layout.
    pub plan: Plan,
    /// The study's policy.
    pub policy: DisclosurePolicy,
    /// What the table's cells are to each other.
    pub shape: Shape,
    /// The current publications of the dataset's pages, in order.
    pub pages: Vec<AttachmentDigest>,
    /// The context of counts and release; see [`cohort_context`].
    pub context: [u8; 32],
}

/// The context that counts over a dataset are bound to: ledger, issuer, study, question (with query,
/// masks, day and table) and the dataset's publications.
#[must_use]
pub fn cohort_context(
    ledger: &LedgerId,
    issuer: &PublicKey,
    study: &StudyId,
    question: &Question,
    dataset: &DatasetDigest,
) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(b"salus/v1/cohort-answer\0");
    hasher.update(ledger.as_bytes());
    hasher.update(issuer.as_bytes());
    hasher.update(study.as_bytes());
    hasher.update(borsh::to_vec(question).expect("writing to memory does not fail"));
    hasher.update(dataset.as_bytes());
    hasher.finalize().into()
}

/// The attachment of a cohort answer: the proof of its counts, then the release's.
#[must_use]
pub fn cohort_proof_bytes(counts: &PartsProof, release: &ReleaseProof) -> Vec<u8> {
    [counts.to_bytes(), release.to_bytes()].concat()
}

/// What a transaction says of how a dataset was counted.
pub(super) struct Submitted<'a> {
    pub(super) study: &'a StudyId,
    pub(super) day: Day,
    pub(super) table: &'a Table,
    pub(super) dataset: &'a DatasetDigest,
    pub(super) counts: &'a [CellCommitment],
}

impl CohortStatement {
    /// The transaction that says an answer; `proof` is its attachment, made by
    /// [`cohort_proof_bytes`].
    #[must_use]
    pub fn transaction(
        &self,
        counts: &[EqAffine],
        released: Vec<Released>,
        proof: &[u8],
    ) -> SubmitCohort {
        SubmitCohort {
            study: self.study,
            day: self.question.day,
            table: self.question.table.clone(),
            dataset: DatasetDigest::of(&self.pages),
            counts: counts.iter().copied().map(CellCommitment::new).collect(),
            released,
            proof: AttachmentDigest::of(proof),
        }
    }

    /// Checks that the commitments hold the question's counts over these pages, and that the
    /// policy makes the released values of them.
    ///
    /// # Errors
    /// [`Rejection::Proof`] says what is not shown.
    pub fn verify(
        &self,
        pages: &[&Publication],
        counts: &[CellCommitment],
        released: &[Released],
        proof: &[u8],
    ) -> Result<(), Rejection> {
        let mut reader = Reader::new(proof);
        let parts = PartsProof::read(&mut reader, &self.plan, pages.len()).map_err(unproven)?;
        let release = ReleaseProof::from_bytes(reader.rest()).map_err(unproven)?;
        let commitments = self.verify_counts(pages, counts, &parts)?;
        let statement = ReleaseStatement {
            context: self.context,
            policy: self.policy,
            shape: self.shape,
            commitments,
            released: released.to_vec(),
        };
        verify_release(&statement, &release).map_err(unproven)
    }

    /// Checks that the commitments hold the question's counts over these pages.
    pub(super) fn verify_counts(
        &self,
        pages: &[&Publication],
        counts: &[CellCommitment],
        parts: &PartsProof,
    ) -> Result<Vec<EqAffine>, Rejection> {
        let commitments: Vec<EqAffine> = counts.iter().map(CellCommitment::point).collect();
        let statement = PartsStatement {
            context: self.context,
            plan: &self.plan,
            pages,
            counts: &commitments,
        };
        parts.verify(&statement).map_err(unproven)?;
        Ok(commitments)
    }
}

/// That a proof does not hold.
pub(super) fn unproven(problem: impl ToString) -> Rejection {
    Rejection::Proof {
        problem: problem.to_string(),
    }
}

impl State {
    /// What a custodian must show to count for a study with a table, now: in an answer of its own, or
    /// in a tally where the study counts several together.
    ///
    /// # Errors
    /// The [`Rejection`] that such a count would meet, whatever its proof.
    pub fn cohort_statement(
        &self,
        study: &StudyId,
        issuer: &PublicKey,
        table: &Table,
    ) -> Result<CohortStatement, Rejection> {
        let (known, pages, question) = self.askable(study, issuer, table)?;
        let first = pages
            .first()
            .ok_or(Rejection::PageUnpublished { page: 0 })?;
        let plan =
            Plan::new(&Layout::new(first.highest), &question).map_err(|e| Rejection::Table {
                problem: e.to_string(),
            })?;
        let pages: Vec<_> = pages.iter().map(|page| page.publication).collect();
        let dataset = DatasetDigest::of(&pages);
        Ok(CohortStatement {
            study: *study,
            issuer: *issuer,
            plan,
            policy: known.opened.policy,
            shape: table.shape(),
            context: cohort_context(&self.id, issuer, study, &question, &dataset),
            pages,
            question,
        })
    }

    /// The rules for what is asked: the study, its dataset's pages, and the question.
    fn askable(
        &self,
        id: &StudyId,
        issuer: &PublicKey,
        table: &Table,
    ) -> Result<(&StudyState, Vec<&PublishedPage>, Question), Rejection> {
        let (study, day) = self.answerable(id)?;
        if !self.issuers.contains_key(issuer) {
            return Err(Rejection::IssuerUnknown { key: *issuer });
        }
        let together = &study.opened.together;
        if !together.is_empty() && !together.contains(issuer) {
            return Err(Rejection::NotCustodianOfStudy {
                study: *id,
                key: *issuer,
            });
        }
        let edition = study.opened.query.edition();
        let dataset = self
            .dataset(issuer, &edition)
            .ok_or(Rejection::DatasetEmpty {
                issuer: *issuer,
                edition,
            })?;
        let question = Question {
            query: study.opened.query.clone(),
            masks: study.opened.purpose.masks(),
            day,
            table: table.clone(),
        };
        let cells = question.cells().map_err(|e| Rejection::Table {
            problem: e.to_string(),
        })?;
        let (answers, tallies) = (&study.cohort_answers, &study.tallies);
        check_budget(study.id, answers, tallies, (issuer, table, day))?;
        check_noise_budget(study, dataset, issuer, study.noise_cost(table, cells))?;
        self.check_differencing(study, dataset)?;
        Ok((study, dataset.current()?, question))
    }

    /// No count of another study over the same dataset is of nearly the same query, or of the same
    /// with other custodians or under another policy.
    fn check_differencing(&self, study: &StudyState, dataset: &Dataset) -> Result<(), Rejection> {
        let asked = &study.opened;
        for other in &dataset.answered {
            let Some(known) = self.study(other) else {
                continue;
            };
            let study = *other;
            if are_near(&known.opened.query, &asked.query) {
                return Err(Rejection::CohortNear { study });
            }
            if known.opened.query != asked.query {
                continue;
            }
            if known.opened.together != asked.together {
                return Err(Rejection::CohortCircle { study });
            }
            // What one policy suppresses and another rounds bounds the count from both sides.
            if known.opened.policy != asked.policy {
                return Err(Rejection::CohortPolicy { study });
            }
        }
        Ok(())
    }

    /// Checks every rule for a count over a dataset but its proofs, and gives the context that they
    /// must be bound to.
    pub(super) fn check_submitted(
        &self,
        t: &Submitted<'_>,
        signer: PublicKey,
    ) -> Result<[u8; 32], Rejection> {
        let (_, pages, question) = self.askable(t.study, &signer, t.table)?;
        if t.day != question.day {
            return Err(Rejection::AnswerDay {
                found: t.day,
                day: question.day,
            });
        }
        let pages: Vec<_> = pages.iter().map(|page| page.publication).collect();
        if *t.dataset != DatasetDigest::of(&pages) {
            return Err(Rejection::DatasetOther);
        }
        let expected = question.cells().map_err(|e| Rejection::Table {
            problem: e.to_string(),
        })?;
        check_cells(t.counts.len(), expected)?;
        Ok(cohort_context(
            &self.id, &signer, t.study, &question, t.dataset,
        ))
    }

    fn check_cohort(&self, t: &SubmitCohort, signer: PublicKey) -> Result<[u8; 32], Rejection> {
        let study = self.study(&t.study);
        if study.is_some_and(StudyState::in_two_steps) {
            return Err(Rejection::AnsweredInTwoSteps { study: t.study });
        }
        check_cells(t.released.len(), t.counts.len())?;
        self.check_submitted(&t.submitted(), signer)
    }

    /// The publications of a dataset, which were verified when they entered.
    pub(super) fn publications(
        pages: &[AttachmentDigest],
        attached: &dyn Attached,
    ) -> Result<Vec<Publication>, Rejection> {
        pages
            .iter()
            .map(|digest| {
                let bytes = attached::read(attached, "publication", *digest)?;
                Publication::from_bytes(&bytes).map_err(unproven)
            })
            .collect()
    }

    /// The cheap rules, then the attachments' digests, then the proofs.
    pub(super) fn verify_cohort(
        &self,
        t: &SubmitCohort,
        signer: PublicKey,
        attached: &dyn Attached,
    ) -> Result<Evidence, Rejection> {
        let context = self.check_cohort(t, signer)?;
        let proof = attached::read(attached, "cohort proof", t.proof)?;
        let statement = self.cohort_statement(&t.study, &signer, &t.table)?;
        let publications = Self::publications(&statement.pages, attached)?;
        let publications: Vec<&Publication> = publications.iter().collect();
        statement.verify(&publications, &t.counts, &t.released, &proof)?;
        Ok(Evidence::Counted { context })
    }

    /// Checks the rules for a cohort answer and the evidence of its proofs.
    pub(super) fn check_counted(
        &self,
        t: &SubmitCohort,
        signer: PublicKey,
        evidence: &Evidence,
    ) -> Result<(), Rejection> {
        evidence.is_of_count(self.check_cohort(t, signer)?)
    }

    pub(super) fn enter_cohort(
        &mut self,
        t: &SubmitCohort,
        signer: PublicKey,
        evidence: &Evidence,
    ) -> Result<Event, Rejection> {
        self.check_counted(t, signer, evidence)?;
        self.note_counted(&t.study, signer, 0)?;
        let entry = self.entries;
        let study = self.study_mut(&t.study)?;
        let place = study.cohort_answers.len();
        study.cohort_answers.push(CohortAnswer {
            issuer: signer,
            day: t.day,
            table: t.table.clone(),
            released: t.released.clone(),
            over: CountedOver::Dataset(t.dataset),
            proof: t.proof,
            entry,
        });
        Ok(Event::CohortAnswered {
            study: t.study,
            place,
        })
    }

    /// Notes that an issuer's dataset was counted for a study, at a cost in tenths of epsilon.
    pub(super) fn note_counted(
        &mut self,
        study: &StudyId,
        issuer: PublicKey,
        cost: u64,
    ) -> Result<(), Rejection> {
        let edition = self.study_mut(study)?.opened.query.edition();
        if let Some(dataset) = self.datasets.get_mut(&(issuer, edition)) {
            dataset.answered.insert(*study);
            dataset.noise_spent += cost;
        }
        Ok(())
    }
}

impl SubmitCohort {
    const fn submitted(&self) -> Submitted<'_> {
        Submitted {
            study: &self.study,
            day: self.day,
            table: &self.table,
            dataset: &self.dataset,
            counts: self.counts.as_slice(),
        }
    }
}

impl Evidence {
    /// Whether counts or a release were verified in this context.
    pub(super) fn is_of_count(&self, context: [u8; 32]) -> Result<(), Rejection> {
        match self {
            Self::Logged => Ok(()),
            Self::Counted { context: shown } if *shown == context => Ok(()),
            _ => Err(unproven(
                "it was not verified for the study and dataset as they are",
            )),
        }
    }
}

pub(super) fn check_cells(found: usize, expected: usize) -> Result<(), Rejection> {
    if found == expected {
        Ok(())
    } else {
        Err(Rejection::CohortCells { found, expected })
    }
}
