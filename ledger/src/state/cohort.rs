//! Cohort answers: what one must show, and the rules by which it enters.
//! Spec: docs/spec/ledger.md, section "Cohort answers".

use pasta_curves::EqAffine;
use salus_protocol::cohort::{Layout, Plan, Question, Table};
use salus_protocol::day::Day;
use salus_protocol::nullifier::{LedgerId, StudyId};
use salus_protocol::release::{DisclosurePolicy, Released, Shape};
use salus_verifier::cohort::publication::Publication;
use salus_verifier::cohort::tally::{TallyProof, TallyStatement};
use salus_verifier::release::link::OTHER_SECRETS;
use salus_verifier::release::{
    CIRCUIT_PROOF_BYTES, ReleaseProof, ReleaseStatement, verify_release,
};
use sha2::{Digest, Sha256};

use super::attached::{self, Attached};
use super::dataset::{Dataset, PublishedPage};
use super::differencing::are_near;
use super::{Event, Evidence, Rejection, State, StudyState};
use crate::key::PublicKey;
use crate::transaction::{AttachmentDigest, CountCommitment, SubmitCohort};

/// The most answers that a study gets from one issuer.
pub const COHORT_ANSWERS: usize = 8;

/// One issuer's answer to a study.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CohortAnswer {
    /// Who answered.
    pub issuer: PublicKey,
    /// The day on which consents were valid.
    pub day: Day,
    /// The shape of the answer.
    pub table: Table,
    /// What was released of each cell.
    pub released: Vec<Released>,
    /// The publications that it counts, in order.
    pub pages: Vec<AttachmentDigest>,
    /// The digest of its proofs.
    pub proof: AttachmentDigest,
    /// Index of its log entry.
    pub entry: u64,
}

/// What a cohort answer must show, as prover and ledger derive it alike.
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
    /// The context of tally and release; see [`cohort_context`].
    pub context: [u8; 32],
}

/// The context that tally and release are bound to: ledger, issuer, study, question (with query,
/// masks, day and table) and the dataset's publications in order.
#[must_use]
pub fn cohort_context(
    ledger: &LedgerId,
    issuer: &PublicKey,
    study: &StudyId,
    question: &Question,
    pages: &[AttachmentDigest],
) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(b"salus/v1/cohort-answer\0");
    hasher.update(ledger.as_bytes());
    hasher.update(issuer.as_bytes());
    hasher.update(study.as_bytes());
    hasher.update(borsh::to_vec(question).expect("writing to memory does not fail"));
    hasher.update((pages.len() as u64).to_le_bytes());
    for page in pages {
        hasher.update(page.as_bytes());
    }
    hasher.finalize().into()
}

/// The attachment of a cohort answer: the tally's proof, then the release's.
#[must_use]
pub fn cohort_proof_bytes(tally: &TallyProof, release: &ReleaseProof) -> Vec<u8> {
    [tally.to_bytes(), release.to_bytes()].concat()
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
            pages: self.pages.clone(),
            counts: counts.iter().copied().map(CountCommitment::new).collect(),
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
        counts: &[CountCommitment],
        released: &[Released],
        proof: &[u8],
    ) -> Result<(), Rejection> {
        let problem = |problem: String| Rejection::Proof { problem };
        // The release's length follows from the number of cells; the rest is the tally's.
        let release = CIRCUIT_PROOF_BYTES + 32 * (2 + OTHER_SECRETS + released.len());
        let at = proof
            .len()
            .checked_sub(release)
            .ok_or_else(|| problem("its bytes end too early".to_owned()))?;
        let (tally, release) = proof.split_at(at);
        let tally = TallyProof::from_bytes(tally, &self.plan, pages.len())
            .map_err(|e| problem(e.to_string()))?;
        let release = ReleaseProof::from_bytes(release).map_err(|e| problem(e.to_string()))?;
        let commitments: Vec<EqAffine> = counts.iter().map(CountCommitment::point).collect();
        let statement = TallyStatement {
            context: self.context,
            plan: &self.plan,
            pages,
            counts: &commitments,
        };
        tally
            .verify(&statement)
            .map_err(|e| problem(e.to_string()))?;
        let statement = ReleaseStatement {
            context: self.context,
            policy: self.policy,
            shape: self.shape,
            commitments,
            released: released.to_vec(),
        };
        verify_release(&statement, &release).map_err(|e| problem(e.to_string()))
    }
}

