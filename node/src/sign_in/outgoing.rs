//! Outgoing requests, to the identity provider alone: through TLS, without redirections, bounded in
//! size and time.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use openidconnect::url::Url;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use thiserror::Error;
use tokio::time::timeout;

use super::settings::is_secure;

/// How long the provider may take.
const TIME: Duration = Duration::from_secs(10);
/// The longest answer, in bytes.
const ANSWER_BYTES: usize = 1 << 20;

/// Why there is no answer. What it says is for the operator.
#[derive(Debug, Error)]
pub(super) enum NoAnswer {
    #[error("its address is not https")]
    Insecure,
    #[error("it can't be reached: {0}")]
    Unreached(#[from] hyper_util::client::legacy::Error),
    #[error("its answer broke off or is longer than {ANSWER_BYTES} bytes")]
    Broken,
    #[error("it did not answer within {} s", TIME.as_secs())]
    Late,
}

/// Makes requests.
#[derive(Debug)]
pub(super) enum Outgoing {
    /// To a provider on this machine.
    Plain(Client<HttpConnector, Full<Bytes>>),
    /// To any other.
    Tls(Client<HttpsConnector<HttpConnector>, Full<Bytes>>),
}

impl Outgoing {
    /// What reaches a provider at this URL.
    ///
    /// # Errors
    /// When this machine has no certificates of authorities.
    pub(super) fn to(url: &Url) -> io::Result<Self> {
        let client = Client::builder(TokioExecutor::new());
        if url.scheme() == "http" {
            return Ok(Self::Plain(client.build(HttpConnector::new())));
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let connector = HttpsConnectorBuilder::new().with_provider_and_native_roots(provider)?;
        Ok(Self::Tls(
            client.build(connector.https_only().enable_http1().build()),
        ))
    }

    async fn ask(&self, request: HttpRequest) -> Result<HttpResponse, NoAnswer> {
        // The provider names its own endpoints, and could name others than it should.
        let url = Url::parse(&request.uri().to_string());
        if !url.is_ok_and(|url| is_secure(&url)) {
            return Err(NoAnswer::Insecure);
        }
        let request = request.map(|body| Full::new(Bytes::from(body)));
        let answer = match self {
            Self::Plain(client) => client.request(request).await?,
            Self::Tls(client) => client.request(request).await?,
        };
        let (parts, body) = answer.into_parts();
        let body = Limited::new(body, ANSWER_BYTES).collect().await;
        let body = body.map_err(|_| NoAnswer::Broken)?.to_bytes();
        Ok(HttpResponse::from_parts(parts, body.to_vec()))
    }
}

impl<'c> AsyncHttpClient<'c> for Outgoing {
    type Error = NoAnswer;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, NoAnswer>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            timeout(TIME, self.ask(request))
                .await
                .unwrap_or(Err(NoAnswer::Late))
        })
    }
}
