//! Parties: who may issue records and approve studies, which keys verify, and how datasets stand.

use askama::Template;
use axum::extract::State;
use salus_ledger::engine::Ledger;
use salus_verifier::Setup;

use super::html::Html;
use super::shell::{Here, Shell};
use crate::node::Node;
use crate::problem::Problem;

#[derive(Debug, Template)]
#[template(path = "parties.html")]
pub(super) struct Parties {
    shell: Shell,
    id: String,
    governance: String,
    checkpoint: String,
    insecure: bool,
    issuers: Vec<PartyRow>,
    boards: Vec<PartyRow>,
    keys: Vec<KeyRow>,
}

#[derive(Debug)]
struct PartyRow {
    name: String,
    key: String,
    entry: u64,
    datasets: Vec<DatasetRow>,
}

#[derive(Debug)]
struct DatasetRow {
    records: usize,
    pages: usize,
    current: usize,
}

#[derive(Debug)]
struct KeyRow {
    id: String,
    setup: &'static str,
}

pub(super) async fn parties(State(node): State<Node>) -> Result<Html<Parties>, Problem> {
    let shown = node.clone();
    Ok(Html(node.read(move |ledger| read(&shown, ledger)).await?))
}

fn read(node: &Node, ledger: &Ledger) -> Result<Parties, Problem> {
    let state = ledger.state()?;
    let genesis = state.genesis();
    let datasets = |key| {
        let datasets = state.datasets_of(key);
        datasets
            .map(|dataset| DatasetRow {
                records: dataset.records().len(),
                pages: dataset.pages(),
                current: (0u32..)
                    .take(dataset.pages())
                    .filter(|page| dataset.is_current(*page))
                    .count(),
            })
            .collect()
    };
    let issuers = state.issuers().iter().map(|(key, party)| PartyRow {
        name: party.name.to_string(),
        key: key.to_string(),
        entry: party.entry,
        datasets: datasets(key),
    });
    let boards = state.boards().iter().map(|(key, party)| PartyRow {
        name: party.name.to_string(),
        key: key.to_string(),
        entry: party.entry,
        datasets: Vec::new(),
    });
    Ok(Parties {
        id: state.id().to_string(),
        governance: genesis.governance.to_string(),
        checkpoint: state.checkpoint_key().to_string(),
        insecure: genesis.accepts_insecure_keys,
        issuers: issuers.collect(),
        boards: boards.collect(),
        keys: state
            .keys()
            .iter()
            .map(|(id, key)| KeyRow {
                id: id.to_string(),
                setup: match key.key.setup() {
                    Setup::Ceremony => "a ceremony",
                    Setup::InsecureDevelopment => {
                        "a development setup, whose maker can forge proofs"
                    }
                },
            })
            .collect(),
        shell: Shell::of(node, &state, "Parties and keys", Here::Explorer),
    })
}
