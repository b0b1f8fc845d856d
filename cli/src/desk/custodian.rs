//! A custodian's desk: imports, its datasets, the studies that wait for a count, and its jobs.

use std::collections::BTreeMap;

use askama::Template;
use salus_datasets::profiles;
use salus_ledger::state::{Rejection, Standing, State as LedgerState};
use salus_node::Problem;
use salus_node::pages::{Here, Html, Shell};
use salus_protocol::cohort::Table;
use salus_protocol::day::Day;
use salus_protocol::profile::{Edition, Profile};

use super::job::{self, JobView};
use super::seat::{Custodian, Seat, View};
use crate::failure::Failure;
use crate::home::{Issuer, Name};

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
    /// Name and title of the profiles that an export can be imported for.
    profiles: Vec<(String, String)>,
    /// The ledger's day, as the first choice of an index day.
    today: String,
    folders: Vec<Name>,
    datasets: Vec<DatasetView>,
    queue: Vec<Queued>,
    /// The newest jobs.
    jobs: Vec<JobView>,
}

/// So many jobs are shown here; the rest on their own page.
const SHOWN: usize = 5;

/// Records of one profile and index day.
#[derive(Debug)]
struct DatasetView {
    profile: String,
    title: String,
    index_day: String,
    /// Whether it can be published here: its profile is one that Salus ships.
    offered: bool,
    records: usize,
    pages: usize,
    /// Pages that were ever published.
    published: usize,
    /// Pages that are published as they are now.
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
    hindrance: Option<Hindrance>,
    /// Tables that this custodian has answered or tallied.
    done: usize,
}

/// Why a study can't be counted for now.
#[derive(Debug)]
enum Hindrance {
    /// Its dataset was never published.
    Unpublished,
    /// Its dataset changed since it was published.
    Stale,
    /// By another rule.
    Rule(String),
}

impl From<Rejection> for Hindrance {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::PageUnpublished { .. } => Self::Unpublished,
            Rejection::PageStale { .. } => Self::Stale,
            other => Self::Rule(other.to_string()),
        }
    }
}

pub(super) async fn custodian(seat: Seat<Custodian>) -> Result<Html<CustodianPage>, Problem> {
    let folders = job::folders(&seat.desk, &seat.name);
    seat.page(move |view, name| read(view, name, folders)).await
}

fn read(view: &View<'_>, name: &Name, folders: Vec<Name>) -> Result<CustodianPage, Failure> {
    let issuer = view.home.issuer(name)?;
    let jobs = view.home.jobs(name)?;
    let state = view.ledger.state()?;
    let title = |profile: &Profile| profile.document().title.clone();
    Ok(CustodianPage {
        profiles: profiles::shipped()
            .iter()
            .map(|shipped| (shipped.name.to_owned(), title(&shipped.profile)))
            .collect(),
        today: state.day().map_or_else(String::new, |day| day.to_string()),
        folders,
        jobs: jobs.iter().take(SHOWN).map(JobView::of).collect(),
        datasets: datasets(&state, &issuer),
        queue: queue(&state, &issuer),
        shell: view.shell(&state, issuer.title.clone()),
        name: name.to_string(),
        title: issuer.title,
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
        let pages_where = |holds: &dyn Fn(u32) -> bool| {
            let numbers = (0u32..).take(pages);
            numbers.filter(|page| holds(*page)).count()
        };
        let known = profiles::named(name);
        Some(DatasetView {
            profile: name.to_owned(),
            offered: known.is_some(),
            title: known.map_or_else(|| name.to_owned(), |k| k.profile.document().title.clone()),
            index_day: index_day.to_string(),
            records: dataset.records().len(),
            pages,
            published: pages_where(&|page| dataset.published(page).is_some()),
            current: pages_where(&|page| dataset.is_current(page)),
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
                Err(rejection) => hindrance = Some(Hindrance::from(rejection)),
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