impl State {
    /// What an issuer must show to answer a study with a table, now.
    ///
    /// # Errors
    /// The [`Rejection`] that such an answer would meet, whatever its proof.
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
        Ok(CohortStatement {
            study: *study,
            issuer: *issuer,
            plan,
            policy: known.opened.policy,
            shape: table.shape(),
            context: cohort_context(&self.id, issuer, study, &question, &pages),
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
        question.cells().map_err(|e| Rejection::Table {
            problem: e.to_string(),
        })?;
        check_budget(study.id, &study.cohort_answers, issuer, table)?;
        self.check_differencing(study, dataset)?;
        Ok((study, dataset.current()?, question))
    }

    /// No count of another study over the same dataset is of nearly the same query.
    fn check_differencing(&self, study: &StudyState, dataset: &Dataset) -> Result<(), Rejection> {
        let near = |other: &&StudyId| {
            let answered = self.study(other);
            answered.is_some_and(|a| are_near(&a.opened.query, &study.opened.query))
        };
        match dataset.answered.iter().find(near) {
            Some(other) => Err(Rejection::CohortNear { study: *other }),
            None => Ok(()),
        }
    }

    /// Checks every rule for a cohort answer but its proofs, and gives the context that they must
    /// be bound to.
    fn check_cohort(&self, t: &SubmitCohort, signer: PublicKey) -> Result<[u8; 32], Rejection> {
        let (_, pages, question) = self.askable(&t.study, &signer, &t.table)?;
        if t.day != question.day {
            return Err(Rejection::AnswerDay {
                found: t.day,
                day: question.day,
            });
        }
        if t.pages.len() != pages.len() {
            return Err(Rejection::PageCount {
                found: t.pages.len(),
                expected: pages.len(),
            });
        }
        for (page, (named, published)) in (0u32..).zip(t.pages.iter().zip(&pages)) {
            if *named != published.publication {
                return Err(Rejection::PageOther { page });
            }
        }
        let expected = question.cells().map_err(|e| Rejection::Table {
            problem: e.to_string(),
        })?;
        for found in [t.counts.len(), t.released.len()] {
            if found != expected {
                return Err(Rejection::CohortCells { found, expected });
            }
        }
        Ok(cohort_context(
            &self.id, &signer, &t.study, &question, &t.pages,
        ))
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
        let publications: Vec<Publication> = t
            .pages
            .iter()
            .map(|digest| {
                let bytes = attached::read(attached, "publication", *digest)?;
                // It was verified when it entered.
                Publication::from_bytes(&bytes).map_err(|e| Rejection::Proof {
                    problem: e.to_string(),
                })
            })
            .collect::<Result<_, _>>()?;
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
        let context = self.check_cohort(t, signer)?;
        match evidence {
            Evidence::Logged => Ok(()),
            Evidence::Counted { context: shown } if *shown == context => Ok(()),
            _ => Err(Rejection::Proof {
                problem: "it was not verified for the study and dataset as they are".to_owned(),
            }),
        }
    }

    pub(super) fn enter_cohort(
        &mut self,
        t: &SubmitCohort,
        signer: PublicKey,
        evidence: &Evidence,
    ) -> Result<Event, Rejection> {
        self.check_counted(t, signer, evidence)?;
        let entry = self.entries;
        let study = self.study_mut(&t.study)?;
        let edition = study.opened.query.edition();
        let place = study.cohort_answers.len();
        study.cohort_answers.push(CohortAnswer {
            issuer: signer,
            day: t.day,
            table: t.table.clone(),
            released: t.released.clone(),
            pages: t.pages.clone(),
            proof: t.proof,
            entry,
        });
        if let Some(dataset) = self.datasets.get_mut(&(signer, edition)) {
            dataset.answered.insert(t.study);
        }
        Ok(Event::CohortAnswered {
            study: t.study,
            place,
        })
    }
}

/// One answer for each table, and not too many of one issuer.
fn check_budget(
    study: StudyId,
    answers: &[CohortAnswer],
    issuer: &PublicKey,
    table: &Table,
) -> Result<(), Rejection> {
    let mut own = answers.iter().filter(|answer| answer.issuer == *issuer);
    if own.clone().any(|answer| answer.table == *table) {
        return Err(Rejection::CohortRepeated { study });
    }
    if own.nth(COHORT_ANSWERS - 1).is_some() {
        return Err(Rejection::CohortBudget {
            study,
            at_most: COHORT_ANSWERS,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use ed25519_dalek::SigningKey;
    use salus_protocol::cohort::{Band, Stratifier};

    fn key(number: u8) -> PublicKey {
        PublicKey::of(&SigningKey::from_bytes(&[number; 32]))
    }

    /// A table of its own for every number.
    fn table(number: u16) -> Table {
        let (low, high) = (number, number + 1);
        let bands = vec![Band { low, high }];
        Table::Strata(vec![Stratifier { field: 0, bands }])
    }

    fn answer(issuer: PublicKey, table: Table) -> CohortAnswer {
        CohortAnswer {
            issuer,
            day: "2024-03-01".parse().unwrap(),
            table,
            released: Vec::new(),
            pages: Vec::new(),
            proof: AttachmentDigest::of(b""),
            entry: 0,
        }
    }

    #[test]
    fn an_issuer_has_a_budget_and_answers_a_table_once() {
        let study = StudyId::new([1; 32]);
        let at_most = COHORT_ANSWERS as u16;
        let mut answers: Vec<_> = (1..at_most).map(|n| answer(key(1), table(n))).collect();
        let check =
            |answers: &[_], issuer: u8, n| check_budget(study, answers, &key(issuer), &table(n));
        assert_eq!(check(&answers, 1, at_most), Ok(()));
        let repeated = Rejection::CohortRepeated { study };
        assert_eq!(check(&answers, 1, 3), Err(repeated));
        answers.push(answer(key(1), table(at_most)));
        let spent = Rejection::CohortBudget {
            study,
            at_most: COHORT_ANSWERS,
        };
        assert_eq!(check(&answers, 1, at_most + 1), Err(spent));
        // Another issuer has a budget of its own, and may answer the same tables.
        assert_eq!(check(&answers, 2, 3), Ok(()));
    }
}
