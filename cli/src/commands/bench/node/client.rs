//! One connection of a load: it asks, reads the whole answer, and asks again.

use std::net::SocketAddr;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{CONTENT_TYPE, HOST, RETRY_AFTER};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use thiserror::Error;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Longer than a node works at a request, with what it may wait for a place.
const SILENCE: Duration = Duration::from_secs(90);
/// The most of a problem's document that is read.
const PROBLEM_BYTES: usize = 16 << 10;

/// A request: a path to read, or a transaction to hand in there.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    /// The place of its row in the report.
    pub(super) kind: usize,
    pub(super) path: String,
    pub(super) transaction: Option<Bytes>,
}

/// What was answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// Whether it says when to come again.
    pub(super) retry_after: bool,
    /// The code of a problem, if it is one.
    pub(super) code: Option<String>,
}

/// Why there is no answer.
#[derive(Debug, Error)]
pub(super) enum Broken {
    #[error("no connection: {0}")]
    Connect(#[from] std::io::Error),
    #[error("the connection broke: {0}")]
    Http(#[from] hyper::Error),
    #[error("no answer within {} s", SILENCE.as_secs())]
    Silence,
}

impl Broken {
    /// Whether a connection that had been used before ended before anything of the answer came: the
    /// service may close one that is idle, and a client asks again on another one.
    fn is_closed(&self) -> bool {
        matches!(self, Self::Http(error) if error.is_canceled() || error.is_incomplete_message())
    }
}

/// A connection that is kept alive, and opened again when the service ends it.
#[derive(Debug)]
pub(super) struct Connection {
    address: SocketAddr,
    sender: Option<SendRequest<Full<Bytes>>>,
    /// How often it was opened.
    pub(super) opened: u64,
}

impl Connection {
    pub(super) const fn to(address: SocketAddr) -> Self {
        Self {
            address,
            sender: None,
            opened: 0,
        }
    }

    /// Asks, and reads the answer to its end.
    pub(super) async fn ask(&mut self, ask: &Ask) -> Result<Answer, Broken> {
        let asked = timeout(SILENCE, self.ask_again(ask)).await;
        let asked = asked.unwrap_or(Err(Broken::Silence));
        if asked.is_err() {
            self.sender = None;
        }
        asked
    }

    async fn ask_again(&mut self, ask: &Ask) -> Result<Answer, Broken> {
        let used = self.sender.is_some();
        match self.ask_once(ask).await {
            Err(broken) if used && broken.is_closed() => {
                self.sender = None;
                self.ask_once(ask).await
            }
            asked => asked,
        }
    }

    async fn ask_once(&mut self, ask: &Ask) -> Result<Answer, Broken> {
        let request = request(ask, self.address);
        let response = self.ready().await?.send_request(request).await?;
        read(response).await
    }

    /// The open connection, or a new one.
    async fn ready(&mut self) -> Result<&mut SendRequest<Full<Bytes>>, Broken> {
        let mut open = self.sender.take();
        if let Some(sender) = &mut open
            && sender.ready().await.is_err()
        {
            open = None;
        }
        let sender = match open {
            Some(sender) => sender,
            None => self.open().await?,
        };
        Ok(self.sender.insert(sender))
    }

    async fn open(&mut self) -> Result<SendRequest<Full<Bytes>>, Broken> {
        let stream = TcpStream::connect(self.address).await?;
        // A request is one small packet, which must not wait for more.
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(async move {
            // Whoever waits for an answer on it is told.
            let _ = connection.await;
        });
        self.opened += 1;
        Ok(sender)
    }
}

fn request(ask: &Ask, address: SocketAddr) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(ask.transaction.clone().unwrap_or_default()));
    if ask.transaction.is_some() {
        *request.method_mut() = Method::POST;
        let bytes = hyper::header::HeaderValue::from_static("application/octet-stream");
        request.headers_mut().insert(CONTENT_TYPE, bytes);
    }
    // Paths are written here, of numbers and hexadecimal digits.
    *request.uri_mut() = ask.path.parse().unwrap_or_default();
    if let Ok(host) = address.to_string().parse() {
        request.headers_mut().insert(HOST, host);
    }
    request
}

async fn read(response: Response<Incoming>) -> Result<Answer, Broken> {
    #[derive(Deserialize)]
    struct Problem {
        code: String,
    }
    let (head, mut body) = response.into_parts();
    let mut kept = Vec::new();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame?.into_data()
            && !head.status.is_success()
            && kept.len() < PROBLEM_BYTES
        {
            kept.extend_from_slice(&data);
        }
    }
    let problem = serde_json::from_slice::<Problem>(&kept);
    Ok(Answer {
        status: head.status,
        retry_after: head.headers.contains_key(RETRY_AFTER),
        code: problem.ok().map(|problem| problem.code),
    })
}
