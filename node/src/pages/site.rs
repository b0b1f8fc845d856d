//! The site: what pages offer beyond what is on the ledger.

use std::sync::Arc;

use salus_protocol::profile::Profile;

use crate::sign_in::{Reception, SignInLink};

/// A profile that queries can be written for.
#[derive(Debug, Clone)]
pub struct OfferedProfile {
    /// The profile.
    pub profile: Arc<Profile>,
    /// Its document, as a study that asks about it brings it.
    pub document: Arc<str>,
}

/// What a node's pages offer beyond the ledger.
#[derive(Debug, Clone, Default)]
pub struct Site {
    /// Profiles that queries can be written for.
    pub profiles: Vec<OfferedProfile>,
    /// Whether pages of parties are served beside, below `/desk`.
    pub desk: bool,
    /// Whether all patients and parties are made up, so that everyone may act for everybody.
    pub demo: bool,
    /// The link that signs in who started the node.
    pub link: Option<SignInLink>,
    /// By which people sign in through an identity provider, and services by their keys.
    pub reception: Option<Arc<Reception>>,
    /// Whether people reach the node through TLS: then cookies travel in nothing else.
    pub secure: bool,
}

impl Site {
    /// The profile of this name.
    #[must_use]
    pub fn profile(&self, name: &str) -> Option<&OfferedProfile> {
        self.profiles
            .iter()
            .find(|offered| offered.profile.name() == name)
    }
}
