//! Identities: a person, and the parties for which that person may act.

use std::collections::BTreeSet;
use std::fmt;
use std::time::{Instant, SystemTime};

use axum::extract::{FromRef, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use serde::{Deserialize, Serialize};
use tower_sessions::Session;

use crate::node::Node;
use crate::problem::Problem;

/// Under this name a session keeps its identity.
pub(super) const KEPT: &str = "identity";

/// What a session keeps.
#[derive(Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) identity: Identity,
    /// When it ends at the latest, in seconds since 1970.
    pub(super) until: u64,
}

/// What a party does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Holds records and answers queries.
    Custodian,
    /// Opens studies and reads their inbox.
    Researcher,
    /// Approves studies.
    Board,
    /// A patient, who consents and answers.
    Subject,
    /// Looks at what the ledger shows, for the public.
    Regulator,
    /// Runs the node.
    Operator,
}

impl Role {
    /// Whether one has this role for a party. Regulators and operators have it for the node.
    #[must_use]
    pub const fn has_party(self) -> bool {
        !matches!(self, Self::Regulator | Self::Operator)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Custodian => "custodian",
            Self::Researcher => "researcher",
            Self::Board => "board",
            Self::Subject => "subject",
            Self::Regulator => "regulator",
            Self::Operator => "operator",
        })
    }
}

/// A role, for one party of this node.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acting {
    /// The role.
    pub role: Role,
    /// The party's name on this node; empty for a role without a party.
    pub party: String,
}

/// As a scope of an access token is written: `board/ethics`, or `operator`.
impl fmt::Display for Acting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.role.has_party() {
            write!(f, "{}/{}", self.role, self.party)
        } else {
            self.role.fmt(f)
        }
    }
}

/// A person who signed in, or a service with an access token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// What pages call the person.
    pub name: String,
    /// Tells this identity from all others of the node. Kept in memory, never logged.
    id: String,
    may: May,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum May {
    /// Act for every party of this node.
    All,
    /// Act for these.
    These(BTreeSet<Acting>),
}

impl Identity {
    /// Whoever runs the node on a machine of their own: may act for all its parties.
    #[must_use]
    pub fn owner(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            id: "owner".to_owned(),
            may: May::All,
        }
    }

    /// Someone who may act for these parties; `id` tells this one from all others.
    #[must_use]
    pub fn acting(
        id: impl Into<String>,
        name: impl Into<String>,
        parties: impl IntoIterator<Item = Acting>,
    ) -> Self {
        Self {
            name: name.into(),
            id: id.into(),
            may: May::These(parties.into_iter().collect()),
        }
    }

    /// Whether this person may act for a party.
    #[must_use]
    pub fn may_act(&self, role: Role, party: &str) -> bool {
        match &self.may {
            May::All => true,
            May::These(parties) => parties
                .iter()
                .any(|acting| acting.role == role && acting.party == party),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Identity
where
    Node: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        of(parts, &Node::from_ref(state)).await
    }
}

/// Who makes a request, if that one does not ask too often. In a demonstration everyone may act for
/// everybody.
async fn of(parts: &Parts, node: &Node) -> Result<Identity, Problem> {
    if node.site().demo {
        return Ok(Identity::owner("visitor"));
    }
    let identity = if bears_token(&parts.headers) {
        // With a token no cookie is looked at: a browser adds cookies, nobody adds tokens.
        of_token(&parts.headers, node).ok_or_else(Problem::token)?
    } else {
        of_session(parts).await?
    };
    node.quotas().desk(&identity.id)?;
    Ok(identity)
}

async fn of_session(parts: &Parts) -> Result<Identity, Problem> {
    let session = parts.extensions.get::<Session>();
    let session = session.ok_or_else(Problem::sign_in)?;
    let kept = kept(session).await;
    kept.map(|kept| kept.identity).ok_or_else(Problem::sign_in)
}

/// What a session keeps, if it has not ended.
pub(super) async fn kept(session: &Session) -> Option<Kept> {
    let kept = session.get::<Kept>(KEPT).await.ok()?;
    kept.filter(|kept| kept.until > seconds_since_1970())
}

/// Whether a request is made with an access token (or something else that is no cookie).
pub(super) fn bears_token(headers: &HeaderMap) -> bool {
    headers.contains_key(AUTHORIZATION)
}

fn of_token(headers: &HeaderMap, node: &Node) -> Option<Identity> {
    let reception = node.site().reception.as_ref()?;
    reception.tokens().find(bearer(headers)?, Instant::now())
}

/// The access token that a request shows, if it shows one and nothing else.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut lines = headers.get_all(AUTHORIZATION).iter();
    let (Some(line), None) = (lines.next(), lines.next()) else {
        return None;
    };
    let (scheme, token) = line.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The time, in seconds since 1970.
pub(super) fn seconds_since_1970() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.map_or(0, |now| now.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_acts_for_the_parties_given_and_in_the_role_given() {
        let acting = Acting {
            role: Role::Board,
            party: "ethics".to_owned(),
        };
        let person = Identity::acting("7", "Ada", [acting]);
        assert!(person.may_act(Role::Board, "ethics"));
        assert!(!person.may_act(Role::Custodian, "ethics"));
        assert!(!person.may_act(Role::Board, "ethics2"));
        assert!(Identity::owner("me").may_act(Role::Subject, "anyone"));
    }
}
