//! Counting for a study: an answer, or a tally where the study asks for that.

use salus_ledger::engine::Ledger;
use salus_protocol::cohort::Table;

use super::steps::Steps;
use crate::failure::Failure;
use crate::home::{CountedTable, Issuer, Job, Outcome};
use crate::path::count::{self, Counting};
use crate::path::study::CheckedStudy;
use crate::path::{table, together};

/// So many pages are counted in one part. A part that was counted is kept over a restart.
const PART: usize = 16;

pub(super) fn count(
    steps: &Steps<'_>,
    job: &Job,
    study: &str,
    table: &CountedTable,
) -> Result<Outcome, Failure> {
    let shared = &steps.desk.0;
    let (home, ledger) = (&shared.home, &**shared.node.ledger());
    let issuer = home.issuer(&job.custodian)?;
    let id = home.find_study(&*ledger.state()?, study)?.id;
    let study = CheckedStudy::read(ledger, id)?;
    let in_two_steps = study.study().in_two_steps();
    let profile = table::profile(ledger, study.study())?;
    let table = table::table(study.study(), &profile, table)?;
    let says = if in_two_steps {
        "The tally is on the ledger. What it adds to is released in a second step: `salus cohort \
         share` and `salus cohort release`."
    } else {
        "The answer is on the ledger, with its proof."
    };
    let done = Outcome {
        says: says.to_owned(),
        help: None,
    };
    if has_entered(ledger, &issuer, job, &study, &table) {
        return Ok(done);
    }
    steps.phase("reading openings", 0)?;
    let counting = Counting::read(home, ledger, &issuer, &study, &table)?;
    let parts = counting.pages().div_ceil(PART).max(1);
    steps.phase("parts counted and proven", parts)?;
    let step = || steps.step();
    if in_two_steps {
        together::tally(home, ledger, &issuer, &counting, parts, step)?;
    } else {
        count::answer(home, ledger, &issuer, &counting, parts, step)?;
    }
    Ok(done)
}

/// Whether what this job is to enter has entered: it was cut off right after.
fn has_entered(
    ledger: &Ledger,
    issuer: &Issuer,
    job: &Job,
    study: &CheckedStudy,
    table: &Table,
) -> bool {
    let Ok(state) = ledger.state() else {
        return false;
    };
    // Read anew: the study's state may have grown since it was checked.
    let Some(study) = state.study(&study.study().id) else {
        return false;
    };
    let (key, before) = (issuer.key.public(), job.entries_before.unwrap_or(u64::MAX));
    let answers = study.cohort_answers.iter();
    let mut answers = answers.filter(|answer| answer.issuer == key && answer.table == *table);
    let tallies = study.tallies.iter();
    let mut tallies = tallies.filter(|tally| tally.issuer == key && tally.table == *table);
    answers.any(|answer| answer.entry >= before) || tallies.any(|tally| tally.entry >= before)
}
