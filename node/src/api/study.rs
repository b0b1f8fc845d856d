//! Studies: what is asked, for what purpose, how they stand and what was answered.

mod view;

use axum::Json;
use axum::extract::State;
use salus_protocol::nullifier::StudyId;
use salus_protocol::profile::Profile;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use self::view::{StudyLine, StudyView};
use crate::node::Node;
use crate::problem::Problem;
use crate::request::{Parameters, Segment};

/// The most studies in one answer.
const MOST: usize = 256;

/// A study's id from a path.
pub(crate) fn parse_id(text: &str) -> Result<StudyId, Problem> {
    text.parse()
        .map_err(|_| Problem::parameter("a study is named by its id: 64 hexadecimal digits"))
}

/// Which studies.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Range {
    /// The id of the last study of the page before.
    #[param(pattern = "^[0-9a-fA-F]{64}$")]
    after: Option<String>,
    /// How many, at most 256. Default: 256.
    #[serde(default = "most")]
    #[param(maximum = 256)]
    count: usize,
}

const fn most() -> usize {
    MOST
}

/// Studies in the order of their ids.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Studies {
    /// How many there are in all.
    total: usize,
    /// The studies.
    studies: Vec<StudyLine>,
}

/// Studies in the order of their ids.
#[utoipa::path(
    get, path = "/studies", tag = "studies", params(Range),
    responses(
        (status = 200, body = Studies),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem"),
    ),
)]
pub(super) async fn studies(
    State(node): State<Node>,
    Parameters(asked): Parameters<Range>,
) -> Result<Json<Studies>, Problem> {
    if asked.count > MOST {
        return Err(Problem::parameter(format!(
            "ask for at most {MOST} studies"
        )));
    }
    let after = asked.after.as_deref().map(parse_id).transpose()?;
    let page = node.read(move |ledger| {
        let state = ledger.state()?;
        let beyond = state
            .studies()
            .values()
            .skip_while(|study| after.is_some_and(|after| study.id <= after));
        Ok(Studies {
            total: state.studies().len(),
            studies: beyond
                .take(asked.count)
                .map(|study| StudyLine::of(&state, study))
                .collect(),
        })
    });
    Ok(Json(page.await?))
}

/// One study, in full.
#[utoipa::path(
    get, path = "/studies/{id}", tag = "studies",
    params(("id" = String, Path, description = "The study's id, 64 hexadecimal digits", pattern = "^[0-9a-fA-F]{64}$")),
    responses(
        (status = 200, body = StudyView),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem; 404 for an unknown study"),
    ),
)]
pub(super) async fn study(
    State(node): State<Node>,
    Segment(id): Segment,
) -> Result<Json<StudyView>, Problem> {
    let id = parse_id(&id)?;
    let view = node.read(move |ledger| {
        let (mut view, opened) = {
            let state = ledger.state()?;
            let study = state.study(&id);
            let study =
                study.ok_or_else(|| Problem::not_found(format!("there is no study {id}")))?;
            (StudyView::of(&state, study), study.opened.clone())
        };
        let document = ledger.profile_document(opened.profile)?;
        // The ledger took no study whose document is not a profile that explains its query.
        let profile = Profile::from_toml(&document);
        let profile = profile.map_err(|error| Problem::internal(&error.to_string()))?;
        view.explain(&opened, &profile)?;
        Ok(view)
    });
    Ok(Json(view.await?))
}
