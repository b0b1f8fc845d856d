//! Events: what a transaction did.

use salus_protocol::day::Day;
use salus_protocol::nullifier::StudyId;
use salus_protocol::profile::Edition;
use salus_protocol::registry::RecordIndex;
use salus_verifier::KeyId;
use serde::Serialize;

use crate::key::PublicKey;

/// What a transaction that entered did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The ledger's day moved.
    DayAdvanced {
        /// The new day.
        day: Day,
    },
    /// An issuer was registered.
    IssuerRegistered {
        /// Its key.
        key: PublicKey,
    },
    /// An ethics board was registered.
    BoardRegistered {
        /// Its key.
        key: PublicKey,
    },
    /// A verifying key was accepted.
    KeyAccepted {
        /// Its id.
        id: KeyId,
    },
    /// A record was committed.
    RecordCommitted {
        /// Its index in the registry.
        index: RecordIndex,
    },
    /// A record was amended.
    RecordAmended {
        /// Its index.
        index: RecordIndex,
    },
    /// A record was erased.
    RecordErased {
        /// Its index.
        index: RecordIndex,
    },
    /// Consent was granted.
    ConsentGranted {
        /// The record's index.
        index: RecordIndex,
        /// Whether it took the place of another.
        replaced: bool,
    },
    /// Consent was revoked.
    ConsentRevoked {
        /// The record's index.
        index: RecordIndex,
    },
    /// A study was opened; it takes answers once its boards approve.
    StudyOpened {
        /// Its id.
        study: StudyId,
    },
    /// A board approved a study.
    StudyApproved {
        /// The study.
        study: StudyId,
        /// Approvals that it still needs.
        needed: usize,
    },
    /// A study was closed.
    StudyClosed {
        /// The study.
        study: StudyId,
    },
    /// An answer entered.
    AnswerEntered {
        /// The study.
        study: StudyId,
        /// Its place among the study's answers, from 0.
        place: usize,
    },
    /// A page of a dataset was published.
    PagePublished {
        /// Whose dataset.
        issuer: PublicKey,
        /// The edition of its records.
        edition: Edition,
        /// The page's number, from 0.
        page: u32,
    },
    /// A custodian's part of an answer by several entered.
    TallyEntered {
        /// The study.
        study: StudyId,
        /// Who counted.
        issuer: PublicKey,
    },
    /// An answer by one custodian, or by several together, entered.
    CohortAnswered {
        /// The study.
        study: StudyId,
        /// Its place among the study's cohort answers, from 0.
        place: usize,
    },
}
