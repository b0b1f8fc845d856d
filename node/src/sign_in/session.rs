//! Sessions: a cookie for who signed in, and what every request to a desk must come with.

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST, ORIGIN, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, Method, Uri};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use tower_sessions::cookie::SameSite;
use tower_sessions::cookie::time::Duration;
use tower_sessions::{Expiry, Session, SessionManagerLayer};

use super::code_flow;
use super::identity::{Identity, KEPT, Kept, bears_token, seconds_since_1970};
use super::store::BoundedStore;
use crate::node::Node;
use crate::pages::sign_in_page;
use crate::problem::Problem;
use crate::request::{FORM_BYTES, Parameters};

/// A session that nobody uses ends after so many minutes.
const IDLE_MINUTES: i64 = 30;
/// Every session ends after so many seconds: a working day.
const LONGEST_SECONDS: u64 = 10 * 60 * 60;

/// The routes by which people sign in and out.
pub(crate) fn routes() -> Router<Node> {
    Router::new()
        .route("/sign-in", get(sign_in_page))
        .route("/sign-in/link", get(follow_link))
        .route("/sign-in/provider", get(code_flow::begin))
        .route("/sign-in/return", get(code_flow::end))
        .route("/sign-out", post(sign_out))
}

/// Puts sessions around routes, and turns away requests that other sites' pages made.
pub(crate) fn around(node: &Node, routes: Router<Node>) -> Router<Node> {
    let secure = node.site().secure;
    let layer = SessionManagerLayer::new(BoundedStore::default())
        // Browsers take a cookie of the longer name from this very host alone, and through TLS.
        .with_name(if secure { "__Host-salus" } else { "salus" })
        .with_http_only(true)
        // Not strict: the answer of an identity provider comes from its site.
        .with_same_site(SameSite::Lax)
        .with_secure(secure)
        // Else a session would end so long after its last change, not after its last use.
        .with_always_save(true)
        .with_expiry(Expiry::OnInactivity(Duration::minutes(IDLE_MINUTES)));
    let mut routes = routes.layer(DefaultBodyLimit::max(FORM_BYTES)).layer(layer);
    if secure {
        routes = routes.layer(from_fn(securely));
    }
    routes.layer(from_fn_with_state(node.clone(), own_pages_only))
}

/// Sets cookies through TLS alone. The library removes a session's cookie without saying so, and
/// browsers then leave one of the longer name where it is.
async fn securely(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if let axum::http::header::Entry::Occupied(mut cookies) =
        response.headers_mut().entry(SET_COOKIE)
    {
        for cookie in cookies.iter_mut() {
            if let Some(secured) = secured(cookie) {
                *cookie = secured;
            }
        }
    }
    response
}

/// A cookie with the attribute `Secure`; none where it has it.
fn secured(cookie: &HeaderValue) -> Option<HeaderValue> {
    let text = cookie.to_str().ok()?;
    let mut attributes = text.split(';').skip(1).map(str::trim);
    if attributes.any(|attribute| attribute.eq_ignore_ascii_case("secure")) {
        return None;
    }
    HeaderValue::from_str(&format!("{text}; Secure")).ok()
}

#[derive(Deserialize)]
struct Followed {
    secret: String,
}

async fn follow_link(
    State(node): State<Node>,
    session: Session,
    Parameters(followed): Parameters<Followed>,
) -> Result<Redirect, Problem> {
    let link = node.site().link.as_ref();
    node.quotas().sign_in()?;
    if !link.is_some_and(|link| link.redeem(&followed.secret)) {
        return Err(Problem::sign_in());
    }
    begin(&session, Identity::owner("owner")).await?;
    Ok(Redirect::to("/desk"))
}

/// Begins a session under a fresh id, so that nobody knows it from before.
pub(super) async fn begin(session: &Session, identity: Identity) -> Result<(), Problem> {
    let failed = |error: tower_sessions::session::Error| Problem::internal(&error.to_string());
    session.cycle_id().await.map_err(failed)?;
    let until = seconds_since_1970().saturating_add(LONGEST_SECONDS);
    let kept = Kept { identity, until };
    session.insert(KEPT, kept).await.map_err(failed)
}

async fn sign_out(session: Session) -> Result<Redirect, Problem> {
    let flushed = session.flush().await;
    flushed.map_err(|error| Problem::internal(&error.to_string()))?;
    Ok(Redirect::to("/"))
}

