//! ResearchStudy: a study on the ledger.

use axum::extract::State;
use salus_ledger::key::PublicKey;
use salus_ledger::state::{Standing, State as Ledger, StudyState};
use salus_ledger::transaction::OpenStudy;
use salus_protocol::consent::Region;
use salus_protocol::day::Day;
use salus_protocol::purpose::Research;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;

use super::call::Call;
use super::criteria::{attachment, identifier};
use super::datatype::{coding, concept, party, period};
use super::searchset::{Formatted, Page, Search, check_format, finds};
use super::{Resource, Version};
use crate::node::Node;
use crate::problem::Problem;
use crate::request::Parameters;

const KIND: &str = "ResearchStudy";
/// Where a study stands: R4's codes, which R5 kept.
const STATUS: &str = "http://hl7.org/fhir/research-study-status";
/// What a party is to a study, in R5.
const PARTY_ROLE: &str = "http://hl7.org/fhir/research-study-party-role";
/// Whether what R5's resource says stands. It always does: the ledger says it.
const PUBLICATION: &str = "active";
/// What a shown study does not say.
const CLAIM: &str = "Answers follow from the records that issuers committed. Whether they committed the truth, no proof \
                     shows.";

/// Which studies.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// Ids, separated by commas.
    #[serde(rename = "_id")]
    id: Option<String>,
    /// R4: where the study stands, `in-review`, `active`, `completed` or `administratively-completed`.
    /// R5: of what is shown, always `active`.
    status: Option<String>,
    /// R5: where the study stands.
    #[serde(rename = "progress-status-state")]
    state: Option<String>,
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
    fn finds(&self, version: Version, ledger: &Ledger, study: &StudyState) -> bool {
        let stands = status(ledger.standing(study));
        let status = match version {
            Version::R4 => finds(self.status.as_deref(), STATUS, stands),
            Version::R5 => {
                let shown = "http://hl7.org/fhir/publication-status";
                finds(self.status.as_deref(), shown, PUBLICATION)
                    && finds(self.state.as_deref(), STATUS, stands)
            }
        };
        status && finds(self.id.as_deref(), "", &study.id.to_string())
    }
}

/// Studies in the order of their ids.
#[utoipa::path(
    get, path = "/ResearchStudy", tag = "fhir",
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
    if call.version == Version::R4 && asked.state.is_some() {
        return Err(Problem::parameter(
            "R4 has no `progress-status-state`: search by `status`",
        ));
    }
    let page = Page::of(asked.offset, asked.count);
    let filters = [
        ("_id", asked.id.clone()),
        ("status", asked.status.clone()),
        ("progress-status-state", asked.state.clone()),
    ];
    let version = call.version;
    let found = node.read(move |ledger| {
        let state = ledger.state()?;
        let named = |study: &&StudyState| asked.finds(version, &state, study);
        let found = page.cut(state.studies().values().filter(named));
        Ok(found.map(|study| resource(version, &state, study)))
    });
    let search = Search {
        call: &call,
        kind: KIND,
        filters: &filters
            .each_ref()
            .map(|(name, value)| (*name, value.as_deref())),
        page,
    };
    Ok(search.bundle(found.await?))
}

/// One study.
#[utoipa::path(
    get, path = "/ResearchStudy/{id}", tag = "fhir",
    params(
        ("version" = String, Path, description = "`r4` or `r5`", pattern = "^r[45]$"),
        ("id" = String, Path, description = "The study's id, 64 hexadecimal digits", pattern = "^[0-9a-fA-F]{64}$"),
        Formatted,
    ),
    responses(
        (status = 200, body = Resource, content_type = "application/fhir+json", description = "A ResearchStudy"),
        (status = "default", body = Resource, content_type = "application/fhir+json", description = "An OperationOutcome; 404 for an unknown study"),
    ),
)]
pub(super) async fn read(
    State(node): State<Node>,
    call: Call,
    Parameters(asked): Parameters<Formatted>,
) -> Result<Resource, Problem> {
    asked.check()?;
    let (version, id) = (call.version, call.study()?);
    let resource = node.read(move |ledger| {
        let state = ledger.state()?;
        let study = state.study(&id);
        let study = study.ok_or_else(|| Problem::not_found(format!("there is no study {id}")))?;
        Ok(resource(version, &state, study))
    });
    Ok(Resource(resource.await?))
}

/// Where a study stands, by R4's codes. A study that was closed before its last day will not resume.
const fn status(standing: Standing) -> &'static str {
    match standing {
        Standing::Proposed => "in-review",
        Standing::Open => "active",
        Standing::Expired => "completed",
        Standing::Closed => "administratively-completed",
    }
}

fn resource(version: Version, ledger: &Ledger, study: &StudyState) -> Value {
    let opened = &study.opened;
    let id = study.id.to_string();
    let mut resource = json!({
        "resourceType": KIND, "id": id,
        "identifier": [identifier(&study.id)],
        "title": opened.title,
        "description": description(opened),
        "relatedArtifact": [{
            "type": "documentation",
            "display": "The query",
            "document": attachment(&opened.query_text),
        }],
        "note": [{ "text": CLAIM }],
    });
    let shown = match version {
        Version::R4 => r4(ledger, study),
        Version::R5 => r5(ledger, study),
    };
    for (name, value) in shown {
        resource[name] = value;
    }
    if let Research::Disease(area) = opened.purpose.research {
        let area = area.to_string();
        resource["condition"] = json!([concept("urn:salus:fhir:disease-area", &area, &area)]);
    }
    resource
}

