//! Assets: style sheets, scripts and their libraries, in the binary.

use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

use crate::problem::Problem;
use crate::request::Segment;

#[derive(RustEmbed)]
#[folder = "assets/"]
struct Assets;

/// What a script in a thread of its own may do: load scripts of this node, and nothing else. No such
/// thread can ask any network.
const SCRIPT_POLICY: &str = "default-src 'none'; script-src 'self'";

/// A file of the node's assets. A browser keeps it, and asks each time whether it has changed.
pub(super) async fn asset(Segment(path): Segment, headers: HeaderMap) -> Response {
    let Some(file) = Assets::get(&path) else {
        return Problem::not_found("there is nothing at this path").into_response();
    };
    let tag = format!("\"{}\"", hex::encode(&file.metadata.sha256_hash()[..16]));
    let kept = headers.get(IF_NONE_MATCH).and_then(|tag| tag.to_str().ok());
    let headers = [
        (CONTENT_TYPE, media(&path).to_owned()),
        (CACHE_CONTROL, "no-cache".to_owned()),
        (CONTENT_SECURITY_POLICY, SCRIPT_POLICY.to_owned()),
        (ETAG, tag.clone()),
    ];
    if kept == Some(tag.as_str()) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, file.data).into_response()
}

/// What robots may read: everything but desks and the interface for programs.
pub(super) async fn robots() -> &'static str {
    "User-agent: *\nDisallow: /desk\nDisallow: /api/\n"
}

/// The media type by a file's ending; of what there is among the assets.
fn media(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("json") => "application/json",
        _ => "text/plain; charset=utf-8",
    }
}
