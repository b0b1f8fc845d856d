//! Proofs of cohort answers, made by custodians: publications of pages and tallies over them.
//!
//! Lives here: commitments to columns, the provers of the building blocks, and of both proofs.
//! Never here: what a proof must show (`salus_verifier::cohort`), or what a question asks
//! (`salus_protocol::cohort`). Spec: docs/spec/cohort.md.

mod columns;
mod linear;
mod opening;
mod publication;
mod secret;
mod slots;
mod sumcheck;
mod symbols;
mod tally;
mod tally_sum;
#[cfg(test)]
mod tests;
mod vesta;
mod whole_program;
mod whole_rounds;

pub use publication::{PublishError, PublishedPage, Subject, publish};
pub use secret::PageSeed;
pub use tally::{Tally, TallyInput, TallyInputError, TallyPage, tally};
