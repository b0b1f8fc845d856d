//! Entries of the log: their bytes, and what these say.

mod content;

use axum::Json;
use axum::extract::State;
use salus_ledger::engine::Ledger;
use salus_ledger::log::Entry;
use salus_protocol::nullifier::LedgerId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::node::Node;
use crate::problem::Problem;
use crate::request::{Parameters, Segment};

/// The most entries in one answer.
const MOST: u64 = 256;

/// An entry of the log.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EntryView {
    /// Its index, from 0.
    pub(crate) index: u64,
    /// A transaction's name, or `registry head`.
    pub(crate) kind: &'static str,
    /// The transaction's id; none for a registry head.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
    /// The key that signed the transaction. An answer's is used once and says nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) signer: Option<String>,
    /// What it says, by the field names of docs/spec/ledger.md.
    #[schema(value_type = Object)]
    pub(crate) content: Value,
    /// Its canonical bytes, which the log's tree is over, in hexadecimal.
    pub(crate) bytes: String,
}

impl EntryView {
    pub(crate) fn read(ledger: &Ledger, id: &LedgerId, index: u64) -> Result<Self, Problem> {
        let bytes = ledger.entry(index)?;
        let entry = Entry::from_bytes(&bytes).map_err(|e| Problem::internal(&e.to_string()))?;
        let bytes = hex::encode(bytes);
        Ok(match &entry {
            Entry::Transaction(envelope) => Self {
                index,
                kind: envelope.transaction().name(),
                id: Some(envelope.id(id).to_string()),
                signer: Some(envelope.signer().to_string()),
                content: content::of(envelope.transaction()),
                bytes,
            },
            Entry::Head(head) => Self {
                index,
                kind: "registry head",
                id: None,
                signer: None,
                content: serde_json::to_value(head).unwrap_or_default(),
                bytes,
            },
        })
    }
}

/// One entry of the log.
#[utoipa::path(
    get, path = "/ledger/entries/{index}", tag = "ledger",
    params(("index" = u64, Path, description = "The entry's index, from 0")),
    responses(
        (status = 200, body = EntryView),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem; 404 beyond the log"),
    ),
)]
pub(super) async fn entry(
    State(node): State<Node>,
    Segment(index): Segment,
) -> Result<Json<EntryView>, Problem> {
    let index: u64 = index
        .parse()
        .map_err(|_| Problem::parameter("an entry is named by its index: a number from 0"))?;
    let view = node.read(move |ledger| {
        let id = ledger.state()?.id();
        EntryView::read(ledger, &id, index)
    });
    Ok(Json(view.await?))
}

/// Which entries.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Range {
    /// The first entry's index. Default: 0.
    #[serde(default)]
    from: u64,
    /// How many, at most 256. Default: 256.
    #[serde(default = "most")]
    #[param(maximum = 256)]
    count: u64,
}

const fn most() -> u64 {
    MOST
}

/// Entries of the log in its order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Entries {
    /// The log's size.
    size: u64,
    /// The entries; fewer than asked for at the log's end.
    entries: Vec<EntryView>,
}

/// Entries of the log in its order.
#[utoipa::path(
    get, path = "/ledger/entries", tag = "ledger", params(Range),
    responses(
        (status = 200, body = Entries),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem"),
    ),
)]
pub(super) async fn entries(
    State(node): State<Node>,
    Parameters(asked): Parameters<Range>,
) -> Result<Json<Entries>, Problem> {
    if asked.count > MOST {
        return Err(Problem::parameter(format!(
            "ask for at most {MOST} entries"
        )));
    }
    let page = node.read(move |ledger| {
        let (id, size) = {
            let state = ledger.state()?;
            (state.id(), state.entries())
        };
        let end = asked.from.saturating_add(asked.count).min(size);
        let entries = (asked.from..end).map(|index| EntryView::read(ledger, &id, index));
        Ok(Entries {
            size,
            entries: entries.collect::<Result<_, _>>()?,
        })
    });
    Ok(Json(page.await?))
}
