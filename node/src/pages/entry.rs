//! The explorer: the log entry by entry, with what each says and what it is signed by.

use askama::Template;
use axum::extract::State;
use salus_ledger::engine::Ledger;
use salus_ledger::log::Entry;
use salus_ledger::state::State as LedgerState;
use salus_protocol::nullifier::LedgerId;
use serde::Deserialize;
use serde_json::Value;

use super::html::Html;
use super::shell::{Here, Shell};
use super::signer::Signer;
use crate::api::EntryView;
use crate::node::Node;
use crate::problem::Problem;
use crate::request::{Parameters, Segment};

/// Entries on a page.
const PAGE: u64 = 50;

/// Which entries.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Range {
    /// The last entry shown.
    before: Option<u64>,
}

#[derive(Debug, Template)]
#[template(path = "explorer.html")]
pub(super) struct Explorer {
    shell: Shell,
    height: u64,
    size: u64,
    root: String,
    checkpoint: Option<String>,
    entries: Vec<EntryRow>,
    newer: Option<u64>,
    older: Option<u64>,
}

#[derive(Debug)]
struct EntryRow {
    index: u64,
    kind: &'static str,
    signer: Option<Signer>,
}

/// An entry of the log.
fn read(ledger: &Ledger, index: u64) -> Result<Entry, Problem> {
    let bytes = ledger.entry(index)?;
    Entry::from_bytes(&bytes).map_err(|e| Problem::internal(&e.to_string()))
}

impl EntryRow {
    fn of(state: &LedgerState, index: u64, entry: &Entry) -> Self {
        match entry {
            Entry::Transaction(envelope) => Self {
                index,
                kind: envelope.transaction().name(),
                signer: Some(Signer::of(state, &envelope.signer())),
            },
            Entry::Head(_) => Self {
                index,
                kind: "registry head",
                signer: None,
            },
        }
    }
}

pub(super) async fn explorer(
    State(node): State<Node>,
    Parameters(asked): Parameters<Range>,
) -> Result<Html<Explorer>, Problem> {
    let shown = node.clone();
    let page = node.read(move |ledger| {
        let checkpoint = ledger.checkpoint()?.map(|text| text.as_str().to_owned());
        let (shell, height, size, root) = {
            let state = ledger.state()?;
            let shell = Shell::of(&shown, &state, "Explorer", Here::Explorer);
            let root = state.registry().root().to_string();
            (shell, state.height(), state.entries(), root)
        };
        let end = asked.before.unwrap_or(size).min(size);
        let start = end.saturating_sub(PAGE);
        let entries = (start..end)
            .rev()
            .map(|index| Ok((index, read(ledger, index)?)))
            .collect::<Result<Vec<_>, Problem>>()?;
        let state = ledger.state()?;
        let rows = entries
            .iter()
            .map(|(index, entry)| EntryRow::of(&state, *index, entry));
        Ok(Explorer {
            shell,
            height,
            size,
            root,
            checkpoint,
            entries: rows.collect(),
            newer: (end < size).then(|| end.saturating_add(PAGE)),
            older: (start > 0).then_some(start),
        })
    });
    Ok(Html(page.await?))
}

#[derive(Debug, Template)]
#[template(path = "entry.html")]
pub(super) struct EntryPage {
    shell: Shell,
    view: EntryView,
    signer: Option<Signer>,
    /// What it says, a line for each field.
    lines: Vec<(String, String)>,
    last: bool,
}

pub(super) async fn entry(
    State(node): State<Node>,
    Segment(index): Segment,
) -> Result<Html<EntryPage>, Problem> {
    let index: u64 = index
        .parse()
        .map_err(|_| Problem::parameter("an entry is named by its index: a number from 0"))?;
    let shown = node.clone();
    let page = node.read(move |ledger| {
        let (shell, id, size): (_, LedgerId, _) = {
            let state = ledger.state()?;
            let shell = Shell::of(&shown, &state, format!("Entry {index}"), Here::Explorer);
            (shell, state.id(), state.entries())
        };
        let view = EntryView::read(ledger, &id, index)?;
        let signer = match read(ledger, index)? {
            Entry::Transaction(envelope) => Some(Signer::of(&*ledger.state()?, &envelope.signer())),
            Entry::Head(_) => None,
        };
        Ok(EntryPage {
            signer,
            lines: lines(&view.content),
            shell,
            view,
            last: index.saturating_add(1) >= size,
        })
    });
    Ok(Html(page.await?))
}

/// The fields of an entry: texts as they are, all else as JSON.
fn lines(content: &Value) -> Vec<(String, String)> {
    let fields = content.as_object().into_iter().flatten();
    let line = |(name, value): (&String, &Value)| {
        let text = match value {
            Value::String(text) => text.clone(),
            other => serde_json::to_string_pretty(other).unwrap_or_default(),
        };
        (name.replace('_', " "), text)
    };
    fields.map(line).collect()
}
