//! Identities: a person, and the parties for which that person may act.

use std::collections::BTreeSet;
use std::fmt;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use serde::{Deserialize, Serialize};
use tower_sessions::Session;

use crate::node::Node;
use crate::problem::Problem;

/// Under this name a session keeps its identity.
pub(super) const KEPT: &str = "identity";

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
    /// Runs the node.
    Operator,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Custodian => "custodian",
            Self::Researcher => "researcher",
            Self::Board => "board",
            Self::Subject => "subject",
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
    /// The party's name on this node.
    pub party: String,
}

/// A person who signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// What pages call the person.
    pub name: String,
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
            may: May::All,
        }
    }

    /// Someone who may act for these parties.
    #[must_use]
    pub fn acting(name: impl Into<String>, parties: impl IntoIterator<Item = Acting>) -> Self {
        Self {
            name: name.into(),
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

/// Who makes a request. In a demonstration everyone may act for everybody.
async fn of(parts: &Parts, node: &Node) -> Result<Identity, Problem> {
    if node.site().demo {
        return Ok(Identity::owner("visitor"));
    }
    let kept = match parts.extensions.get::<Session>() {
        Some(session) => session.get(KEPT).await.map_err(|_| Problem::sign_in())?,
        None => None,
    };
    kept.ok_or_else(Problem::sign_in)
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
        let person = Identity::acting("Ada", [acting]);
        assert!(person.may_act(Role::Board, "ethics"));
        assert!(!person.may_act(Role::Custodian, "ethics"));
        assert!(!person.may_act(Role::Board, "ethics2"));
        assert!(Identity::owner("me").may_act(Role::Subject, "anyone"));
    }
}
