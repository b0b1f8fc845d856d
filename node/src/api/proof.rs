//! Proofs about the log, by RFC 6962.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::node::Node;
use crate::problem::Problem;
use crate::request::Parameters;

/// Which entry, in which log.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Inclusion {
    /// The entry's index, from 0.
    index: u64,
    /// The size of the log. Default: its size now.
    size: Option<u64>,
}

/// That an entry is in the log of some size.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InclusionView {
    /// The entry's index.
    index: u64,
    /// The size of the log.
    size: u64,
    /// The sibling hashes from the leaf up, in hexadecimal.
    path: Vec<String>,
}

/// That an entry is in the log.
#[utoipa::path(
    get, path = "/ledger/proofs/inclusion", tag = "ledger", params(Inclusion),
    responses(
        (status = 200, body = InclusionView),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "Beyond the log"),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem"),
    ),
)]
pub(super) async fn inclusion(
    State(node): State<Node>,
    Parameters(asked): Parameters<Inclusion>,
) -> Result<Json<InclusionView>, Problem> {
    let proof = node.read(move |ledger| {
        let size = asked
            .size
            .map_or_else(|| Ok(ledger.log_head()?.size), Ok::<_, Problem>)?;
        Ok(ledger.inclusion(asked.index, size)?)
    });
    let proof = proof.await?;
    Ok(Json(InclusionView {
        index: proof.index,
        size: proof.size,
        path: proof.path.iter().map(ToString::to_string).collect(),
    }))
}

/// Which two logs.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Consistency {
    /// The size of the shorter log, at least 1.
    from: u64,
    /// The size of the longer log. Default: the log's size now.
    to: Option<u64>,
}

/// That the log of one size is a prefix of the log of another.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConsistencyView {
    /// The size of the shorter log.
    from: u64,
    /// The size of the longer log.
    to: u64,
    /// The hashes, by RFC 6962 section 2.1.2, in hexadecimal.
    path: Vec<String>,
}

/// That nothing was taken out of the log or changed in it.
#[utoipa::path(
    get, path = "/ledger/proofs/consistency", tag = "ledger", params(Consistency),
    responses(
        (status = 200, body = ConsistencyView),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "Beyond the log"),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem"),
    ),
)]
pub(super) async fn consistency(
    State(node): State<Node>,
    Parameters(asked): Parameters<Consistency>,
) -> Result<Json<ConsistencyView>, Problem> {
    let proof = node.read(move |ledger| {
        let to = asked
            .to
            .map_or_else(|| Ok(ledger.log_head()?.size), Ok::<_, Problem>)?;
        Ok(ledger.consistency(asked.from, to)?)
    });
    let proof = proof.await?;
    Ok(Json(ConsistencyView {
        from: proof.old,
        to: proof.new,
        path: proof.path.iter().map(ToString::to_string).collect(),
    }))
}
