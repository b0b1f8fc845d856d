//! A call of the FHIR interface: which version, at what address, and which resource.

use std::collections::BTreeMap;

use axum::extract::FromRequestParts;
use axum::http::header::HOST;
use axum::http::request::Parts;
use axum::http::uri::Authority;
use salus_protocol::nullifier::StudyId;

use super::Version;
use crate::node::Node;
use crate::problem::Problem;
use crate::request::Segments;

/// What a request's path and host say.
#[derive(Debug)]
pub(super) struct Call {
    /// The version of the path.
    pub(super) version: Version,
    /// The address that resources of this version are below, without a final slash; only its path
    /// where the request names no host.
    pub(super) base: String,
    id: Option<String>,
}

impl Call {
    /// Refuses a resource type that this version does not serve.
    pub(super) fn only_in(&self, version: Version, kind: &str) -> Result<(), Problem> {
        if self.version == version {
            return Ok(());
        }
        let (asked, instead) = (self.version.name(), self.version.criteria());
        Err(Problem::not_found(format!(
            "{kind} is not served in {asked}; a study's criteria are {instead} there"
        )))
    }

    /// The id of the path, as text.
    pub(super) fn id(&self) -> &str {
        self.id.as_deref().unwrap_or_default()
    }

    /// The study that the path's id names. An id of another form names nothing.
    pub(super) fn study(&self) -> Result<StudyId, Problem> {
        self.id()
            .parse()
            .map_err(|_| Problem::not_found("a study's id has 64 hexadecimal digits"))
    }
}

impl FromRequestParts<Node> for Call {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, node: &Node) -> Result<Self, Problem> {
        let Segments(mut path) =
            Segments::<BTreeMap<String, String>>::from_request_parts(parts, node).await?;
        let version = path.get("version").map(String::as_str).unwrap_or_default();
        let version = Version::of_path(version)
            .ok_or_else(|| Problem::parameter("a version of FHIR is `r4` or `r5`"))?;
        let origin = node
            .settings()
            .public_url
            .clone()
            .or_else(|| host(parts).map(|host| format!("http://{host}")))
            .unwrap_or_default();
        Ok(Self {
            version,
            base: format!("{origin}/fhir/{}", version.name()),
            id: path.remove("id"),
        })
    }
}

/// The host that the client asked for, if it is one.
fn host(parts: &Parts) -> Option<String> {
    let text = parts.headers.get(HOST)?.to_str().ok()?;
    let authority: Authority = text.parse().ok()?;
    let plain = !authority.as_str().contains('@');
    plain.then(|| authority.to_string())
}
