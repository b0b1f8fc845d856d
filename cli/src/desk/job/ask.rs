//! Asking: what a custodian can ask for, by a form or as a service, and how jobs are ended and
//! removed.

use axum::http::StatusCode;
use salus_node::Problem;
use salus_protocol::day::Day;
use serde::Deserialize;
use utoipa::ToSchema;

use super::queue::Queued;
use super::run::cancelled;
use super::{Desk, import, problem};
use crate::desk::offered_profile;
use crate::failure::Failure;
use crate::home::{CountedTable, ImportSource, Job, JobId, Name, Standing, Work};
use crate::path;

/// What a custodian asks for. Asked again while it is not over, it is the same job.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Asked {
    /// Read an export and derive rows, for a report. Nothing enters the ledger.
    Import {
        /// A folder of this name, below the custodian's own in the operator's folder of imports.
        folder: Name,
        /// One of the profiles that Salus ships, such as `general`.
        profile: String,
        /// The day as of which rows are derived, such as `2025-01-31`.
        index_day: String,
    },
    /// Publish the pages of a dataset that are not current.
    Publish {
        /// The dataset's profile.
        profile: String,
        /// The dataset's index day.
        index_day: String,
    },
    /// Count for a study, and answer it. Where the study counts custodians together, or with noise,
    /// it is a tally: its release is a step of its own.
    Count {
        /// The study's id on the ledger, or the first digits of it.
        study: String,
        /// The shape of the answer.
        table: CountedTable,
    },
}

/// A dataset as it is asked for: one of the profiles that Salus ships, and a day.
pub(super) fn dataset(profile: &str, index_day: &str) -> Result<(String, Day), Failure> {
    let profile = offered_profile(profile)?.name().to_owned();
    let day = index_day.parse().map_err(|error| {
        Failure::usage(format!("the index day: {error}"), "write it as 2025-01-31")
    })?;
    Ok((profile, day))
}

impl Desk {
    /// Keeps and queues what a custodian asks for.
    pub(super) async fn ask_for(&self, custodian: Name, asked: Asked) -> Result<Job, Problem> {
        let work = match asked {
            Asked::Import {
                folder,
                profile,
                index_day,
            } => {
                let (profile, index_day) = dataset(&profile, &index_day).map_err(problem)?;
                if !import::folders(self, &custodian).contains(&folder) {
                    return Err(Problem::not_found("there is no such folder to import"));
                }
                Work::Import {
                    source: ImportSource::Folder(folder),
                    profile,
                    index_day,
                }
            }
            Asked::Publish { profile, index_day } => {
                let (profile, index_day) = dataset(&profile, &index_day).map_err(problem)?;
                Work::Publish { profile, index_day }
            }
            Asked::Count { study, table } => self.count_of(study, table).await?,
        };
        self.ask(custodian, work).await
    }

    /// A count for a study that is on the ledger.
    async fn count_of(&self, study: String, table: CountedTable) -> Result<Work, Problem> {
        let found = self.read(move |home, ledger| {
            let state = ledger.state()?;
            let study = home.find_study(&state, &study)?;
            // Said at once, not by a job that fails.
            path::table::table(study, &path::table::profile(ledger, study)?, &table)?;
            Ok(Work::Count {
                study: study.id.to_string(),
                title: study.opened.title.to_string(),
                table,
            })
        });
        found.await
    }

    /// Asks to commit the rows that an import left.
    pub(super) async fn ask_to_commit(&self, import: Job) -> Result<Job, Problem> {
        let can_commit = self.can_commit(&import);
        match import.work {
            Work::Import {
                profile, index_day, ..
            } if can_commit => {
                let work = Work::Commit {
                    import: import.id,
                    profile,
                    index_day,
                };
                self.ask(import.custodian, work).await
            }
            _ => Err(Problem::new(
                StatusCode::CONFLICT,
                "NoRows",
                "Nothing to commit",
                "this job has no rows to commit: they were committed already, or the import did \
                 not end well",
            )),
        }
    }

    /// Whether a job is an import whose rows wait to be committed.
    pub(super) fn can_commit(&self, job: &Job) -> bool {
        let home = &self.0.home;
        job.standing == Standing::Done && home.has_job_rows(&job.custodian, &job.id)
    }

    /// Ends a job, after the step that it is at; one that is over stays as it is. As it is now.
    pub(super) async fn cancel(&self, job: &Job) -> Result<Job, Problem> {
        let queued = Queued::of(job);
        let desk = self.clone();
        let asked = self.read(move |home, _| {
            let job = desk.0.jobs.update(home, &queued, |job| {
                if job.standing.is_over() {
                    return;
                }
                job.cancel_asked = true;
                if job.standing == Standing::Waiting {
                    job.standing = Standing::Cancelled;
                    job.outcome = Some(cancelled());
                }
            })?;
            if (job.as_ref()).is_some_and(|job| job.standing == Standing::Cancelled) {
                home.drop_job_upload(&queued.custodian, &queued.id)?;
            }
            Ok(job)
        });
        asked.await?.ok_or_else(no_job)
    }

    /// Removes a job that is over, with all that it kept.
    pub(super) async fn remove(&self, job: Job) -> Result<(), Problem> {
        let removed = self.read(move |home, _| {
            let jobs = home.jobs(&job.custodian)?;
            let mut unfinished = jobs.iter().filter(|known| !known.standing.is_over());
            let needed = |known: &Job| match &known.work {
                Work::Commit { import, .. } => known.id == job.id || *import == job.id,
                _ => known.id == job.id,
            };
            if unfinished.any(needed) {
                return Ok(false);
            }
            home.remove_job(&job.custodian, &job.id)?;
            Ok(true)
        });
        if removed.await? {
            return Ok(());
        }
        Err(Problem::new(
            StatusCode::CONFLICT,
            "JobNotOver",
            "The job is not over",
            "the job is not over, or another that is not needs it: cancel it first",
        ))
    }

    /// A custodian's job; that there is none, and that it is another's, are answered alike.
    pub(super) async fn known_job(&self, custodian: Name, id: &str) -> Result<Job, Problem> {
        let id: JobId = id.parse().map_err(|_| no_job())?;
        let found = self.read(move |home, _| home.find_job(&custodian, &id));
        found.await?.ok_or_else(no_job)
    }
}

fn no_job() -> Problem {
    Problem::not_found("there is no such job")
}
