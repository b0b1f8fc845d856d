//! Presence: whether whoever made a request is still signed in, for answers that go on after it.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use tower_sessions::Session;
use zeroize::Zeroizing;

use super::identity::{bearer, bears_token, kept};
use super::reception::Reception;
use crate::node::Node;
use crate::problem::Problem;

/// By what a request's sender was known. Asked again while the answer goes on, it says whether that
/// still holds. It says nothing of who it was: that is [`super::Identity`], which a handler asks for
/// beside it.
pub struct Presence(By);

enum By {
    /// A demonstration knows everyone.
    Demo,
    Session(Session),
    Token(Arc<Reception>, Zeroizing<String>),
}

impl Presence {
    /// Whether the session has not ended, or the token is still good.
    pub async fn lasts(&self) -> bool {
        match &self.0 {
            By::Demo => true,
            // Read from the store again: the request's own copy knows of no end.
            By::Session(session) => session.load().await.is_ok() && kept(session).await.is_some(),
            By::Token(reception, token) => {
                let found = reception.tokens().find(token, Instant::now());
                found.is_some()
            }
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Presence
where
    Node: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let node = Node::from_ref(state);
        let site = node.site();
        if site.demo {
            return Ok(Self(By::Demo));
        }
        let by = if bears_token(&parts.headers) {
            let token = bearer(&parts.headers).zip(site.reception.clone());
            let (token, reception) = token.ok_or_else(Problem::token)?;
            By::Token(reception, Zeroizing::new(token.to_owned()))
        } else {
            let session = parts.extensions.get::<Session>();
            By::Session(session.ok_or_else(Problem::sign_in)?.clone())
        };
        Ok(Self(by))
    }
}
