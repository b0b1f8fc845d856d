//! Attachments that proofs rest on: publications and proofs of cohort answers, by digest.

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use salus_ledger::transaction::AttachmentDigest;

use crate::node::Node;
use crate::problem::Problem;
use crate::request::Segment;

/// The publication, or the proofs of a cohort answer, with this digest. Who checks the whole log
/// takes all of them.
#[utoipa::path(
    get, path = "/attachments/{digest}", tag = "ledger",
    params(("digest" = String, Path, description = "The digest that a transaction names, 64 hexadecimal digits")),
    responses(
        (status = 200, content_type = "application/octet-stream"),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem; 404 when no transaction names it"),
    ),
)]
pub(super) async fn attachment(
    State(node): State<Node>,
    Segment(digest): Segment,
) -> Result<impl IntoResponse, Problem> {
    let digest: AttachmentDigest = serde_json::from_value(digest.into()).map_err(|_| {
        Problem::parameter("an attachment is named by its digest: 64 hexadecimal digits")
    })?;
    let bytes = node.read(move |ledger| Ok(ledger.proof_attachment(&digest)?));
    // What a digest names never changes.
    let headers = [
        (CONTENT_TYPE, "application/octet-stream"),
        (CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, bytes.await?))
}
