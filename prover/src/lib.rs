//! Makes proofs: keys and their files, a fast Groth16 prover, batches.

pub mod groth16;
