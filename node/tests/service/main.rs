//! The service over real connections: every route, what is refused, and what it does under load.
#![allow(clippy::unwrap_used)]

mod any_input;
mod any_request;
mod client;
mod counted;
mod description;
mod fhir;
#[path = "../../../tests/tools/fhir/models.rs"]
mod fhir_models;
mod inbox;
mod limits;
mod pages;
#[path = "../../../ledger/tests/power/mod.rs"]
mod power;
mod reading;
#[path = "../../../ledger/tests/cohort/scene.rs"]
#[allow(dead_code)] // the ledger's tests use the rest
mod scene;
mod schemathesis;
mod service;
mod sign_in;
mod sign_in_limits;
mod sign_in_provider;
mod sign_in_services;
mod sign_in_settings;
mod slow;
mod submitting;
mod verify;
#[path = "../../../ledger/tests/world/mod.rs"]
mod world;
