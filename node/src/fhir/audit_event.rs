//! AuditEvent: what happened to studies, one event for each entry of the log that concerns one.
//!
//! An event leads to its entry, and says nothing of a person: an answer by a subject has neither
//! nullifier nor contact nor key here, nor does any event name a record.

use axum::extract::State;
use salus_ledger::engine::Ledger;
use salus_ledger::log::Entry;
use salus_ledger::state::{State as LedgerState, StudyState};
use salus_ledger::transaction::{Envelope, Transaction};
use salus_protocol::day::Day;
use salus_protocol::nullifier::StudyId;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;

use super::call::Call;
use super::datatype::{coding, party};
use super::research_study::day_of;
use super::searchset::{Formatted, Found, Page, Search, check_format, finds};
use super::{Resource, Version};
use crate::node::Node;
use crate::problem::Problem;
use crate::request::Parameters;

const KIND: &str = "AuditEvent";
/// What became of what an event is about, by ISO 21089.
const LIFECYCLE: &str = "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle";
/// The transaction that an event is.
const TRANSACTION: &str = "urn:salus:fhir:transaction";
const DICOM: &str = "http://dicom.nema.org/resources/ontology/DCM";
const OBJECT_ROLE: &str = "http://terminology.hl7.org/CodeSystem/object-role";
const SOURCE_TYPE: &str = "http://terminology.hl7.org/CodeSystem/security-source-type";

/// Which events.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// Ids, separated by commas: indices of log entries.
    #[serde(rename = "_id")]
    id: Option<String>,
    /// The study, as `ResearchStudy/` and its id.
    entity: Option<String>,
    /// The most in a page: at most 200. Default: 50.
    #[serde(rename = "_count")]
    count: Option<usize>,
    /// How many to pass over.
    #[serde(rename = "_offset")]
    offset: Option<usize>,
    /// `json`, the only format.
    #[serde(rename = "_format")]
    format: Option<String>,
}

impl Asked {
    /// The study of `entity`.
    fn study(&self, call: &Call) -> Result<Option<StudyId>, Problem> {
        let Some(entity) = &self.entity else {
            return Ok(None);
        };
        let local = entity
            .strip_prefix(&call.base)
            .map_or(entity.as_str(), |rest| rest.trim_start_matches('/'));
        let id = local.strip_prefix("ResearchStudy/").unwrap_or(local);
        let study = id.parse().map_err(|_| {
            Problem::parameter(
                "`entity` is `ResearchStudy/` and a study's id, 64 hexadecimal digits",
            )
        });
        study.map(Some)
    }
}

/// What happened to studies, in the log's order.
#[utoipa::path(
    get, path = "/AuditEvent", tag = "fhir",
    params(("version" = String, Path, description = "`r4` or `r5`", pattern = "^r[45]$"), Asked),
    responses(
        (status = 200, body = Resource, content_type = "application/fhir+json", description = "A Bundle of type searchset"),
        (status = "default", body = Resource, content_type = "application/fhir+json", description = "An OperationOutcome"),
    ),
)]
pub(super) async fn search(
    State(node): State<Node>,
    call: Call,
    Parameters(asked): Parameters<Asked>,
) -> Result<Resource, Problem> {
    check_format(asked.format.as_deref())?;
    let (version, study) = (call.version, asked.study(&call)?);
    let page = Page::of(asked.offset, asked.count);
    let ids = asked.id.clone();
    let found = node.read(move |ledger| {
        let found = {
            let state = ledger.state()?;
            let all = entries(&state, study.as_ref()).into_iter();
            let named = all.filter(|(entry, _)| finds(ids.as_deref(), "", &entry.to_string()));
            page.cut(named).map(|(entry, study)| (entry, *study))
        };
        let page = found.page.into_iter();
        let events = page.map(|(entry, study)| event(version, ledger, entry, study));
        Ok(Found {
            total: found.total,
            page: events.collect::<Result<Vec<Value>, Problem>>()?,
        })
    });
    let search = Search {
        call: &call,
        kind: KIND,
        filters: &[
            ("_id", asked.id.as_deref()),
            ("entity", asked.entity.as_deref()),
        ],
        page,
    };
    Ok(search.bundle(found.await?))
}

