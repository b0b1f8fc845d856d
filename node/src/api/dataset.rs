//! Datasets: what the ledger says of each custodian's records, edition by edition.

use axum::Json;
use axum::extract::State;
use salus_ledger::key::PublicKey;
use salus_ledger::state::{Dataset, State as LedgerState};
use serde::Serialize;
use utoipa::ToSchema;

use crate::node::Node;
use crate::problem::Problem;

/// All records of one issuer and edition, as the ledger counts them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DatasetView {
    /// The issuer's key.
    issuer: String,
    /// The edition: a profile as of an index day.
    edition: Option<String>,
    /// Records ever committed, erased ones included.
    records: usize,
    /// Pages of 4,096 records.
    pages: usize,
    /// Pages whose publication is of the page as it is now. All must be, to be counted.
    current_pages: usize,
    /// What tables with noise have cost it, in tenths of epsilon.
    noise_spent: u64,
}

impl DatasetView {
    fn of(state: &LedgerState, issuer: &PublicKey, dataset: &Dataset) -> Self {
        let first = dataset.records().first();
        let edition = first.and_then(|index| Some(state.record(*index)?.edition));
        let pages = dataset.pages();
        Self {
            issuer: issuer.to_string(),
            edition: edition.map(|edition| edition.to_string()),
            records: dataset.records().len(),
            pages,
            current_pages: (0u32..)
                .take(pages)
                .filter(|page| dataset.is_current(*page))
                .count(),
            noise_spent: dataset.noise_spent(),
        }
    }
}

/// The datasets of all issuers.
#[utoipa::path(
    get, path = "/datasets", tag = "registry",
    responses(
        (status = 200, body = Vec<DatasetView>),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem"),
    ),
)]
pub(super) async fn datasets(State(node): State<Node>) -> Result<Json<Vec<DatasetView>>, Problem> {
    let datasets = node.read(|ledger| {
        let state = ledger.state()?;
        let mut views = Vec::new();
        for issuer in state.issuers().keys() {
            let datasets = state.datasets_of(issuer);
            views.extend(datasets.map(|dataset| DatasetView::of(&state, issuer, dataset)));
        }
        Ok(views)
    });
    Ok(Json(datasets.await?))
}
