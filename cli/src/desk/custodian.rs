//! A custodian's desk: its datasets, their publication, and the studies that wait for a count.

use std::collections::BTreeMap;

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::Redirect;
use salus_ledger::engine::Ledger;
use salus_ledger::state::{Standing, State as LedgerState};
use salus_node::pages::{Here, Html, Shell};
use salus_node::sign_in::{Identity, Role};
use salus_node::{Node, Problem};
use salus_protocol::cohort::{Layout, Table};
use salus_protocol::day::Day;
use salus_protocol::profile::Edition;
use serde::Deserialize;

use super::Desk;
use super::note::{Done, Note, lead};
use crate::failure::Failure;
use crate::home::{Home, Issuer, Name};
use crate::path::count::{self, Counting};
use crate::path::study::CheckedStudy;
use crate::path::{cohort, profile, together};

/// The tables that this page counts: their names, and for people.
const TABLES: [(&str, &str, Table); 2] = [
    ("count", "the total", Table::Count),
    (
        "attrition",
        "attrition: group by group of the query",
        Table::Attrition,
    ),
];

#[derive(Debug, Template)]
#[template(path = "desk/custodian.html")]
pub(super) struct CustodianPage {
    shell: Shell,
    name: String,
    title: String,
    note: Option<&'static str>,
    datasets: Vec<DatasetView>,
    queue: Vec<Queued>,
}

/// Records of one profile and index day.
#[derive(Debug)]
struct DatasetView {
    profile: String,
    title: String,
    index_day: String,
    records: usize,
    pages: usize,
    current: usize,
}

impl DatasetView {
    fn is_current(&self) -> bool {
        self.pages == self.current
    }
}

/// A study that can be counted for.
#[derive(Debug)]
struct Queued {
    id: String,
    title: String,
    /// Whether this custodian's count is released together with others', or with noise.
    in_two_steps: bool,
    /// Tables that it can be counted for now: their names, and for people.
    tables: Vec<(&'static str, &'static str)>,
    /// Why there is none.
    hindrance: Option<String>,
    /// Tables that this custodian has answered or tallied.
    done: usize,
}

pub(super) async fn custodian(
    State(desk): State<Desk>,
    identity: Identity,
    Path(name): Path<String>,
    Query(note): Query<Note>,
) -> Result<Html<CustodianPage>, Problem> {
    let name = Desk::acting(&identity, Role::Custodian, &name)?;
    let node = desk.0.node.clone();
    let page = desk.read(move |home, ledger| read(home, ledger, &node, &name, &note));
    Ok(Html(page.await?))
}

fn read(
    home: &Home,
    ledger: &Ledger,
    node: &Node,
    name: &Name,
    note: &Note,
) -> Result<CustodianPage, Failure> {
    let issuer = home.issuer(name)?;
    let state = ledger.state()?;
    Ok(CustodianPage {
        datasets: datasets(&state, &issuer),
        queue: queue(&state, &issuer),
        shell: Shell::of(node, &state, issuer.title.clone(), Here::Desk),
        name: name.to_string(),
        title: issuer.title,
        note: note.sentence(),
    })
}

/// The datasets by what the issuer keeps of its records: the ledger knows editions by hash only.
fn datasets(state: &LedgerState, issuer: &Issuer) -> Vec<DatasetView> {
    let mut editions: BTreeMap<(&str, Day), Edition> = BTreeMap::new();
    for issued in &issuer.records {
        let key = (issued.profile.as_str(), issued.index_day);
        editions.insert(key, issued.record.edition);
    }
    let view = |((name, index_day), edition): ((&str, Day), Edition)| {
        let dataset = state.dataset(&issuer.key.public(), &edition)?;
        let pages = dataset.pages();
        let current = (0u32..)
            .take(pages)
            .filter(|page| dataset.is_current(*page));
        let known = profile::find(name).ok();
        Some(DatasetView {
            profile: name.to_owned(),
            title: known.map_or_else(|| name.to_owned(), |k| k.profile.document().title.clone()),
            index_day: index_day.to_string(),
            records: dataset.records().len(),
            pages,
            current: current.count(),
        })
    };
    editions.into_iter().filter_map(view).collect()
}

