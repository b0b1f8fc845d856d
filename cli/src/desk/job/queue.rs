//! The queue: which job comes next, in a SQLite file, worked off one at a time.

use std::time::Duration;

use apalis::prelude::{
    BackendExt, BoxDynError, Data, TaskBuilder, WorkerBuilder, WorkerBuilderExt,
};
use apalis_core::backend::{Vacuum, WorkerFilter};
use apalis_sqlite::queries::{push_tasks, reenqueue_orphaned};
use apalis_sqlite::{
    Config, Error, SqliteConnectOptions, SqlitePool, SqlitePoolOptions, SqliteStorage,
};
use serde::{Deserialize, Serialize};
use sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use tokio::task::spawn_blocking;

use super::run;
use crate::desk::Desk;
use crate::failure::Failure;
use crate::home::{Home, Job, JobId, Name};

const QUEUE: &str = "jobs";
/// How often an idle worker looks.
const LOOK: Duration = Duration::from_millis(200);
/// After the queue itself failed.
const PAUSE: Duration = Duration::from_secs(5);

/// A job in the queue: where its file is, no more.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Queued {
    pub(super) custodian: Name,
    pub(super) id: JobId,
    /// How often it had been begun when it was queued.
    tries: u32,
}

impl Queued {
    pub(super) fn of(job: &Job) -> Self {
        Self {
            custodian: job.custodian.clone(),
            id: job.id.clone(),
            tries: job.tries,
        }
    }
}

/// The queue's file.
#[derive(Debug, Clone)]
pub(super) struct Queue(SqlitePool);

impl Queue {
    pub(super) async fn open(home: &Home) -> Result<Self, Failure> {
        let path = home.queue_path()?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // The library's own setup does without: a queue that is lost on a power cut is none.
            .synchronous(SqliteSynchronous::Full);
        let pool = SqlitePoolOptions::new().max_connections(2);
        let pool = pool.connect_with(options).await.map_err(Error::from)?;
        let migrated = SqliteStorage::migrations().run(&pool).await;
        migrated.map_err(|error| Error::from(sqlx::Error::from(error)))?;
        Ok(Self(pool))
    }

    /// Takes over what an earlier process was working on, and forgets what is over. There is no other
    /// process now: this one has the ledger open.
    pub(super) async fn take_over(&self) -> Result<(), Error> {
        // However long ago it was last seen, also if the clock was set back since.
        reenqueue_orphaned(&self.0, i64::MIN, QUEUE, &WorkerFilter::None).await?;
        SqliteStorage::<Queued>::new(&self.0).vacuum().await?;
        Ok(())
    }

    /// Queues a job, unless it is in the queue.
    pub(super) async fn push(&self, job: &Queued) -> Result<(), Error> {
        let bytes = serde_json::to_vec(job).map_err(Error::JsonError)?;
        let key = format!("{} {}", job.id, job.tries);
        let task = TaskBuilder::new(bytes).idempotency_key(key);
        let mut connection = self.0.acquire().await?;
        push_tasks(&mut *connection, QUEUE, &[task.build()]).await
    }
}

/// Works off the queue for as long as the process lives.
pub(super) fn work(desk: Desk) {
    tokio::spawn(async move {
        while !desk.0.jobs.is_stopping() {
            let Ok(name) = JobId::random() else { return };
            let config = Config::default().queue(QUEUE).batch_size(1);
            let storage = SqliteStorage::<Queued>::new(&desk.0.jobs.queue.0).with_config(config);
            let worker = WorkerBuilder::new(name.as_str())
                .backend(storage.poll_with_interval(LOOK))
                .concurrency(1)
                .data(desk.clone())
                .build(one);
            if let Err(error) = worker.run().await {
                tracing::error!(%error, "the jobs' queue failed");
            }
            tokio::time::sleep(PAUSE).await;
        }
    });
}

/// Runs a job. How it ended is in its file, so to the queue it always went well.
async fn one(job: Queued, desk: Data<Desk>) -> Result<(), BoxDynError> {
    let desk = Desk::clone(&desk);
    let jobs = desk.clone();
    spawn_blocking(move || run::run(&desk, &job)).await?;
    if jobs.0.jobs.is_stopping() {
        // Left as it is, as if the process had been killed: the next one takes it over.
        std::future::pending::<()>().await;
    }
    Ok(())
}
