//! Transactions: handed in by anyone, entered if they break no rule.
//!
//! Checked here, in this order: size, who signed, that signer's quota, replay, canonical decoding.
//! The rules (among them nullifier and root) and last the proof are the ledger's to check.

use std::borrow::Cow;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use salus_ledger::engine::{Attachment, Submission};
use salus_ledger::key::PublicKey;
use salus_ledger::state::{Event, Rejection, State as LedgerState};
use salus_ledger::transaction::Envelope;
use salus_protocol::contact::SealedContact;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::body;
use crate::node::Node;
use crate::problem::Problem;
use crate::quota::Signer;

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

/// A body, opened as far as it takes to see who signed.
struct Opened<'a> {
    transaction: Cow<'a, [u8]>,
    attachment: Option<HandedAttachment>,
}

impl Opened<'_> {
    fn signer(&self, state: &LedgerState) -> Signer {
        match Envelope::signed_by(&self.transaction, &state.id()) {
            // Anyone can copy it from the log: it is not its signer who sends it.
            Some((_, id)) if state.has_entered(&id) => Signer::Repeated(id),
            Some((key, _)) if is_registered(&key, state) => Signer::Registered(key),
            Some((key, _)) if state.is_subject(&key) => Signer::Subject,
            Some(_) => Signer::Other,
            None => Signer::Nobody,
        }
    }

    fn submission(self) -> Result<Submission, Problem> {
        let attachment = self.attachment.map(HandedAttachment::attachment);
        Ok(Submission {
            envelope: envelope(&self.transaction)?,
            attachment: attachment.transpose()?,
        })
    }
}

fn is_registered(key: &PublicKey, state: &LedgerState) -> bool {
    let genesis = state.genesis();
    *key == genesis.governance
        || *key == genesis.checkpoint
        || state.issuers().contains_key(key)
        || state.boards().contains_key(key)
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
            _ => Err(Problem::media_type(
                "send application/octet-stream (the transaction's bytes) or application/json (with \
                 an attachment)",
            )),
        }
    }

    fn open(self, body: &[u8]) -> Result<Opened<'_>, Problem> {
        match self {
            Self::Bytes => Ok(Opened {
                transaction: Cow::Borrowed(body),
                attachment: None,
            }),
            Self::Json => {
                let handed = serde_json::from_slice::<Handed>(body);
                let handed = handed.map_err(|error| Problem::body(error.to_string()))?;
                Ok(Opened {
                    transaction: Cow::Owned(bytes("transaction", &handed.transaction)?),
                    attachment: handed.attachment,
                })
            }
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
        (status = 415, body = Problem, content_type = "application/problem+json", description = "Neither bytes nor JSON"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "It can't enter: its signature, its content or its proof"),
        (status = 429, body = Problem, content_type = "application/problem+json", description = "Too often under this key: come again after the seconds in Retry-After"),
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
    let quotas = node.clone();
    let (submission, held) = node
        .read(move |ledger| {
            let opened = form.open(held.bytes())?;
            let signer = opened.signer(&*ledger.state()?);
            quotas.quotas().submission(&signer)?;
            if let Signer::Repeated(id) = signer {
                return Err(Rejection::Replayed { id }.into());
            }
            Ok((opened.submission()?, held))
        })
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
            height: receipt.height,
            checkpoint: batch.checkpoint.as_str().to_owned(),
        })
    });
    let receipt = receipt.await?;
    let place = format!("/api/v1/ledger/entries/{}", receipt.entry);
    Ok((StatusCode::CREATED, [(LOCATION, place)], Json(receipt)))
}
