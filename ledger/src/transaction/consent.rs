//! Consent on the ledger: commitments only, given and taken back by the record's subject.

use borsh::{BorshDeserialize, BorshSerialize};
use salus_protocol::consent::ConsentCommitment;
use salus_protocol::registry::RecordIndex;
use salus_protocol::row_commitment::RowCommitment;

/// Gives consent for a record, in place of any given before. Signed by the record's subject key.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct GrantConsent {
    /// Which record.
    pub index: RecordIndex,
    /// The record's sequence number, so that a grant can't be replayed after a revocation.
    pub sequence: u32,
    /// For eligibility proofs.
    pub consent: ConsentCommitment,
    /// For cohort proofs.
    pub row: RowCommitment,
}

/// Takes consent back. Signed by the record's subject key.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RevokeConsent {
    /// Which record.
    pub index: RecordIndex,
    /// The record's sequence number.
    pub sequence: u32,
}
