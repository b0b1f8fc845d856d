//! The ledger: who it is and where it stands.

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use serde::Serialize;
use utoipa::ToSchema;

use super::text;
use crate::node::Node;
use crate::problem::Problem;

/// A ledger, as of its latest height.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LedgerView {
    /// Its id: the hash of its genesis.
    id: String,
    /// Its name.
    name: String,
    /// Its day, on which answers are proven; none before the first is set.
    day: Option<String>,
    /// Number of registry heads in the log.
    height: u64,
    /// Number of entries in the log.
    size: u64,
    /// The latest registry head's root.
    registry_root: String,
    /// Records ever committed.
    records: usize,
    /// The key that registers issuers and boards.
    governance_key: String,
    /// The key that signs checkpoints, as signed-note's tools take it.
    checkpoint_key: String,
    /// Whether keys of a development setup, whose maker can forge proofs, are accepted.
    accepts_insecure_keys: bool,
    /// The latest signed checkpoint. None when the latest entries are under none.
    checkpoint: Option<String>,
}

/// Who the ledger is and where it stands.
#[utoipa::path(
    get, path = "/ledger", tag = "ledger",
    responses(
        (status = 200, body = LedgerView),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem"),
    ),
)]
pub(super) async fn ledger(State(node): State<Node>) -> Result<Json<LedgerView>, Problem> {
    let view = node.read(|ledger| {
        let checkpoint = ledger.checkpoint()?.map(|text| text.as_str().to_owned());
        let state = ledger.state()?;
        let genesis = state.genesis();
        Ok(LedgerView {
            id: state.id().to_string(),
            name: genesis.name.to_string(),
            day: state.day().map(|day| day.to_string()),
            height: state.height(),
            size: state.entries(),
            registry_root: state.registry().root().to_string(),
            records: state.records().len(),
            governance_key: genesis.governance.to_string(),
            checkpoint_key: state.checkpoint_key().to_string(),
            accepts_insecure_keys: genesis.accepts_insecure_keys,
            checkpoint,
        })
    });
    Ok(Json(view.await?))
}

/// The latest checkpoint: the log's size and root, signed, as C2SP tlog-checkpoint says.
#[utoipa::path(
    get, path = "/ledger/checkpoint", tag = "ledger",
    responses(
        (status = 200, body = String, content_type = "text/plain; charset=utf-8"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "The latest entries are under no checkpoint"),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem"),
    ),
)]
pub(super) async fn checkpoint(State(node): State<Node>) -> Result<impl IntoResponse, Problem> {
    let checkpoint = node.read(|ledger| Ok(ledger.checkpoint()?)).await?;
    let checkpoint = checkpoint.ok_or_else(|| {
        Problem::not_found("the latest entries are under no checkpoint: its operator signs one")
    })?;
    Ok(text(
        "text/plain; charset=utf-8",
        checkpoint.as_str().to_owned(),
    ))
}
