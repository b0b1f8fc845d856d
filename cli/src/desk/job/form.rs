//! The forms by which a custodian asks for jobs, ends them and removes them. Each leads to a page.

use axum::response::Redirect;
use salus_node::Problem;
use salus_node::request::Form;
use serde::Deserialize;

use super::ask::Asked;
use super::known::KnownJob;
use crate::desk::seat::{Custodian, Seat};
use crate::home::{CountedTable, Job, Name};

/// Leads to a job's page.
pub(super) fn job_page(job: &Job) -> Redirect {
    Redirect::to(&format!(
        "/desk/custodians/{}/jobs/{}",
        job.custodian, job.id
    ))
}

/// Which dataset.
#[derive(Debug, Deserialize)]
pub(super) struct Dataset {
    profile: String,
    index_day: String,
}

pub(super) async fn publish(
    Seat { desk, name, .. }: Seat<Custodian>,
    Form(Dataset { profile, index_day }): Form<Dataset>,
) -> Result<Redirect, Problem> {
    let asked = Asked::Publish { profile, index_day };
    Ok(job_page(&desk.ask_for(name, asked).await?))
}

/// What to count.
#[derive(Debug, Deserialize)]
pub(super) struct Count {
    study: String,
    table: Shape,
    #[serde(default)]
    by: String,
    #[serde(default)]
    cuts: String,
    #[serde(default)]
    and_by: String,
    #[serde(default)]
    and_cuts: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Shape {
    Count,
    Attrition,
    Strata,
}

impl Count {
    fn table(&self) -> CountedTable {
        match self.table {
            Shape::Count => CountedTable::Count,
            Shape::Attrition => CountedTable::Attrition,
            Shape::Strata => {
                let by = [(&self.by, &self.cuts), (&self.and_by, &self.and_cuts)];
                let chosen = by.into_iter().filter(|(field, _)| !field.is_empty());
                let written = chosen.map(|(field, cuts)| match cuts.trim() {
                    "" => field.clone(),
                    cuts => format!("{field}={cuts}"),
                });
                CountedTable::Strata(written.collect())
            }
        }
    }
}

pub(super) async fn answer(
    Seat { desk, name, .. }: Seat<Custodian>,
    Form(asked): Form<Count>,
) -> Result<Redirect, Problem> {
    let table = asked.table();
    let study = asked.study;
    let asked = Asked::Count { study, table };
    Ok(job_page(&desk.ask_for(name, asked).await?))
}

/// Which folder to import, and for which dataset.
#[derive(Debug, Deserialize)]
pub(super) struct Folder {
    folder: Name,
    profile: String,
    index_day: String,
}

pub(super) async fn import(
    Seat { desk, name, .. }: Seat<Custodian>,
    Form(asked): Form<Folder>,
) -> Result<Redirect, Problem> {
    let asked = Asked::Import {
        folder: asked.folder,
        profile: asked.profile,
        index_day: asked.index_day,
    };
    Ok(job_page(&desk.ask_for(name, asked).await?))
}

pub(super) async fn cancel(KnownJob { desk, job }: KnownJob) -> Result<Redirect, Problem> {
    desk.cancel(&job).await?;
    Ok(job_page(&job))
}

pub(super) async fn commit(KnownJob { desk, job }: KnownJob) -> Result<Redirect, Problem> {
    Ok(job_page(&desk.ask_to_commit(job).await?))
}

pub(super) async fn remove(KnownJob { desk, job }: KnownJob) -> Result<Redirect, Problem> {
    let path = format!("/desk/custodians/{}/jobs", job.custodian);
    desk.remove(job).await?;
    Ok(Redirect::to(&path))
}
