//! Refusals in the description: what a route can answer beside what it says of itself, by what it
//! takes. The one place for what all routes of a kind have in common.

use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::{OpenApi, RefOr};

/// Lists the statuses of refusals that routes leave out, each in the form in which its route gives
/// problems.
pub(super) fn list(mut description: OpenApi) -> OpenApi {
    for item in description.paths.paths.values_mut() {
        for operation in [&mut item.get, &mut item.post].into_iter().flatten() {
            list_of(operation);
        }
    }
    description
}

fn list_of(operation: &mut Operation) {
    let parameters = operation.parameters.as_deref().unwrap_or_default();
    // FHIR's version is in the path, and names nothing that may be missing.
    let names = parameters.iter().any(|parameter| match parameter {
        RefOr::T(one) => one.parameter_in == ParameterIn::Path && one.name != "version",
        RefOr::Ref(_) => false,
    });
    let sends = operation.request_body.is_some();
    let asks = sends || !parameters.is_empty();
    let responses = &mut operation.responses.responses;
    let Some(RefOr::T(problem)) = responses.get("default").cloned() else {
        return;
    };
    for (can_be, status, says) in [
        (asks, "400", "Malformed: the path, the query or the body"),
        (names, "404", "There is no such thing"),
        (sends, "408", "The body did not arrive in time"),
        (sends, "413", "The body is too long"),
        (
            true,
            "503",
            "The node is at a limit, or its ledger fails: come again after the seconds in Retry-After",
        ),
    ] {
        if can_be && !responses.contains_key(status) {
            let mut refusal = problem.clone();
            refusal.description = says.to_owned();
            responses.insert(status.to_owned(), RefOr::T(refusal));
        }
    }
}
