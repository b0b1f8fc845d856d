//! What a regulator runs: decides whether a proof shows its statement, and nothing else.
//!
//! Lives here: verifying keys, proofs, their canonical bytes and snarkjs's JSON, and the check
//! itself. Never here: proving, a ledger, a record, input or output.
//!
//! ```no_run
//! use salus_verifier::{KeyPolicy, Proof, VerifyingKey, verify};
//! # fn example(key_json: &str, proof: &[u8], statement: salus_protocol::statement::Statement)
//! # -> Result<(), Box<dyn std::error::Error>> {
//! let key: VerifyingKey = serde_json::from_str(key_json)?;
//! let key = key.trusted(KeyPolicy::CeremonyOnly)?;
//! let verified = verify(&key, &statement, &Proof::from_bytes(proof)?)?;
//! println!("{} holds under key {}", verified.statement().nullifier, verified.key_id());
//! # Ok(()) }
//! ```
//!
//! A verified proof shows that the statement follows from the committed records. It does not show
//! that an issuer committed the truth.

pub mod cohort;
mod key;
pub mod noised_release;
mod point;
mod proof;
pub mod release;
pub mod snarkjs;
mod verify;

pub use key::{
    KEY_BYTES, KeyError, KeyId, KeyIdError, KeyPoint, KeyPolicy, Setup, TrustedKey, VerifyingKey,
};
pub use point::PointError;
pub use proof::{PROOF_BYTES, Proof, ProofError, ProofPoint};
pub use verify::{BatchError, Verified, VerifyError, verify, verify_batch};
