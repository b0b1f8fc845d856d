//! Whose jobs a request is about, read from its path: nobody else's are there for its sender.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use salus_node::Problem;
use salus_node::sign_in::{Identity, Role};

use super::Desk;
use crate::home::{Job, Name};

/// The custodian that the path names, for which the request's sender may act.
pub(super) struct Custodian(pub(super) Name);

/// The job of that custodian that the path names.
pub(super) struct KnownJob(pub(super) Job);

impl FromRequestParts<Desk> for Custodian {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, Problem> {
        let identity = Identity::from_request_parts(parts, desk).await?;
        let name = part(parts, desk, "name").await;
        Desk::acting(&identity, Role::Custodian, &name).map(Self)
    }
}

impl FromRequestParts<Desk> for KnownJob {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, Problem> {
        let Custodian(name) = Custodian::from_request_parts(parts, desk).await?;
        let id = part(parts, desk, "id").await;
        desk.known_job(name, &id).await.map(Self)
    }
}

/// A variable part of the path; nothing where it is no text.
async fn part(parts: &mut Parts, desk: &Desk, key: &str) -> String {
    let Ok(path) = RawPathParams::from_request_parts(parts, desk).await else {
        return String::new();
    };
    let found = path.iter().find(|(known, _)| *known == key);
    found.map_or_else(String::new, |(_, value)| value.to_owned())
}
