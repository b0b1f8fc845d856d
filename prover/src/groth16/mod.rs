//! A Groth16 prover.
mod lanes;
