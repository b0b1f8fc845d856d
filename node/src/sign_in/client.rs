//! Clients: services that act for parties, and the keys by which they show who they are.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::Value;

use super::error::{KeysError, SignInError};
use super::identity::Acting;

/// The shortest RSA modulus, in bytes.
const SHORTEST_MODULUS: usize = 256;
/// The longest one: longer ones take long to check.
const LONGEST_MODULUS: usize = 1024;

/// A service.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) id: String,
    pub(super) parties: BTreeSet<Acting>,
    keys: BTreeMap<String, ClientKey>,
}

/// A public key, for one algorithm.
pub(super) struct ClientKey {
    pub(super) algorithm: Algorithm,
    pub(super) key: DecodingKey,
}

impl std::fmt::Debug for ClientKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ClientKey({:?})", self.algorithm)
    }
}

impl Client {
    /// A client with the keys of a JSON Web Key Set.
    pub(super) fn new(
        id: String,
        keys: &str,
        parties: BTreeSet<Acting>,
    ) -> Result<Self, KeysError> {
        let form = |error: serde_json::Error| KeysError::Form {
            problem: error.to_string(),
        };
        let plain: Value = serde_json::from_str(keys).map_err(form)?;
        let listed = plain.get("keys").and_then(Value::as_array);
        for key in listed.into_iter().flatten() {
            if ["d", "k", "p", "q"]
                .iter()
                .any(|secret| key.get(secret).is_some())
            {
                let kid = key.get("kid").and_then(Value::as_str).unwrap_or_default();
                return Err(KeysError::Private {
                    kid: kid.to_owned(),
                });
            }
        }
        let set: JwkSet = serde_json::from_value(plain).map_err(form)?;
        let mut keys = BTreeMap::new();
        for key in &set.keys {
            let kid = key.common.key_id.clone().unwrap_or_default();
            if kid.is_empty() || keys.contains_key(&kid) {
                return Err(KeysError::Id { kid });
            }
            let known = ClientKey::of(key);
            let known = known.ok_or_else(|| KeysError::Algorithm { kid: kid.clone() })?;
            keys.insert(kid, known);
        }
        if keys.is_empty() {
            return Err(KeysError::Empty);
        }
        Ok(Self { id, parties, keys })
    }

    pub(super) fn key(&self, kid: &str) -> Option<&ClientKey> {
        self.keys.get(kid)
    }
}

impl ClientKey {
    /// The two algorithms that SMART Backend Services names, each with its own kind of key.
    fn of(key: &Jwk) -> Option<Self> {
        let algorithm = match &key.algorithm {
            AlgorithmParameters::RSA(rsa) => {
                let modulus = URL_SAFE_NO_PAD.decode(&rsa.n).ok()?;
                let fits = (SHORTEST_MODULUS..=LONGEST_MODULUS).contains(&modulus.len());
                (fits && modulus.first() != Some(&0)).then_some(Algorithm::RS384)?
            }
            AlgorithmParameters::EllipticCurve(curve) => {
                (curve.curve == EllipticCurve::P384).then_some(Algorithm::ES384)?
            }
            _ => return None,
        };
        let named = key.common.key_algorithm;
        if named.is_some_and(|named| Algorithm::try_from(named).ok() != Some(algorithm)) {
            return None;
        }
        let key = DecodingKey::from_jwk(key).ok()?;
        Some(Self { algorithm, key })
    }
}

/// All services of a node, by their ids.
#[derive(Debug, Default)]
pub(super) struct Clients(BTreeMap<String, Client>);

impl Clients {
    pub(super) fn add(&mut self, client: Client) -> Result<(), SignInError> {
        let id = client.id.clone();
        match self.0.insert(id.clone(), client) {
            None => Ok(()),
            Some(_) => Err(SignInError::setting(
                "[[services]]",
                format!("{id:?} is there twice"),
            )),
        }
    }

    pub(super) fn get(&self, id: &str) -> Option<&Client> {
        self.0.get(id)
    }
}
