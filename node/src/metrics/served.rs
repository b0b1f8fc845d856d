//! Where metrics are read: at the node's own address by whom they are for, and at an address of
//! their own by whoever reaches that.

use axum::Router;
use axum::extract::{FromRequestParts, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::response::IntoResponse;
use axum::routing::get;

use super::Now;
use crate::node::Node;
use crate::problem::Problem;
use crate::sign_in::{Identity, Role};

/// The route at the node's own address.
pub(crate) fn routes() -> Router<Node> {
    Router::new().route("/metrics", get(for_operators))
}

/// All that there is at an address of their own.
pub(crate) fn alone(node: &Node) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .fallback(async || Problem::not_found("metrics are at /metrics"))
        .with_state(node.clone())
}

/// Somebody who may read metrics here. How often which route is asked says what patients do, and when.
struct Reader;

impl FromRequestParts<Node> for Reader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, node: &Node) -> Result<Self, Problem> {
        if node.settings().open_metrics {
            return Ok(Self);
        }
        if node.site().reception.is_none() && node.site().link.is_none() {
            return Err(Problem::not_found(
                "metrics are not shown here; the node's operator can have an address for them",
            ));
        }
        let identity = Identity::from_request_parts(parts, node).await?;
        if identity.may_act(Role::Operator, "") {
            Ok(Self)
        } else {
            Err(Problem::operators_only())
        }
    }
}

async fn for_operators(_: Reader, node: State<Node>) -> Result<impl IntoResponse, Problem> {
    metrics(node).await
}

/// What the node counts of itself, for Prometheus.
async fn metrics(State(node): State<Node>) -> Result<impl IntoResponse, Problem> {
    let (height, entries) = node
        .read(|ledger| {
            let state = ledger.state()?;
            Ok((state.height(), state.entries()))
        })
        .await?;
    let now = Now {
        readers: node.readers().taken(),
        submissions: node.submissions().taken(),
        height,
        entries,
    };
    let text = node.metrics().text(now);
    let text = text.map_err(|_| Problem::internal("metrics can't be written"))?;
    let media = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(CONTENT_TYPE, media)], text))
}
