//! The identity provider: OpenID Connect's authorization code flow with PKCE, state and nonce.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreClientAuthMethod,
    CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey, CoreJsonWebKeySet,
    CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreProviderMetadata,
    CoreRevocableToken, CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::url::Url;
use openidconnect::{
    AdditionalClaims, AuthType, AuthorizationCode, ClaimsVerificationError, Client, ClientId,
    ClientSecret, CsrfToken, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet,
    IdToken, IdTokenClaims, IdTokenFields, IdTokenVerifier, IssuerUrl, JsonWebKeySetUrl, Nonce,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, SignatureVerificationError,
    StandardErrorResponse, StandardTokenResponse, TokenResponse,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use subtle::ConstantTimeEq;
use thiserror::Error;

use super::error::SignInError;
use super::identity::seconds_since_1970;
use super::outgoing::Outgoing;
use super::settings::{ProviderSettings, is_secure};

/// A sign-in that was begun ends within so many seconds, or not at all.
const PENDING_SECONDS: u64 = 600;
/// An unknown key makes the node ask for the provider's keys again, at most this often.
const REFRESH: Duration = Duration::from_secs(30);
/// How far the provider's clock may be ahead.
const AHEAD_SECONDS: i64 = 60;

/// The algorithms of ID tokens: signatures that only the provider can make.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// Claims beyond the standard ones, of any kind.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
struct Further(BTreeMap<String, Value>);

impl AdditionalClaims for Further {}

type Claims = IdTokenClaims<Further, CoreGenderClaim>;
type Token =
    IdToken<Further, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;
type Fields = IdTokenFields<
    Further,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;
type CodeClient = Client<
    Further,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    StandardTokenResponse<Fields, CoreTokenType>,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// Why a sign-in is refused. Said to the operator's log only, and never what was sent.
#[derive(Debug, Error)]
pub(super) enum Refused {
    #[error("no sign-in was begun in this session, or too long ago")]
    NotBegun,
    #[error("the state is another one")]
    State,
    #[error("the provider gave no code")]
    NoCode,
    #[error("the answer names another issuer")]
    OtherIssuer,
    #[error("the provider gave no token for the code")]
    NoToken,
    #[error("the provider's answer has no ID token")]
    NoIdToken,
    #[error("the ID token does not hold: {0}")]
    IdToken(&'static str),
    #[error("the operating system gives no randomness: {0}")]
    Random(#[from] getrandom::Error),
}

/// A sign-in that was begun: what the provider's answer must fit. Each value is used once, within
/// minutes.
#[derive(Serialize, Deserialize)]
pub(super) struct Pending {
    state: String,
    nonce: String,
    verifier: String,
    begun: u64,
}

/// What the provider's answer brings, in the address to which it sends the browser.
#[derive(Deserialize)]
pub(super) struct Returned {
    code: Option<String>,
    state: Option<String>,
    iss: Option<String>,
}

/// An identity provider that has shown its metadata and keys.
pub(super) struct Provider {
    client: CodeClient,
    client_id: ClientId,
    issuer: IssuerUrl,
    keys_at: JsonWebKeySetUrl,
    keys: RwLock<CoreJsonWebKeySet>,
    /// When they were last asked for because of an unknown one.
    refreshed: Mutex<Option<Instant>>,
    scopes: Vec<Scope>,
    outgoing: Outgoing,
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Provider({})", self.issuer.as_str())
    }
}

impl Provider {
    /// Asks a provider for its metadata and keys.
    pub(super) async fn discover(
        settings: ProviderSettings,
        returns_to: String,
    ) -> Result<Self, SignInError> {
        let outgoing = Outgoing::to(&settings.issuer).map_err(SignInError::Certificates)?;
        let issuer = settings.issuer_text;
        let failed = |problem: String| SignInError::Provider {
            issuer: issuer.clone(),
            problem,
        };
        let url = IssuerUrl::new(issuer.clone()).map_err(|error| failed(error.to_string()))?;
        let metadata = CoreProviderMetadata::discover_async(url.clone(), &outgoing).await;
        let metadata = metadata.map_err(|error| failed(causes(&error)))?;
        if !is_secure(metadata.authorization_endpoint().url()) {
            return Err(failed("its authorization endpoint is not https".to_owned()));
        }
        if metadata.token_endpoint().is_none() {
            return Err(failed("it has no token endpoint".to_owned()));
        }
        let returns_to = RedirectUrl::new(returns_to).map_err(|error| failed(error.to_string()))?;
        let client_id = ClientId::new(settings.client_id);
        let secret = settings.secret.as_ref();
        let secret = secret.map(|secret| ClientSecret::new(secret.0.as_str().to_owned()));
        let shows_itself = shows_itself(&metadata);
        let keys_at = metadata.jwks_uri().clone();
        let keys = RwLock::new(metadata.jwks().clone());
        let client = CodeClient::from_provider_metadata(metadata, client_id.clone(), secret);
        Ok(Self {
            client: client
                .set_redirect_uri(returns_to)
                .set_auth_type(shows_itself),
            client_id,
            issuer: url,
            keys_at,
            keys,
            refreshed: Mutex::new(None),
            scopes: settings.scopes.into_iter().map(Scope::new).collect(),
            outgoing,
        })
    }

    /// Begins a sign-in: where to send the browser, and what to keep meanwhile.
    pub(super) fn begin(&self) -> Result<(Url, Pending), Refused> {
        let pending = Pending {
            state: fresh()?,
            nonce: fresh()?,
            verifier: fresh()?,
            begun: seconds_since_1970(),
        };
        let verifier = PkceCodeVerifier::new(pending.verifier.clone());
        let (state, nonce) = (pending.state.clone(), pending.nonce.clone());
        let request = self.client.authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            move || CsrfToken::new(state),
            move || Nonce::new(nonce),
        );
        let request = request
            .add_scopes(self.scopes.iter().cloned())
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
        let (url, _, _) = request.url();
        Ok((url, pending))
    }

    /// Ends a sign-in: the claims of an ID token that holds.
    pub(super) async fn end(
        &self,
        pending: &Pending,
        returned: Returned,
    ) -> Result<Map<String, Value>, Refused> {
        if pending.begun.saturating_add(PENDING_SECONDS) < seconds_since_1970() {
            return Err(Refused::NotBegun);
        }
        let state = returned.state.unwrap_or_default();
        if !bool::from(state.as_bytes().ct_eq(pending.state.as_bytes())) {
            return Err(Refused::State);
        }
        // RFC 9207: an answer that names its issuer names this one.
        if returned.iss.is_some_and(|iss| iss != self.issuer.as_str()) {
            return Err(Refused::OtherIssuer);
        }
        let code = AuthorizationCode::new(returned.code.ok_or(Refused::NoCode)?);
        let verifier = PkceCodeVerifier::new(pending.verifier.clone());
        let request = self.client.exchange_code(code);
        let request = request.map_err(|_| Refused::NoToken)?;
        let answer = request.set_pkce_verifier(verifier);
        let answer = answer.request_async(&self.outgoing).await;
        let answer = answer.map_err(|_| Refused::NoToken)?;
        let token = answer.id_token().ok_or(Refused::NoIdToken)?;
        let nonce = Nonce::new(pending.nonce.clone());
        self.claims(token, &nonce).await
    }

    /// The claims of an ID token, checked; with new keys where its key is unknown.
    async fn claims(&self, token: &Token, nonce: &Nonce) -> Result<Map<String, Value>, Refused> {
        let mut checked = token.claims(&self.verifier(), nonce).cloned();
        if is_unknown_key(&checked) && self.refresh().await {
            checked = token.claims(&self.verifier(), nonce).cloned();
        }
        let claims = checked.map_err(|error| Refused::IdToken(kind(&error)))?;
        self.is_for_this_node(&claims)?;
        match serde_json::to_value(&claims) {
            Ok(Value::Object(claims)) => Ok(claims),
            _ => Err(Refused::IdToken("claims")),
        }
    }

    /// Checks issuer, audience, time, nonce and signature, in what the library adds to these.
    fn verifier(&self) -> IdTokenVerifier<'static, CoreJsonWebKey> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        // A verifier without the secret takes no signature made with it, whatever is allowed.
        IdTokenVerifier::new_public_client(
            self.client_id.clone(),
            self.issuer.clone(),
            keys.clone(),
        )
        .set_allowed_algs(ALGORITHMS)
        .set_other_audience_verifier_fn(|_| false)
    }

    fn is_for_this_node(&self, claims: &Claims) -> Result<(), Refused> {
        let party = claims.authorized_party();
        if party.is_some_and(|party| *party != self.client_id) {
            return Err(Refused::IdToken("authorized party"));
        }
        let now = i64::try_from(seconds_since_1970()).unwrap_or(i64::MAX);
        if claims.issue_time().timestamp() > now.saturating_add(AHEAD_SECONDS) {
            return Err(Refused::IdToken("time of issue"));
        }
        Ok(())
    }

    /// Asks for the provider's keys again; whether there are new ones.
    async fn refresh(&self) -> bool {
        {
            let mut refreshed = self
                .refreshed
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            if refreshed.is_some_and(|last| last.elapsed() < REFRESH) {
                return false;
            }
            *refreshed = Some(Instant::now());
        }
        match CoreJsonWebKeySet::fetch_async(&self.keys_at, &self.outgoing).await {
            Ok(keys) => {
                *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
                true
            }
            Err(error) => {
                let problem = causes(&error);
                tracing::warn!(problem, "the identity provider's keys can't be read");
                false
            }
        }
    }
}