/// A change is taken from this site's own pages only; and a demonstration, which asks nobody to
/// sign in, answers only to names of the machine itself, whatever a name server says of others.
///
/// A request with an access token is nobody's page: browsers do not add tokens.
async fn own_pages_only(State(node): State<Node>, request: Request, next: Next) -> Response {
    // Other bodies than forms are read by routes that bound them themselves.
    if is_form(request.headers()) && announces_more_than(request.headers(), FORM_BYTES) {
        return Problem::too_large(FORM_BYTES).into_response();
    }
    let public = node.site().reception.as_ref().map(|known| known.origin());
    let foreign = *request.method() != Method::GET
        && *request.method() != Method::HEAD
        && (node.site().demo || !bears_token(request.headers()))
        && !is_own(request.headers(), public.as_deref());
    if foreign || (node.site().demo && !is_local(request.headers())) {
        return Problem::foreign_page().into_response();
    }
    next.run(request).await
}

fn is_form(headers: &HeaderMap) -> bool {
    let media = headers.get(CONTENT_TYPE);
    let media = media.and_then(|media| media.to_str().ok());
    media.is_some_and(|media| media.starts_with("application/x-www-form-urlencoded"))
}

fn announces_more_than(headers: &HeaderMap, bytes: usize) -> bool {
    let length = headers.get(CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    length.is_some_and(|length| length > bytes as u64)
}

/// Whether a browser says that the request is from a page of the site that it is for: of the origin
/// `public`, where that is known, or else of the host that it names.
fn is_own(headers: &HeaderMap, public: Option<&str>) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match (text("sec-fetch-site"), text(ORIGIN.as_str())) {
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) if public.is_some() => Some(origin) == public,
        (None, Some(origin)) => {
            let origin: Option<Uri> = origin.parse().ok();
            let authority = origin.as_ref().and_then(Uri::authority);
            authority.map(|authority| authority.as_str()) == text(HOST.as_str())
        }
        // No browser: no cookie was sent without its user's knowledge.
        (None, None) => true,
    }
}

fn is_local(headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let host: Option<Uri> = host.and_then(|host| host.parse().ok());
    let name = host.as_ref().and_then(Uri::host);
    matches!(name, Some("localhost" | "127.0.0.1" | "[::1]"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let lines = lines.iter().map(|(name, value)| {
            let name = axum::http::HeaderName::from_static(name);
            (name, value.parse().unwrap())
        });
        lines.collect()
    }

    #[test]
    fn a_change_comes_from_the_sites_own_pages() {
        let host = ("host", "node.example:8080");
        assert!(is_own(
            &headers(&[host, ("origin", "http://node.example:8080")]),
            None
        ));
        assert!(!is_own(
            &headers(&[host, ("origin", "http://evil.example")]),
            None
        ));
        assert!(!is_own(&headers(&[host, ("origin", "null")]), None));
        assert!(!is_own(
            &headers(&[host, ("sec-fetch-site", "cross-site")]),
            None
        ));
        assert!(!is_own(
            &headers(&[host, ("sec-fetch-site", "same-site")]),
            None
        ));
        assert!(is_own(
            &headers(&[host, ("sec-fetch-site", "same-origin")]),
            None
        ));
    }

    #[test]
    fn behind_a_proxy_the_public_origin_counts() {
        let public = Some("https://salus.example");
        let from = |origin: &str| {
            is_own(
                &headers(&[("host", "inner:80"), ("origin", origin)]),
                public,
            )
        };
        assert!(from("https://salus.example"));
        for other in [
            "http://inner:80",
            "http://salus.example",
            "https://salus.example.evil",
            "null",
        ] {
            assert!(!from(other), "{other}");
        }
    }

    #[test]
    fn local_names_are_those_of_this_machine() {
        for local in [
            "localhost",
            "localhost:8080",
            "127.0.0.1:8080",
            "[::1]:8080",
        ] {
            assert!(is_local(&headers(&[("host", local)])), "{local}");
        }
        for other in [
            "node.example",
            "127.0.0.1.evil.example",
            "localhost.evil.example:80",
        ] {
            assert!(!is_local(&headers(&[("host", other)])), "{other}");
        }
    }
}
