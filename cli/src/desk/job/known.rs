//! Known jobs: the job that a request's path names, at the desk of a custodian for whom its sender
//! may act.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use salus_node::Problem;
use salus_node::request::Segments;
use serde::Deserialize;

use super::Desk;
use crate::desk::seat::{Custodian, Seat};
use crate::home::Job;

/// A job of the custodian whose desk it is.
pub(super) struct KnownJob {
    pub(super) desk: Desk,
    pub(super) job: Job,
}

/// The job that an address names.
#[derive(Debug, Deserialize)]
struct Identified {
    id: String,
}

impl FromRequestParts<Desk> for KnownJob {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, Problem> {
        let Seat { desk, name, .. } = Seat::<Custodian>::from_request_parts(parts, desk).await?;
        let identified = Segments::<Identified>::from_request_parts(parts, &desk).await;
        // What is no text is no job's id either.
        let id = identified.map_or_else(|_| String::new(), |Segments(identified)| identified.id);
        let job = desk.known_job(name, &id).await?;
        Ok(Self { desk, job })
    }
}
