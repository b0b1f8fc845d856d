//! Pages as answers: their headers, and problems as pages.

use askama::Template;
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERER, REFERRER_POLICY};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
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
                // Browsers tell this site alone from which of its pages they come, for a way back.
                let own_site = HeaderValue::from_static("same-origin");
                let headers = [
                    (CONTENT_TYPE, media),
                    (CONTENT_SECURITY_POLICY, PAGE_POLICY),
                    (REFERRER_POLICY, own_site),
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
    /// The page of this site from which it was asked for.
    back: Option<String>,
    /// Whether a form was sent.
    sent: bool,
}

/// Shows problems as pages to who asks for pages.
pub(crate) async fn problems(State(node): State<Node>, request: Request, next: Next) -> Response {
    let wants_page = wants_page(request.headers());
    let back = wants_page.then(|| back(request.headers())).flatten();
    let sent = request.method() == Method::POST;
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
        back,
        sent,
    });
    let (mut parts, _) = response.into_parts();
    let (made, body) = page.into_response().into_parts();
    for name in [CONTENT_TYPE, CONTENT_SECURITY_POLICY, REFERRER_POLICY] {
        if let Some(value) = made.headers.get(&name) {
            parts.headers.insert(name, value.clone());
        }
    }
    parts.headers.remove(axum::http::header::CONTENT_LENGTH);
    Response::from_parts(parts, body)
}

/// The page that a browser comes from, where it says that this is one of this site's: another's address
/// never becomes a link here.
fn back(headers: &HeaderMap) -> Option<String> {
    let site = headers.get("sec-fetch-site")?;
    let from: Uri = headers.get(REFERER)?.to_str().ok()?.parse().ok()?;
    let path = from.path_and_query()?.as_str();
    // Two slashes would begin the name of another site.
    let own = site == "same-origin" && path.starts_with('/') && !path.starts_with("//");
    own.then(|| path.to_owned())
}

/// Browsers name text/html; programs don't.
fn wants_page(headers: &HeaderMap) -> bool {
    let accepts = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok());
    accepts.is_some_and(|accept| accept.contains("text/html"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn from(site: &'static str, page: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert("sec-fetch-site", HeaderValue::from_static(site));
        headers.insert(REFERER, page.parse().unwrap());
        back(&headers)
    }

    #[test]
    fn the_way_back_leads_to_this_site_alone() {
        let page = "http://node.example:8080/desk/patients/a?done=granted";
        let path = "/desk/patients/a?done=granted";
        assert_eq!(from("same-origin", page).as_deref(), Some(path));
        for site in ["same-site", "cross-site", "none"] {
            assert_eq!(from(site, page), None, "{site}");
        }
        for other in [
            "http://node.example//evil.example/",
            "about:blank",
            "no address",
        ] {
            assert_eq!(from("same-origin", other), None, "{other}");
        }
        assert_eq!(back(&HeaderMap::new()), None);
    }
}
