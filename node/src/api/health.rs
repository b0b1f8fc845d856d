//! Whether the node answers.

use axum::Json;
use axum::extract::State;
use salus_ledger::engine::LedgerError;
use serde::Serialize;
use utoipa::ToSchema;

use crate::node::Node;
use crate::problem::Problem;

/// That the node reads its ledger.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// The node's version.
    version: &'static str,
    /// The ledger's height.
    height: u64,
    /// Whether its disk has room for transactions. While it has not, they are refused as `DiskFull`,
    /// and all else is answered.
    room: bool,
}

/// Whether the node reads its ledger.
#[utoipa::path(
    get, path = "/health", tag = "node",
    responses(
        (status = 200, body = Health, description = "It does"),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "It does not, or is busy"),
    ),
)]
pub(super) async fn health(State(node): State<Node>) -> Result<Json<Health>, Problem> {
    let read = node.read(|ledger| {
        let height = ledger.state()?.height();
        match ledger.check_room() {
            Ok(()) => Ok((height, true)),
            Err(LedgerError::DiskFull { .. }) => Ok((height, false)),
            Err(error) => Err(error.into()),
        }
    });
    let (height, room) = read.await?;
    Ok(Json(Health {
        version: env!("CARGO_PKG_VERSION"),
        height,
        room,
    }))
}