/// Open studies; those that ask about other editions say so.
fn queue(state: &LedgerState, issuer: &Issuer) -> Vec<Queued> {
    let key = issuer.key.public();
    let open = state
        .studies()
        .values()
        .filter(|study| state.standing(study) == Standing::Open);
    let mut open: Vec<_> = open.collect();
    open.sort_by_key(|study| std::cmp::Reverse(study.entry));
    let queued = |study: &salus_ledger::state::StudyState| {
        let (mut tables, mut hindrance) = (Vec::new(), None);
        for (name, words, table) in TABLES {
            match state.cohort_statement(&study.id, &key, &table) {
                Ok(_) => tables.push((name, words)),
                Err(rejection) => hindrance = Some(rejection.to_string()),
            }
        }
        let answers = study
            .cohort_answers
            .iter()
            .filter(|answer| answer.issuer == key);
        let tallies = study.tallies.iter().filter(|tally| tally.issuer == key);
        Queued {
            id: study.id.to_string(),
            title: study.opened.title.to_string(),
            in_two_steps: study.in_two_steps(),
            hindrance: hindrance.filter(|_| tables.is_empty()),
            tables,
            done: answers.count() + tallies.count(),
        }
    };
    open.into_iter().map(queued).collect()
}

/// Which dataset.
#[derive(Debug, Deserialize)]
pub(super) struct Dataset {
    profile: String,
    index_day: String,
}

pub(super) async fn publish(
    State(desk): State<Desk>,
    identity: Identity,
    Path(name): Path<String>,
    Form(dataset): Form<Dataset>,
) -> Result<Redirect, Problem> {
    let name = Desk::acting(&identity, Role::Custodian, &name)?;
    let path = format!("/desk/custodians/{name}");
    let published = desk.change(move |home, ledger| {
        let at: Day = dataset.index_day.parse().map_err(|error| {
            Failure::usage(format!("the index day: {error}"), "open the page again")
        })?;
        let known = profile::find(&dataset.profile)?.profile;
        let edition = Edition::of(&known.hash(), at);
        let issuer = home.issuer(&name)?;
        let layout = Layout::of_profile(&known);
        cohort::publish(home, ledger, &issuer, edition, &layout, false, || ())
    });
    published.await?;
    Ok(lead(&path, Done::Published))
}

/// What to count.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    study: String,
    table: String,
}

pub(super) async fn answer(
    State(desk): State<Desk>,
    identity: Identity,
    Path(name): Path<String>,
    Form(asked): Form<Asked>,
) -> Result<Redirect, Problem> {
    let name = Desk::acting(&identity, Role::Custodian, &name)?;
    let path = format!("/desk/custodians/{name}");
    let done = desk.change(move |home, ledger| {
        let issuer = home.issuer(&name)?;
        let id = home.find_study(&*ledger.state()?, &asked.study)?.id;
        let study = CheckedStudy::read(ledger, id)?;
        let known = TABLES.into_iter().find(|(name, ..)| *name == asked.table);
        let (_, _, table) = known.ok_or_else(|| {
            Failure::usage(
                format!("{:?} is no table of this page", asked.table),
                "`salus cohort count --by` divides by fields",
            )
        })?;
        let counting = Counting::read(home, ledger, &issuer, &study, &table)?;
        if study.study().in_two_steps() {
            together::tally(home, ledger, &issuer, &counting, 1, || ())?;
            Ok(Done::Tallied)
        } else {
            count::answer(home, ledger, &issuer, &counting, 1, || ())?;
            Ok(Done::Answered)
        }
    });
    Ok(lead(&path, done.await?))
}
