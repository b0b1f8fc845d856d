//! Verification in the browser: the page that a regulator opens a bundle in.
//!
//! Never here: any verification. The page's scripts (`assets/verify/`) do all of it, by themselves.

use askama::Template;
use axum::extract::State;

use super::html::Html;
use super::shell::{Here, Shell};
use crate::api::parse_study;
use crate::node::Node;
use crate::problem::Problem;
use crate::request::Segment;

#[derive(Debug, Template)]
#[template(path = "verify.html")]
pub(super) struct Verify {
    shell: Shell,
    /// The study whose bundle is opened at once.
    study: Option<OpenedStudy>,
    /// Whether development keys are taken unless the reader says otherwise: for made-up data only.
    development: bool,
}

#[derive(Debug)]
struct OpenedStudy {
    id: String,
    title: String,
}

/// The page for any bundle. It needs nothing of the ledger.
pub(super) async fn any(State(node): State<Node>) -> Html<Verify> {
    Html(Verify {
        shell: Shell::nameless(&node, "Verify", Here::Verify),
        study: None,
        development: node.site().demo,
    })
}

/// The page with a study's bundle of this node.
pub(super) async fn of_study(
    State(node): State<Node>,
    Segment(id): Segment,
) -> Result<Html<Verify>, Problem> {
    let id = parse_study(&id)?;
    let shown = node.clone();
    let page = node.read(move |ledger| {
        let state = ledger.state()?;
        let study = state
            .study(&id)
            .ok_or_else(|| Problem::not_found(format!("there is no study {id}")))?;
        let title = study.opened.title.to_string();
        Ok(Verify {
            shell: Shell::of(&shown, &state, format!("Verify: {title}"), Here::Verify),
            study: Some(OpenedStudy {
                id: id.to_string(),
                title,
            }),
            development: shown.site().demo,
        })
    });
    Ok(Html(page.await?))
}
