//! The cohort answers of a bundle: what can be checked without the whole log. Their proofs rest on
//! the whole dataset as the log has it, so they are verified when the log is replayed.

use std::collections::BTreeSet;

use salus_protocol::cohort::{Band, Question, Stratifier, Table};
use salus_protocol::day::Day;
use salus_protocol::profile::Profile;
use salus_protocol::release::Released;

use super::answers::{check_standing, head_over};
use super::error::{AuditError, EntryProblem};
use super::report::{CohortReport, CustodianReport};
use super::verify::Contents;
use crate::key::PublicKey;
use crate::state::{StudyState, TALLY_DAYS};
use crate::transaction::{ReleaseCohort, SubmitCohort};

/// A cohort answer's transaction, who signed it, and its index in the log.
pub(super) struct CohortEntry {
    pub(super) index: u64,
    pub(super) issuer: PublicKey,
    pub(super) submitted: Submitted,
}

/// An answer by one custodian, or by several.
pub(super) enum Submitted {
    Alone(SubmitCohort),
    Together(ReleaseCohort),
}

/// Checks every cohort answer but its proofs; `verified` says whether the whole log shows these.
pub(super) fn check(
    contents: &Contents,
    study: &StudyState,
    profile: &Profile,
    verified: bool,
) -> Result<Vec<CohortReport>, AuditError> {
    let mut used = BTreeSet::new();
    let mut reports = Vec::with_capacity(contents.cohort.len());
    for answer in &contents.cohort {
        let report = check_one(contents, study, answer, &mut used);
        let (custodians, day) = report.map_err(|problem| AuditError::Entry {
            index: answer.index,
            problem,
        })?;
        let (table, released) = answer.said();
        reports.push(CohortReport {
            entry: answer.index,
            custodians,
            day,
            table: describe(table, profile),
            released: released.to_vec(),
            epsilon: study.opened.noise.map(|noise| noise.epsilon),
            verified,
        });
    }
    Ok(reports)
}

impl CohortEntry {
    fn said(&self) -> (&Table, &[Released]) {
        match &self.submitted {
            Submitted::Alone(t) => (&t.table, &t.released),
            Submitted::Together(t) => (&t.table, &t.released),
        }
    }
}

/// Who counted, and the ledger's day of the answer.
fn check_one(
    contents: &Contents,
    study: &StudyState,
    answer: &CohortEntry,
    used: &mut BTreeSet<u64>,
) -> Result<(Vec<CustodianReport>, Day), EntryProblem> {
    let (index, key) = (answer.index, answer.issuer);
    let (custodians, day) = match &answer.submitted {
        Submitted::Alone(t) => {
            if study.in_two_steps() {
                return Err(EntryProblem::Circle);
            }
            check_standing(contents, study, index, t.day)?;
            (vec![custodian(contents, index, key, t.day)?], t.day)
        }
        Submitted::Together(t) => {
            let day = head_over(contents, index).and_then(|over| over.day);
            let day = day.ok_or(EntryProblem::NoHead)?;
            check_standing(contents, study, index, day)?;
            let custodians = check_tallies(contents, study, t, (index, key, day), used)?;
            if !custodians.iter().any(|custodian| custodian.key == key) {
                return Err(EntryProblem::Circle);
            }
            (custodians, day)
        }
    };
    let (table, released) = answer.said();
    let question = Question {
        query: study.opened.query.clone(),
        masks: study.opened.purpose.masks(),
        day,
        table: table.clone(),
    };
    let expected = question.cells().map_err(EntryProblem::Table)?;
    let found = released.len();
    if found != expected {
        return Err(EntryProblem::Cells { found, expected });
    }
    Ok((custodians, day))
}

/// The custodians of a release: one tally of each whom the study counts together, or of its signer,
/// of its table, not lapsed, and in no other release.
fn check_tallies(
    contents: &Contents,
    study: &StudyState,
    t: &ReleaseCohort,
    (index, signer, day): (u64, PublicKey, Day),
    used: &mut BTreeSet<u64>,
) -> Result<Vec<CustodianReport>, EntryProblem> {
    let mut custodians = Vec::with_capacity(t.tallies.len());
    for entry in &t.tallies {
        let known = contents.tallies.get(entry).filter(|_| *entry < index);
        let (key, tally) = known.ok_or(EntryProblem::TallyUnknown { entry: *entry })?;
        let lapses = tally.day.number().saturating_add(TALLY_DAYS);
        if tally.table != t.table || day.number() > lapses || !used.insert(*entry) {
            return Err(EntryProblem::TallyUnknown { entry: *entry });
        }
        check_standing(contents, study, *entry, tally.day)?;
        custodians.push(custodian(contents, *entry, *key, tally.day)?);
    }
    let mut circle: Vec<PublicKey> = custodians.iter().map(|c| c.key).collect();
    circle.sort_unstable();
    // Where nobody is counted together, an issuer releases its own tally.
    let expected = match &study.opened.together[..] {
        [] => vec![signer],
        together => together.to_vec(),
    };
    if circle != expected {
        return Err(EntryProblem::Circle);
    }
    Ok(custodians)
}

/// A custodian that was registered before it counted.
fn custodian(
    contents: &Contents,
    index: u64,
    key: PublicKey,
    day: Day,
) -> Result<CustodianReport, EntryProblem> {
    let registered = contents
        .issuers
        .get(&key)
        .filter(|(_, entry)| *entry < index);
    let (name, _) = registered.ok_or(EntryProblem::IssuerUnregistered { key })?;
    Ok(CustodianReport {
        issuer: name.to_string(),
        key,
        day,
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
