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
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tower::ServiceExt;

use crate::line::Line;
use crate::node::Node;

/// After a failure to accept, such as too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

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
    let graceful = GracefulShutdown::new();
    accept(listener, &node, more, &graceful, shutdown).await;
    timeout(drain_time, graceful.shutdown())
        .await
        .map_err(|_| ServeError::Unfinished { after: drain_time })
}

async fn accept(
    listener: TcpListener,
    node: &Node,
    more: Router<Node>,
    graceful: &GracefulShutdown,
    shutdown: impl Future<Output = ()>,
) {
    let router = node.router(more);
    let connections = node.settings().connections.clamp(1, Semaphore::MAX_PERMITS);
    let places = Arc::new(Semaphore::new(connections));
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
            Ok((stream, _)) => answer(stream, place, node, router.clone(), graceful),
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Answers one connection's requests, in a task of its own.
fn answer(
    stream: TcpStream,
    place: Option<OwnedSemaphorePermit>,
    node: &Node,
    router: Router,
    graceful: &GracefulShutdown,
) {
    let settings = node.settings();
    let line = Line::new(stream, settings.answer_time);
    let service = router.map_request(|request: Request<Incoming>| request.map(Body::new));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(settings.header_time)
        .serve_connection(TokioIo::new(line), TowerToHyperService::new(service));
    let connection = graceful.watch(connection);
    let lifetime = settings.connection_time;
    tokio::spawn(async move {
        // A connection that breaks or lives too long is its client's affair.
        let _ = timeout(lifetime, connection).await;
        drop(place);
    });
}
