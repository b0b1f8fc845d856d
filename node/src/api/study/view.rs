//! A study as it is shown.

use salus_ledger::key::PublicKey;
use salus_ledger::state::{CohortAnswer, CountedOver, Standing, State, StudyState, TallyState};
use salus_ledger::transaction::OpenStudy;
use salus_protocol::profile::Profile;
use salus_protocol::release::Released;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::api::table::{self, TableView};
use crate::problem::Problem;

/// What a shown answer does not say.
const CLAIM: &str = "An answer follows from the records that issuers committed. Whether they committed the truth, no \
                     proof shows.";

/// A study in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StudyLine {
    /// Its id.
    id: String,
    /// Its title.
    title: String,
    /// `proposed`, `open`, `expired` or `closed`.
    #[schema(value_type = String)]
    standing: Standing,
    /// Its last day.
    expires: String,
    /// Answers by subjects.
    answers: usize,
    /// Answers by custodians.
    cohort_answers: usize,
}

impl StudyLine {
    pub(super) fn of(state: &State, study: &StudyState) -> Self {
        Self {
            id: study.id.to_string(),
            title: study.opened.title.to_string(),
            standing: state.standing(study),
            expires: study.opened.expires.to_string(),
            answers: study.answers.len(),
            cohort_answers: study.cohort_answers.len(),
        }
    }
}

/// A party that a study names.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Named {
    /// Its key.
    key: String,
    /// Its name on the ledger.
    name: Option<String>,
}

/// An ethics board that a study names.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BoardOfStudy {
    #[serde(flatten)]
    board: Named,
    /// Index of the log entry of its approval, if it approved.
    approved: Option<u64>,
}

/// How counts are released.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PolicyView {
    /// Counts from 1 to this are not shown.
    suppress_up_to: u16,
    /// Other counts are rounded to a multiple of this.
    round_to: u16,
}

/// Noise in what is released.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NoiseView {
    /// Epsilon of each cell: `0.1`, `0.5` or `1`.
    epsilon: String,
    /// The most that the study's tables may cost each dataset, in tenths of epsilon.
    budget: u16,
}

/// An answer by one custodian, or by several together.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CohortAnswerView {
    /// Who submitted it.
    issuer: Named,
    /// The ledger's day when it entered.
    day: String,
    /// Its shape.
    table: TableView,
    /// What was released of each cell; null where it is suppressed.
    cells: Vec<Option<u32>>,
    /// The log entries of the tallies that it sums up; none when it counts one dataset at once.
    tallies: Option<Vec<u64>>,
    /// Index of its log entry.
    entry: u64,
}

/// One custodian's count that is released later.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TallyView {
    /// Who counted.
    issuer: Named,
    /// The day of the count.
    day: String,
    /// Its shape.
    table: TableView,
    /// Index of its log entry.
    entry: u64,
    /// Index of the log entry that released it.
    released: Option<u64>,
}

/// A study, in full.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StudyView {
    #[serde(flatten)]
    line: StudyLine,
    /// Index of the log entry that opened it.
    entry: u64,
    /// The query as its author wrote it.
    query_text: String,
    /// The compiled query in plain English: title, profile, index and groups of criteria.
    #[schema(value_type = Object)]
    explanation: Value,
    /// The compiled query's digest.
    query_digest: String,
    /// The hash of the profile that the query asks about.
    profile: String,
    /// The index day.
    index_day: String,
    /// What the study is for, in the terms that consents use.
    #[schema(value_type = Object)]
    purpose: Value,
    /// How many heights old an answer's registry root may be.
    freshness: u64,
    /// How counts are released.
    policy: PolicyView,
    /// The custodians whose counts are released as one sum only; none: each by itself.
    together: Vec<Named>,
    /// Noise in what is released, if any.
    noise: Option<NoiseView>,
    /// The boards that may approve it.
    boards: Vec<BoardOfStudy>,
    /// How many of them must.
    approvals_needed: u8,
    /// How many approvals are missing.
    approvals_missing: usize,
    /// The sponsor's key.
    sponsor: String,
    /// The X25519 key that contacts are sealed for.
    inbox: String,
    /// Index of the log entry that closed it.
    closed: Option<u64>,
    /// What custodians answered.
    released: Vec<CohortAnswerView>,
    /// What custodians counted for a later release.
    tallies: Vec<TallyView>,
    /// What no answer shows.
    claim: &'static str,
}

