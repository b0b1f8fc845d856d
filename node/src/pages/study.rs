//! Studies: what is asked, who approved it, and what was answered.

use askama::Template;
use axum::extract::State;
use salus_ledger::engine::Ledger;
use salus_ledger::key::PublicKey;
use salus_ledger::state::{
    CohortAnswer, CountedOver, Draw, State as LedgerState, StudyState, TallyState,
};
use salus_protocol::nullifier::StudyId;
use salus_protocol::profile::Profile;
use salus_protocol::query::{CompiledQuery, Explanation};
use salus_protocol::release::Released;

use super::chart::{Bar, bars};
use super::html::Html;
use super::shell::{Here, Shell};
use super::words::StudyInWords;
use crate::api::parse_study;
use crate::node::Node;
use crate::problem::Problem;
use crate::request::Segment;

/// A study in a list.
#[derive(Debug)]
pub(super) struct StudyRow {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) standing: &'static str,
    pub(super) institution: String,
    pub(super) expires: String,
    pub(super) answers: usize,
    pub(super) cohort_answers: usize,
}

impl StudyRow {
    pub(super) fn of(state: &LedgerState, study: &StudyState) -> Self {
        Self {
            id: study.id.to_string(),
            title: study.opened.title.to_string(),
            standing: state.standing(study).word(),
            institution: study.opened.purpose.institution.name().to_owned(),
            expires: study.opened.expires.to_string(),
            answers: study.answers.len(),
            cohort_answers: study.cohort_answers.len(),
        }
    }
}

#[derive(Debug, Template)]
#[template(path = "studies.html")]
pub(super) struct Studies {
    shell: Shell,
    studies: Vec<StudyRow>,
}

pub(super) async fn studies(State(node): State<Node>) -> Result<Html<Studies>, Problem> {
    let shown = node.clone();
    let page = node.read(move |ledger| {
        let state = ledger.state()?;
        let mut studies: Vec<_> = state.studies().values().collect();
        studies.sort_by_key(|study| std::cmp::Reverse(study.entry));
        let rows = studies.into_iter().map(|study| StudyRow::of(&state, study));
        Ok(Studies {
            studies: rows.collect(),
            shell: Shell::of(&shown, &state, "Studies", Here::Studies),
        })
    });
    Ok(Html(page.await?))
}

#[derive(Debug, Template)]
#[template(path = "study.html")]
pub(super) struct StudyPage {
    shell: Shell,
    row: StudyRow,
    words: StudyInWords,
    explanation: Option<Explanation>,
    query_text: String,
    query_digest: String,
    profile: String,
    entry: u64,
    boards: Vec<BoardRow>,
    approvals: usize,
    needed: u8,
    closed: Option<u64>,
    answers: Vec<AnswerView>,
    tallies: Vec<TallyRow>,
}

#[derive(Debug)]
struct BoardRow {
    name: String,
    approved: Option<u64>,
}

/// An answer by custodians.
#[derive(Debug)]
struct AnswerView {
    title: &'static str,
    custodians: String,
    day: String,
    entry: u64,
    bars: Vec<Bar>,
    noised: bool,
}

/// A tally that was not released.
#[derive(Debug)]
struct TallyRow {
    custodian: String,
    day: String,
    entry: u64,
    stands: &'static str,
}

pub(super) async fn study(
    State(node): State<Node>,
    Segment(id): Segment,
) -> Result<Html<StudyPage>, Problem> {
    let id = parse_study(&id)?;
    let shown = node.clone();
    let page = node.read(move |ledger| read(&shown, ledger, &id)).await?;
    Ok(Html(page))
}

