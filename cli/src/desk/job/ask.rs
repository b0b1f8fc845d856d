//! Asking: the forms by which a custodian asks for jobs, ends them and removes them.

use axum::Form;
use axum::extract::{Path, State};
use axum::response::Redirect;
use salus_node::Problem;
use salus_node::sign_in::{Identity, Role};
use salus_protocol::day::Day;
use serde::Deserialize;

use super::queue::Queued;
use super::run::cancelled;
use super::{Desk, import, problem};
use crate::desk::offered_profile;
use crate::failure::Failure;
use crate::home::{CountedTable, ImportSource, Job, JobId, Name, Standing, Work};

/// Which dataset.
#[derive(Debug, Deserialize)]
pub(in crate::desk) struct Dataset {
    profile: String,
    index_day: String,
}

/// A dataset as forms say it: one of the profiles that Salus ships, and a day.
pub(super) fn dataset(profile: &str, index_day: &str) -> Result<(String, Day), Failure> {
    let profile = offered_profile(profile)?.name().to_owned();
    let day = index_day.parse().map_err(|error| {
        Failure::usage(format!("the index day: {error}"), "write it as 2025-01-31")
    })?;
    Ok((profile, day))
}

/// Leads to a job's page.
pub(super) fn job_page(custodian: &Name, id: &JobId) -> Redirect {
    Redirect::to(&format!("/desk/custodians/{custodian}/jobs/{id}"))
}

pub(in crate::desk) async fn publish(
    State(desk): State<Desk>,
    identity: Identity,
    Path(name): Path<String>,
    Form(asked): Form<Dataset>,
) -> Result<Redirect, Problem> {
    let name = Desk::acting(&identity, Role::Custodian, &name)?;
    let (profile, index_day) = dataset(&asked.profile, &asked.index_day).map_err(problem)?;
    let id = desk.ask(name.clone(), Work::Publish { profile, index_day });
    Ok(job_page(&name, &id.await?))
}

/// What to count.
#[derive(Debug, Deserialize)]
pub(in crate::desk) struct Asked {
    study: String,
    table: CountedTable,
}

pub(in crate::desk) async fn answer(
    State(desk): State<Desk>,
    identity: Identity,
    Path(name): Path<String>,
    Form(asked): Form<Asked>,
) -> Result<Redirect, Problem> {
    let name = Desk::acting(&identity, Role::Custodian, &name)?;
    let found = desk.read(move |home, ledger| {
        let state = ledger.state()?;
        let study = home.find_study(&state, &asked.study)?;
        Ok(Work::Count {
            study: study.id.to_string(),
            title: study.opened.title.to_string(),
            table: asked.table,
        })
    });
    let id = desk.ask(name.clone(), found.await?);
    Ok(job_page(&name, &id.await?))
}

/// Which folder to import, and for which dataset.
#[derive(Debug, Deserialize)]
pub(super) struct Folder {
    folder: Name,
    profile: String,
    index_day: String,
}

pub(super) async fn import(
    State(desk): State<Desk>,
    identity: Identity,
    Path(name): Path<String>,
    Form(asked): Form<Folder>,
) -> Result<Redirect, Problem> {
    let name = Desk::acting(&identity, Role::Custodian, &name)?;
    let (profile, index_day) = dataset(&asked.profile, &asked.index_day).map_err(problem)?;
    if !import::folders(&desk, &name).contains(&asked.folder) {
        return Err(Problem::not_found("there is no such folder to import"));
    }
    let work = Work::Import {
        source: ImportSource::Folder(asked.folder),
        profile,
        index_day,
    };
    let id = desk.ask(name.clone(), work);
    Ok(job_page(&name, &id.await?))
}

impl Desk {
    /// A custodian's job; that there is none, and that it is another's, are answered alike.
    pub(super) async fn known_job(&self, custodian: Name, id: &str) -> Result<Job, Problem> {
        let unknown = || Problem::not_found("there is no such job");
        let id: JobId = id.parse().map_err(|_| unknown())?;
        let found = self.read(move |home, _| home.find_job(&custodian, &id));
        found.await?.ok_or_else(unknown)
    }
}

pub(super) async fn cancel(
    State(desk): State<Desk>,
    identity: Identity,
    Path((name, id)): Path<(String, String)>,
) -> Result<Redirect, Problem> {
    let name = Desk::acting(&identity, Role::Custodian, &name)?;
    let job = desk.known_job(name.clone(), &id).await?;
    let queued = Queued::of(&job);
    let asking = desk.clone();
    let asked = desk.read(move |home, _| {
        let job = asking.0.jobs.update(home, &queued, |job| {
            if job.standing.is_over() {
                return;
            }
            job.cancel_asked = true;
            if job.standing == Standing::Waiting {
                job.standing = Standing::Cancelled;
                job.outcome = Some(cancelled());
            }
        })?;
        if job.is_some_and(|job| job.standing == Standing::Cancelled) {
            home.drop_job_upload(&queued.custodian, &queued.id)?;
        }
        Ok(())
    });
    asked.await?;
    Ok(job_page(&name, &job.id))
}

pub(super) async fn commit(
    State(desk): State<Desk>,
    identity: Identity,
    Path((name, id)): Path<(String, String)>,
) -> Result<Redirect, Problem> {
    let name = Desk::acting(&identity, Role::Custodian, &name)?;
    let job = desk.known_job(name.clone(), &id).await?;
    let has_rows = desk.0.home.has_job_rows(&name, &job.id);
    let work = match job.work {
        Work::Import {
            profile, index_day, ..
        } if has_rows && job.standing == Standing::Done => Work::Commit {
            import: job.id,
            profile,
            index_day,
        },
        _ => {
            return Err(problem(Failure::usage(
                "this job has no rows to commit",
                "they were committed already, or the import did not end well",
            )));
        }
    };
    let id = desk.ask(name.clone(), work);
    Ok(job_page(&name, &id.await?))
}

pub(super) async fn remove(
    State(desk): State<Desk>,
    identity: Identity,
    Path((name, id)): Path<(String, String)>,
) -> Result<Redirect, Problem> {
    let name = Desk::acting(&identity, Role::Custodian, &name)?;
    let job = desk.known_job(name.clone(), &id).await?;
    let path = format!("/desk/custodians/{name}/jobs");
    let removed = desk.read(move |home, _| {
        let jobs = home.jobs(&name)?;
        let mut unfinished = jobs.iter().filter(|known| !known.standing.is_over());
        let needed = |known: &Job| match &known.work {
            Work::Commit { import, .. } => known.id == job.id || *import == job.id,
            _ => known.id == job.id,
        };
        if unfinished.any(needed) {
            return Err(Failure::usage(
                "the job is not over, or another that is not needs it",
                "cancel it first",
            ));
        }
        home.remove_job(&name, &job.id)
    });
    removed.await?;
    Ok(Redirect::to(&path))
}
