//! Client assertions: the signed token by which a service shows who it is (RFC 7523, as SMART
//! Backend Services narrows it).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jsonwebtoken::{Algorithm, Validation, decode, decode_header};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::client::{Client, Clients};

/// An assertion may be good for so many seconds more, at most.
const LONGEST_LIFE: u64 = 300;
/// The longest `jti`, in bytes.
const LONGEST_ID: usize = 256;
/// So many assertions are remembered at most, until they expire.
const MOST_REMEMBERED: usize = 65_536;

/// Why an assertion does not show who sent it. Said to the operator's log only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unproven {
    #[error("not a JSON Web Token, or of an unknown algorithm")]
    Form,
    #[error("neither RS384 nor ES384")]
    Algorithm,
    #[error("of an unknown client or key")]
    Unknown,
    #[error("signature, issuer, subject, audience or time do not hold")]
    Claims,
    #[error("good for more than five minutes")]
    TooLong,
    #[error("used before")]
    Replayed,
    #[error("there is no more room to remember assertions")]
    Full,
}

#[derive(Deserialize)]
struct Issuer {
    iss: String,
}

#[derive(Deserialize)]
struct Claims {
    exp: u64,
    jti: String,
}

/// A good assertion that was not used yet.
#[derive(Debug)]
pub(super) struct Proven<'a> {
    pub(super) client: &'a Client,
    /// Names this one among all clients' assertions.
    id: [u8; 32],
    expires: u64,
}

/// Checks an assertion for the token endpoint `audience`, at a time in seconds since 1970.
pub(super) fn check<'a>(
    clients: &'a Clients,
    assertion: &str,
    audience: &str,
    now: u64,
) -> Result<Proven<'a>, Unproven> {
    let header = decode_header(assertion).map_err(|_| Unproven::Form)?;
    if !matches!(header.alg, Algorithm::RS384 | Algorithm::ES384) {
        return Err(Unproven::Algorithm);
    }
    // An extension that must be understood, and is not.
    if header.crit.is_some() {
        return Err(Unproven::Form);
    }
    // The issuer only says which keys to try; it is checked below with the signature.
    let claimed = jsonwebtoken::dangerous::insecure_decode_claims::<Issuer>(assertion);
    let claimed = claimed.map_err(|_| Unproven::Form)?.iss;
    let client = clients.get(&claimed).ok_or(Unproven::Unknown)?;
    let key = header.kid.as_deref().and_then(|kid| client.key(kid));
    let key = key
        .filter(|key| key.algorithm == header.alg)
        .ok_or(Unproven::Unknown)?;
    let claims = decode::<Claims>(
        assertion,
        &key.key,
        &expected(client, key.algorithm, audience),
    );
    let claims = claims.map_err(|_| Unproven::Claims)?.claims;
    if claims.exp <= now || claims.jti.is_empty() || claims.jti.len() > LONGEST_ID {
        return Err(Unproven::Claims);
    }
    if claims.exp > now.saturating_add(LONGEST_LIFE) {
        return Err(Unproven::TooLong);
    }
    let mut hasher = Sha256::new();
    // The client's length keeps the two apart.
    hasher.update((client.id.len() as u64).to_le_bytes());
    hasher.update(client.id.as_bytes());
    hasher.update(claims.jti.as_bytes());
    Ok(Proven {
        client,
        id: hasher.finalize().into(),
        expires: claims.exp,
    })
}

/// What the claims must be. Times are compared without slack.
fn expected(client: &Client, algorithm: Algorithm, audience: &str) -> Validation {
    let mut expected = Validation::new(algorithm);
    expected.set_required_spec_claims(&["exp", "iss", "sub", "aud"]);
    expected.set_issuer(&[&client.id]);
    expected.sub = Some(client.id.clone());
    expected.set_audience(&[audience]);
    expected.validate_nbf = true;
    expected.leeway = 0;
    expected
}

/// Assertions that were used and have not expired.
#[derive(Debug, Default)]
pub(super) struct Used(Mutex<HashMap<[u8; 32], u64>>);

impl Used {
    /// Uses an assertion, once.
    pub(super) fn redeem(&self, proven: &Proven<'_>, now: u64) -> Result<(), Unproven> {
        // Whoever panicked while it held the lock left whole entries.
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        used.retain(|_, expires| *expires > now);
        if used.contains_key(&proven.id) {
            return Err(Unproven::Replayed);
        }
        if used.len() >= MOST_REMEMBERED {
            return Err(Unproven::Full);
        }
        used.insert(proven.id, proven.expires);
        Ok(())
    }
}
