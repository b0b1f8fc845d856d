//! The cohort answers of a bundle: what can be checked without the whole log. Their proofs rest on
//! the whole dataset as the log has it, so they are verified when the log is replayed.

use salus_protocol::cohort::{Band, Question, Stratifier, Table};
use salus_protocol::profile::Profile;

use super::answers::check_standing;
use super::error::{AuditError, EntryProblem};
use super::report::CohortReport;
use super::verify::Contents;
use crate::key::PublicKey;
use crate::state::StudyState;
use crate::transaction::SubmitCohort;

/// A cohort answer's transaction, who signed it, and its index in the log.
pub(super) struct CohortEntry {
    pub(super) index: u64,
    pub(super) issuer: PublicKey,
    pub(super) submitted: SubmitCohort,
}

/// Checks every cohort answer but its proofs.
pub(super) fn check(
    contents: &Contents,
    study: &StudyState,
    profile: &Profile,
) -> Result<Vec<CohortReport>, AuditError> {
    let report = |answer: &CohortEntry| {
        check_one(contents, study, profile, answer).map_err(|problem| AuditError::Entry {
            index: answer.index,
            problem,
        })
    };
    contents.cohort.iter().map(report).collect()
}

fn check_one(
    contents: &Contents,
    study: &StudyState,
    profile: &Profile,
    answer: &CohortEntry,
) -> Result<CohortReport, EntryProblem> {
    let submitted = &answer.submitted;
    check_standing(contents, study, answer.index, submitted.day)?;
    let key = answer.issuer;
    let (issuer, entry) = contents
        .issuers
        .get(&key)
        .ok_or(EntryProblem::IssuerUnregistered { key })?;
    if *entry >= answer.index {
        return Err(EntryProblem::IssuerUnregistered { key });
    }
    let question = Question {
        query: study.opened.query.clone(),
        masks: study.opened.purpose.masks(),
        day: submitted.day,
        table: submitted.table.clone(),
    };
    let expected = question.cells().map_err(EntryProblem::Table)?;
    let found = submitted.released.len();
    if found != expected {
        return Err(EntryProblem::Cells { found, expected });
    }
    Ok(CohortReport {
        entry: answer.index,
        issuer: issuer.to_string(),
        key,
        day: submitted.day,
        table: describe(&submitted.table, profile),
        released: submitted.released.clone(),
    })
}

/// A table in words, with the profile's names.
fn describe(table: &Table, profile: &Profile) -> String {
    match table {
        Table::Count => "count".to_owned(),
        Table::Attrition => {
            "attrition: all who match, all whose consent covers the study, then group by group"
                .to_owned()
        }
        Table::Strata(stratifiers) => {
            let by: Vec<_> = stratifiers.iter().map(|s| banded(s, profile)).collect();
            format!("all who match, then by {}", by.join(" and "))
        }
    }
}

fn banded(stratifier: &Stratifier, profile: &Profile) -> String {
    let field = profile.fields().get(usize::from(stratifier.field));
    let name = field.map_or_else(
        || format!("field {}", stratifier.field),
        |field| field.name.to_string(),
    );
    let number = |number: u16| match number {
        0 => "none recorded".to_owned(),
        _ => field
            .and_then(|field| field.encoding.display(number))
            .unwrap_or_else(|| format!("number {number}")),
    };
    let band = |band: &Band| {
        if band.low == band.high {
            number(band.low)
        } else {
            format!("{} to {}", number(band.low), number(band.high))
        }
    };
    let bands: Vec<_> = stratifier.bands.iter().map(band).collect();
    format!("{name} ({}; the rest)", bands.join("; "))
}
