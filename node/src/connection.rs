//! Connections: how many there are, whose turn it is on each, and which has to go when a further one
//! comes and all places are taken.
//!
//! A client that is slow in sending, in taking its answer or in asking again keeps a place without
//! using it. It keeps it while there are others.

use std::collections::BTreeMap;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep, timeout};

/// More than a machine has connections, and few enough for all of them to be waited for.
const MOST: u32 = u32::MAX >> 3;
/// Bytes a second at which a client keeps up: who is slower falls behind.
const PACE: u64 = 16 << 10;
/// A client that is less behind than this is not ended for another's sake.
const GRACE: Duration = Duration::from_secs(1);
/// How often a place is looked for while there is none.
const LOOK: Duration = Duration::from_millis(100);

/// The places for connections, and the connections in them.
#[derive(Debug)]
pub(crate) struct Connections {
    places: Arc<Semaphore>,
    most: u32,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    next: u64,
    watches: BTreeMap<u64, Arc<Watch>>,
}

/// A connection's place, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) watch: Arc<Watch>,
    id: u64,
    connections: Arc<Connections>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.open().watches.remove(&self.id);
    }
}

impl Connections {
    /// So many places.
    pub(crate) fn new(most: usize) -> Arc<Self> {
        let most = u32::try_from(most).unwrap_or(u32::MAX).clamp(1, MOST);
        Arc::new(Self {
            places: Arc::new(Semaphore::new(most as usize)),
            most,
            open: Mutex::default(),
        })
    }

    /// A place: a free one, or that of the client who is furthest behind.
    pub(crate) async fn place(self: &Arc<Self>) -> Place {
        loop {
            if self.places.available_permits() == 0 {
                self.end_slowest();
            }
            // The semaphore is never closed: there is a place, or it is looked for again.
            let permit = timeout(LOOK, self.places.clone().acquire_owned()).await;
            if let Ok(permit) = permit {
                return self.enter(permit.ok());
            }
        }
    }

    /// Waits until all connections have ended.
    pub(crate) async fn ended(&self) {
        // As above: there is no other way to fail.
        let _ = self.places.acquire_many(self.most).await;
    }

    fn enter(self: &Arc<Self>, permit: Option<OwnedSemaphorePermit>) -> Place {
        let watch = Arc::new(Watch::new());
        let mut open = self.open();
        let id = open.next;
        open.next += 1;
        open.watches.insert(id, watch.clone());
        drop(open);
        Place {
            watch,
            id,
            connections: self.clone(),
            _permit: permit,
        }
    }

    fn end_slowest(&self) {
        let now = Instant::now();
        let open = self.open();
        let behind = open
            .watches
            .values()
            .map(|watch| (watch.behind(now), watch));
        let late = behind.filter(|(behind, _)| *behind >= GRACE);
        if let Some((_, watch)) = late.max_by_key(|(behind, _)| *behind) {
            watch.told.notify_one();
        }
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whose turn it is on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// The client's: to ask, to send a body, to take an answer.
    Client,
    /// The node's: to work.
    Node,
}

/// What is seen of a connection.
#[derive(Debug)]
pub(crate) struct Watch {
    phase: Mutex<Phase>,
    told: Notify,
}

/// Of the request or the answer under way.
#[derive(Debug)]
struct Phase {
    turn: Turn,
    /// When the turn last changed.
    since: Instant,
    /// How long the client's turns before took.
    spent: Duration,
    /// Bytes that the client sent or took.
    bytes: u64,
    /// Since when the client takes nothing of what there is for it.
    full_since: Option<Instant>,
}

impl Watch {
    fn new() -> Self {
        Self {
            phase: Mutex::new(Phase {
                turn: Turn::Client,
                since: Instant::now(),
                spent: Duration::ZERO,
                bytes: 0,
                full_since: None,
            }),
            told: Notify::new(),
        }
    }

    fn phase(&self) -> MutexGuard<'_, Phase> {
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request's body or an answer begins.
    fn begin(&self, turn: Turn) {
        let mut phase = self.phase();
        phase.turn = turn;
        phase.since = Instant::now();
        phase.spent = Duration::ZERO;
        phase.bytes = 0;
    }

    /// Within it the turn changes: what the client took so far counts on.
    fn set(&self, turn: Turn) {
        let mut phase = self.phase();
        if phase.turn == turn {
            return;
        }
        let now = Instant::now();
        if phase.turn == Turn::Client {
            let taken = now.saturating_duration_since(phase.since);
            phase.spent += taken;
        }
        phase.turn = turn;
        phase.since = now;
    }

    fn moved(&self, bytes: usize) {
        self.phase().bytes += bytes as u64;
    }

    /// How much longer the client takes for its turn than one that keeps up.
    fn behind(&self, now: Instant) -> Duration {
        let phase = self.phase();
        let allowed = Duration::from_millis(phase.bytes * 1000 / PACE);
        match phase.turn {
            Turn::Client => {
                (phase.spent + now.saturating_duration_since(phase.since)).saturating_sub(allowed)
            }
            Turn::Node => Duration::ZERO,
        }
    }

