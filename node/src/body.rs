//! Request bodies: read within limits of size, time and memory.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::BoxError;
use axum::body::Body;
use http_body_util::BodyExt;
use hyper::body::{Body as _, Frame, Incoming, SizeHint};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Sleep, sleep, timeout};

use crate::node::Node;
use crate::problem::Problem;

/// A body that was read, and its share of the memory for bodies, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Held {
    bytes: Vec<u8>,
    _share: Option<OwnedSemaphorePermit>,
}

impl Held {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Reads a body.
pub(crate) async fn read(node: &Node, body: Body) -> Result<Held, Problem> {
    read_at_most(node, body, node.settings().body_bytes).await
}

/// Reads a body of at most so many bytes.
pub(crate) async fn read_at_most(node: &Node, body: Body, at_most: usize) -> Result<Held, Problem> {
    let announced = body.size_hint().lower();
    if usize::try_from(announced).map_or(true, |announced| announced > at_most) {
        return Err(Problem::too_large(at_most));
    }
    let time = node.settings().body_time;
    timeout(time, read_all(node, body, at_most))
        .await
        .unwrap_or_else(|_| Err(Problem::slow()))
}

/// Memory is charged as the bytes arrive, so that who announces much and sends little holds little.
async fn read_all(node: &Node, mut body: Body, at_most: usize) -> Result<Held, Problem> {
    let mut bytes = Vec::new();
    let mut share: Option<OwnedSemaphorePermit> = None;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Problem::body("the body ended before it was whole"))?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if data.len() > at_most.saturating_sub(bytes.len()) {
            return Err(Problem::too_large(at_most));
        }
        let more = u32::try_from(data.len()).map_err(|_| Problem::too_large(at_most))?;
        let more = node.bodies().clone().try_acquire_many_owned(more);
        let more = more.map_err(|_| Problem::busy())?;
        match &mut share {
            Some(share) => share.merge(more),
            None => share = Some(more),
        }
        bytes.extend_from_slice(&data);
    }
    Ok(Held {
        bytes,
        _share: share,
    })
}

/// A body as it comes from its client, whose silence for too long is an error: also where a route
/// reads it without a time of its own.
#[derive(Debug)]
pub(crate) struct Arriving {
    body: Incoming,
    silence: Duration,
    /// While nothing comes: until when.
    silent: Option<Pin<Box<Sleep>>>,
}

impl Arriving {
    pub(crate) const fn new(body: Incoming, silence: Duration) -> Self {
        Self {
            body,
            silence,
            silent: None,
        }
    }
}

impl hyper::body::Body for Arriving {
    type Data = <Incoming as hyper::body::Body>::Data;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, BoxError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            self.silent = None;
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let silence = self.silence;
        let silent = self.silent.get_or_insert_with(|| Box::pin(sleep(silence)));
        ready!(silent.as_mut().poll(context));
        Poll::Ready(Some(Err("the body did not arrive in time".into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
