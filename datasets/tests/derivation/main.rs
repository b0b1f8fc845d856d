//! The rules of derivation, one by one: in each test only what the rule speaks of differs.
//! The rules are in docs/spec/derivation.md. Every case goes through the import, as FHIR text.
#![allow(clippy::unwrap_used)]

mod case;
mod dates;
mod facts;
mod people;
mod selection;
mod values;
