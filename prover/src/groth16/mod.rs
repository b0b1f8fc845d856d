//! A Groth16 prover over BN254 for one key that is used over and over.
//!
//! The protocol and its key are ark-groth16's, and so are the proofs: for the same randomness, byte for
//! byte, which the tests check. Faster here are the four sums of multiples of the key's points
//! (`prover/src/multiexp`, with tables) and the quotient's transforms, both in lanes. What a circuit
//! means is not known here: it comes as [`Matrices`] and an assignment. Keys in files are
//! [`crate::key`]'s matter, verifying is not done in this crate.

mod matrices;
mod prover;
mod queries;
mod quotient;
mod transform;

pub use matrices::{AssignmentError, Matrices, MatricesDigest, MatricesError, Rows};
pub use prover::{ProveError, Prover, ProverError};
pub use queries::{Arithmetic, Preparation};
