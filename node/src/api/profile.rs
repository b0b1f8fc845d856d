//! Profile documents, as the studies that ask about them brought them.

use axum::extract::State;
use axum::response::IntoResponse;
use salus_protocol::profile::ProfileHash;

use super::text;
use crate::node::Node;
use crate::problem::Problem;
use crate::request::Segment;

/// A profile document in TOML.
#[utoipa::path(
    get, path = "/profiles/{hash}", tag = "studies",
    params(("hash" = String, Path, description = "The profile's hash, 64 hexadecimal digits")),
    responses(
        (status = 200, body = String, content_type = "application/toml"),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem; 404 when no study brought it"),
    ),
)]
pub(super) async fn profile(
    State(node): State<Node>,
    Segment(hash): Segment,
) -> Result<impl IntoResponse, Problem> {
    let mut bytes = [0u8; 32];
    hex::decode_to_slice(&hash, &mut bytes)
        .map_err(|_| Problem::parameter("a profile is named by its hash: 64 hexadecimal digits"))?;
    let hash = ProfileHash::from_bytes(bytes);
    let document = node.read(move |ledger| Ok(ledger.profile_document(hash)?));
    Ok(text("application/toml", document.await?))
}
