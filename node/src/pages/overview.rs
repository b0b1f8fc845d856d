//! The overview: where the ledger stands, what is asked on it, and where to go.

use askama::Template;
use axum::extract::State;
use salus_ledger::engine::Ledger;
use salus_ledger::state::Standing;

use super::html::Html;
use super::shell::{Here, Shell};
use super::study::StudyRow;
use crate::node::Node;
use crate::problem::Problem;

/// So many studies are named.
const NAMED: usize = 6;

#[derive(Debug, Template)]
#[template(path = "overview.html")]
pub(super) struct Overview {
    shell: Shell,
    height: u64,
    entries: u64,
    /// Records that stand.
    records: usize,
    /// Those of them with a consent.
    consents: usize,
    open: usize,
    answers: usize,
    cohort_answers: usize,
    issuers: usize,
    boards: usize,
    studies: Vec<StudyRow>,
    more: usize,
}

pub(super) async fn overview(State(node): State<Node>) -> Result<Html<Overview>, Problem> {
    let shown = node.clone();
    Ok(Html(node.read(move |ledger| read(&shown, ledger)).await?))
}

fn read(node: &Node, ledger: &Ledger) -> Result<Overview, Problem> {
    let state = ledger.state()?;
    let studies = state.studies();
    let mut latest: Vec<_> = studies.values().collect();
    latest.sort_by_key(|study| std::cmp::Reverse(study.entry));
    let stands = state
        .records()
        .iter()
        .filter(|record| record.faces.is_some());
    let open = studies
        .values()
        .filter(|study| state.standing(study) == Standing::Open);
    Ok(Overview {
        shell: Shell::of(node, &state, "Overview", Here::Overview),
        height: state.height(),
        entries: state.entries(),
        records: stands.clone().count(),
        consents: stands.filter(|record| record.consent.is_some()).count(),
        open: open.count(),
        answers: studies.values().map(|study| study.answers.len()).sum(),
        cohort_answers: studies
            .values()
            .map(|study| study.cohort_answers.len())
            .sum(),
        issuers: state.issuers().len(),
        boards: state.boards().len(),
        more: latest.len().saturating_sub(NAMED),
        studies: latest
            .into_iter()
            .take(NAMED)
            .map(|study| StudyRow::of(&state, study))
            .collect(),
    })
}
