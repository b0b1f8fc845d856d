//! Proofs of cohort answers, made by custodians: publications of pages and tallies over them.
//!
//! Lives here: commitments to columns, the provers of the building blocks, and of both proofs; parts of a dataset
//! joined, and shares by which several custodians add up theirs.
//! Never here: what a proof must show (`salus_verifier::cohort`), or what a question asks
//! (`salus_protocol::cohort`). Spec: docs/spec/cohort.md.

mod columns;
pub(crate) mod linear;
mod opening;
mod openings;
mod parts;
mod publication;
pub(crate) mod secret;
mod share;
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

pub use openings::TallyOpenings;
pub use parts::{Counted, CountedPart, JoinError, KeptPartError, count, count_part, join};
pub use publication::{PublishError, PublishedPage, Subject, publish};
pub use secret::PageSeed;
pub use share::{ShareError, ShareKey, ShareSecret, add_up};
pub use tally::{Tally, TallyInput, TallyInputError, TallyPage, tally};
