//! An identity provider of the tests' own: discovery, keys, and a token endpoint that checks what a
//! provider checks and then answers as a test tells it to.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use salus_node::sign_in::SignInSettings;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub(crate) const SECRET: &str = "the provider's secret for the node";
pub(crate) const CLIENT: &str = "salus-node";

/// A key of some party of a test.
pub(crate) struct Key {
    pub(crate) kid: String,
    pub(crate) algorithm: Algorithm,
    pub(crate) secret: EncodingKey,
}

impl Key {
    /// A key on P-256 from a seed.
    pub(crate) fn es256(kid: &str, seed: u8) -> Self {
        let prefix = "3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420";
        Self::curve(kid, Algorithm::ES256, prefix, &[seed; 32])
    }

    /// A key on P-384 from a seed.
    pub(crate) fn es384(kid: &str, seed: u8) -> Self {
        let prefix = "304e020100301006072a8648ce3d020106052b81040022043730350201010430";
        Self::curve(kid, Algorithm::ES384, prefix, &[seed; 48])
    }

    /// PKCS #8 puts a curve's private number behind a prefix that names the curve.
    fn curve(kid: &str, algorithm: Algorithm, prefix: &str, number: &[u8]) -> Self {
        let der = [hex::decode(prefix).unwrap().as_slice(), number].concat();
        Self {
            kid: kid.to_owned(),
            algorithm,
            secret: EncodingKey::from_ec_der(&der),
        }
    }

    /// The public part, as a JSON Web Key.
    pub(crate) fn public(&self) -> Value {
        let mut jwk = Jwk::from_encoding_key(&self.secret, self.algorithm).unwrap();
        jwk.common.key_id = Some(self.kid.clone());
        serde_json::to_value(jwk).unwrap()
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        let mut header = Header::new(self.algorithm);
        header.kid = Some(self.kid.clone());
        jsonwebtoken::encode(&header, claims, &self.secret).unwrap()
    }
}

/// A token with any header and signature.
pub(crate) fn forged(header: &Value, claims: &Value, signature: &[u8]) -> String {
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let header = part(header.to_string().as_bytes());
    let claims = part(claims.to_string().as_bytes());
    format!("{header}.{claims}.{}", part(signature))
}

pub(crate) fn now() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::SystemTime::UNIX_EPOCH);
    now.unwrap().as_secs()
}

/// What the provider knows of a sign-in under way, and what it says at its end.
#[derive(Default)]
pub(crate) struct Script {
    /// The challenge of the one whose code is `the-code`.
    pub(crate) challenge: String,
    /// The ID token; none where the provider forgets it.
    pub(crate) id_token: Option<String>,
    /// The keys it publishes.
    pub(crate) keys: Vec<Value>,
    pub(crate) keys_read: u32,
    pub(crate) codes_redeemed: u32,
}

#[derive(Clone)]
pub(crate) struct Provider {
    address: SocketAddr,
    script: Arc<Mutex<Script>>,
}

impl Provider {
    /// Starts one that publishes this key. It ends with the test.
    pub(crate) fn start(key: &Key) -> Self {
        let script = Script {
            keys: vec![key.public()],
            ..Script::default()
        };
        let script = Arc::new(Mutex::new(script));
        let (tell, told) = std::sync::mpsc::channel();
        let shared = script.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime.unwrap().block_on(async {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                let address = listener.local_addr().unwrap();
                let provider = Self {
                    address,
                    script: shared,
                };
                tell.send(address).unwrap();
                serve(listener, provider.router()).await;
            });
        });
        Self {
            address: told.recv().unwrap(),
            script,
        }
    }

    fn router(self) -> Router {
        Router::new()
            .route("/.well-known/openid-configuration", get(configuration))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .with_state(self)
    }

    pub(crate) fn issuer(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn script(&self) -> std::sync::MutexGuard<'_, Script> {
        self.script.lock().unwrap()
    }

    /// A sign-in file for this provider, with more of it in TOML, read as a node reads it.
    pub(crate) fn settings(&self, folder: &Path, more: &str) -> SignInSettings {
        std::fs::write(folder.join("secret"), format!("{SECRET}\n")).unwrap();
        let text = format!(
            "public_url = \"http://localhost:1\"\n[provider]\nissuer = \"{}\"\nclient_id = \"{CLIENT}\"\n\
             secret_file = \"secret\"\nscopes = [\"email\"]\n{more}",
            self.issuer()
        );
        let path = folder.join("sign-in.toml");
        std::fs::write(&path, text).unwrap();
        SignInSettings::read(&path).unwrap()
    }

    /// The claims of a good ID token for a sign-in with this nonce.
    pub(crate) fn claims(&self, nonce: &str) -> Value {
        json!({
            "iss": self.issuer(), "aud": CLIENT, "sub": "subject-7", "nonce": nonce,
            "iat": now(), "exp": now() + 300,
            "name": "Ada Lovelace", "email": "ada@example.org", "email_verified": true,
            "groups": ["staff", "irb"],
        })
    }
}

async fn serve(listener: tokio::net::TcpListener, router: Router) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let service = hyper_util::service::TowerToHyperService::new(router.clone());
        let stream = hyper_util::rt::TokioIo::new(stream);
        tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(stream, service));
    }
}

async fn configuration(State(provider): State<Provider>) -> Json<Value> {
    let issuer = provider.issuer();
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        // It offers what a node must not take.
        "id_token_signing_alg_values_supported": ["ES256", "HS256", "none"],
    }))
}

async fn keys(State(provider): State<Provider>) -> Json<Value> {
    let mut script = provider.script();
    script.keys_read += 1;
    Json(json!({ "keys": script.keys }))
}

/// Takes `the-code`, from the node alone and with the verifier of its challenge.
async fn token(State(provider): State<Provider>, headers: HeaderMap, body: Bytes) -> Response {
    let sent: HashMap<String, String> = openidconnect::url::form_urlencoded::parse(&body)
        .into_owned()
        .collect();
    let encode = |text: &str| -> String {
        openidconnect::url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
    };
    let known = STANDARD.encode(format!("{}:{}", encode(CLIENT), encode(SECRET)));
    let mut script = provider.script();
    let verifier = sent.get("code_verifier").cloned().unwrap_or_default();
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
    let right = headers["authorization"] == format!("Basic {known}")
        && sent["grant_type"] == "authorization_code"
        && sent["code"] == "the-code"
        && sent["redirect_uri"] == "http://localhost:1/sign-in/return"
        && challenge == script.challenge;
    if !right {
        let refused = Json(json!({ "error": "invalid_grant" }));
        return (StatusCode::BAD_REQUEST, refused).into_response();
    }
    script.codes_redeemed += 1;
    let mut answer = json!({ "access_token": "unused-access-token", "token_type": "Bearer" });
    if let Some(token) = &script.id_token {
        answer["id_token"] = json!(token);
    }
    Json(answer).into_response()
}
