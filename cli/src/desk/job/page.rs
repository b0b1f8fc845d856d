//! The pages of jobs: a custodian's list, and one job with what came of it.

use askama::Template;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use salus_node::Problem;
use salus_node::pages::{Here, Html, Shell};

use super::known::KnownJob;
use super::report::ImportedReport;
use super::word;
use crate::desk::seat::{Custodian, Seat};
use crate::home::{CountedTable, ImportSource, Job, Role as Registered, Standing, Work};

/// A job as pages show it.
#[derive(Debug)]
pub(in crate::desk) struct JobView {
    pub(in crate::desk) id: String,
    pub(in crate::desk) title: String,
    /// Id and title of the study that it counts for.
    study: Option<(String, String)>,
    pub(in crate::desk) asked: String,
    standing: Standing,
    cancel_asked: bool,
    phase: String,
    done: u64,
    total: u64,
    pub(in crate::desk) says: Option<String>,
    help: Option<String>,
}

impl JobView {
    pub(in crate::desk) fn of(job: &Job) -> Self {
        let (says, help) = match job.outcome.clone() {
            Some(outcome) => (Some(outcome.says), outcome.help),
            None => (None, None),
        };
        Self {
            id: job.id.to_string(),
            title: title(&job.work),
            study: match &job.work {
                Work::Count { study, title, .. } => Some((study.clone(), title.clone())),
                _ => None,
            },
            asked: asked(job.asked_at),
            standing: job.standing,
            cancel_asked: job.cancel_asked,
            phase: job.progress.phase.clone(),
            done: job.progress.done,
            total: job.progress.total,
            says,
            help,
        }
    }

    fn is_over(&self) -> bool {
        self.standing.is_over()
    }

    /// How it is called.
    pub(in crate::desk) fn word(&self) -> &'static str {
        word(self.standing)
    }

    /// The colour of its tag.
    pub(in crate::desk) fn tag(&self) -> &'static str {
        match self.standing {
            Standing::Done => "passed",
            Standing::Failed | Standing::Interrupted => "failed",
            Standing::Waiting | Standing::Running | Standing::Cancelled => "proposed",
        }
    }

    /// The kind of notice that says how it ended.
    fn notice(&self) -> &'static str {
        match self.standing {
            Standing::Done => "good",
            Standing::Failed | Standing::Interrupted => "bad",
            Standing::Waiting | Standing::Running | Standing::Cancelled => "warn",
        }
    }

    /// How far it is, in words.
    pub(in crate::desk) fn progress(&self) -> String {
        match (self.phase.as_str(), self.total) {
            ("", _) => "Not begun yet".to_owned(),
            (phase, 0) => phase.to_owned(),
            (phase, total) => format!("{} of {total} {phase}", self.done),
        }
    }
}

fn title(work: &Work) -> String {
    match work {
        Work::Import {
            source,
            profile,
            index_day,
        } => {
            let of = match source {
                ImportSource::Folder(name) => format!("the folder {name}"),
                ImportSource::Upload => "uploaded files".to_owned(),
            };
            format!("Import {of} for {profile} as of {index_day}")
        }
        Work::Commit {
            profile, index_day, ..
        } => format!("Commit records for {profile} as of {index_day}"),
        Work::Publish { profile, index_day } => format!("Publish {profile} as of {index_day}"),
        Work::Count {
            title,
            table: CountedTable::Count,
            ..
        } => format!("Count for {title}"),
        Work::Count {
            title,
            table: CountedTable::Attrition,
            ..
        } => format!("Attrition for {title}"),
        Work::Count {
            title,
            table: CountedTable::Strata(by),
            ..
        } => format!("Count for {title}, divided by {}", by.join(" and ")),
    }
}

fn asked(at: i64) -> String {
    let at = Timestamp::from_second(at).unwrap_or_default();
    at.to_zoned(TimeZone::UTC)
        .strftime("%Y-%m-%d %H:%M UTC")
        .to_string()
}

#[derive(Debug, Template)]
#[template(path = "desk/jobs.html")]
pub(super) struct JobsPage {
    shell: Shell,
    name: String,
    title: String,
    jobs: Vec<JobView>,
}

pub(super) async fn jobs(seat: Seat<Custodian>) -> Result<Html<JobsPage>, Problem> {
    let page = seat.page(move |view, name| {
        let party = view.home.party(Registered::Issuer, name)?;
        let jobs = view.home.jobs(name)?;
        let title = format!("Jobs of {}", party.title);
        Ok(JobsPage {
            shell: view.shell(&*view.ledger.state()?, title),
            name: name.to_string(),
            title: party.title,
            jobs: jobs.iter().map(JobView::of).collect(),
        })
    });
    page.await
}

#[derive(Debug, Template)]
#[template(path = "desk/job.html")]
pub(super) struct JobPage {
    shell: Shell,
    name: String,
    title: String,
    job: JobView,
    report: Option<ImportedReport>,
    /// Whether it left rows that can be committed.
    has_rows: bool,
}

pub(super) async fn job(KnownJob { desk, job }: KnownJob) -> Result<Html<JobPage>, Problem> {
    let asking = desk.clone();
    let page = desk.page(move |view| {
        let party = view.home.party(Registered::Issuer, &job.custodian)?;
        let told = JobView::of(&job);
        Ok(JobPage {
            shell: view.shell(&*view.ledger.state()?, told.title.clone()),
            name: job.custodian.to_string(),
            title: party.title,
            report: view.home.job_report(&job.custodian, &job.id)?,
            has_rows: asking.can_commit(&job),
            job: told,
        })
    });
    page.await
}
