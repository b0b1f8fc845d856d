//! The nouns of Salus as constraints, file for file with `salus-protocol`.
//!
//! Lives here: rank-1 constraint systems, the halo2 circuits of releases, and the assignments that
//! satisfy them. Never here: keys, proofs, randomness, input or output.

pub mod eligibility;
pub mod noised_release;
pub mod r1cs;
pub mod release;

mod consent;
mod nullifier;
mod poseidon;
mod query;
mod record;
mod registry;
mod row;
