//! Access tokens: what a service shows with each request after it showed who it is.
//!
//! A token says nothing; the node knows whose it is, keeps its hash only, and forgets it soon.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::identity::Identity;

/// How long a token is good.
pub(super) const LIFE: Duration = Duration::from_secs(300);
/// So many tokens are good at once, at most.
const MOST: usize = 65_536;

/// Why no token was given.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoToken {
    #[error("there are as many access tokens as a node keeps")]
    Full,
    #[error("the operating system gives no randomness: {0}")]
    Random(#[from] getrandom::Error),
}

/// Tokens that are good, by their hashes.
#[derive(Debug, Default)]
pub(super) struct Tokens(Mutex<HashMap<[u8; 32], Given>>);

#[derive(Debug)]
struct Given {
    identity: Identity,
    until: Instant,
}

impl Tokens {
    /// A new token for someone.
    pub(super) fn give(
        &self,
        identity: Identity,
        now: Instant,
    ) -> Result<Zeroizing<String>, NoToken> {
        let mut bytes = Zeroizing::new([0u8; 32]);
        getrandom::fill(&mut *bytes)?;
        let token = Zeroizing::new(hex::encode(*bytes));
        let mut given = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        given.retain(|_, one| one.until > now);
        if given.len() >= MOST {
            return Err(NoToken::Full);
        }
        let until = now + LIFE;
        given.insert(hash(&token), Given { identity, until });
        Ok(token)
    }

    /// Whose a token is, while it is good.
    pub(super) fn find(&self, token: &str, now: Instant) -> Option<Identity> {
        let given = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = given.get(&hash(token)).filter(|one| one.until > now);
        found.map(|one| one.identity.clone())
    }
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_token_is_good_for_its_time_and_is_kept_as_a_hash_alone() {
        let tokens = Tokens::default();
        let now = Instant::now();
        let token = tokens.give(Identity::owner("me"), now).unwrap();
        assert_eq!(token.len(), 64);
        assert!(!format!("{tokens:?}").contains(token.as_str()));
        assert!(tokens.find(&token, now).is_some());
        assert!(tokens.find(&token[1..], now).is_none());
        assert!(tokens.find(&token, now + LIFE).is_none());
        // The next one sweeps what has expired.
        tokens.give(Identity::owner("me"), now + LIFE).unwrap();
        assert_eq!(tokens.0.lock().unwrap().len(), 1);
    }
}
