//! Ethics boards that governance registered.

use axum::Json;
use axum::extract::State;

use super::issuer::PartyView;
use crate::node::Node;
use crate::problem::Problem;

/// Registered ethics boards.
#[utoipa::path(
    get, path = "/boards", tag = "parties",
    responses(
        (status = 200, body = Vec<PartyView>),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem"),
    ),
)]
pub(super) async fn boards(State(node): State<Node>) -> Result<Json<Vec<PartyView>>, Problem> {
    let boards = node.read(|ledger| {
        let state = ledger.state()?;
        Ok(state.boards().iter().map(PartyView::of).collect())
    });
    Ok(Json(boards.await?))
}
