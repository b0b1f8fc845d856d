//! From clinical data to rows: FHIR R4 import and synthetic patients.
//!
//! `fhir` reads resources into flat events; `generator` writes synthetic resources.
//! No proof, key or ledger is known here.

pub mod fhir;
