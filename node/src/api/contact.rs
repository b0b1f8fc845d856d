//! The sealed contacts of a study's answers, for its sponsor only.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use salus_ledger::engine::LedgerError;
use salus_ledger::inbox::{CLOCK_TOLERANCE, InboxRequest};
use salus_protocol::nullifier::StudyId;
use salus_protocol::statement::ContactDigest;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::study::parse_id;
use crate::body;
use crate::node::Node;
use crate::problem::Problem;
use crate::request::{Parameters, Segment};

/// The most contacts in one answer.
const MOST: usize = 1024;

/// Which contacts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Range {
    /// The number of the first answer, from 0 in the order in which the study's answers entered.
    #[serde(default)]
    from: usize,
}

/// A sponsor's signed request.
#[derive(Debug, Deserialize, ToSchema)]
#[allow(dead_code)] // what it describes is read as an `InboxRequest`
pub(crate) struct SponsorsRequest {
    /// When it was signed: seconds since 1970 in UTC, within 300 of the node's clock.
    time: u64,
    /// The sponsor's Ed25519 signature, 128 hexadecimal digits, over the domain
    /// `salus/v1/inbox-request` and a zero byte, the ledger's id, the study's id and the time in 8
    /// bytes, little-endian.
    signature: String,
}

/// Sealed contacts of answers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Contacts {
    /// The study's answers.
    answers: usize,
    /// The number of the first answer that is not looked at here; none at the end.
    next: Option<usize>,
    /// Sealed contacts in base64, in the order of their answers; those that were dropped are left
    /// out.
    contacts: Vec<String>,
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

fn not_the_sponsor() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "NotSponsor",
        "Not the sponsor's request",
        format!(
            "a study's contacts are for its sponsor: sign the request with the sponsor's key, not more \
             than {CLOCK_TOLERANCE} seconds ago"
        ),
    )
}

/// The sealed contacts of a study's answers, for its sponsor: the signature says who asks.
#[utoipa::path(
    post, path = "/studies/{id}/contacts", tag = "studies",
    params(("id" = String, Path, description = "The study's id, 64 hexadecimal digits"), Range),
    request_body(content((SponsorsRequest = "application/json"))),
    responses(
        (status = 200, body = Contacts),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "Not signed by the study's sponsor, or not just now"),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem; 404 for an unknown study"),
    ),
)]
pub(super) async fn contacts(
    State(node): State<Node>,
    Segment(id): Segment,
    Parameters(range): Parameters<Range>,
    body: Body,
) -> Result<Json<Contacts>, Problem> {
    let id = parse_id(&id)?;
    let held = body::read(&node, body).await?;
    let request: InboxRequest =
        serde_json::from_slice(held.bytes()).map_err(|error| Problem::body(error.to_string()))?;
    drop(held);
    let contacts = node.read(move |ledger| {
        let (answers, digests) = asked(ledger, &id, &request, range.from)?;
        let mut contacts = Vec::with_capacity(digests.len());
        for digest in digests.into_iter().filter(|d| *d != ContactDigest::NONE) {
            match ledger.contact(digest) {
                Ok(sealed) => contacts.push(BASE64.encode(sealed.as_bytes())),
                Err(LedgerError::Attachment(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let end = range.from.saturating_add(MOST);
        Ok(Contacts {
            answers,
            next: (end < answers).then_some(end),
            contacts,
        })
    });
    Ok(Json(contacts.await?))
}

/// How many answers the study has, and what contacts those asked for bind.
fn asked(
    ledger: &salus_ledger::engine::Ledger,
    id: &StudyId,
    request: &InboxRequest,
    from: usize,
) -> Result<(usize, Vec<ContactDigest>), Problem> {
    let state = ledger.state()?;
    let study = state.study(id);
    let study = study.ok_or_else(|| Problem::not_found(format!("there is no study {id}")))?;
    if !request.is_by(&study.opened.sponsor, &state.id(), id, now()) {
        return Err(not_the_sponsor());
    }
    let answers = study.answers.iter().skip(from).take(MOST);
    Ok((
        study.answers.len(),
        answers.map(|answer| answer.statement.contact).collect(),
    ))
}
