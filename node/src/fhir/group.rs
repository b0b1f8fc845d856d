//! Group (R4): a study's criteria as a definition of who may take part.
//!
//! R4's characteristics hold together, each included or excluded. A group of criteria of which any or
//! some must hold has no such form: it becomes one characteristic in words.

use axum::extract::State;
use salus_protocol::query::ast::Need;
use serde_json::{Value, json};

use super::call::Call;
use super::criteria::{self, Asked, Characteristic, Criteria, Group, Meaning};
use super::datatype::{narrative, period};
use super::searchset::Formatted;
use super::{Resource, Version};
use crate::node::Node;
use crate::problem::Problem;
use crate::request::Parameters;

const KIND: &str = "Group";
/// Extension of a characteristic: the criterion in plain English.
const CRITERION: &str = "urn:salus:fhir:criterion";

/// The criteria of studies, in R4.
#[utoipa::path(
    get, path = "/Group", tag = "fhir",
    params(("version" = String, Path, description = "`r4`", pattern = "^r4$"), Asked),
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
    call.only_in(Version::R4, KIND)?;
    criteria::search(&node, &call, KIND, asked, resource).await
}

/// The criteria of one study, in R4.
#[utoipa::path(
    get, path = "/Group/{id}", tag = "fhir",
    params(
        ("version" = String, Path, description = "`r4`", pattern = "^r4$"),
        ("id" = String, Path, description = "The study's id, 64 hexadecimal digits", pattern = "^[0-9a-fA-F]{64}$"),
        Formatted,
    ),
    responses(
        (status = 200, body = Resource, content_type = "application/fhir+json", description = "A Group"),
        (status = "default", body = Resource, content_type = "application/fhir+json", description = "An OperationOutcome; 404 for an unknown study"),
    ),
)]
pub(super) async fn read(
    State(node): State<Node>,
    call: Call,
    Parameters(asked): Parameters<Formatted>,
) -> Result<Resource, Problem> {
    call.only_in(Version::R4, KIND)?;
    asked.check()?;
    let criteria = criteria::read(&node, call.study()?).await?;
    Ok(Resource(resource(&criteria)))
}

fn resource(criteria: &Criteria) -> Value {
    let characteristics: Vec<Value> = criteria.groups.iter().flat_map(of_group).collect();
    json!({
        "resourceType": KIND, "id": criteria.study.to_string(),
        "text": narrative(&criteria.words),
        "extension": [criteria.query()],
        "identifier": [criteria.identifier()],
        "active": true, "type": "person", "actual": false,
        "name": criteria.title,
        "characteristic": characteristics,
    })
}

/// The characteristics of a group. All that are asked for, and each of which one suffices to be left
/// out, stand by themselves.
fn of_group(group: &Group) -> Vec<Value> {
    let each = group.characteristics.iter();
    match (group.excludes, group.need) {
        (false, Need::All) => each.map(|one| single(one, false)).collect(),
        (true, Need::Any) => each.map(|one| single(one, true)).collect(),
        _ if group.characteristics.len() == 1 => {
            each.map(|one| single(one, group.excludes)).collect()
        }
        _ => {
            let words: Vec<String> = each.map(Characteristic::words).collect();
            vec![json!({
                "code": { "text": group.heading() },
                "valueCodeableConcept": { "text": words.join(" ") },
                "exclude": group.excludes,
            })]
        }
    }
}

fn single(one: &Characteristic, excluded: bool) -> Value {
    let mut characteristic = json!({
        "extension": [{ "url": CRITERION, "valueString": one.words() }],
        "code": one.code,
        "exclude": excluded != one.negated,
    });
    let (name, value) = match &one.meaning {
        Meaning::Present | Meaning::Dated(_) => ("valueBoolean".to_owned(), true.into()),
        Meaning::Coded(concept) => ("valueCodeableConcept".to_owned(), concept.clone()),
        Meaning::Measured(is) | Meaning::Counted(is) | Meaning::Aged(is) => {
            (format!("value{}", is.kind), is.value.clone())
        }
        Meaning::Words => (
            "valueCodeableConcept".to_owned(),
            json!({ "text": one.text }),
        ),
    };
    characteristic[name] = value;
    if let Meaning::Dated(span) = one.meaning
        && let Some(period) = period(span.from, span.to)
    {
        characteristic["period"] = period;
    }
    characteristic
}
