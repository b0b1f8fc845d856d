//! Where services get access tokens: SMART Backend Services' token endpoint, and the document that
//! says where it is.

use std::collections::BTreeSet;
use std::time::Instant;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use openidconnect::url::form_urlencoded;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::assertion::{self, Unproven};
use super::bearer::LIFE;
use super::identity::{Acting, Identity, seconds_since_1970};
use super::reception::Reception;
use crate::body;
use crate::node::Node;
use crate::problem::Problem;

/// The longest request, in bytes.
const REQUEST_BYTES: usize = 16 << 10;
const FORM: &str = "application/x-www-form-urlencoded";
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The routes for services, with their description.
pub(crate) fn described_routes() -> OpenApiRouter<Node> {
    OpenApiRouter::new()
        .routes(routes!(smart_configuration))
        .routes(routes!(token))
}

/// What SMART App Launch asks a server to say of itself.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SmartConfiguration {
    /// Where services ask for access tokens.
    token_endpoint: String,
    token_endpoint_auth_methods_supported: [&'static str; 1],
    token_endpoint_auth_signing_alg_values_supported: [&'static str; 2],
    grant_types_supported: [&'static str; 1],
    code_challenge_methods_supported: [&'static str; 1],
    capabilities: [&'static str; 1],
}

/// Where and how services get access tokens, by SMART Backend Services.
#[utoipa::path(
    get, path = "/.well-known/smart-configuration", tag = "sign-in",
    responses(
        (status = 200, body = SmartConfiguration),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "This node was started without a sign-in file"),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem"),
    ),
)]
pub(crate) async fn smart_configuration(
    State(node): State<Node>,
) -> Result<Json<SmartConfiguration>, Problem> {
    let reception = node.site().reception.as_ref();
    let reception = reception
        .ok_or_else(|| Problem::not_found("this node was started without a sign-in file"))?;
    Ok(Json(SmartConfiguration {
        token_endpoint: reception.token_url(),
        token_endpoint_auth_methods_supported: ["private_key_jwt"],
        token_endpoint_auth_signing_alg_values_supported: ["RS384", "ES384"],
        grant_types_supported: ["client_credentials"],
        code_challenge_methods_supported: ["S256"],
        capabilities: ["client-confidential-asymmetric"],
    }))
}

/// What a service sends for an access token.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct TokenRequest {
    /// `client_credentials`.
    #[schema(required)]
    grant_type: Option<String>,
    /// Separated by spaces: `role/party`, such as `custodian/north-hospital`.
    #[schema(required)]
    scope: Option<String>,
    /// `urn:ietf:params:oauth:client-assertion-type:jwt-bearer`.
    #[schema(required)]
    client_assertion_type: Option<String>,
    /// A JSON Web Token signed with the service's key, good for at most five minutes, used once.
    #[schema(required)]
    client_assertion: Option<String>,
}

/// An access token.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokenAnswer {
    /// To be shown as `Authorization: Bearer`.
    access_token: String,
    /// `bearer`.
    token_type: &'static str,
    /// So many seconds.
    expires_in: u64,
    /// For whom it lets the service act.
    scope: String,
}

/// Why there is no access token, by RFC 6749.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokenError {
    #[serde(skip)]
    status: StatusCode,
    #[serde(skip)]
    retry_after: Option<u64>,
    /// One of RFC 6749's codes.
    error: &'static str,
    /// It in words.
    error_description: String,
}

