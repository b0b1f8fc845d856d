//! Problems: everything that a node answers when it does not do what was asked, by RFC 9457.
//!
//! The one place where an error becomes an answer. A problem says what is wrong and what to do; never
//! a path of the operator's machine, a stack trace or somebody else's data.

mod ledger;
mod rejection;

use std::time::Duration;

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The media type of problems.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

/// After so many seconds a client that was turned away may come again.
const RETRY_SECONDS: u64 = 2;

/// What is wrong with a request, or why it can't be answered now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// A URI that names the kind of problem: `urn:salus:problem:` and the code.
    #[serde(rename = "type")]
    kind: String,
    /// The HTTP status.
    status: u16,
    /// The kind of problem in words.
    title: String,
    /// What is wrong with this very request, and what to do.
    detail: String,
    /// The kind of problem for programs. Of a transaction that is refused: the name of the
    /// ledger's rule, such as `StudyExpired`.
    code: String,
    /// After so many seconds a client may come again; said in a header.
    #[serde(skip)]
    retry_after: Option<u64>,
}

impl Problem {
    /// A problem of some kind; `code` names the kind and never changes.
    #[must_use]
    pub fn new(status: StatusCode, code: &str, title: &str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:salus:problem:{code}"),
            status: status.as_u16(),
            title: title.to_owned(),
            detail: detail.into(),
            code: code.to_owned(),
            retry_after: (status == StatusCode::SERVICE_UNAVAILABLE).then_some(RETRY_SECONDS),
        }
    }

    /// The HTTP status.
    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The kind, for programs.
    pub(crate) fn code(&self) -> &str {
        &self.code
    }

    /// The kind of problem in words.
    pub(crate) fn title(&self) -> &str {
        &self.title
    }

    /// What is wrong with this very request, and what to do.
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    /// After so many seconds a client may come again, where that helps.
    pub(crate) fn retry_after(&self) -> Option<u64> {
        self.retry_after
    }

    /// There is no such thing.
    #[must_use]
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NotFound", "Not found", detail)
    }

    /// The path or query of the request is not of the right form.
    pub(crate) fn parameter(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "Parameter",
            "Malformed parameter",
            detail,
        )
    }

    /// The client asks for a form in which it is not served.
    pub(crate) fn not_acceptable(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::NOT_ACCEPTABLE,
            "NotAcceptable",
            "Not acceptable",
            detail,
        )
    }

    /// The body is not of the right form.
    #[must_use]
    pub fn body(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "Body", "Malformed body", detail)
    }

    /// A page's form is not filled in as it must be.
    #[must_use]
    pub fn form(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "Form", "Not as it must be", detail)
    }

    /// Nobody is signed in.
    pub(crate) fn sign_in() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "SignIn",
            "Sign in first",
            "this needs somebody who is signed in",
        )
    }

    /// A change that another site's page asks for, or a name that is not this machine's.
    pub(crate) fn foreign_page() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "ForeignPage",
            "Not from here",
            "changes are taken from this site's own pages, and a demonstration answers on this \
             machine only",
        )
    }

    /// This identity, or this kind of client, asks too often; it may come again after `wait`.
    pub(crate) fn too_often(wait: Duration) -> Self {
        let seconds = wait.as_secs().saturating_add(1);
        let mut problem = Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "TooOften",
            "Too often",
            format!("this was asked too often; nothing was done, come again in {seconds} s"),
        );
        problem.retry_after = Some(seconds);
        problem
    }

    /// A sign-in that did not end well. Why goes to the operator's log only.
    pub(crate) fn not_signed_in() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "NotSignedIn",
            "Not signed in",
            "the sign-in was not begun here, took too long, or the identity provider's answer does not \
             hold; begin again",
        )
    }

    /// Somebody whom the identity provider knows and this node does not.
    pub(crate) fn nobody_here() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "NobodyHere",
            "Nobody here",
            "the identity provider knows you, but you act for no party of this node; ask its operator",
        )
    }

    /// Somebody who is signed in, and runs no node.
    pub(crate) fn operators_only() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "OperatorsOnly",
            "For the operator",
            "metrics are for who has the role of operator on this node",
        )
    }

    /// An access token that is not, or no longer, good.
    pub(crate) fn token() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "Token",
            "No good token",
            "the access token is unknown or has expired; get another one",
        )
    }

    /// The body is of a kind that is not read here.
    pub(crate) fn media_type(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "MediaType",
            "Unsupported media type",
            detail,
        )
    }

    /// The body is too long.
    pub(crate) fn too_large(at_most: usize) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "BodyTooLarge",
            "Body too large",
            format!("the body is longer than {at_most} bytes"),
        )
    }

    /// The body did not arrive in time.
    #[must_use]
    pub fn slow() -> Self {
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            "BodyTooSlow",
            "Body too slow",
            "the body did not arrive in time; send it again over a faster line",
        )
    }

    /// The node is at one of its limits.
    #[must_use]
    pub fn busy() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "Busy",
            "Busy",
            "the node has as many requests as it takes; nothing was done, come again later",
        )
    }

    /// There is no room on the node's disk.
    #[must_use]
    pub fn disk_full() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "DiskFull",
            "The disk is full",
            "the node's disk is full: nothing was done, and its operator has to make room. What is on \
             the ledger can be read; come again later",
        )
    }

    /// The work takes longer than a client waits.
    pub(crate) fn late() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "Late",
            "Not done in time",
            "the request was not done in time. A transaction may still enter: send the same one again, \
             and if it has entered it is refused as Replayed",
        )
    }

    /// Something behind the node failed. What happened goes to the operator's log only.
    #[must_use]
    pub fn failed(what: &str) -> Self {
        Self::internal(what)
    }

    /// The node itself failed. What happened goes to the operator's log only.
    pub(crate) fn internal(what: &str) -> Self {
        tracing::error!(what, "a request failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Internal",
            "Internal error",
            "the node failed; its operator finds the cause in its log",
        )
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        // For a page about it, where its client wants pages, and for FHIR's form of it.
        response.extensions_mut().insert(self);
        response
    }
}