/// One event.
#[utoipa::path(
    get, path = "/AuditEvent/{id}", tag = "fhir",
    params(
        ("version" = String, Path, description = "`r4` or `r5`", pattern = "^r[45]$"),
        ("id" = String, Path, description = "The index of a log entry that concerns a study"),
        Formatted,
    ),
    responses(
        (status = 200, body = Resource, content_type = "application/fhir+json", description = "An AuditEvent"),
        (status = "default", body = Resource, content_type = "application/fhir+json", description = "An OperationOutcome; 404 for an entry that concerns no study"),
    ),
)]
pub(super) async fn read(
    State(node): State<Node>,
    call: Call,
    Parameters(asked): Parameters<Formatted>,
) -> Result<Resource, Problem> {
    asked.check()?;
    let unknown = || {
        Problem::not_found("an event is named by the index of a log entry that concerns a study")
    };
    let entry: u64 = call.id().parse().map_err(|_| unknown())?;
    // One resource has one name: `+7` and `007` are none.
    if entry.to_string() != call.id() {
        return Err(unknown());
    }
    let version = call.version;
    let event = node.read(move |ledger| {
        let found = {
            let state = ledger.state()?;
            let mut studies = state.studies().values();
            let found = studies.find(|study| entries_of(study).any(|one| one == entry));
            found.map(|study| study.id)
        };
        event(version, ledger, entry, found.ok_or_else(unknown)?)
    });
    Ok(Resource(event.await?))
}

/// The log entries that concern a study, or any, with the study, in the log's order.
fn entries<'a>(state: &'a LedgerState, of: Option<&StudyId>) -> Vec<(u64, &'a StudyId)> {
    let studies = state.studies().values();
    let studies = studies.filter(|study| of.is_none_or(|id| study.id == *id));
    let mut entries: Vec<_> = studies
        .flat_map(|study| entries_of(study).map(|entry| (entry, &study.id)))
        .collect();
    entries.sort_unstable_by_key(|(entry, _)| *entry);
    entries
}

/// The log entries that concern a study, in no order.
fn entries_of(study: &StudyState) -> impl Iterator<Item = u64> {
    std::iter::once(study.entry)
        .chain(study.approvals.values().copied())
        .chain(study.closed)
        .chain(study.answers.iter().map(|answer| answer.entry))
        .chain(study.cohort_answers.iter().map(|answer| answer.entry))
        .chain(study.tallies.iter().map(|tally| tally.entry))
}

/// What an event says, whatever the version.
struct Told {
    entry: u64,
    study: StudyId,
    /// The transaction's name, as a code.
    name: String,
    lifecycle: &'static str,
    action: &'static str,
    day: Option<Day>,
    /// Who did it: a party of the ledger, or somebody whom nobody knows.
    agent: Value,
    ledger: Value,
}

fn event(version: Version, ledger: &Ledger, entry: u64, study: StudyId) -> Result<Value, Problem> {
    let bytes = ledger.entry(entry)?;
    let decoded = Entry::from_bytes(&bytes).map_err(|e| Problem::internal(&e.to_string()))?;
    let Entry::Transaction(envelope) = decoded else {
        return Err(Problem::internal(
            "a registry head stands where a study's transaction was",
        ));
    };
    let state = ledger.state()?;
    let known = state.study(&study);
    let known = known.ok_or_else(|| Problem::internal("a study of the ledger is gone"))?;
    let (lifecycle, action) = kind(envelope.transaction());
    let identifier = json!({ "system": "urn:salus:fhir:ledger", "value": state.id().to_string() });
    let told = Told {
        entry,
        study,
        name: envelope.transaction().name().replace(' ', "-"),
        lifecycle,
        action,
        day: day_of(&state, entry),
        agent: agent(&state, known, &envelope),
        ledger: json!({
            "type": "Device", "identifier": identifier,
            "display": format!("Salus ledger {}", state.genesis().name.as_str()),
        }),
    };
    Ok(match version {
        Version::R4 => told.r4(),
        Version::R5 => told.r5(),
    })
}

