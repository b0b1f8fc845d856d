//! The sign-in link: printed where the node was started, it shows that who follows it started it.

use std::fmt;
use std::sync::{Arc, Mutex};

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// The secret of a link that signs its owner in, once.
#[derive(Clone)]
pub struct SignInLink(Arc<Mutex<Option<Zeroizing<String>>>>);

impl SignInLink {
    /// A link with a fresh secret.
    ///
    /// # Errors
    /// When the operating system gives no randomness.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = Zeroizing::new([0u8; 32]);
        getrandom::fill(&mut *bytes)?;
        let secret = Zeroizing::new(hex::encode(*bytes));
        Ok(Self(Arc::new(Mutex::new(Some(secret)))))
    }

    /// The path to follow; none once it was followed.
    #[must_use]
    pub fn path(&self) -> Option<String> {
        let secret = self.0.lock().ok()?;
        secret
            .as_ref()
            .map(|secret| format!("/sign-in/link?secret={}", secret.as_str()))
    }

    /// Whether this is the secret. From then on there is none.
    pub(super) fn redeem(&self, offered: &str) -> bool {
        let Ok(mut kept) = self.0.lock() else {
            return false;
        };
        let same = kept
            .as_ref()
            .is_some_and(|kept| bool::from(kept.as_bytes().ct_eq(offered.as_bytes())));
        if same {
            *kept = None;
        }
        same
    }
}

impl fmt::Debug for SignInLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignInLink(redacted)")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_link_is_good_once() {
        let link = SignInLink::random().unwrap();
        let path = link.path().unwrap();
        let secret = path.split('=').nth(1).unwrap();
        assert_eq!(secret.len(), 64);
        assert!(!link.redeem("") && !link.redeem(&secret[1..]));
        assert!(link.redeem(secret) && !link.redeem(secret));
        assert_eq!(link.path(), None);
    }
}
