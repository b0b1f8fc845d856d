//! What a request says in its path, its query and its form, taken apart; what is malformed is a
//! problem. Handlers take these instead of axum's own, whose refusals are plain text; a lint says so.
#![allow(clippy::disallowed_types)] // wrapped here, and nowhere else

use axum::body::Body;
use axum::extract::{FromRef, FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use percent_encoding::percent_decode;
use serde::de::DeserializeOwned;

use crate::body::read_at_most;
use crate::node::Node;
use crate::problem::Problem;

/// The longest form, in bytes.
pub(crate) const FORM_BYTES: usize = 1 << 20;

/// The one variable part of a path, as text.
#[derive(Debug)]
pub struct Segment(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Segment {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Segments(text) = Segments::from_request_parts(parts, state).await?;
        Ok(Self(text))
    }
}

/// All variable parts of a path: in order as a tuple, or by their names.
#[derive(Debug)]
pub struct Segments<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Segments<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(segments)) => Ok(Self(segments)),
            Err(error) => Err(Problem::parameter(error.body_text())),
        }
    }
}

/// The query's parameters.
#[derive(Debug)]
pub struct Parameters<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Parameters<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        if !is_text(parts.uri.query().unwrap_or_default().as_bytes()) {
            return Err(Problem::parameter("the query is not text in UTF-8"));
        }
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(values)) => Ok(Self(values)),
            Err(error) => Err(Problem::parameter(error.body_text())),
        }
    }
}

/// What a page's form sends, within limits of size, time and memory.
#[derive(Debug)]
pub struct Form<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Form<T>
where
    Node: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let held = read_at_most(&Node::from_ref(state), body, FORM_BYTES).await?;
        if !is_text(held.bytes()) {
            return Err(Problem::form("the form is not text in UTF-8"));
        }
        let request = Request::from_parts(parts, Body::from(held.bytes().to_vec()));
        match axum::Form::from_request(request, state).await {
            Ok(axum::Form(values)) => Ok(Self(values)),
            Err(error) if error.status() == StatusCode::UNSUPPORTED_MEDIA_TYPE => Err(
                Problem::media_type("send a form: application/x-www-form-urlencoded"),
            ),
            Err(error) => Err(Problem::form(error.body_text())),
        }
    }
}

/// Whether names and values in a form or a query are text: else something would be read that nobody
/// wrote.
fn is_text(encoded: &[u8]) -> bool {
    percent_decode(encoded).decode_utf8().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_utf_8_before_and_after_it_is_decoded() {
        for text in ["", "a=b&c=%C3%A9", "a=100%", "a=\u{e9}"] {
            assert!(is_text(text.as_bytes()), "{text}");
        }
        for other in [&b"a=\xff"[..], b"a=%ff", b"a=%C3&b=%A9"] {
            assert!(!is_text(other), "{other:?}");
        }
    }
}