fn read(node: &Node, ledger: &Ledger, id: &StudyId) -> Result<StudyPage, Problem> {
    let profile = {
        let state = ledger.state()?;
        let study = known(&state, id)?;
        study.opened.profile
    };
    let document = ledger.profile_document(profile)?;
    let profile = Profile::from_toml(&document).ok();
    let state = ledger.state()?;
    let study = known(&state, id)?;
    let opened = &study.opened;
    let explained = profile
        .as_ref()
        .and_then(|profile| opened.explain(profile).ok());
    let query = profile.as_ref().map(|profile| (&opened.query, profile));
    let answer = |answer: &CohortAnswer| AnswerView::of(&state, study, answer, query);
    let unreleased = study
        .tallies
        .iter()
        .filter(|tally| tally.released.is_none());
    Ok(StudyPage {
        shell: Shell::of(node, &state, opened.title.to_string(), Here::Studies),
        row: StudyRow::of(&state, study),
        words: StudyInWords::of(&state, study, profile.as_ref()),
        explanation: explained,
        query_text: opened.query_text.clone(),
        query_digest: study.query.to_string(),
        profile: profile.as_ref().map_or_else(
            || opened.profile.to_string(),
            |profile| profile.document().title.clone(),
        ),
        entry: study.entry,
        boards: opened
            .boards
            .iter()
            .map(|key| BoardRow::of(&state, study, key))
            .collect(),
        approvals: study.approvals.len(),
        needed: opened.approvals_needed,
        closed: study.closed,
        answers: study.cohort_answers.iter().rev().map(answer).collect(),
        tallies: unreleased
            .map(|tally| TallyRow::of(&state, tally))
            .collect(),
    })
}

fn known<'a>(state: &'a LedgerState, id: &StudyId) -> Result<&'a StudyState, Problem> {
    let study = state.study(id);
    study.ok_or_else(|| Problem::not_found(format!("there is no study {id}")))
}

impl BoardRow {
    fn of(state: &LedgerState, study: &StudyState, key: &PublicKey) -> Self {
        Self {
            name: state.board_name(key),
            approved: study.approvals.get(key).copied(),
        }
    }
}

impl AnswerView {
    fn of(
        state: &LedgerState,
        study: &StudyState,
        answer: &CohortAnswer,
        asked: Option<(&CompiledQuery, &Profile)>,
    ) -> Self {
        use salus_protocol::cohort::Table;
        let labels = asked.map_or_else(Vec::new, |(query, profile)| {
            answer.table.labels(query, profile)
        });
        let label = |place: usize| {
            let label = labels.get(place).cloned();
            label.unwrap_or_else(|| format!("cell {place}"))
        };
        let cells = answer.released.iter().enumerate().map(|(place, released)| {
            let count = match released {
                Released::Suppressed => None,
                Released::Count(count) => Some(*count),
            };
            (label(place), count)
        });
        let mut cells: Vec<_> = cells.collect();
        // Its first cell is the total: a funnel ends with it.
        if answer.table == Table::Attrition && !cells.is_empty() {
            cells.rotate_left(1);
        }
        let custodians = match &answer.over {
            CountedOver::Dataset(_) => state.issuer_name(&answer.issuer),
            CountedOver::Tallies(entries) => {
                let of = study
                    .tallies
                    .iter()
                    .filter(|tally| entries.contains(&tally.entry));
                let names: Vec<String> = of.map(|tally| state.issuer_name(&tally.issuer)).collect();
                names.join(" and ")
            }
        };
        Self {
            title: match answer.table {
                Table::Count => "Count",
                Table::Attrition => "Attrition: from consent to match",
                Table::Strata(_) => "Strata",
            },
            custodians,
            day: answer.day.to_string(),
            entry: answer.entry,
            bars: bars(cells),
            noised: study.opened.noise.is_some(),
        }
    }
}

impl TallyRow {
    fn of(state: &LedgerState, tally: &TallyState) -> Self {
        let lapsed = state.day().is_some_and(|day| tally.has_lapsed(day));
        Self {
            custodian: state.issuer_name(&tally.issuer),
            day: tally.day.to_string(),
            entry: tally.entry,
            stands: match tally.draw {
                _ if lapsed => "never released",
                Draw::Waiting => "waits for its noise",
                _ => "not released yet",
            },
        }
    }
}
