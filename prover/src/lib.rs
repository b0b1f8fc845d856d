//! Makes Salus's proofs.

pub mod groth16;
