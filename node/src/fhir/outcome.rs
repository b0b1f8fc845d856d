//! OperationOutcome: every problem below `/fhir`, whoever found it.

use axum::extract::Request;
use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::FHIR_JSON;
use crate::problem::Problem;

/// The system of a problem's codes.
const CODES: &str = "urn:salus:problem";

/// Turns the problems of requests below `/fhir` into OperationOutcomes; all else passes as it is.
pub(crate) async fn outcomes(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let here = path == "/fhir" || path.starts_with("/fhir/");
    let response = next.run(request).await;
    match response.extensions().get::<Problem>() {
        Some(problem) if here => told(problem, &response),
        _ => response,
    }
}

/// The problem as an answer, with the headers that it had.
fn told(problem: &Problem, was: &Response) -> Response {
    let mut response = (problem.status(), outcome(problem).to_string()).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(FHIR_JSON));
    for name in [ALLOW, RETRY_AFTER] {
        if let Some(value) = was.headers().get(&name) {
            headers.insert(name, value.clone());
        }
    }
    response
}

/// The same in R4 and R5.
fn outcome(problem: &Problem) -> Value {
    json!({
        "resourceType": "OperationOutcome",
        "issue": [{
            "severity": "error",
            "code": issue_type(problem.status()),
            "details": {
                "coding": [{ "system": CODES, "code": problem.code() }],
                "text": problem.title(),
            },
            "diagnostics": problem.detail(),
        }],
    })
}

/// FHIR's own kind of the problem.
fn issue_type(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "not-found",
        StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_ACCEPTABLE => "not-supported",
        StatusCode::REQUEST_TIMEOUT => "timeout",
        StatusCode::PAYLOAD_TOO_LARGE => "too-long",
        StatusCode::SERVICE_UNAVAILABLE => "transient",
        status if status.is_server_error() => "exception",
        _ => "invalid",
    }
}
