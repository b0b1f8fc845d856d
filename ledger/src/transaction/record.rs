//! Records on the ledger: commitments only, never a row.

use borsh::{BorshDeserialize, BorshSerialize};
use salus_protocol::profile::Edition;
use salus_protocol::record::RecordCommitment;
use salus_protocol::registry::RecordIndex;
use salus_protocol::row_commitment::RowCommitment;

use crate::key::PublicKey;

/// Puts a new record on the ledger, at the next free index. Signed by a registered issuer, whose
/// signature so certifies that both commitments hold one row of the edition, for this subject's key.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct CommitRecord {
    /// For eligibility proofs.
    pub record: RecordCommitment,
    /// For cohort proofs.
    pub row: RowCommitment,
    /// The subject's key for this record only; grants and revokes its consent.
    pub subject: PublicKey,
    /// The edition that the row is of, which decides the dataset that the record is counted in.
    pub edition: Edition,
}

/// Replaces a record's commitments; its consent and its edition stay. Signed by the issuer who committed it.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct AmendRecord {
    /// Which record.
    pub index: RecordIndex,
    /// The record's sequence number, so that the transaction fits one state of it only.
    pub sequence: u32,
    /// The new record commitment.
    pub record: RecordCommitment,
    /// The new row commitment.
    pub row: RowCommitment,
}

/// Takes a record and its consent out of the registry for good. Signed by the issuer who
/// committed it, or by its subject.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct EraseRecord {
    /// Which record.
    pub index: RecordIndex,
    /// The record's sequence number.
    pub sequence: u32,
}