impl StudyView {
    /// All but the explanation, which needs the profile document.
    pub(super) fn of(state: &State, study: &StudyState) -> Self {
        let opened = &study.opened;
        let board = |key: &PublicKey| BoardOfStudy {
            board: Named::board(state, key),
            approved: study.approvals.get(key).copied(),
        };
        let issuer = |key: &PublicKey| Named::issuer(state, key);
        Self {
            line: StudyLine::of(state, study),
            entry: study.entry,
            query_text: opened.query_text.clone(),
            explanation: Value::Null,
            query_digest: study.query.to_string(),
            profile: opened.profile.to_string(),
            index_day: opened.index_day.to_string(),
            purpose: serde_json::to_value(&opened.purpose).unwrap_or_default(),
            freshness: opened.freshness,
            policy: PolicyView {
                suppress_up_to: opened.policy.suppress_up_to,
                round_to: opened.policy.round_to,
            },
            together: opened.together.iter().map(issuer).collect(),
            noise: opened.noise.map(|noise| NoiseView {
                epsilon: noise.epsilon.to_string(),
                budget: noise.budget,
            }),
            boards: opened.boards.iter().map(board).collect(),
            approvals_needed: opened.approvals_needed,
            approvals_missing: study.approvals_missing(),
            sponsor: opened.sponsor.to_string(),
            inbox: hex::encode(opened.inbox),
            closed: study.closed,
            released: study
                .cohort_answers
                .iter()
                .map(|answer| CohortAnswerView::of(state, answer))
                .collect(),
            tallies: study
                .tallies
                .iter()
                .map(|tally| TallyView::of(state, tally))
                .collect(),
            claim: CLAIM,
        }
    }

    /// Adds what the query asks, in words.
    pub(super) fn explain(&mut self, opened: &OpenStudy, profile: &Profile) -> Result<(), Problem> {
        let explanation = opened.explain(profile);
        let explanation = explanation.map_err(|error| Problem::internal(&error.to_string()))?;
        self.explanation = serde_json::to_value(explanation).unwrap_or_default();
        Ok(())
    }
}

impl Named {
    fn issuer(state: &State, key: &PublicKey) -> Self {
        let party = state.issuers().get(key);
        Self {
            key: key.to_string(),
            name: party.map(|party| party.name.to_string()),
        }
    }

    fn board(state: &State, key: &PublicKey) -> Self {
        let party = state.boards().get(key);
        Self {
            key: key.to_string(),
            name: party.map(|party| party.name.to_string()),
        }
    }
}

impl CohortAnswerView {
    fn of(state: &State, answer: &CohortAnswer) -> Self {
        let cell = |released: &Released| match released {
            Released::Suppressed => None,
            Released::Count(count) => Some(*count),
        };
        Self {
            issuer: Named::issuer(state, &answer.issuer),
            day: answer.day.to_string(),
            table: table::of(&answer.table),
            cells: answer.released.iter().map(cell).collect(),
            tallies: match &answer.over {
                CountedOver::Dataset(_) => None,
                CountedOver::Tallies(entries) => Some(entries.clone()),
            },
            entry: answer.entry,
        }
    }
}

impl TallyView {
    fn of(state: &State, tally: &TallyState) -> Self {
        Self {
            issuer: Named::issuer(state, &tally.issuer),
            day: tally.day.to_string(),
            table: table::of(&tally.table),
            entry: tally.entry,
            released: tally.released,
        }
    }
}
