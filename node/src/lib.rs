//! The node: an HTTP service over an embedded ledger.
//!
//! Lives here: routes, their answers as JSON, public pages, studies as FHIR, limits, problems, metrics,
//! and the description of all that in OpenAPI. Never here: a rule of the ledger, a key, a row or a proof being made. What enters is
//! decided by `salus-ledger`; whatever a node says can be checked against the signed log. How to
//! call it: docs/api.md; how to run it: docs/operations.md.

mod api;
mod body;
mod connection;
mod fhir;
mod lane;
mod metrics;
mod node;
mod openapi;
pub mod pages;
mod problem;
mod quota;
mod reference;
pub mod request;
mod router;
mod serve;
mod settings;
pub mod sign_in;

pub use body::JsonBody;
pub use node::Node;
pub use openapi::document;
pub use problem::Problem;
pub use quota::Allowance;
pub use serve::{ServeError, listen, serve, serve_metrics};
pub use settings::Settings;