/// How the node shows itself to the token endpoint: by HTTP's basic scheme, which is the rule,
/// unless the provider takes a secret in the body alone.
fn shows_itself(metadata: &CoreProviderMetadata) -> AuthType {
    let methods = metadata.token_endpoint_auth_methods_supported();
    let body_alone = methods.is_some_and(|methods| {
        methods.contains(&CoreClientAuthMethod::ClientSecretPost)
            && !methods.contains(&CoreClientAuthMethod::ClientSecretBasic)
    });
    if body_alone {
        AuthType::RequestBody
    } else {
        AuthType::BasicAuth
    }
}

/// A secret of 256 bits from the operating system.
fn fresh() -> Result<String, getrandom::Error> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes)?;
    Ok(hex::encode(bytes))
}

fn is_unknown_key(checked: &Result<Claims, ClaimsVerificationError>) -> bool {
    matches!(
        checked,
        Err(ClaimsVerificationError::SignatureVerification(
            SignatureVerificationError::NoMatchingKey
        ))
    )
}

/// What does not hold, without what was sent.
fn kind(error: &ClaimsVerificationError) -> &'static str {
    match error {
        ClaimsVerificationError::Expired(_) => "expired",
        ClaimsVerificationError::InvalidAudience(_) => "audience",
        ClaimsVerificationError::InvalidIssuer(_) => "issuer",
        ClaimsVerificationError::InvalidNonce(_) => "nonce",
        ClaimsVerificationError::SignatureVerification(error) => match error {
            SignatureVerificationError::DisallowedAlg(_)
            | SignatureVerificationError::UnsupportedAlg(_) => "algorithm",
            SignatureVerificationError::NoMatchingKey => "unknown key",
            SignatureVerificationError::NoSignature => "no signature",
            _ => "signature",
        },
        _ => "claims",
    }
}

/// An error with all that led to it, in one line.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
