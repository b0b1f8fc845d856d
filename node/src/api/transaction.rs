//! Transactions: handed in by anyone, entered if they break no rule.
//!
//! Size and canonical decoding are checked here; signature, replay, rules and last the proof are
//! the ledger's to check, in that order.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use salus_ledger::engine::{Attachment, Submission};
use salus_ledger::state::Event;
use salus_ledger::transaction::Envelope;
use salus_protocol::contact::SealedContact;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::body;
use crate::node::Node;
use crate::problem::Problem;

/// A transaction with what travels beside it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Handed {
    /// The signed transaction's canonical bytes, in base64.
    transaction: String,
    /// What it names by its digest.
    #[serde(default)]
    attachment: Option<HandedAttachment>,
}

/// What travels beside a transaction.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum HandedAttachment {
    /// The sealed contact of an answer.
    Contact {
        /// Its bytes, in base64.
        base64: String,
    },
    /// The profile document of an opened study.
    Profile {
        /// The document, in TOML.
        text: String,
    },
    /// A published page.
    Publication {
        /// Its bytes, in base64.
        base64: String,
    },
    /// The proofs of a cohort answer, a tally or a release.
    CohortProof {
        /// Their bytes, in base64.
        base64: String,
    },
}

impl Handed {
    fn submission(self) -> Result<Submission, Problem> {
        Ok(Submission {
            envelope: envelope(&bytes("transaction", &self.transaction)?)?,
            attachment: self
                .attachment
                .map(HandedAttachment::attachment)
                .transpose()?,
        })
    }
}

impl HandedAttachment {
    fn attachment(self) -> Result<Attachment, Problem> {
        Ok(match self {
            Self::Contact { base64 } => {
                let sealed = SealedContact::from_bytes(bytes("contact", &base64)?);
                Attachment::Contact(sealed.map_err(|error| Problem::body(error.to_string()))?)
            }
            Self::Profile { text } => Attachment::Profile(text),
            Self::Publication { base64 } => Attachment::Publication(bytes("publication", &base64)?),
            Self::CohortProof { base64 } => Attachment::CohortProof(bytes("proof", &base64)?),
        })
    }
}

fn bytes(what: &str, text: &str) -> Result<Vec<u8>, Problem> {
    BASE64
        .decode(text)
        .map_err(|error| Problem::body(format!("the {what} is not base64: {error}")))
}

fn envelope(bytes: &[u8]) -> Result<Envelope, Problem> {
    Envelope::from_bytes(bytes).map_err(|error| {
        Problem::new(
            StatusCode::BAD_REQUEST,
            "NotATransaction",
            "Not a transaction",
            error.to_string(),
        )
    })
}

/// That a transaction entered, and is on the disk.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReceiptView {
    /// The transaction's id.
    id: String,
    /// Index of its log entry.
    entry: u64,
    /// What it did.
    #[schema(value_type = Object)]
    event: Event,
    /// The height that it is in.
    height: u64,
    /// The checkpoint signed after it entered.
    checkpoint: String,
}

/// How a body is written.
#[derive(Debug, Clone, Copy)]
enum Form {
    Bytes,
    Json,
}

impl Form {
    fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let media = headers
            .get(CONTENT_TYPE)
            .and_then(|media| media.to_str().ok());
        let media = media
            .and_then(|media| media.split(';').next())
            .map(str::trim);
        match media {
            Some("application/octet-stream") => Ok(Self::Bytes),
            Some("application/json") => Ok(Self::Json),
            _ => Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "MediaType",
                "Unsupported media type",
                "send application/octet-stream (the transaction's bytes) or application/json (with \
                 an attachment)",
            )),
        }
    }

    fn read(self, body: &[u8]) -> Result<Submission, Problem> {
        match self {
            Self::Bytes => Ok(envelope(body)?.into()),
            Self::Json => serde_json::from_slice::<Handed>(body)
                .map_err(|error| Problem::body(error.to_string()))?
                .submission(),
        }
    }
}

/// Hands in a signed transaction: its canonical bytes alone, or as JSON with an attachment.
///
/// With 201 it is on the disk. After a lost connection send the very same bytes again: if it had
/// entered, it is refused as `Replayed`.
#[utoipa::path(
    post, path = "/transactions", tag = "transactions",
    request_body(content(
        (Handed = "application/json"),
        ("application/octet-stream"),
    )),
    responses(
        (status = 201, body = ReceiptView, description = "It entered"),
        (status = 400, body = Problem, content_type = "application/problem+json", description = "Not a transaction"),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "Another key has to sign it"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "The ledger stands otherwise than it supposes, or it is there already"),
        (status = 413, body = Problem, content_type = "application/problem+json", description = "Too long"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "It can't enter: its signature, its content or its proof"),
        (status = 503, body = Problem, content_type = "application/problem+json", description = "Busy: come again after the seconds in Retry-After"),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem"),
    ),
)]
pub(super) async fn submit(
    State(node): State<Node>,
    headers: HeaderMap,
    body: Body,
) -> Result<impl IntoResponse, Problem> {
    let form = Form::of(&headers)?;
    let held = body::read(&node, body).await?;
    // Decoding takes no place from transactions that wait for verification.
    let (submission, held) = node
        .read(move |_| Ok((form.read(held.bytes())?, held)))
        .await?;
    let receipt = node.write(move |ledger| {
        let batch = ledger.submit_many(&[submission]);
        drop(held);
        let mut batch = batch?;
        let outcome = batch.outcomes.pop();
        let receipt = outcome.ok_or_else(|| Problem::internal("a batch without an outcome"))??;
        Ok(ReceiptView {
            id: receipt.id.to_string(),
            entry: receipt.entry,
            event: receipt.event,
            height: batch.height,
            checkpoint: batch.checkpoint.as_str().to_owned(),
        })
    });
    let receipt = receipt.await?;
    let place = format!("/api/v1/ledger/entries/{}", receipt.entry);
    Ok((StatusCode::CREATED, [(LOCATION, place)], Json(receipt)))
}
