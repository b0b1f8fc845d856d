//! The answers of a bundle: the ledger's rules for them, and their proofs.

use std::collections::{BTreeMap, BTreeSet};

use salus_protocol::day::Day;
use salus_protocol::statement::{ContactDigest, Statement};
use salus_verifier::{BatchError, KeyId, Proof, verify_batch};

use super::error::{AuditError, EntryProblem};
use super::report::AnswerReport;
use super::verify::Contents;
use crate::log::RegistryHead;
use crate::state::{StudyState, check_statement};
use crate::transaction::SubmitEligibility;

/// An answer's transaction and its index in the log.
pub(super) struct AnswerEntry {
    pub(super) index: u64,
    pub(super) submitted: SubmitEligibility,
}

/// Checks every answer, and its proof.
pub(super) fn check(
    contents: &Contents,
    study: &StudyState,
) -> Result<Vec<AnswerReport>, AuditError> {
    let mut seen = BTreeSet::new();
    let mut reports = Vec::with_capacity(contents.answers.len());
    for answer in &contents.answers {
        let statement = answer.submitted.statement;
        let height = check_rules(contents, study, answer)
            .and_then(|height| {
                let nullifier = statement.nullifier;
                if seen.insert(nullifier) {
                    Ok(height)
                } else {
                    Err(EntryProblem::NullifierTwice { nullifier })
                }
            })
            .map_err(|problem| AuditError::Entry {
                index: answer.index,
                problem,
            })?;
        reports.push(AnswerReport {
            entry: answer.index,
            nullifier: statement.nullifier,
            day: statement.day,
            height,
            contact: statement.contact != ContactDigest::NONE,
        });
    }
    check_proofs(contents)?;
    Ok(reports)
}

/// Every rule for an answer but its proof; gives the height of its root.
fn check_rules(
    contents: &Contents,
    study: &StudyState,
    answer: &AnswerEntry,
) -> Result<u64, EntryProblem> {
    let statement = &answer.submitted.statement;
    let over = check_standing(contents, study, answer.index, statement.day)?;
    check_statement(study, statement).map_err(EntryProblem::Statement)?;
    check_root(contents, study, statement, &over)
}

/// That the study took answers on this day at this place of the log; gives the head over it.
pub(super) fn check_standing(
    contents: &Contents,
    study: &StudyState,
    index: u64,
    day: Day,
) -> Result<RegistryHead, EntryProblem> {
    let approvals = study
        .approvals
        .values()
        .filter(|entry| **entry < index)
        .count();
    let needed = usize::from(study.opened.approvals_needed);
    if approvals < needed || index < study.entry {
        return Err(EntryProblem::NotApproved { approvals, needed });
    }
    if contents.closed.is_some_and(|closed| closed < index) {
        return Err(EntryProblem::Closed);
    }
    if day > study.opened.expires {
        let expires = study.opened.expires;
        return Err(EntryProblem::Expired { day, expires });
    }
    let over = head_over(contents, index).ok_or(EntryProblem::NoHead)?;
    if over.day != Some(day) {
        return Err(EntryProblem::Day {
            answer: day,
            ledger: over.day,
        });
    }
    Ok(over)
}

/// The head of the height in which an entry stands.
pub(super) fn head_over(contents: &Contents, index: u64) -> Option<RegistryHead> {
    let stands = |(entry, head): &&(u64, RegistryHead)| head.first <= index && index < *entry;
    contents.heads.iter().find(stands).map(|(_, head)| *head)
}

/// Within a height nothing is taken back after an answer, so what its head says of the latest
/// taking back held when the answer entered.
fn check_root(
    contents: &Contents,
    study: &StudyState,
    statement: &Statement,
    over: &RegistryHead,
) -> Result<u64, EntryProblem> {
    let named =
        |(_, head): &&(u64, RegistryHead)| head.root == statement.root && head.height < over.height;
    let (_, root) = contents
        .heads
        .iter()
        .rev()
        .find(named)
        .ok_or(EntryProblem::RootUnknown)?;
    let age = over.height - 1 - root.height;
    let freshness = study.opened.freshness;
    if age > freshness {
        return Err(EntryProblem::RootOld { age, freshness });
    }
    if root.height < over.revised {
        return Err(EntryProblem::RootRevised {
            root: root.height,
            revised: over.revised,
        });
    }
    Ok(root.height)
}

/// Proofs under one key, and the entries that they are of.
#[derive(Default)]
struct Batch {
    entries: Vec<u64>,
    proofs: Vec<(Statement, Proof)>,
}

/// All proofs, in one batch a key; a wrong one is named by its entry.
fn check_proofs(contents: &Contents) -> Result<(), AuditError> {
    let mut batches: BTreeMap<KeyId, Batch> = BTreeMap::new();
    for answer in &contents.answers {
        let at = |problem| AuditError::Entry {
            index: answer.index,
            problem,
        };
        let id = answer.submitted.key;
        if contents
            .keys
            .get(&id)
            .is_none_or(|(.., entry)| *entry >= answer.index)
        {
            return Err(at(EntryProblem::KeyUnaccepted { id }));
        }
        let proof = Proof::from_bytes(&answer.submitted.proof)
            .map_err(|e| at(EntryProblem::ProofMalformed(e)))?;
        let batch = batches.entry(id).or_default();
        batch.entries.push(answer.index);
        batch.proofs.push((answer.submitted.statement, proof));
    }
    for (id, Batch { entries, proofs }) in &batches {
        let Some((_, key, _)) = contents.keys.get(id) else {
            continue;
        };
        let first = |place: Option<&usize>| {
            place
                .and_then(|place| entries.get(*place))
                .copied()
                .unwrap_or_default()
        };
        verify_batch(key, proofs).map_err(|error| match error {
            BatchError::NotValid { places } => AuditError::Entry {
                index: first(places.first()),
                problem: EntryProblem::Proof,
            },
            other => AuditError::Entry {
                index: first(Some(&0)),
                problem: EntryProblem::ProofUnchecked {
                    problem: other.to_string(),
                },
            },
        })?;
    }
    Ok(())
}
