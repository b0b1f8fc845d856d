//! Serving: connections accepted, bounded in number and time, and ended in order.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use thiserror::Error;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tower::{Service, ServiceExt, service_fn};

use crate::connection::{Connections, Place, Stream, Turned, Watch};
use crate::metrics;
use crate::node::Node;

/// Bytes read of a connection before they are asked for: its longest header.
const READ_AHEAD: usize = 64 << 10;

/// After a failure to accept, such as too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Connections made, but not accepted yet.
const BACKLOG: u32 = 1024;

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

/// Listens on an address, for [`serve`]. As many connections as a node serves can be made before it
/// gets to them; with fewer, as systems have it by default, a burst of clients waits for seconds.
///
/// # Errors
/// What the system says: the address is taken, or not this machine's, or needs rights.
pub async fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // Connections that have just ended do not keep the address from the next process.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
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
    let router = node.router(more);
    serve_router(listener, &node, router, shutdown).await
}

/// Serves a node's metrics alone, at `/metrics` and to whoever reaches this address, until `shutdown`
/// ends.
///
/// # Errors
/// As [`serve`].
pub async fn serve_metrics(
    listener: TcpListener,
    node: Node,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let router = metrics::alone(&node);
    serve_router(listener, &node, router, shutdown).await
}

async fn serve_router(
    listener: TcpListener,
    node: &Node,
    router: Router,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let drain_time = node.settings().drain_time;
    let connections = Connections::new(node.settings().connections);
    let (serving, stopping) = watch::channel(());
    accept(listener, node, router, &connections, &stopping, shutdown).await;
    drop(serving);
    timeout(drain_time, connections.ended())
        .await
        .map_err(|_| ServeError::Unfinished { after: drain_time })
}

async fn accept(
    listener: TcpListener,
    node: &Node,
    router: Router,
    connections: &Arc<Connections>,
    stopping: &watch::Receiver<()>,
    shutdown: impl Future<Output = ()>,
) {
    let mut shutdown = pin!(shutdown);
    loop {
        let next = async {
            let (stream, _) = listener.accept().await?;
            // An answer's last bytes don't wait for the client to acknowledge its first.
            let _ = stream.set_nodelay(true);
            // Only now, so that nobody loses a place before another is there who wants it.
            io::Result::Ok((stream, connections.place().await))
        };
        let accepted = tokio::select! {
            accepted = next => accepted,
            () = &mut shutdown => return,
        };
        match accepted {
            Ok((stream, place)) => answer(stream, place, node, router.clone(), stopping.clone()),
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
    place: Place,
    node: &Node,
    router: Router,
    mut stopping: watch::Receiver<()>,
) {
    let settings = node.settings();
    let watch = place.watch.clone();
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(settings.header_time)
        .max_buf_size(READ_AHEAD)
        .serve_connection(
            TokioIo::new(Stream::new(stream, watch.clone())),
            TowerToHyperService::new(turns(router, watch.clone())),
        );
    let (lifetime, drain_time) = (settings.connection_time, settings.drain_time);
    let answer_time = settings.answer_time;
    let answered = async move {
        let mut connection = pin!(connection);
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
    };
    tokio::spawn(async move {
        // A connection that breaks, or whose client is too slow, is its client's affair.
        tokio::select! {
            () = answered => {}
            () = watch.must_end(answer_time) => {}
        }
        drop(place);
    });
}

/// The router, with the turns of a connection noted.
fn turns(
    router: Router,
    watch: Arc<Watch>,
) -> impl Service<Request<Incoming>, Response = Response<Body>, Error = Infallible, Future: Send> + Clone
{
    service_fn(move |request: Request<Incoming>| {
        let (router, watch) = (router.clone(), watch.clone());
        async move {
            let request = request.map(|body| Body::new(Turned::request(body, watch.clone())));
            let answer = router.oneshot(request).await?;
            Ok(answer.map(|body| Body::new(Turned::answer(body, watch))))
        }
    })
}
