//! Jobs: long work of a custodian, done one after the other beside the pages.
//!
//! Lives here: who may ask for a job, how it is kept, run, watched and ended. Never here: what a
//! step does to ledger and home, which is in `path`. A job's file in the home is the truth; the
//! queue only says which comes next. A step that is done twice does nothing: the ledger refuses
//! what it has, and what is current is passed over, so a job that was cut off begins again.

mod ask;
mod count;
mod events;
mod form;
mod import;
mod known;
mod page;
mod places;
mod publish;
mod queue;
mod report;
mod run;
mod service;
mod steps;
mod told;
mod upload;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::routing::{get, post};
use rayon::ThreadPool;
use salus_node::Problem;
use tokio::sync::{Semaphore, watch};

use super::Desk;
use super::problem::problem;
use crate::failure::Failure;
use crate::home::{Home, Job, Name, Standing, Work};
use places::Places;
use queue::{Queue, Queued};

pub(super) use import::folders;
pub(super) use page::JobView;

/// A custodian has at most so many jobs that are not over.
const MOST_UNFINISHED: usize = 20;
/// Of the jobs that are over so many are kept, the newest.
const MOST_FINISHED: usize = 100;
/// So many pages are told of progress at once, of all custodians together.
const MOST_STREAMS: usize = 64;

/// What all jobs share.
pub(super) struct Jobs {
    queue: Queue,
    /// Where proofs are made: one thread fewer than there are cores, so that one is left to answer.
    pool: ThreadPool,
    /// Held while a job runs: one at a time, whatever the queue says.
    running: Mutex<()>,
    /// Held while a job's file is changed.
    files: Mutex<()>,
    /// Told whenever a job has changed.
    changed: watch::Sender<()>,
    stopping: AtomicBool,
    streams: Arc<Semaphore>,
    uploads: Places,
    /// The operator's folder of exports, with a folder for each custodian.
    imports: Option<PathBuf>,
}

impl Jobs {
    pub(super) async fn open(home: &Home, imports: Option<PathBuf>) -> Result<Self, Failure> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(cores.saturating_sub(1).max(1))
            .thread_name(|number| format!("job-{number}"))
            .build()
            .map_err(|error| {
                Failure::usage(
                    format!("no threads for jobs: {error}"),
                    "the operating system refuses: see its limits for this account",
                )
            })?;
        Ok(Self {
            queue: Queue::open(home).await?,
            pool,
            running: Mutex::new(()),
            files: Mutex::new(()),
            changed: watch::Sender::new(()),
            stopping: AtomicBool::new(false),
            streams: Arc::new(Semaphore::new(MOST_STREAMS)),
            uploads: Places::default(),
            imports,
        })
    }

    /// Changes a job's file and tells those who watch it; none where there is no such job.
    fn update(
        &self,
        home: &Home,
        Queued { custodian, id, .. }: &Queued,
        change: impl FnOnce(&mut Job),
    ) -> Result<Option<Job>, Failure> {
        let held = self.files.lock();
        // Whoever panicked while it held the lock left no file half written.
        let _held = held.unwrap_or_else(|held| held.into_inner());
        let Some(mut job) = home.find_job(custodian, id)? else {
            return Ok(None);
        };
        let before = job.clone();
        change(&mut job);
        if job != before {
            job.revision += 1;
            home.put_job(&job)?;
            self.changed.send_replace(());
        }
        Ok(Some(job))
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }
}

impl Desk {
    /// Starts to work on jobs, first on those that an earlier process left.
    pub(crate) async fn start_jobs(&self) -> Result<(), Failure> {
        let (home, jobs) = (&self.0.home, &self.0.jobs);
        jobs.queue.take_over().await?;
        for custodian in home.party_names(crate::home::Role::Issuer)? {
            upload::sweep(home, &custodian)?;
            for job in home.jobs(&custodian)?.iter().rev() {
                if job.standing.is_over() {
                    home.drop_job_upload(&job.custodian, &job.id)?;
                } else {
                    jobs.queue.push(&Queued::of(job)).await?;
                }
            }
        }
        queue::work(self.clone());
        Ok(())
    }

    /// Lets the running job end its step, takes up no other, and ends what pages are told.
    pub(crate) fn stop_jobs(&self) {
        self.0.jobs.stopping.store(true, Ordering::Release);
        self.0.jobs.changed.send_replace(());
    }