fn r4(ledger: &Ledger, study: &StudyState) -> Vec<(&'static str, Value)> {
    let opened = &study.opened;
    let institution = opened.purpose.institution.name();
    let mut shown = vec![
        ("status", status(ledger.standing(study)).into()),
        ("category", json!([research(opened.purpose.research)])),
        ("location", json!([region(opened.purpose.region)])),
        (
            "enrollment",
            json!([{ "reference": format!("Group/{}", study.id) }]),
        ),
        ("sponsor", party(&opened.sponsor, Some(institution))),
    ];
    shown.extend(lasts(ledger, study).map(|period| ("period", period)));
    shown
}

fn r5(ledger: &Ledger, study: &StudyState) -> Vec<(&'static str, Value)> {
    let opened = &study.opened;
    let institution = opened.purpose.institution.name();
    let of = |role: &str, name: &str, key: &PublicKey| {
        json!({
            "name": name, "role": { "coding": [coding(PARTY_ROLE, role)] },
            "party": party(key, Some(name)),
        })
    };
    let mut parties = vec![of("sponsor", institution, &opened.sponsor)];
    parties.extend(opened.boards.iter().map(|key| {
        let board = ledger.boards().get(key);
        of(
            "irb",
            board.map_or("ethics board", |board| board.name.as_str()),
            key,
        )
    }));
    let state = json!({ "coding": [coding(STATUS, status(ledger.standing(study)))] });
    let eligibility = json!({ "reference": format!("EvidenceVariable/{}", study.id) });
    let mut shown = vec![
        ("status", PUBLICATION.into()),
        (
            "progressStatus",
            json!([{ "state": state, "actual": true }]),
        ),
        ("classifier", json!([research(opened.purpose.research)])),
        ("region", json!([region(opened.purpose.region)])),
        ("associatedParty", parties.into()),
        ("recruitment", json!({ "eligibility": eligibility })),
    ];
    shown.extend(lasts(ledger, study).map(|period| ("period", period)));
    shown
}

/// From the day on which it was opened to its last day, or to the day on which it was closed.
fn lasts(ledger: &Ledger, study: &StudyState) -> Option<Value> {
    let closed = study.closed.map(|entry| day_of(ledger, entry));
    let end = closed.unwrap_or(Some(study.opened.expires));
    period(day_of(ledger, study.entry), end)
}

/// The ledger's day when an entry entered: its height's, or today's in a height that is not ended.
pub(super) fn day_of(ledger: &Ledger, entry: u64) -> Option<Day> {
    match ledger.head_over(entry) {
        Some((_, head)) => head.day,
        None => ledger.day(),
    }
}

fn research(research: Research) -> Value {
    let (code, text) = match research {
        Research::General => ("general", "research of any kind"),
        Research::Health => ("health", "health, medical or biomedical research"),
        Research::Disease(_) => ("disease", "research on a disease area"),
        Research::Ancestry => ("ancestry", "research on population origins or ancestry"),
    };
    concept("urn:salus:fhir:research", code, text)
}

fn region(region: Region) -> Value {
    let name = region.to_string();
    concept("urn:salus:fhir:region", &name, &name)
}

/// What a study undertakes, in words: FHIR has no members for it.
fn description(opened: &OpenStudy) -> String {
    let purpose = &opened.purpose;
    let said = [
        (purpose.for_profit, "is run for profit"),
        (purpose.commercial, "is for commercial use"),
        (purpose.methods, "develops methods"),
        (purpose.genetic, "uses genetic data only"),
        (purpose.publishes, "will publish its results"),
        (
            purpose.collaborates,
            "collaborates with the primary investigators",
        ),
        (purpose.returns_data, "returns derived data"),
        (purpose.ethics_approval, "has ethics approval"),
        (purpose.moratorium, "keeps a publication moratorium"),
        (purpose.approved_users, "approves its users by name"),
    ];
    let said: Vec<&str> = said
        .into_iter()
        .filter_map(|(holds, words)| holds.then_some(words))
        .collect();
    let asks: Vec<String> = purpose.required().iter().map(ToString::to_string).collect();
    let policy = &opened.policy;
    let mut lines = vec![
        format!(
            "Asks who, by records as of {}, fulfils its criteria and agrees to: {}.",
            opened.index_day,
            asks.join(", ")
        ),
        format!(
            "Counts from 1 to {} are not shown; others are rounded to a multiple of {}.",
            policy.suppress_up_to, policy.round_to
        ),
        format!(
            "{} of {} ethics boards must approve it.",
            opened.approvals_needed,
            opened.boards.len()
        ),
    ];
    if !opened.together.is_empty() {
        let custodians = opened.together.len();
        lines.push(format!(
            "Only the sum of {custodians} custodians' counts is released."
        ));
    }
    if let Some(noise) = opened.noise {
        lines.push(format!("Counts carry noise of epsilon {}.", noise.epsilon));
    }
    if !said.is_empty() {
        lines.insert(1, format!("The study {}.", said.join(", ")));
    }
    lines.join("\n")
}
