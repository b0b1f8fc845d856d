//! The reception: by what a node knows people and services.

use super::assertion::Used;
use super::bearer::Tokens;
use super::client::Clients;
use super::error::SignInError;
use super::provider::Provider;
use super::rule::Rule;
use super::settings::{PublicUrl, SignInSettings};

/// The identity provider with the rules for its people, and services with their access tokens.
#[derive(Debug)]
pub struct Reception {
    public_url: PublicUrl,
    provider: Option<Provider>,
    rules: Vec<Rule>,
    clients: Clients,
    used: Used,
    tokens: Tokens,
}

impl Reception {
    /// Opens a reception. The identity provider, where there is one, is asked for its metadata and
    /// keys.
    ///
    /// # Errors
    /// [`SignInError`] when the provider can't be reached or does not answer as it must.
    pub async fn open(settings: SignInSettings) -> Result<Self, SignInError> {
        let provider = match settings.provider {
            Some(provider) => {
                let returns_to = settings.public_url.at("/sign-in/return");
                Some(Provider::discover(provider, returns_to).await?)
            }
            None => None,
        };
        Ok(Self {
            public_url: settings.public_url,
            provider,
            rules: settings.rules,
            clients: settings.clients,
            used: Used::default(),
            tokens: Tokens::default(),
        })
    }

    /// Whether people reach the node through TLS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.public_url.is_https()
    }

    /// The node's origin, as browsers name it: scheme, host and port.
    #[must_use]
    pub fn origin(&self) -> String {
        self.public_url.origin()
    }

    /// Where services ask for access tokens.
    pub(super) fn token_url(&self) -> String {
        self.public_url.at("/auth/token")
    }

    /// Whether there is an identity provider.
    pub(crate) fn has_provider(&self) -> bool {
        self.provider.is_some()
    }

    pub(super) fn provider(&self) -> Option<&Provider> {
        self.provider.as_ref()
    }

    pub(super) fn rules(&self) -> &[Rule] {
        &self.rules
    }

    pub(super) fn clients(&self) -> &Clients {
        &self.clients
    }

    pub(super) fn used(&self) -> &Used {
        &self.used
    }

    pub(super) fn tokens(&self) -> &Tokens {
        &self.tokens
    }
}
