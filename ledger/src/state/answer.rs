//! Answers: the rules by which a proof of eligibility enters.

use salus_protocol::consent::Grant;
use salus_protocol::nullifier::StudyId;
use salus_protocol::registry::Root;
use salus_protocol::statement::{ContactDigest, Statement};
use salus_verifier::KeyId;

use super::admission::Evidence;
use super::{Event, Rejection, State, StudyState};
use crate::transaction::SubmitEligibility;

/// One answer to a study.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What its proof shows.
    pub statement: Statement,
    /// The verifying key that its proof is for.
    pub key: KeyId,
    /// Index of its log entry.
    pub entry: u64,
    /// The height whose root it is proven under.
    pub root_height: u64,
}

impl State {
    /// Checks every rule for an answer but its proof, and gives the height of its root.
    pub(super) fn check_answer(&self, t: &SubmitEligibility) -> Result<u64, Rejection> {
        let (study, day) = self.answerable(&t.study)?;
        if t.statement.day != day {
            return Err(Rejection::AnswerDay {
                found: t.statement.day,
                day,
            });
        }
        check_statement(study, &t.statement)?;
        if !self.keys.contains_key(&t.key) {
            return Err(Rejection::KeyUnknown { id: t.key });
        }
        let height = self.check_root(study, t.statement.root)?;
        if study.has_answer_of(&t.statement.nullifier) {
            let nullifier = t.statement.nullifier;
            return Err(Rejection::NullifierUsed {
                study: t.study,
                nullifier,
            });
        }
        Ok(height)
    }

    /// Enters an answer on evidence of its proof.
    pub(super) fn enter_answer(
        &mut self,
        t: &SubmitEligibility,
        evidence: &Evidence,
    ) -> Result<Event, Rejection> {
        let root_height = self.check_answer(t)?;
        let statement = evidence.statement_of(t)?;
        let entry = self.entries;
        let place = self.push_answer(
            t.study,
            Answer {
                statement,
                key: t.key,
                entry,
                root_height,
            },
        );
        self.answered = true;
        Ok(Event::AnswerEntered {
            study: t.study,
            place,
        })
    }

    fn push_answer(&mut self, study: StudyId, answer: Answer) -> usize {
        self.studies.get_mut(&study).map_or(0, |study| {
            study.nullifiers.insert(answer.statement.nullifier);
            study.answers.push(answer);
            study.answers.len() - 1
        })
    }

    /// The latest height with this root, if the study takes it: a proof does not show which
    /// record it is about, so after anything was taken back no earlier root will do.
    fn check_root(&self, study: &StudyState, root: Root) -> Result<u64, Rejection> {
        let height = *self
            .roots
            .get(&root)
            .ok_or(Rejection::RootUnknown { root })?;
        let oldest = self.height().saturating_sub(study.opened.freshness);
        if height < oldest {
            return Err(Rejection::RootOld { height, oldest });
        }
        if height < self.revised {
            return Err(Rejection::RootRevised {
                height,
                revised: self.revised,
            });
        }
        Ok(height)
    }
}

/// What a statement must share with its study.
pub(crate) fn check_statement(study: &StudyState, statement: &Statement) -> Result<(), Rejection> {
    if statement.scope != study.scope {
        return Err(Rejection::AnswerScope);
    }
    if statement.query != study.query {
        return Err(Rejection::AnswerQuery);
    }
    if statement.purpose != study.opened.purpose.masks().code() {
        return Err(Rejection::AnswerPurpose);
    }
    if statement.institution != study.institution {
        return Err(Rejection::AnswerInstitution);
    }
    let asks = study.opened.purpose.required().contains(&Grant::Contacted);
    if statement.contact != ContactDigest::NONE && !asks {
        return Err(Rejection::ContactNotAsked);
    }
    Ok(())
}
