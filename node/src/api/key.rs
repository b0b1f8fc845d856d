//! Verifying keys that the ledger takes proofs under.

use axum::Json;
use axum::extract::State;
use salus_verifier::Setup;
use serde::Serialize;
use utoipa::ToSchema;

use crate::node::Node;
use crate::problem::Problem;

/// A verifying key.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeyView {
    /// Its id: a hash of circuit, setup and bytes.
    id: String,
    /// The circuit that it is for.
    circuit: String,
    /// Where it comes from: `ceremony` or `insecure-development`, whose maker can forge proofs.
    #[schema(value_type = String)]
    setup: Setup,
    /// Its canonical bytes in hexadecimal.
    bytes: String,
    /// Index of the log entry that accepted it.
    entry: u64,
}

/// Verifying keys that the ledger takes proofs under.
#[utoipa::path(
    get, path = "/keys", tag = "parties",
    responses(
        (status = 200, body = Vec<KeyView>),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem"),
    ),
)]
pub(super) async fn keys(State(node): State<Node>) -> Result<Json<Vec<KeyView>>, Problem> {
    let keys = node.read(|ledger| {
        let state = ledger.state()?;
        let view = |accepted: &salus_ledger::state::AcceptedKey| KeyView {
            id: accepted.key.id().to_string(),
            circuit: accepted.key.circuit().to_owned(),
            setup: accepted.key.setup(),
            bytes: hex::encode(accepted.key.to_bytes()),
            entry: accepted.entry,
        };
        Ok(state.keys().values().map(view).collect())
    });
    Ok(Json(keys.await?))
}
