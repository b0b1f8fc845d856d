//! Makes proofs: keys and their files, a fast Groth16 prover, batches.

pub mod cohort;
mod draws;
pub mod eligibility;
pub mod groth16;
pub mod key;
mod multiexp;
pub mod noised_release;
pub mod release;