    /// Returns when the connection has to end: its place is needed, or its client has taken nothing
    /// of its answer for so long.
    pub(crate) async fn must_end(&self, answer_time: Duration) {
        tokio::select! {
            () = self.told.notified() => {}
            () = self.stuck(answer_time) => {}
        }
    }

    async fn stuck(&self, answer_time: Duration) {
        loop {
            let full_since = self.phase().full_since;
            let left = full_since.map_or(answer_time, |since| {
                answer_time.saturating_sub(since.elapsed())
            });
            if left.is_zero() {
                return;
            }
            sleep(left).await;
        }
    }
}

/// A connection's bytes.
#[derive(Debug)]
pub(crate) struct Stream {
    inner: TcpStream,
    watch: Arc<Watch>,
}

impl Stream {
    pub(crate) const fn new(inner: TcpStream, watch: Arc<Watch>) -> Self {
        Self { inner, watch }
    }

    fn written(&self, outcome: &Poll<io::Result<usize>>) {
        let mut phase = self.watch.phase();
        match outcome {
            Poll::Ready(Ok(bytes)) => {
                phase.bytes += *bytes as u64;
                phase.full_since = None;
            }
            Poll::Ready(Err(_)) => {}
            Poll::Pending => {
                phase.full_since.get_or_insert_with(Instant::now);
            }
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.inner).poll_read(context, buffer);
        self.watch
            .moved(buffer.filled().len().saturating_sub(before));
        outcome
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.written(&outcome);
        outcome
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.inner).poll_write_vectored(context, slices);
        self.written(&outcome);
        outcome
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

/// Whose turn it is while a body has no more to give for now: the client's in a request, the node's
/// in an answer.
#[derive(Debug)]
pub(crate) struct Turned<B> {
    inner: B,
    watch: Arc<Watch>,
    awaited: Turn,
}

impl<B> Turned<B> {
    /// A request's body. Its head has come: it is the node's turn.
    pub(crate) fn request(inner: B, watch: Arc<Watch>) -> Self {
        watch.begin(Turn::Node);
        Self {
            inner,
            watch,
            awaited: Turn::Client,
        }
    }

    /// An answer's body. Its head goes out: it is the client's turn.
    pub(crate) fn answer(inner: B, watch: Arc<Watch>) -> Self {
        watch.begin(Turn::Client);
        Self {
            inner,
            watch,
            awaited: Turn::Node,
        }
    }
}

impl<B: HttpBody<Data = Bytes> + Unpin> HttpBody for Turned<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let outcome = Pin::new(&mut self.inner).poll_frame(context);
        let turn = match (outcome.is_pending(), self.awaited) {
            (true, awaited) => awaited,
            (false, Turn::Client) => Turn::Node,
            (false, Turn::Node) => Turn::Client,
        };
        self.watch.set(turn);
        outcome
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_client_is_behind_by_what_it_takes_over_the_pace_and_never_while_the_node_works() {
        let watch = Watch::new();
        let began = watch.phase().since;
        let after = |seconds| began + Duration::from_secs(seconds);
        assert_eq!(watch.behind(after(7)), Duration::from_secs(7));
        // An upload at twice the pace for 7 s.
        watch.moved(14 * (PACE as usize));
        assert_eq!(watch.behind(after(7)), Duration::ZERO);
        assert_eq!(watch.behind(after(20)), Duration::from_secs(6));
        watch.set(Turn::Node);
        assert_eq!(watch.behind(after(1000)), Duration::ZERO);
        // What was sent before counts no more in the next message.
        watch.begin(Turn::Client);
        let again = watch.phase().since + Duration::from_secs(3);
        assert_eq!(watch.behind(again), Duration::from_secs(3));
        // Within one, turns of the node between a client's do not wipe out how slow it was.
        watch.phase().spent = Duration::from_secs(9);
        watch.set(Turn::Node);
        watch.set(Turn::Client);
        let later = watch.phase().since + Duration::from_secs(1);
        assert!(watch.behind(later) >= Duration::from_secs(10));
    }

    #[tokio::test]
    async fn the_client_furthest_behind_is_told_to_end() {
        let connections = Connections::new(3);
        let mut places = Vec::new();
        for seconds in [5, 60, 30] {
            let place = connections.place().await;
            place.watch.phase().since = Instant::now() - Duration::from_secs(seconds);
            places.push(place);
        }
        places[1].watch.set(Turn::Node);
        let further = tokio::spawn({
            let connections = connections.clone();
            async move { connections.place().await.id }
        });
        let slowest = places.remove(2);
        slowest.watch.must_end(Duration::from_secs(3600)).await;
        drop(slowest);
        assert_eq!(further.await.unwrap(), 3);
        assert_eq!(connections.open().watches.len(), 2);
    }
}