    /// Keeps a new job and queues it. One that asks for the same and is not over is given instead.
    async fn ask(&self, custodian: Name, work: Work) -> Result<Job, Problem> {
        let job = Job::new(custodian, work).map_err(problem)?;
        self.place(job, |_, _| Ok(())).await
    }

    /// The same of a job that is made already; `bring` puts its files into its folder.
    async fn place(
        &self,
        job: Job,
        bring: impl FnOnce(&Home, &Job) -> Result<(), Failure> + Send + 'static,
    ) -> Result<Job, Problem> {
        let desk = self.clone();
        let placed = self.read(move |home, _| {
            let jobs = &desk.0.jobs;
            let held = jobs.files.lock();
            let _held = held.unwrap_or_else(|held| held.into_inner());
            home.jobs_path(&job.custodian)?;
            let known = home.jobs(&job.custodian)?;
            let unfinished = known.iter().filter(|known| !known.standing.is_over());
            if let Some(same) = unfinished.clone().find(|known| is_same(known, &job)) {
                return Ok(Ok(same.clone()));
            }
            if unfinished.count() >= MOST_UNFINISHED {
                return Ok(Err(too_many()));
            }
            let finished = known.iter().filter(|known| known.standing.is_over());
            for old in finished.skip(MOST_FINISHED) {
                home.remove_job(&old.custodian, &old.id)?;
            }
            bring(home, &job)?;
            home.put_job(&job)?;
            jobs.changed.send_replace(());
            Ok(Ok(job))
        });
        let placed = placed.await??;
        let pushed = self.0.jobs.queue.push(&Queued::of(&placed)).await;
        pushed.map_err(|error| problem(error.into()))?;
        Ok(placed)
    }

    /// Refuses a custodian's upload before it is received, if the jobs that wait and the uploads that
    /// arrive, this one among them, are more than may wait.
    async fn check_room(&self, custodian: &Name) -> Result<(), Problem> {
        let arriving = self.0.jobs.uploads.taken_by(custodian);
        let name = custodian.clone();
        let known = self.read(move |home, _| home.jobs(&name)).await?;
        let unfinished = known.iter().filter(|known| !known.standing.is_over());
        if unfinished.count() + arriving > MOST_UNFINISHED {
            return Err(too_many());
        }
        Ok(())
    }

    /// The routes of jobs: pages, forms, and the same for services.
    pub(super) fn job_routes() -> Router<Self> {
        service::routes()
            .route("/desk/custodians/{name}/jobs", get(page::jobs))
            .route("/desk/custodians/{name}/jobs/{id}", get(page::job))
            .route(
                "/desk/custodians/{name}/jobs/{id}/events",
                get(events::events),
            )
            .route(
                "/desk/custodians/{name}/jobs/{id}/cancel",
                post(form::cancel),
            )
            .route(
                "/desk/custodians/{name}/jobs/{id}/commit",
                post(form::commit),
            )
            .route(
                "/desk/custodians/{name}/jobs/{id}/remove",
                post(form::remove),
            )
            .route("/desk/custodians/{name}/imports", post(form::import))
            .route("/desk/custodians/{name}/publish", post(form::publish))
            .route("/desk/custodians/{name}/answer", post(form::answer))
            .route(
                "/desk/custodians/{name}/uploads",
                // What arrives is counted while it is written.
                post(upload::upload).layer(DefaultBodyLimit::disable()),
            )
    }
}

/// Whether two jobs would do the same. What was uploaded is never taken for the same.
fn is_same(known: &Job, asked: &Job) -> bool {
    let uploaded = matches!(
        &asked.work,
        Work::Import {
            source: crate::home::ImportSource::Upload,
            ..
        }
    );
    known.work == asked.work && !uploaded && !known.cancel_asked
}

/// A custodian has as many jobs that are not over as it may.
fn too_many() -> Problem {
    Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "TooManyJobs",
        "Too many jobs",
        format!("{MOST_UNFINISHED} jobs wait already: wait for one to end, or cancel one"),
    )
}

/// What a standing is called.
const fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Waiting => "waiting",
        Standing::Running => "running",
        Standing::Done => "done",
        Standing::Failed => "failed",
        Standing::Cancelled => "cancelled",
        Standing::Interrupted => "interrupted",
    }
}
