//! Makes proofs: keys and their files, a fast Groth16 prover, batches.

pub mod cohort;
pub mod eligibility;
pub mod groth16;
pub mod key;
mod multiexp;
pub mod release;
