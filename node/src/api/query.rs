//! Queries: read, compiled and explained, for whoever writes one. Nothing is kept.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use salus_protocol::profile::Profile;
use salus_protocol::query::{CRITERIA, Query, QueryError, QueryErrors, QueryWarning};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::body;
use crate::node::Node;
use crate::problem::Problem;

/// A query to be read: as text or as JSON.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Written {
    /// The profile that it is for: one that `/api/v1/profiles` names.
    pub(crate) profile: String,
    /// The query as text.
    #[serde(default)]
    pub(crate) text: Option<String>,
    /// The query as JSON.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub(crate) query: Option<Value>,
}

/// What became of a query.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Checked {
    /// The query as text: as it was sent, or written from its JSON. None where it can't be read.
    pub(crate) text: Option<String>,
    /// The query as JSON.
    #[schema(value_type = Option<Object>)]
    pub(crate) query: Option<Value>,
    /// What it asks, in plain English. None where there are errors.
    #[schema(value_type = Option<Object>)]
    pub(crate) explanation: Option<Value>,
    /// The compiled query's digest, its identity.
    pub(crate) digest: Option<String>,
    /// Compiled criteria in use.
    pub(crate) criteria_used: usize,
    /// Compiled criteria that there may be.
    pub(crate) criteria_allowed: usize,
    /// What is wrong with it.
    pub(crate) errors: Vec<Remark>,
    /// What may not mean what was intended.
    pub(crate) warnings: Vec<Remark>,
}

/// A remark on a part of a query.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Remark {
    /// What is said.
    pub(crate) message: String,
    /// What to do.
    pub(crate) help: Option<String>,
    /// The part's path in the query's JSON; empty for the query as a whole.
    pub(crate) path: String,
    /// Where the part stands in the text: first byte and the one after the last.
    pub(crate) bytes: Option<(usize, usize)>,
}

impl Remark {
    fn error(error: &QueryError) -> Self {
        Self {
            message: error.what.to_string(),
            help: error.help(),
            path: error.path.clone(),
            bytes: error.span.as_ref().map(|span| (span.start, span.end)),
        }
    }

    fn warning(warning: &QueryWarning) -> Self {
        Self {
            message: warning.what.to_string(),
            help: None,
            path: warning.path.clone(),
            bytes: warning.span.as_ref().map(|span| (span.start, span.end)),
        }
    }
}

impl Checked {
    /// Reads a query and compiles it against a profile.
    pub(crate) fn of(written: &Written, profile: &Profile) -> Result<Self, Problem> {
        let (read, text) = match (&written.text, &written.query) {
            (Some(text), None) => (Query::parse(text), Some(text.clone())),
            (None, Some(query)) => (Query::from_json(&query.to_string()), None),
            _ => return Err(Problem::body("give either `text` or `query`")),
        };
        let mut checked = Self {
            text,
            query: None,
            explanation: None,
            digest: None,
            criteria_used: 0,
            criteria_allowed: CRITERIA,
            errors: Vec::new(),
            warnings: Vec::new(),
        };
        match read {
            Ok(query) => checked.compile(&query, profile),
            Err(errors) => checked.fail(&errors),
        }
        Ok(checked)
    }

    fn compile(&mut self, query: &Query, profile: &Profile) {
        self.text.get_or_insert_with(|| query.to_text());
        self.query = serde_json::from_str(&query.to_json()).ok();
        let compiled = query.compile(profile);
        match compiled.and_then(|compiled| Ok((query.explain(profile)?, compiled))) {
            Ok((explanation, compiled)) => {
                self.explanation = serde_json::to_value(explanation).ok();
                self.digest = Some(compiled.query.digest().to_string());
                self.criteria_used = compiled.used;
                self.warnings = compiled.warnings.iter().map(Remark::warning).collect();
            }
            Err(errors) => self.fail(&errors),
        }
    }

    fn fail(&mut self, errors: &QueryErrors) {
        self.errors = errors.iter().map(Remark::error).collect();
    }
}

/// Reads a query, compiles it, and says in plain English what it asks. A query with errors is
/// answered too, with what is wrong and where.
#[utoipa::path(
    post, path = "/queries/check", tag = "queries",
    request_body = Written,
    responses(
        (status = 200, body = Checked, description = "What it asks, or what is wrong with it"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "No such profile is offered"),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem"),
    ),
)]
pub(super) async fn check(State(node): State<Node>, body: Body) -> Result<Json<Checked>, Problem> {
    let held = body::read(&node, body).await?;
    let site = node.clone();
    let checked = node.read(move |_| {
        let written: Written =
            serde_json::from_slice(held.bytes()).map_err(|e| Problem::body(e.to_string()))?;
        let offered = site.site().profile(&written.profile);
        let offered = offered.ok_or_else(|| Problem::not_found("no such profile is offered"))?;
        Checked::of(&written, &offered.profile)
    });
    Ok(Json(checked.await?))
}
