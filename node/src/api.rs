//! The routes below `/api/v1`, one noun a file, and the log's C2SP paths.
//!
//! Everything here but a study's sealed contacts is public: it says what the log says. Nothing is
//! looked up by who a person is, and leaves of the registry come in whole pages only.

mod attachment;
mod board;
mod bundle;
mod contact;
mod dataset;
mod entry;
mod health;
mod issuer;
mod key;
mod ledger;
mod profile;
mod proof;
mod query;
mod registry;
mod study;
mod table;
mod tile;
mod transaction;

use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::node::Node;

pub(crate) use entry::EntryView;
pub(crate) use profile::ProfileView;
pub(crate) use query::{Checked, Written};
pub(crate) use study::parse_id as parse_study;

/// The routes of version 1, with their description.
pub(crate) fn routes() -> OpenApiRouter<Node> {
    OpenApiRouter::new()
        .routes(routes!(health::health))
        .routes(routes!(ledger::ledger))
        .routes(routes!(ledger::checkpoint))
        .routes(routes!(entry::entries))
        .routes(routes!(entry::entry))
        .routes(routes!(proof::inclusion))
        .routes(routes!(proof::consistency))
        .routes(routes!(registry::leaves))
        .routes(routes!(study::studies))
        .routes(routes!(study::study))
        .routes(routes!(bundle::bundle))
        .routes(routes!(contact::contacts))
        .routes(routes!(attachment::attachment))
        .routes(routes!(profile::profiles))
        .routes(routes!(profile::profile))
        .routes(routes!(query::check))
        .routes(routes!(dataset::datasets))
        .routes(routes!(issuer::issuers))
        .routes(routes!(board::boards))
        .routes(routes!(key::keys))
        .routes(routes!(transaction::submit))
}

/// The log as C2SP tlog-tiles names its files: for monitors and witnesses that know no Salus.
pub(crate) fn log_files() -> axum::Router<Node> {
    axum::Router::new()
        .route("/checkpoint", get(ledger::checkpoint))
        .route("/tile/{*path}", get(tile::tile))
}

/// What is served as it is, with its media type.
fn text(media: &'static str, body: String) -> impl axum::response::IntoResponse {
    ([(axum::http::header::CONTENT_TYPE, media)], body)
}
