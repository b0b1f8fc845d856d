//! Profiles: those that queries can be written for here, and the documents that studies brought.

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use salus_protocol::profile::{Attribute, CodedValue, Encoding, Field, Kind, Profile, ProfileHash};
use serde::Serialize;
use utoipa::ToSchema;

use super::text;
use crate::node::Node;
use crate::problem::Problem;
use crate::request::Segment;

/// A profile that queries can be written for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProfileView {
    /// Its short name, as queries write it.
    pub(crate) name: String,
    /// Its title.
    pub(crate) title: String,
    /// What it is for.
    pub(crate) description: String,
    /// Its version.
    pub(crate) version: String,
    /// Its hash.
    pub(crate) hash: String,
    /// Its fields, in row order.
    pub(crate) fields: Vec<FieldView>,
}

/// A field of a profile.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FieldView {
    /// Its name, as queries write it.
    pub(crate) name: String,
    /// Its name for people.
    pub(crate) label: String,
    /// `date`, `count`, `flag`, `quantity` or `code`.
    pub(crate) encoding: &'static str,
    /// Whether 0 means that nothing of the kind is on record, rather than that it is unknown.
    pub(crate) event: bool,
    /// Whether it is the date of birth, which queries also ask for as `age`.
    pub(crate) birth: bool,
    /// The unit of a quantity first, then the others that are accepted.
    pub(crate) units: Vec<String>,
    /// The values of a code: name and label.
    pub(crate) values: Vec<(String, String)>,
    /// The concept that it draws on, for people.
    pub(crate) concept: Option<String>,
    /// The codes of that concept.
    pub(crate) codes: Vec<String>,
}

impl ProfileView {
    pub(crate) fn of(profile: &Profile) -> Self {
        let document = profile.document();
        Self {
            name: document.name.clone(),
            title: document.title.clone(),
            description: document.description.clone(),
            version: document.version.clone(),
            hash: profile.hash().to_string(),
            fields: profile
                .fields()
                .iter()
                .map(|field| FieldView::of(profile, field))
                .collect(),
        }
    }
}

impl FieldView {
    fn of(profile: &Profile, field: &Field) -> Self {
        let concept = field
            .concept
            .as_deref()
            .and_then(|name| profile.concept(name));
        let others = concept.map_or(&[][..], |concept| &concept.units);
        let (encoding, units, values) = match &field.encoding {
            Encoding::Date => ("date", Vec::new(), Vec::new()),
            Encoding::Count => ("count", Vec::new(), Vec::new()),
            Encoding::Flag => ("flag", Vec::new(), Vec::new()),
            Encoding::Quantity { unit, .. } => {
                let others = others.iter().map(|other| other.unit.clone());
                let others = others.filter(|other| !other.is_empty() && other != unit);
                (
                    "quantity",
                    [unit.clone()].into_iter().chain(others).collect(),
                    Vec::new(),
                )
            }
            Encoding::Code(values) => {
                let value = |value: &CodedValue| {
                    let label = if value.label.is_empty() {
                        &value.name
                    } else {
                        &value.label
                    };
                    (value.name.clone(), label.clone())
                };
                ("code", Vec::new(), values.iter().map(value).collect())
            }
        };
        Self {
            name: field.name.clone(),
            label: field.label.clone(),
            encoding,
            event: field.kind == Kind::Event,
            birth: field.attribute == Some(Attribute::BirthDate),
            units,
            values,
            concept: concept.map(|concept| concept.label.clone()),
            codes: concept.map_or_else(Vec::new, |concept| {
                concept.codes.iter().map(ToString::to_string).collect()
            }),
        }
    }
}

/// The profiles that queries can be written for here. Studies can ask about others, too.
#[utoipa::path(
    get, path = "/profiles", tag = "queries",
    responses(
        (status = 200, body = Vec<ProfileView>),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem"),
    ),
)]
pub(super) async fn profiles(State(node): State<Node>) -> Json<Vec<ProfileView>> {
    let offered = node.site().profiles.iter();
    Json(
        offered
            .map(|offered| ProfileView::of(&offered.profile))
            .collect(),
    )
}

/// A profile document in TOML.
#[utoipa::path(
    get, path = "/profiles/{hash}", tag = "studies",
    params(("hash" = String, Path, description = "The profile's hash, 64 hexadecimal digits", pattern = "^[0-9a-fA-F]{64}$")),
    responses(
        (status = 200, body = String, content_type = "application/toml"),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem; 404 when no study brought it"),
    ),
)]
pub(super) async fn profile(
    State(node): State<Node>,
    Segment(hash): Segment,
) -> Result<impl IntoResponse, Problem> {
    let mut bytes = [0u8; 32];
    hex::decode_to_slice(&hash, &mut bytes)
        .map_err(|_| Problem::parameter("a profile is named by its hash: 64 hexadecimal digits"))?;
    let hash = ProfileHash::from_bytes(bytes);
    let document = node.read(move |ledger| Ok(ledger.profile_document(hash)?));
    Ok(text("application/toml", document.await?))
}
