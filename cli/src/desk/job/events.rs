//! Events: a job's progress as server-sent events, the latest state first.

use std::convert::Infallible;
use std::time::Duration;

use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{Stream, unfold};
use salus_node::Problem;
use salus_node::sign_in::Presence;
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use utoipa::ToSchema;

use super::Desk;
use super::known::KnownJob;
use super::queue::Queued;
use crate::home::{Job, Standing};

/// How often a stream on which nothing happens says that it is there.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How soon a stream ends after who reads it signed out, or the token is good no more.
const STAY: Duration = Duration::from_secs(5);

/// An event: how far a job is.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct JobEvent {
    standing: Standing,
    /// Whether nothing more will be done: the last event.
    over: bool,
    /// Such as "pages published".
    phase: String,
    /// So many of the phase's steps are done.
    done: u64,
    /// So many steps has the phase; 0 where that is not known.
    total: u64,
    /// How it ended, in words.
    says: Option<String>,
}

/// A stream to one page or service.
struct Watching {
    desk: Desk,
    presence: Presence,
    job: Queued,
    changed: watch::Receiver<()>,
    /// The revision that was told last, also by an earlier stream.
    told: Option<u64>,
    over: bool,
    _place: OwnedSemaphorePermit,
}

/// A job's progress as server-sent events: as it is now, then whenever it changes, up to its end, or
/// that of the token.
#[utoipa::path(
    get, path = "/jobs/{id}/events", tag = "jobs",
    params(
        ("name" = String, Path, description = "The custodian"),
        ("id" = String, Path, description = "The job"),
        ("last-event-id" = Option<String>, Header, description = "The last event that was read of an earlier stream"),
    ),
    security(("token" = ["custodian/{name}"])),
    responses(
        (status = 200, body = JobEvent, content_type = "text/event-stream", description = "Each event's data is JSON of this form"),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem"),
    ),
)]
pub(super) async fn events(
    KnownJob { desk, job }: KnownJob,
    presence: Presence,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let place = desk.0.jobs.streams.clone().try_acquire_owned();
    let place = place.map_err(|_| Problem::busy())?;
    let changed = desk.0.jobs.changed.subscribe();
    let last = headers.get("last-event-id");
    let last = last.and_then(|id| id.to_str().ok()?.parse().ok());
    let watching = Watching {
        presence,
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
/// after its end, when the process stops, and to nobody who is not signed in any more.
async fn next(mut watching: Watching) -> Option<(Result<Event, Infallible>, Watching)> {
    while !watching.over && !watching.desk.0.jobs.is_stopping() && watching.presence.lasts().await {
        watching.changed.mark_unchanged();
        let (desk, queued) = (watching.desk.clone(), watching.job.clone());
        let found = spawn_blocking(move || desk.0.home.find_job(&queued.custodian, &queued.id));
        let job = found.await.ok()?.ok()??;
        watching.over = job.standing.is_over();
        if watching.over || watching.told != Some(job.revision) {
            watching.told = Some(job.revision);
            return Some((Ok(event(&job)), watching));
        }
        // A session's end is no change of the job.
        if let Ok(gone) = timeout(STAY, watching.changed.changed()).await {
            gone.ok()?;
        }
    }
    None
}

fn event(job: &Job) -> Event {
    let told = JobEvent {
        standing: job.standing,
        over: job.standing.is_over(),
        phase: job.progress.phase.clone(),
        done: job.progress.done,
        total: job.progress.total,
        says: job.outcome.as_ref().map(|outcome| outcome.says.clone()),
    };
    let data = serde_json::to_string(&told).unwrap_or_default();
    Event::default().id(job.revision.to_string()).data(data)
}
