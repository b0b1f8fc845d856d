//! Request bodies: read within limits of size, time and memory.

use axum::body::Body;
use axum::extract::{FromRef, FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use http_body_util::BodyExt;
use hyper::body::Body as _;
use serde::de::DeserializeOwned;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use crate::node::Node;
use crate::problem::Problem;

/// So much of a body is held beside the memory for bodies: more than any transaction of a patient.
/// Their number is bounded by that of connections.
const FREE: usize = 64 << 10;

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

/// The longest body of a request to a desk that is no upload, in bytes.
const DESK_BYTES: usize = 64 << 10;

/// What a service asks of a desk, as JSON.
#[derive(Debug)]
pub struct JsonBody<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T>
where
    Node: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let media = request.headers().get(CONTENT_TYPE);
        let media = media.and_then(|media| media.to_str().ok()?.split(';').next());
        if media.map(str::trim) != Some("application/json") {
            return Err(Problem::media_type("send application/json"));
        }
        let node = Node::from_ref(state);
        let held = read_at_most(&node, request.into_body(), DESK_BYTES).await?;
        let asked = serde_json::from_slice(held.bytes());
        asked
            .map(Self)
            .map_err(|error| Problem::body(error.to_string()))
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
    let pause = node.settings().body_pause;
    loop {
        let frame = timeout(pause, body.frame()).await;
        let Some(frame) = frame.map_err(|_| Problem::slow())? else {
            break;
        };
        let frame = frame.map_err(|_| Problem::body("the body ended before it was whole"))?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if data.len() > at_most.saturating_sub(bytes.len()) {
            return Err(Problem::too_large(at_most));
        }
        let held = bytes.len();
        let charged = (held + data.len()).saturating_sub(FREE) - held.saturating_sub(FREE);
        let more = u32::try_from(charged).map_err(|_| Problem::too_large(at_most))?;
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
