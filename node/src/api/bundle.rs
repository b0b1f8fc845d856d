//! Audit bundles: all that a study's answers rest on, in one file.

use axum::extract::State;
use axum::response::IntoResponse;
use salus_ledger::audit;
use serde::Deserialize;
use utoipa::IntoParams;

use super::study::parse_id;
use super::text;
use crate::node::Node;
use crate::problem::Problem;
use crate::request::{Parameters, Segment};

/// How much of the log.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Extent {
    /// Whether to add the whole log with its proofs, so that also cohort answers can be verified.
    #[serde(default)]
    log: bool,
}

/// A study's audit bundle, as `salus audit verify` reads it.
#[utoipa::path(
    get, path = "/studies/{id}/bundle", tag = "studies",
    params(("id" = String, Path, description = "The study's id, 64 hexadecimal digits", pattern = "^[0-9a-fA-F]{64}$"), Extent),
    responses(
        (status = 200, body = Object, content_type = "application/json", description = "The bundle: docs/spec/ledger.md, section Audit bundle"),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem; 404 for an unknown study"),
    ),
)]
pub(super) async fn bundle(
    State(node): State<Node>,
    Segment(id): Segment,
    Parameters(extent): Parameters<Extent>,
) -> Result<impl IntoResponse, Problem> {
    let id = parse_id(&id)?;
    let bundle = node.export(move |ledger| Ok(audit::export(ledger, &id, extent.log)?.to_json()));
    Ok(text("application/json", bundle.await?))
}
