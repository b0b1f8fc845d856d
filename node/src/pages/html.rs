//! Pages as answers: their headers, and problems as pages.

use askama::Template;
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::shell::{Here, Shell};
use crate::node::Node;
use crate::problem::Problem;

/// What a page may load and do: its own style sheets, scripts, images and routes, nothing from
/// elsewhere, and nothing inline.
pub const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
     worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);

/// A page, to be rendered.
#[derive(Debug)]
pub struct Html<T>(pub T);

impl<T: Template> IntoResponse for Html<T> {
    fn into_response(self) -> Response {
        match self.0.render() {
            Ok(text) => {
                let media = HeaderValue::from_static("text/html; charset=utf-8");
                let headers = [
                    (CONTENT_TYPE, media),
                    (CONTENT_SECURITY_POLICY, PAGE_POLICY),
                ];
                (headers, text).into_response()
            }
            Err(error) => Problem::internal(&error.to_string()).into_response(),
        }
    }
}

#[derive(Debug, Template)]
#[template(path = "problem.html")]
struct ProblemPage {
    shell: Shell,
    title: String,
    detail: String,
    /// Whether signing in would help.
    sign_in: bool,
}

/// Shows problems as pages to who asks for pages.
pub(crate) async fn problems(State(node): State<Node>, request: Request, next: Next) -> Response {
    let wants_page = wants_page(request.headers());
    let response = next.run(request).await;
    let Some(problem) = response
        .extensions()
        .get::<Problem>()
        .filter(|_| wants_page)
    else {
        return response;
    };
    // The node may be too busy to say its ledger's name: the page does without.
    let shell = Shell::nameless(&node, "Problem", Here::None);
    let page = Html(ProblemPage {
        shell,
        title: problem.title().to_owned(),
        detail: problem.detail().to_owned(),
        sign_in: problem.status() == StatusCode::UNAUTHORIZED,
    });
    let (mut parts, _) = response.into_parts();
    let (made, body) = page.into_response().into_parts();
    for name in [CONTENT_TYPE, CONTENT_SECURITY_POLICY] {
        if let Some(value) = made.headers.get(&name) {
            parts.headers.insert(name, value.clone());
        }
    }
    parts.headers.remove(axum::http::header::CONTENT_LENGTH);
    Response::from_parts(parts, body)
}

/// Browsers name text/html; programs don't.
fn wants_page(headers: &HeaderMap) -> bool {
    let accepts = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok());
    accepts.is_some_and(|accept| accept.contains("text/html"))
}
