//! The ledger's studies as FHIR, R4 and R5, below `/fhir/r4` and `/fhir/r5`: read by anyone.
//!
//! Lives here: a study as ResearchStudy, its criteria as Group (R4) or EvidenceVariable (R5), what
//! happened to it as AuditEvent, one resource a file; search, and problems as OperationOutcome. Never
//! here: a patient, a record, a nullifier, or anything written. What maps to what: docs/fhir.md.

mod audit_event;
mod call;
mod capability_statement;
mod criteria;
mod datatype;
mod evidence_variable;
mod group;
pub(crate) mod outcome;
mod research_study;
mod searchset;

use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::node::Node;

/// The media type of resources.
const FHIR_JSON: &str = "application/fhir+json";

/// A version of FHIR.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    R4,
    R5,
}

impl Version {
    /// As paths name it.
    const fn name(self) -> &'static str {
        match self {
            Self::R4 => "r4",
            Self::R5 => "r5",
        }
    }

    /// Its full version, as capability statements name it.
    const fn number(self) -> &'static str {
        match self {
            Self::R4 => "4.0.1",
            Self::R5 => "5.0.0",
        }
    }

    /// The version of a path.
    fn of_path(name: &str) -> Option<Self> {
        [Self::R4, Self::R5]
            .into_iter()
            .find(|version| version.name() == name)
    }

    /// The type of a study's criteria.
    const fn criteria(self) -> &'static str {
        match self {
            Self::R4 => "Group",
            Self::R5 => "EvidenceVariable",
        }
    }
}

/// A FHIR resource.
#[derive(Debug, ToSchema)]
#[schema(value_type = Object)]
struct Resource(Value);

impl IntoResponse for Resource {
    fn into_response(self) -> Response {
        ([(CONTENT_TYPE, FHIR_JSON)], self.0.to_string()).into_response()
    }
}

/// The routes, with their description.
pub(crate) fn routes() -> OpenApiRouter<Node> {
    OpenApiRouter::new()
        .routes(routes!(capability_statement::metadata))
        .routes(routes!(research_study::search))
        .routes(routes!(research_study::read))
        .routes(routes!(group::search))
        .routes(routes!(group::read))
        .routes(routes!(evidence_variable::search))
        .routes(routes!(evidence_variable::read))
        .routes(routes!(audit_event::search))
        .routes(routes!(audit_event::read))
}
