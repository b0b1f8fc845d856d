//! A job as services are told of it.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::Desk;
use super::report::ImportedReport;
use crate::home::{Job, Outcome, Progress, Standing, Work};

/// A job of a custodian.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct JobTold {
    /// Its name, in hexadecimal digits. Sorted by it, jobs are in the order in which they were asked for.
    id: String,
    work: Work,
    /// When it was asked for, by RFC 3339.
    asked_at: String,
    standing: Standing,
    /// Whether nothing more will be done.
    over: bool,
    /// Whether it ends after the step that it is at.
    cancel_asked: bool,
    progress: Progress,
    /// How it ended; null while it is not over.
    outcome: Option<Outcome>,
    /// Whether it is an import whose rows wait to be committed.
    can_commit: bool,
    /// What an import read and left out; left out in lists, and where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    report: Option<ImportedReport>,
}

impl JobTold {
    pub(super) fn of(desk: &Desk, job: Job, report: Option<ImportedReport>) -> Self {
        let asked_at = Timestamp::from_second(job.asked_at).unwrap_or_default();
        Self {
            can_commit: desk.can_commit(&job),
            id: job.id.to_string(),
            work: job.work,
            asked_at: asked_at.to_string(),
            standing: job.standing,
            over: job.standing.is_over(),
            cancel_asked: job.cancel_asked,
            progress: job.progress,
            outcome: job.outcome,
            report,
        }
    }
}

/// A custodian's jobs.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct JobList {
    /// The newest first.
    jobs: Vec<JobTold>,
}

impl JobList {
    pub(super) fn of(desk: &Desk, jobs: Vec<Job>) -> Self {
        let told = |job| JobTold::of(desk, job, None);
        Self {
            jobs: jobs.into_iter().map(told).collect(),
        }
    }
}
