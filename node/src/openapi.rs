//! The description of the interface in OpenAPI, made from the code that answers.

mod refusals;

use axum::Router;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::node::Node;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Salus node",
        description = "Reads a Salus ledger, and hands in signed transactions. All of it is public: the ledger holds \
                       commitments and proofs only. What a node says can be checked against the signed log.",
        license(name = "Apache-2.0 OR MIT", identifier = "Apache-2.0 OR MIT"),
    ),
    tags(
        (name = "node", description = "The node itself"),
        (name = "ledger", description = "The ledger, its log and proofs about it"),
        (name = "registry", description = "Records, as commitments"),
        (name = "parties", description = "Who governance registered, and the keys that it accepted"),
        (name = "studies", description = "What is asked and answered"),
        (name = "fhir", description = "Studies, their criteria and what happened to them as FHIR R4 and R5"),
        (name = "transactions", description = "Changing the ledger"),
        (name = "sign-in", description = "Access tokens for services"),
    ),
)]
pub(crate) struct Description;

/// The interface's description, as docs/openapi.json keeps it.
#[must_use]
pub fn document() -> utoipa::openapi::OpenApi {
    take(crate::router::described()).1
}

/// Takes described routes apart.
pub(crate) fn take(described: OpenApiRouter<Node>) -> (Router<Node>, utoipa::openapi::OpenApi) {
    let (routes, description) = described.split_for_parts();
    (routes, refusals::list(description))
}
