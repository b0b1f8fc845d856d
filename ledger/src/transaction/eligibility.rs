//! Answers: proofs of eligibility.

use borsh::{BorshDeserialize, BorshSerialize};
use salus_protocol::nullifier::StudyId;
use salus_protocol::statement::Statement;
use salus_verifier::{KeyId, PROOF_BYTES};

/// Answers a study.
///
/// Signed by a key made for this answer alone and then thrown away: the proof is what
/// authenticates, and a lasting key would link a person's answers. The statement's contact digest
/// binds the encrypted contact that travels beside the log.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct SubmitEligibility {
    /// Which study.
    pub study: StudyId,
    /// The verifying key that the proof is for.
    pub key: KeyId,
    /// What the proof shows.
    pub statement: Statement,
    /// The proof's canonical bytes; whether they are points is checked with the proof.
    pub proof: [u8; PROOF_BYTES],
}
