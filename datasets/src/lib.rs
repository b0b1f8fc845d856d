//! From clinical data to rows: FHIR R4 import, derivation by profiles, and synthetic patients.
//!
//! `fhir` reads resources into flat events; `derivation` turns them into rows of a profile;
//! `generator` writes synthetic resources; `profiles` holds the profiles that are shipped.
//! No proof, key or ledger is known here.

pub mod derivation;
pub mod fhir;
pub mod generator;
pub mod profiles;
