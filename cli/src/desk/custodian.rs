//! A custodian's desk: imports, its datasets, the studies that wait for a count, and its jobs.

use std::collections::BTreeMap;

use askama::Template;
use axum::Json;
use salus_datasets::profiles;
use salus_ledger::engine::Ledger;
use salus_ledger::state::{Rejection, Standing, State as LedgerState};
use salus_node::Problem;
use salus_node::pages::{Here, Html, Shell};
use salus_protocol::cohort::{Band, Stratifier, Table};
use salus_protocol::day::Day;
use salus_protocol::profile::{Edition, Field, Profile};
use serde::Serialize;
use utoipa::ToSchema;

use super::job::{self, JobView};
use super::seat::{Custodian, Seat, View};
use crate::failure::Failure;
use crate::home::{Issuer, Name};
use crate::path::table;

/// The tables that this page counts: their names, and for people. Of those that are divided, one that
/// nobody asks for stands for all.
fn offered_tables() -> [(&'static str, &'static str, Table); 3] {
    let anything = Band {
        low: 1,
        high: u16::MAX,
    };
    let divided = Stratifier {
        field: 0,
        bands: vec![anything],
    };
    [
        ("count", "the total", Table::Count),
        (
            "attrition",
            "attrition: group by group of the query",
            Table::Attrition,
        ),
        (
            "strata",
            "strata: divided by a field or two",
            Table::Strata(vec![divided]),
        ),
    ]
}

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
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DatasetView {
    /// Its profile's name.
    profile: String,
    /// Its profile's title.
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
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Queued {
    /// Its id on the ledger.
    id: String,
    title: String,
    /// Whether this custodian's count is released together with others', or with noise.
    in_two_steps: bool,
    /// Tables that it can be counted for now.
    tables: Vec<OfferedTable>,
    /// The fields of its profile, by which a table can be divided.
    fields: Vec<FieldView>,
    /// Why there is none.
    #[schema(value_type = Option<String>)]
    hindrance: Option<Hindrance>,
    /// Tables that this custodian has answered or tallied.
    done: usize,
}

/// A table that can be asked for.
#[derive(Debug, Serialize, ToSchema)]
struct OfferedTable {
    /// `count`, `attrition` or `strata`.
    name: &'static str,
    /// It in words.
    words: &'static str,
}

/// A field that a table can be divided by.
#[derive(Debug, Serialize, ToSchema)]
struct FieldView {
    /// As a table's strata name it.
    name: String,
    /// Its name for people.
    label: String,
    /// In what its cuts are written; none where it has values of its own.
    cuts_in: Option<String>,
}

impl FieldView {
    fn of(field: &Field) -> Self {
        Self {
            name: field.name.clone(),
            label: field.label.clone(),
            cuts_in: table::cuts_in(&field.encoding).map(str::to_owned),
        }
    }
}

/// Why a study can't be counted for now.
#[derive(Debug, Clone, Serialize)]
#[serde(into = "String")]
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

impl From<Hindrance> for String {
    fn from(hindrance: Hindrance) -> Self {
        match hindrance {
            Hindrance::Unpublished => "the dataset is not published yet".to_owned(),
            Hindrance::Stale => {
                "consents or records changed since the dataset was published: publish it again"
                    .to_owned()
            }
            Hindrance::Rule(rule) => rule,
        }
    }
}

/// What a custodian can ask jobs about.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CustodianTold {
    /// Its name on the ledger.
    title: String,
    /// The folders that it can import.
    folders: Vec<Name>,
    /// Its records, by profile and index day.
    datasets: Vec<DatasetView>,
    /// Open studies, the newest first.
    studies: Vec<Queued>,
}

/// What a custodian can ask jobs about: folders to import, datasets to publish, studies to count for.
#[utoipa::path(
    get, path = "/", tag = "jobs",
    params(("name" = String, Path, description = "The custodian")),
    security(("token" = ["custodian/{name}"])),
    responses(
        (status = 200, body = CustodianTold),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem"),
    ),
)]
pub(super) async fn told(
    Seat { desk, name, .. }: Seat<Custodian>,
) -> Result<Json<CustodianTold>, Problem> {
    let folders = job::folders(&desk, &name);
    let told = desk.read(move |home, ledger| {
        let issuer = home.issuer(&name)?;
        let state = ledger.state()?;
        Ok(CustodianTold {
            folders,
            datasets: datasets(&state, &issuer),
            studies: queue(ledger, &state, &issuer)?,
            title: issuer.title,
        })
    });
    Ok(Json(told.await?))
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
        queue: queue(view.ledger, &state, &issuer)?,
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
fn queue(ledger: &Ledger, state: &LedgerState, issuer: &Issuer) -> Result<Vec<Queued>, Failure> {
    let key = issuer.key.public();
    let open = state
        .studies()
        .values()
        .filter(|study| state.standing(study) == Standing::Open);
    let mut open: Vec<_> = open.collect();
    open.sort_by_key(|study| std::cmp::Reverse(study.entry));
    let queued = |study: &salus_ledger::state::StudyState| {
        let (mut tables, mut hindrance) = (Vec::new(), None);
        for (name, words, table) in offered_tables() {
            match state.cohort_statement(&study.id, &key, &table) {
                Ok(_) => tables.push(OfferedTable { name, words }),
                Err(rejection) => hindrance = Some(Hindrance::from(rejection)),
            }
        }
        let answers = study
            .cohort_answers
            .iter()
            .filter(|answer| answer.issuer == key);
        let tallies = study.tallies.iter().filter(|tally| tally.issuer == key);
        let profile = table::profile(ledger, study)?;
        Ok(Queued {
            id: study.id.to_string(),
            title: study.opened.title.to_string(),
            in_two_steps: study.in_two_steps(),
            hindrance: hindrance.filter(|_| tables.is_empty()),
            tables,
            fields: profile.fields().iter().map(FieldView::of).collect(),
            done: answers.count() + tallies.count(),
        })
    };
    open.into_iter().map(queued).collect()
}
