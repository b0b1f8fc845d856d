//! EvidenceVariable (R5): a study's criteria, with their groups as combinations.

use axum::extract::State;
use salus_protocol::day::Day;
use salus_protocol::query::ast::Need;
use serde_json::{Value, json};

use super::call::Call;
use super::criteria::{self, Asked, Characteristic, Criteria, Group, Meaning, Span};
use super::datatype::{days, narrative};
use super::searchset::Formatted;
use super::{Resource, Version};
use crate::node::Node;
use crate::problem::Problem;
use crate::request::Parameters;

const KIND: &str = "EvidenceVariable";

/// The criteria of studies, in R5.
#[utoipa::path(
    get, path = "/EvidenceVariable", tag = "fhir",
    params(("version" = String, Path, description = "`r5`", pattern = "^r5$"), Asked),
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
    call.only_in(Version::R5, KIND)?;
    criteria::search(&node, &call, KIND, asked, resource).await
}

/// The criteria of one study, in R5.
#[utoipa::path(
    get, path = "/EvidenceVariable/{id}", tag = "fhir",
    params(
        ("version" = String, Path, description = "`r5`", pattern = "^r5$"),
        ("id" = String, Path, description = "The study's id, 64 hexadecimal digits", pattern = "^[0-9a-fA-F]{64}$"),
        Formatted,
    ),
    responses(
        (status = 200, body = Resource, content_type = "application/fhir+json", description = "An EvidenceVariable"),
        (status = "default", body = Resource, content_type = "application/fhir+json", description = "An OperationOutcome; 404 for an unknown study"),
    ),
)]
pub(super) async fn read(
    State(node): State<Node>,
    call: Call,
    Parameters(asked): Parameters<Formatted>,
) -> Result<Resource, Problem> {
    call.only_in(Version::R5, KIND)?;
    asked.check()?;
    let criteria = criteria::read(&node, call.study()?).await?;
    Ok(Resource(resource(&criteria)))
}

fn resource(criteria: &Criteria) -> Value {
    let groups = (1u32..).zip(&criteria.groups);
    let characteristics: Vec<Value> = groups
        .map(|(number, group)| of_group(&format!("group-{number}"), group))
        .collect();
    json!({
        "resourceType": KIND, "id": criteria.study.to_string(),
        "text": narrative(&criteria.words),
        "extension": [criteria.query()],
        "identifier": [criteria.identifier()],
        "title": criteria.title,
        "status": "active", "actual": false,
        "description": criteria.words,
        "characteristic": characteristics,
    })
}

fn of_group(link: &str, group: &Group) -> Value {
    let each = (1u32..).zip(&group.characteristics);
    let characteristics: Vec<Value> = each
        .map(|(number, one)| single(&format!("{link}.{number}"), one))
        .collect();
    let mut combination = json!({ "characteristic": characteristics });
    let (code, threshold) = match group.need {
        Need::All => ("all-of", None),
        Need::Any => ("any-of", None),
        Need::AtLeast(n) => ("at-least", Some(n)),
    };
    combination["code"] = code.into();
    if let Some(threshold) = threshold {
        combination["threshold"] = threshold.into();
    }
    json!({
        "linkId": link, "description": group.heading(), "exclude": group.excludes,
        "definitionByCombination": combination,
    })
}

fn single(link: &str, one: &Characteristic) -> Value {
    let mut characteristic = json!({
        "linkId": link, "description": one.text, "note": [{ "text": one.none_recorded }],
        "exclude": one.negated,
    });
    let typed = |name: &str, value: &Value| json!({ "type": one.code, name: value });
    let by_type = "definitionByTypeAndValue";
    match &one.meaning {
        Meaning::Present => {
            characteristic[by_type] = typed("valueBoolean", &true.into());
        }
        Meaning::Coded(concept) => {
            characteristic[by_type] = typed("valueCodeableConcept", concept);
        }
        Meaning::Measured(is) | Meaning::Aged(is) => {
            characteristic[by_type] = typed(&format!("value{}", is.kind), &is.value);
        }
        Meaning::Counted(is) => {
            characteristic["definitionCodeableConcept"] = one.code.clone();
            characteristic[format!("instances{}", is.kind)] = is.value.clone();
        }
        Meaning::Dated(span) => {
            characteristic[by_type] = typed("valueBoolean", &true.into());
            characteristic["timeFromEvent"] = from_event(*span).into_iter().collect();
        }
        Meaning::Words => {
            let words = json!({ "text": one.text });
            characteristic[by_type] = typed("valueCodeableConcept", &words);
        }
    }
    characteristic
}

/// A span as a distance in days from its first day, or from its last where it has no first.
fn from_event(span: Span) -> Option<Value> {
    let at = |day: Day, range: Value| json!({ "eventDateTime": day.to_string(), "range": range });
    match (span.from, span.to) {
        (Some(from), Some(to)) => {
            let length = to.number().checked_sub(from.number())?;
            Some(at(from, json!({ "low": days(0), "high": days(length) })))
        }
        (Some(from), None) => Some(at(from, json!({ "low": days(0) }))),
        (None, Some(to)) => Some(at(to, json!({ "high": days(0) }))),
        (None, None) => None,
    }
}
