//! Issuers: the custodians that governance registered.

use axum::Json;
use axum::extract::State;
use salus_ledger::key::PublicKey;
use salus_ledger::state::Party;
use serde::Serialize;
use utoipa::ToSchema;

use crate::node::Node;
use crate::problem::Problem;

/// An issuer or an ethics board, as governance registered it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PartyView {
    /// Its public key.
    key: String,
    /// Its name.
    name: String,
    /// Index of the log entry that registered it.
    entry: u64,
}

impl PartyView {
    pub(super) fn of((key, party): (&PublicKey, &Party)) -> Self {
        Self {
            key: key.to_string(),
            name: party.name.to_string(),
            entry: party.entry,
        }
    }
}

/// Registered issuers.
#[utoipa::path(
    get, path = "/issuers", tag = "parties",
    responses(
        (status = 200, body = Vec<PartyView>),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem"),
    ),
)]
pub(super) async fn issuers(State(node): State<Node>) -> Result<Json<Vec<PartyView>>, Problem> {
    let issuers = node.read(|ledger| {
        let state = ledger.state()?;
        Ok(state.issuers().iter().map(PartyView::of).collect())
    });
    Ok(Json(issuers.await?))
}
