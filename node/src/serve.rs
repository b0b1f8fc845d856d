//! Serving: connections accepted, bounded in number and time, and ended in order.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{sleep, timeout};
use tower::ServiceExt;

use crate::body::Arriving;
use crate::line::Line;
use crate::node::Node;

/// After a failure to accept, such as too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Bodies that are read within a time as a whole are ended by that first, with its own problem.
const BODY_SLACK: Duration = Duration::from_secs(1);

/// More than a machine has connections, and few enough for all of them to be waited for.
const MOST_CONNECTIONS: u32 = u32::MAX >> 3;

/// Why a node stopped otherwise than it was told to.
#[derive(Debug, Error)]
pub enum ServeError {
    /// Requests did not end in time.
    #[error(
        "requests were still under way {}s after the node was told to stop; what had been acknowledged \
         is on the disk", .after.as_secs()
    )]
    Unfinished {
        /// How long they were given.
        after: Duration,
    },
}

/// Serves a node, and `more` routes beside it, over HTTP/1.1 until `shutdown` ends; then takes no more connections, and lets
/// requests under way end. A transaction that was acknowledged is on the disk whatever happens.
///
/// # Errors
/// [`ServeError::Unfinished`] when requests did not end within [`crate::Settings::drain_time`].
pub async fn serve(
    listener: TcpListener,
    node: Node,
    more: Router<Node>,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let drain_time = node.settings().drain_time;
    let most = u32::try_from(node.settings().connections).unwrap_or(u32::MAX);
    let most = most.clamp(1, MOST_CONNECTIONS);
    let places = Arc::new(Semaphore::new(most as usize));
    let (serving, stopping) = watch::channel(());
    accept(listener, &node, more, &places, &stopping, shutdown).await;
    drop(serving);
    // A connection gives its place back when it has ended, so all places are free when all have.
    let ended = timeout(drain_time, places.acquire_many(most)).await;
    ended
        .map(drop)
        .map_err(|_| ServeError::Unfinished { after: drain_time })
}

async fn accept(
    listener: TcpListener,
    node: &Node,
    more: Router<Node>,
    places: &Arc<Semaphore>,
    stopping: &watch::Receiver<()>,
    shutdown: impl Future<Output = ()>,
) {
    let router = node.router(more);
    let mut shutdown = pin!(shutdown);
    loop {
        let next = async {
            // The semaphore is never closed, so there always is a place at some time.
            let place = places.clone().acquire_owned().await.ok();
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            next = next => next,
            () = &mut shutdown => return,
        };
        match accepted {
            Ok((stream, _)) => answer(stream, place, node, router.clone(), stopping.clone()),
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Answers one connection's requests, in a task of its own. When its time is over, or the node stops,
/// the request under way is still answered, and told that it is the last.
fn answer(
    stream: TcpStream,
    place: Option<OwnedSemaphorePermit>,
    node: &Node,
    router: Router,
    mut stopping: watch::Receiver<()>,
) {
    let settings = node.settings();
    let line = Line::new(stream, settings.answer_time);
    let silence = settings.body_time + BODY_SLACK;
    let service = router.map_request(move |request: Request<Incoming>| {
        request.map(|body| Body::new(Arriving::new(body, silence)))
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(settings.header_time)
        .serve_connection(TokioIo::new(line), TowerToHyperService::new(service));
    let (lifetime, drain_time) = (settings.connection_time, settings.drain_time);
    tokio::spawn(async move {
        let mut connection = pin!(connection);
        // A connection that breaks, or whose client is too slow at the end, is its client's affair.
        let rest = tokio::select! {
            _ = connection.as_mut() => None,
            () = sleep(lifetime) => Some(drain_time),
            // The other end is dropped when the node stops, which then waits for the connections.
            _ = stopping.changed() => Some(lifetime),
        };
        if let Some(rest) = rest {
            connection.as_mut().graceful_shutdown();
            let _ = timeout(rest, connection).await;
        }
        drop(place);
    });
}
