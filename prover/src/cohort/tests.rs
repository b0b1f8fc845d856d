//! Provers that cheat, and what a proof must not tell.
//!
//! Each cheating prover here is honest in everything but one thing, uses the prover's own building
//! blocks, and must fail where docs/spec/cohort.md says that it does.
#![allow(clippy::unwrap_used)]

mod false_columns;
mod false_counts;
mod forger;
mod randomness;
pub(crate) mod scene;
mod simulation;
mod sparse_sum;
