//! A patient's desk: own records and consents, what each study asks, and what follows from them.

pub(super) mod answer;
mod asked;
pub(super) mod consent;
mod moment;

use askama::Template;
use salus_ledger::engine::Ledger;
use salus_ledger::state::{Standing, State as LedgerState, StudyState};
use salus_node::Problem;
use salus_node::pages::{Here, Html, Shell, StudyInWords, area_name};
use salus_protocol::cohort::{self, Table};
use salus_protocol::consent::DiseaseArea;
use salus_protocol::day::Day;
use salus_protocol::nullifier::StudyId;
use salus_protocol::profile::Profile;

use self::asked::{Count, Countable, counts};
use self::moment::Moment;
use super::note::Note;
use super::seat::{Patient, Seat, View};
use super::terms::ConsentInWords;
use crate::failure::Failure;
use crate::home::{Holding, Name, Wallet};
use crate::path::answer::{Question, ready};
use crate::path::consent::in_force;
use crate::path::study::CheckedStudy;
use crate::path::{Places, profile};

#[derive(Debug, Template)]
#[template(path = "desk/patient.html")]
pub(super) struct PatientPage {
    shell: Shell,
    name: String,
    note: Option<&'static str>,
    today: String,
    /// A year on: what the form proposes.
    next_year: String,
    records: Vec<RecordView>,
    consented: bool,
    areas: Vec<(String, String)>,
    studies: Vec<Asking>,
}

/// A record, as its subject reads it.
#[derive(Debug)]
struct RecordView {
    issuer: String,
    profile: String,
    index_day: String,
    /// Whether the registry has it.
    stands: bool,
    values: Vec<(String, String)>,
    consent: OnLedger,
    /// When its consent was last given or taken back.
    changed: Option<Moment>,
}

/// How a record's consent stands on the ledger.
#[derive(Debug)]
enum OnLedger {
    /// It has none.
    None,
    /// It has one whose opening is not in this wallet.
    Unread,
    /// It has this one.
    Read(ConsentInWords),
}

/// A study, and what it means for this patient.
#[derive(Debug)]
struct Asking {
    id: String,
    title: String,
    standing: Standing,
    words: StudyInWords,
    /// Whether this patient's consent covers being counted in it.
    covered: bool,
    /// Whether a count today includes this patient.
    counted: bool,
    /// Whether this patient answered.
    answered: bool,
    /// Why no proof can be made; none where it can.
    hindrance: Option<String>,
    asks_contact: bool,
    opened: Moment,
    /// Counts so far that can have included this patient.
    counts: Vec<Count>,
}

impl Asking {
    fn is_open(&self) -> bool {
        self.standing == Standing::Open
    }
}

pub(super) async fn patient(seat: Seat<Patient>, note: Note) -> Result<Html<PatientPage>, Problem> {
    seat.page(move |view, name| read(view, name, &note)).await
}

fn read(view: &View<'_>, name: &Name, note: &Note) -> Result<PatientPage, Failure> {
    let wallet = view.home.wallet(name)?;
    let studies = studies(view.ledger, &wallet)?;
    let state = view.ledger.state()?;
    let places = Places::of(&state);
    let records: Vec<RecordView> = wallet
        .holdings
        .iter()
        .map(|holding| RecordView::of(&state, &places, holding))
        .collect();
    let today = state.day();
    Ok(PatientPage {
        shell: view.shell(&state, format!("Patient {name}")),
        name: name.to_string(),
        note: note.sentence(),
        today: today.map_or_else(String::new, |day| day.to_string()),
        next_year: today
            .and_then(in_a_year)
            .map_or_else(String::new, |day| day.to_string()),
        consented: records
            .iter()
            .any(|record| !matches!(record.consent, OnLedger::None)),
        records,
        areas: DiseaseArea::ALL
            .iter()
            .map(|area| (area.to_string(), area_name(*area)))
            .collect(),
        studies,
    })
}

fn in_a_year(day: Day) -> Option<Day> {
    let later = day.date().saturating_add(jiff::Span::new().years(1));
    Day::from_date(later).ok()
}