/// What a transaction does to its study, by ISO 21089 and as one of FHIR's actions.
const fn kind(transaction: &Transaction) -> (&'static str, &'static str) {
    match transaction {
        Transaction::ApproveStudy(_) => ("attest", "U"),
        Transaction::CloseStudy(_) => ("archive", "U"),
        Transaction::SubmitEligibility(_) => ("receive", "C"),
        Transaction::SubmitCohort(_) | Transaction::ReleaseCohort(_) => ("disclose", "C"),
        _ => ("originate", "C"),
    }
}

/// Who signed. The key of a subject's answer is made for it alone and says nothing, so it is left
/// out: what it could be taken for is a patient.
fn agent(state: &LedgerState, study: &StudyState, envelope: &Envelope) -> Value {
    let key = envelope.signer();
    let name = match envelope.transaction() {
        Transaction::SubmitEligibility(_) => {
            return json!({ "display": "somebody who proved to be eligible" });
        }
        _ if key == study.opened.sponsor => Some(study.opened.purpose.institution.name()),
        _ if key == state.genesis().governance => Some("governance of the ledger"),
        Transaction::ApproveStudy(_) => state.boards().get(&key).map(|party| party.name.as_str()),
        _ => state.issuers().get(&key).map(|party| party.name.as_str()),
    };
    party(&key, name)
}

impl Told {
    /// The first moment of the event's day: the ledger knows days, and FHIR asks for an instant.
    fn recorded(&self) -> String {
        format!("{}T00:00:00Z", self.day.unwrap_or(Day::FIRST))
    }

    fn day(&self) -> String {
        self.day.unwrap_or(Day::FIRST).to_string()
    }

    fn study(&self) -> Value {
        json!({ "reference": format!("ResearchStudy/{}", self.study) })
    }

    /// An agent's type, by DICOM.
    fn source_and_destination() -> [Value; 2] {
        let typed = |code: &str, display: &str| {
            let mut coded = coding(DICOM, code);
            coded["display"] = display.into();
            json!({ "coding": [coded] })
        };
        [
            typed("110153", "Source Role ID"),
            typed("110152", "Destination Role ID"),
        ]
    }

    fn agents(&self) -> Value {
        let [source, destination] = Self::source_and_destination();
        json!([
            { "type": source, "who": self.agent, "requestor": true },
            { "type": destination, "who": self.ledger, "requestor": false },
        ])
    }

    fn r4(&self) -> Value {
        let day = self.day();
        json!({
            "resourceType": KIND, "id": self.entry.to_string(),
            "type": coding(LIFECYCLE, self.lifecycle),
            "subtype": [coding(TRANSACTION, &self.name)],
            "action": self.action,
            "period": { "start": day, "end": day },
            "recorded": self.recorded(),
            "outcome": "0",
            "agent": self.agents(),
            "source": { "observer": self.ledger, "type": [coding(SOURCE_TYPE, "4")] },
            "entity": [{
                "what": self.study(),
                "type": coding("http://hl7.org/fhir/resource-types", "ResearchStudy"),
                "role": coding(OBJECT_ROLE, "20"),
                "detail": [{ "type": "log entry", "valueString": self.entry.to_string() }],
            }],
        })
    }

    fn r5(&self) -> Value {
        let concept = |system: &str, code: &str| json!({ "coding": [coding(system, code)] });
        let outcome = "http://terminology.hl7.org/CodeSystem/audit-event-outcome";
        json!({
            "resourceType": KIND, "id": self.entry.to_string(),
            "category": [concept(LIFECYCLE, self.lifecycle)],
            "code": concept(TRANSACTION, &self.name),
            "action": self.action,
            "occurredDateTime": self.day(),
            "recorded": self.recorded(),
            "outcome": { "code": coding(outcome, "0") },
            "agent": self.agents(),
            "source": { "observer": self.ledger, "type": [concept(SOURCE_TYPE, "4")] },
            "entity": [{
                "what": self.study(),
                "role": concept(OBJECT_ROLE, "20"),
                "detail": [{
                    "type": { "text": "log entry" }, "valueString": self.entry.to_string(),
                }],
            }],
        })
    }
}
