//! CapabilityStatement: what this node serves of a version.

use serde_json::{Value, json};

use super::call::Call;
use super::searchset::Formatted;
use super::{FHIR_JSON, Resource, Version};
use crate::problem::Problem;
use crate::request::Parameters;

/// The day on which what is served last changed.
const CHANGED: &str = "2026-11-21";

/// What is served of a version.
#[utoipa::path(
    get, path = "/metadata", tag = "fhir",
    params(("version" = String, Path, description = "`r4` or `r5`", pattern = "^r[45]$"), Formatted),
    responses(
        (status = 200, body = Resource, content_type = "application/fhir+json", description = "A CapabilityStatement"),
        (status = "default", body = Resource, content_type = "application/fhir+json", description = "An OperationOutcome"),
    ),
)]
pub(super) async fn metadata(
    call: Call,
    Parameters(asked): Parameters<Formatted>,
) -> Result<Resource, Problem> {
    asked.check()?;
    let version = call.version;
    let mut statement = json!({
        "resourceType": "CapabilityStatement",
        "status": "active", "date": CHANGED, "kind": "instance",
        "software": { "name": "Salus node", "version": env!("CARGO_PKG_VERSION") },
        "implementation": { "description": "The public part of a Salus ledger" },
        "fhirVersion": version.number(),
        "format": [FHIR_JSON, "json"],
        "rest": [{
            "mode": "server",
            "documentation": "Read by anyone; nothing is written here, and no patient is served. \
                              Unknown search parameters are refused.",
            "resource": resources(version),
        }],
    });
    if call.base.starts_with("http") {
        statement["implementation"]["url"] = call.base.into();
    }
    Ok(Resource(statement))
}

fn resources(version: Version) -> Value {
    let id = ("_id", "token");
    let mut of_study = vec![id, ("status", "token")];
    if version == Version::R5 {
        of_study.push(("progress-status-state", "token"));
    }
    json!([
        served("ResearchStudy", &of_study),
        served(version.criteria(), &[id]),
        served("AuditEvent", &[id, ("entity", "reference")]),
    ])
}

fn served(kind: &str, parameters: &[(&str, &str)]) -> Value {
    let parameters: Vec<Value> = parameters
        .iter()
        .map(|(name, kind)| json!({ "name": name, "type": kind }))
        .collect();
    json!({
        "type": kind,
        "interaction": [{ "code": "read" }, { "code": "search-type" }],
        "versioning": "no-version",
        "searchParam": parameters,
    })
}
