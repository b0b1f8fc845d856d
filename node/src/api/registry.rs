//! The registry's leaves: what a wallet copies in full to make its own membership proof.
//!
//! They come in whole pages only. A wallet that asked for its own leaf would tell the node which
//! record is its holder's.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::node::Node;
use crate::problem::Problem;
use crate::request::Parameters;

/// Leaves of one page.
const PAGE: usize = 4096;
/// The most leaves in one answer.
const MOST: usize = 4 * PAGE;

/// Which leaves.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Range {
    /// The first leaf's index, a multiple of 4,096. Default: 0.
    #[serde(default)]
    #[param(multiple_of = 4096)]
    from: usize,
    /// How many: 4,096, 8,192, 12,288 or 16,384. Default: 16,384.
    #[serde(default = "most")]
    #[param(minimum = 4096, maximum = 16384, multiple_of = 4096)]
    count: usize,
}

const fn most() -> usize {
    MOST
}

/// Leaves of the registry, as of one height.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Leaves {
    /// The height. When it changes between two pages, begin again.
    height: u64,
    /// The registry's root at that height.
    root: String,
    /// How many leaves there are in all.
    records: usize,
    /// Index of the first leaf here.
    from: usize,
    /// The leaves, in order; fewer than asked for at the end.
    leaves: Vec<LeafView>,
}

/// One leaf: zeros where there is no record any more, or no consent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LeafView {
    /// The record commitment.
    record: String,
    /// The consent commitment.
    consent: String,
}

/// Pages of the registry's leaves. Take all of them, whichever record is yours.
#[utoipa::path(
    get, path = "/registry/leaves", tag = "registry", params(Range),
    responses(
        (status = 200, body = Leaves),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem; 400 for part of a page"),
    ),
)]
pub(super) async fn leaves(
    State(node): State<Node>,
    Parameters(asked): Parameters<Range>,
) -> Result<Json<Leaves>, Problem> {
    let whole = |number: usize| number.is_multiple_of(PAGE);
    if !whole(asked.from) || !whole(asked.count) || asked.count == 0 || asked.count > MOST {
        return Err(Problem::parameter(format!(
            "ask for whole pages: `from` and `count` are multiples of {PAGE}, `count` at most {MOST}"
        )));
    }
    let page = node.read(move |ledger| {
        let state = ledger.state()?;
        let leaves = state.leaves().iter().skip(asked.from).take(asked.count);
        Ok(Leaves {
            height: state.height(),
            root: state.registry().root().to_string(),
            records: state.leaves().len(),
            from: asked.from,
            leaves: leaves
                .map(|leaf| LeafView {
                    record: leaf.record.to_string(),
                    consent: leaf.consent.to_string(),
                })
                .collect(),
        })
    });
    Ok(Json(page.await?))
}
