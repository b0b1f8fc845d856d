//! Records and their commitment for eligibility: Poseidon over BN254.
//!
//! The other face, for cohorts, is in [`crate::row_commitment`]. Spec: docs/spec/records.md.

use serde::{Deserialize, Serialize};

use crate::field::{Fr, element_type};
use crate::nullifier::SubjectKey;
use crate::poseidon::{self, Domain};
use crate::profile::Edition;
use crate::row::Row;
use crate::row_commitment::{RowCommitment, RowSalt};

element_type! {
    /// Hides and binds a record: edition, row, subject's key and salt.
    RecordCommitment
}

element_type! {
    /// The randomness that hides a record. Destroy it, and the commitment says nothing.
    Salt
}

impl Salt {
    /// A new salt from the operating system.
    ///
    /// # Errors
    /// When the operating system gives no randomness.
    pub fn random() -> Result<Self, getrandom::Error> {
        crate::field::random().map(Self::new)
    }
}

/// A record with its opening: held by subject and custodian only.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The profile and index day that the row is of.
    pub edition: Edition,
    /// The row.
    pub row: Row,
    /// Whose record it is.
    pub subject: SubjectKey,
    /// Hides the record commitment.
    pub salt: Salt,
    /// Hides the row commitment.
    pub row_salt: RowSalt,
}

impl Record {
    /// A record with fresh salts.
    ///
    /// # Errors
    /// When the operating system gives no randomness.
    pub fn new(edition: Edition, row: Row, subject: SubjectKey) -> Result<Self, getrandom::Error> {
        Ok(Self {
            edition,
            row,
            subject,
            salt: Salt::random()?,
            row_salt: RowSalt::random()?,
        })
    }

    /// The record commitment:
    /// `H_record(H_row-blocks(b0..b11), b12, .., b15, edition, subject key, salt)`.
    #[must_use]
    pub fn commitment(&self) -> RecordCommitment {
        let [
            b0,
            b1,
            b2,
            b3,
            b4,
            b5,
            b6,
            b7,
            b8,
            b9,
            b10,
            b11,
            b12,
            b13,
            b14,
            b15,
        ] = self.row.blocks();
        let first = [b0, b1, b2, b3, b4, b5, b6, b7, b8, b9, b10, b11];
        let inputs: [Fr; 8] = [
            poseidon::hash(Domain::RowBlocks, &first),
            b12,
            b13,
            b14,
            b15,
            self.edition.element(),
            self.subject.element(),
            self.salt.element(),
        ];
        RecordCommitment::new(poseidon::hash(Domain::Record, &inputs))
    }

    /// The row commitment, for cohort proofs.
    #[must_use]
    pub fn row_commitment(&self) -> RowCommitment {
        RowCommitment::of_record(&self.row, &self.row_salt)
    }
}

impl std::fmt::Debug for Record {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Record")
            .field("edition", &self.edition)
            .finish_non_exhaustive()
    }
}