impl RecordView {
    fn of(state: &LedgerState, places: &Places, holding: &Holding) -> Self {
        let known = profile::find(&holding.profile).ok();
        let fields = known
            .as_ref()
            .map_or(&[][..], |known| known.profile.fields());
        let recorded = fields.iter().zip(holding.record.row.values());
        let values = recorded
            .filter(|(_, number)| **number != 0)
            .filter_map(|(field, number)| {
                Some((field.label.clone(), field.encoding.display(*number)?))
            });
        let place = places.find(&holding.record.commitment());
        let on_ledger = place.and_then(|index| state.record(index));
        let consent = match in_force(state, places, holding) {
            Some((_, consent)) => OnLedger::Read(ConsentInWords::of(consent)),
            None if on_ledger.is_some_and(|record| record.consent.is_some()) => OnLedger::Unread,
            None => OnLedger::None,
        };
        Self {
            issuer: holding.issuer.clone(),
            profile: known.as_ref().map_or_else(
                || holding.profile.clone(),
                |k| k.profile.document().title.clone(),
            ),
            index_day: holding.index_day.to_string(),
            stands: place.is_some(),
            values: values.collect(),
            consent,
            changed: on_ledger
                .and_then(|record| record.consent_entry)
                .map(|entry| Moment::of(state, entry)),
        }
    }
}

/// All studies that boards approved, the latest first.
fn studies(ledger: &Ledger, wallet: &Wallet) -> Result<Vec<Asking>, Failure> {
    let (mut ids, own) = {
        let state = ledger.state()?;
        let known = state.studies().values();
        let approved = known.filter(|study| study.approvals_missing() == 0);
        let ids: Vec<(u64, StudyId)> = approved.map(|study| (study.entry, study.id)).collect();
        (ids, Countable::of(&state, wallet))
    };
    ids.sort_unstable_by(|one, other| other.cmp(one));
    let ids = ids.into_iter();
    ids.map(|(_, id)| asking(ledger, wallet, &own, id))
        .collect()
}

fn asking(
    ledger: &Ledger,
    wallet: &Wallet,
    own: &[Countable],
    id: StudyId,
) -> Result<Asking, Failure> {
    let checked = CheckedStudy::read(ledger, id)?;
    let question = Question::of(ledger, &checked)?;
    let study = checked.study();
    let document = ledger.profile_document(study.opened.profile)?;
    let profile = Profile::from_toml(&document)?;
    let state = ledger.state()?;
    let places = Places::of(&state);
    let (covered, counted) = counted(&state, &places, study, wallet);
    let standing = state.standing(study);
    let hindrance = match ready(&question, &state, &places, wallet, None) {
        Ok(_) => None,
        Err(reason) => Some(reason.to_string()),
    };
    Ok(Asking {
        id: id.to_string(),
        title: study.opened.title.to_string(),
        standing,
        words: StudyInWords::of(&state, study, Some(&profile)),
        covered,
        counted,
        answered: study.has_answer_of(&wallet.secret().nullifier(study.scope)),
        hindrance,
        asks_contact: question.asks_contact(),
        opened: Moment::of(&state, study.entry),
        counts: counts(&state, study, own),
    })
}

/// Whether a consent of this wallet covers being counted in a study on the ledger's day, and
/// whether a count would include the patient: by the very relation that counts prove.
fn counted(
    state: &LedgerState,
    places: &Places,
    study: &StudyState,
    wallet: &Wallet,
) -> (bool, bool) {
    let Some(day) = state.day() else {
        return (false, false);
    };
    let question = cohort::Question {
        query: study.opened.query.clone(),
        masks: study.opened.purpose.masks(),
        day,
        table: Table::Attrition,
    };
    let edition = study.opened.query.edition();
    let mut found = (false, false);
    for holding in wallet
        .holdings
        .iter()
        .filter(|h| h.record.edition == edition)
    {
        if let Some((_, consent)) = in_force(state, places, holding) {
            let slot = (&holding.record.row, &consent.row());
            let cells = cohort::relation::counts(&question, [slot]).unwrap_or_default();
            let holds = |cell: usize| cells.get(cell).is_some_and(|count| *count > 0);
            found = (found.0 || holds(1), found.1 || holds(0));
        }
    }
    found
}
