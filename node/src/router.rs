//! The router: every route, and what surrounds all of them.

use std::time::Instant;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::node::Node;
use crate::openapi::{self, Description};
use crate::problem::Problem;
use crate::{api, fhir, metrics, pages, reference, sign_in};

/// The described routes: those below `/api/v1` and `/fhir`.
pub(crate) fn described() -> OpenApiRouter<Node> {
    OpenApiRouter::with_openapi(Description::openapi())
        .nest("/api/v1", api::routes())
        .nest("/fhir/{version}", fhir::routes())
        .merge(sign_in::described_routes())
}

/// All routes of a node, and more.
pub(crate) fn router(node: &Node, more: Router<Node>) -> Router {
    let (routes, description) = openapi::take(described());
    routes
        .merge(api::log_files())
        .merge(reference::routes(description))
        .merge(pages::routes())
        .merge(sign_in::around(
            node,
            more.merge(sign_in::routes()).merge(metrics::routes()),
        ))
        .fallback(async || Problem::not_found("there is nothing at this path"))
        .method_not_allowed_fallback(async || {
            Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "Method",
                "Method not allowed",
                "this path does not take this method",
            )
        })
        .layer(from_fn_with_state(node.clone(), pages::problems))
        .layer(CatchPanicLayer::custom(
            |_: Box<dyn std::any::Any + Send>| {
                Problem::internal("a request panicked").into_response()
            },
        ))
        .layer(from_fn(fhir::outcome::outcomes))
        .layer(from_fn(guard))
        .layer(from_fn_with_state(node.clone(), observe))
        .with_state(node.clone())
}

/// What every answer carries, unless its route says otherwise: nothing of it is code, a page or
/// anybody else's to embed, and nothing is kept.
const HEADERS: [(HeaderName, HeaderValue); 5] = [
    (
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
    ),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
];

async fn guard(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in HEADERS {
        response.headers_mut().entry(name).or_insert(value);
    }
    response
}

/// Counts and logs a request by its route's pattern. Path, query, body and address stay out of
/// both: together they could say which record or which study someone cares about.
async fn observe(State(node): State<Node>, request: Request, next: Next) -> Response {
    let method = known(request.method());
    let matched = request.extensions().get::<MatchedPath>();
    let route = matched.map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let began = Instant::now();
    let response = next.run(request).await;
    let (status, took) = (response.status().as_u16(), began.elapsed());
    node.metrics().count(method, &route, status, took);
    tracing::info!(
        method,
        route,
        status,
        milliseconds = took.as_millis() as u64,
        "answered"
    );
    response
}

/// A method's name; those that no route has share one, so that clients can't invent labels.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}
