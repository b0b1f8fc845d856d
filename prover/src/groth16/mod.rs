//! A Groth16 prover.
mod additions;
mod bases;
mod digits;
mod lanes;
mod segments;