/// Gives a service an access token: OAuth 2.0 client credentials, with a signed assertion as SMART
/// Backend Services asks for.
#[utoipa::path(
    post, path = "/auth/token", tag = "sign-in",
    request_body(content = TokenRequest, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, body = TokenAnswer),
        (status = 400, body = TokenError, description = "The request is malformed, or asks for what this client may not"),
        (status = 401, body = TokenError, description = "The client is not known, or did not show that it is the one"),
        (status = 413, body = TokenError, description = "Too long"),
        (status = 429, body = TokenError, description = "Too many tokens: come again after the seconds in Retry-After"),
        (status = "default", body = TokenError, description = "A problem"),
    ),
)]
pub(crate) async fn token(
    State(node): State<Node>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, TokenError> {
    let held = body::read_at_most(&node, body, REQUEST_BYTES).await?;
    let request = TokenRequest::read(&headers, held.bytes())?;
    let reception = node.site().reception.as_deref();
    let reception = reception.ok_or_else(TokenError::invalid_client)?;
    let answer = give(&node, reception, &request)?;
    let no_cache = [(PRAGMA, HeaderValue::from_static("no-cache"))];
    Ok((no_cache, Json(answer)).into_response())
}

/// Who it is, then how often, then whether this assertion is new, then what is asked for.
fn give(
    node: &Node,
    reception: &Reception,
    request: &TokenRequest,
) -> Result<TokenAnswer, TokenError> {
    if request.grant_type.as_deref() != Some("client_credentials") {
        return Err(TokenError::of(
            "unsupported_grant_type",
            "grant_type is client_credentials",
        ));
    }
    if request.client_assertion_type.as_deref() != Some(JWT_BEARER) {
        return Err(TokenError::of(
            "invalid_request",
            "client_assertion_type is that of jwt-bearer",
        ));
    }
    let assertion = request.client_assertion.as_deref().unwrap_or_default();
    let now = seconds_since_1970();
    let url = reception.token_url();
    let proven = assertion::check(reception.clients(), assertion, &url, now).map_err(unproven)?;
    node.quotas().token(&proven.client.id)?;
    reception.used().redeem(&proven, now).map_err(unproven)?;
    let scopes = scopes(request.scope.as_deref(), &proven.client.parties)?;
    let scope: Vec<String> = scopes.iter().map(Acting::to_string).collect();
    let id = format!("service {}", proven.client.id);
    let identity = Identity::acting(id, proven.client.id.clone(), scopes);
    let token = reception.tokens().give(identity, Instant::now());
    let token = token.map_err(|error| Problem::internal(&error.to_string()))?;
    Ok(TokenAnswer {
        access_token: token.as_str().to_owned(),
        token_type: "bearer",
        expires_in: LIFE.as_secs(),
        scope: scope.join(" "),
    })
}

/// The parties asked for. That there is no such party, and that it is not this client's, are
/// answered alike.
fn scopes(asked: Option<&str>, may: &BTreeSet<Acting>) -> Result<BTreeSet<Acting>, TokenError> {
    let invalid = || {
        TokenError::of(
            "invalid_scope",
            "scope lists what the token is for, as role/party, of what this client may",
        )
    };
    let asked: Vec<&str> = asked.unwrap_or_default().split_ascii_whitespace().collect();
    let found = |scope: &&str| may.iter().find(|acting| acting.to_string() == **scope);
    let found: Option<BTreeSet<Acting>> = asked.iter().map(|s| found(s).cloned()).collect();
    found.filter(|found| !found.is_empty()).ok_or_else(invalid)
}

fn unproven(reason: Unproven) -> TokenError {
    tracing::warn!(%reason, "a service was refused an access token");
    TokenError::invalid_client()
}

impl TokenRequest {
    fn read(headers: &HeaderMap, body: &[u8]) -> Result<Self, TokenError> {
        let invalid = |description: &str| TokenError::of("invalid_request", description);
        let media = headers
            .get(CONTENT_TYPE)
            .and_then(|media| media.to_str().ok());
        let media = media.and_then(|media| media.split(';').next());
        if media.map(str::trim) != Some(FORM) {
            return Err(invalid("the body is application/x-www-form-urlencoded"));
        }
        let mut request = Self::default();
        for (name, value) in form_urlencoded::parse(body) {
            let place = match name.as_ref() {
                "grant_type" => &mut request.grant_type,
                "scope" => &mut request.scope,
                "client_assertion_type" => &mut request.client_assertion_type,
                "client_assertion" => &mut request.client_assertion,
                // RFC 6749: what is not known is ignored.
                _ => continue,
            };
            if place.replace(value.into_owned()).is_some() {
                return Err(invalid("a parameter is there twice"));
            }
        }
        Ok(request)
    }
}

impl TokenError {
    fn of(error: &'static str, description: &str) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            retry_after: None,
            error,
            error_description: description.to_owned(),
        }
    }

    fn invalid_client() -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            ..Self::of(
                "invalid_client",
                "the client is not known here, or its assertion does not hold or was used before",
            )
        }
    }
}

/// Of what bounds every request, in this route's form.
impl From<Problem> for TokenError {
    fn from(problem: Problem) -> Self {
        let error = match problem.status() {
            status if status.is_server_error() => "server_error",
            StatusCode::TOO_MANY_REQUESTS => "temporarily_unavailable",
            _ => "invalid_request",
        };
        Self {
            status: problem.status(),
            retry_after: problem.retry_after(),
            ..Self::of(error, problem.detail())
        }
    }
}

impl IntoResponse for TokenError {
    fn into_response(self) -> Response {
        let (status, retry_after) = (self.status, self.retry_after);
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = retry_after {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
