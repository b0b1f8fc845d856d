//! Pages: the ledger for people, rendered on the node.
//!
//! Lives here: what anyone may see, since it is on the ledger. Never here: anything that needs a key,
//! a row or an opening; a party's own pages are added by whoever serves the node (see [`Site`]).
//! Every page works without script; scripts only add to it. Nothing comes from elsewhere.

mod asset;
mod chart;
mod entry;
mod html;
mod overview;
mod party;
mod query;
mod shell;
mod sign_in;
mod signer;
mod site;
mod stakes;
mod study;
mod verify;
mod words;

use axum::Router;
use axum::response::Redirect;
use axum::routing::get;

use crate::node::Node;

pub(crate) use html::problems;
pub use html::{Html, PAGE_POLICY};
pub use shell::{Here, Shell};
pub(crate) use sign_in::sign_in_page;
pub use site::{OfferedProfile, Site};
pub use stakes::Stakes;
pub use words::{StudyInWords, area_name, policy_sentence, region_name};

/// The routes of all public pages.
pub(crate) fn routes() -> Router<Node> {
    Router::new()
        .route("/", get(overview::overview))
        .route("/studies", get(study::studies))
        .route("/studies/{id}", get(study::study))
        .route("/studies/{id}/verify", get(verify::of_study))
        .route("/verify", get(verify::any))
        .route("/query", get(query::page).post(query::check))
        .route("/explorer", get(entry::explorer))
        .route("/explorer/entries/{index}", get(entry::entry))
        .route("/parties", get(party::parties))
        .route("/assets/{*path}", get(asset::asset))
        .route("/robots.txt", get(asset::robots))
        .merge(guessed())
}

/// Addresses that people and browsers try by themselves.
fn guessed() -> Router<Node> {
    let places = [
        ("/favicon.ico", "/assets/salus.svg"),
        ("/api", "/api/v1/reference"),
        ("/api/v1", "/api/v1/reference"),
        ("/docs", "/api/v1/reference"),
    ];
    let lead = |routes: Router<Node>, (from, to): (&str, &'static str)| {
        routes.route(from, get(async move || Redirect::to(to)))
    };
    places.into_iter().fold(Router::new(), lead)
}
