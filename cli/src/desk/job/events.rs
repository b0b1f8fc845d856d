//! Events: a job's progress as server-sent events, the latest state first.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{Stream, unfold};
use salus_node::Problem;
use salus_node::sign_in::{Identity, Role};
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::task::spawn_blocking;

use super::queue::Queued;
use super::{Desk, word};
use crate::home::Job;

/// How often a stream on which nothing happens says that it is there.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// What a page is told of a job.
#[derive(Debug, Serialize)]
struct Told<'a> {
    standing: &'static str,
    over: bool,
    phase: &'a str,
    done: u64,
    total: u64,
    /// How it ended.
    says: Option<&'a str>,
}

/// A stream to one page.
struct Watching {
    desk: Desk,
    job: Queued,
    changed: watch::Receiver<()>,
    /// The revision that was told last, also by an earlier stream.
    told: Option<u64>,
    over: bool,
    _place: OwnedSemaphorePermit,
}

pub(super) async fn events(
    State(desk): State<Desk>,
    identity: Identity,
    Path((name, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let name = Desk::acting(&identity, Role::Custodian, &name)?;
    let place = desk.0.jobs.streams.clone().try_acquire_owned();
    let place = place.map_err(|_| busy())?;
    // Before the first look, so that no change is missed.
    let changed = desk.0.jobs.changed.subscribe();
    let job = desk.known_job(name, &id).await?;
    let last = headers.get("last-event-id");
    let last = last.and_then(|id| id.to_str().ok()?.parse().ok());
    let watching = Watching {
        job: Queued::of(&job),
        desk,
        changed,
        told: last,
        over: false,
        _place: place,
    };
    let stream = unfold(watching, next);
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(HEARTBEAT)))
}

/// The next event: as soon as the job differs from what was told, and at its end in any case. None
/// after its end, and when the process stops.
async fn next(mut watching: Watching) -> Option<(Result<Event, Infallible>, Watching)> {
    while !watching.over && !watching.desk.0.jobs.is_stopping() {
        watching.changed.mark_unchanged();
        let (desk, queued) = (watching.desk.clone(), watching.job.clone());
        let found = spawn_blocking(move || desk.0.home.find_job(&queued.custodian, &queued.id));
        let job = found.await.ok()?.ok()??;
        watching.over = job.standing.is_over();
        if watching.over || watching.told != Some(job.revision) {
            watching.told = Some(job.revision);
            return Some((Ok(event(&job)), watching));
        }
        watching.changed.changed().await.ok()?;
    }
    None
}

fn event(job: &Job) -> Event {
    let told = Told {
        standing: word(job.standing),
        over: job.standing.is_over(),
        phase: &job.progress.phase,
        done: job.progress.done,
        total: job.progress.total,
        says: job.outcome.as_ref().map(|outcome| outcome.says.as_str()),
    };
    let data = serde_json::to_string(&told).unwrap_or_default();
    Event::default().id(job.revision.to_string()).data(data)
}

/// There are as many streams or uploads as there may be.
pub(super) fn busy() -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "Busy",
        "Busy",
        "there are as many of these as the node takes; come again later",
    )
}
