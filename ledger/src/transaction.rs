//! Transactions: what can happen on a ledger, one noun a file.
//!
//! Lives here: their contents, their canonical encoding and their signatures. Never here: whether
//! one may enter (see [`crate::state`]). Spec: docs/spec/ledger.md, section "Transactions".

mod board;
mod cohort;
mod consent;
mod day;
mod digest;
mod eligibility;
mod envelope;
mod genesis;
mod issuer;
mod noise;
mod record;
mod study;
mod text;
mod verifying_key;

use borsh::{BorshDeserialize, BorshSerialize};

pub use board::RegisterBoard;
pub use cohort::{CellCommitment, PublishPage, ReleaseCohort, SubmitCohort, SubmitTally};
pub use consent::{GrantConsent, RevokeConsent};
pub use day::AdvanceDay;
pub use digest::{AttachmentDigest, DatasetDigest};
pub use eligibility::SubmitEligibility;
pub use envelope::{Envelope, EnvelopeError, TransactionId};
pub use genesis::Genesis;
pub use issuer::RegisterIssuer;
pub use noise::Noise;
pub use record::{AmendRecord, CommitRecord, EraseRecord};
pub use study::{ApproveStudy, CloseStudy, OpenStudy, StudyTextError};
pub use text::{LedgerName, TextError, Title};
pub use verifying_key::{AcceptKey, ELIGIBILITY_CIRCUIT};

/// How counts are shown: small ones not at all, others rounded.
pub use salus_protocol::release::DisclosurePolicy as Policy;

/// One transaction. The place of each in this list is part of the encoding.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[allow(clippy::large_enum_variant)] // few are held at a time
pub enum Transaction {
    /// The first transaction of a ledger.
    Genesis(Genesis),
    /// The ledger's day moves on.
    AdvanceDay(AdvanceDay),
    /// A new issuer.
    RegisterIssuer(RegisterIssuer),
    /// A new ethics board.
    RegisterBoard(RegisterBoard),
    /// A verifying key that answers may name.
    AcceptKey(AcceptKey),
    /// A new record.
    CommitRecord(CommitRecord),
    /// A record replaced by its issuer.
    AmendRecord(AmendRecord),
    /// A record taken out.
    EraseRecord(EraseRecord),
    /// Consent given by a record's subject.
    GrantConsent(GrantConsent),
    /// Consent taken back.
    RevokeConsent(RevokeConsent),
    /// A new study.
    OpenStudy(OpenStudy),
    /// A board's approval of a study.
    ApproveStudy(ApproveStudy),
    /// The end of a study.
    CloseStudy(CloseStudy),
    /// A subject's answer to a study.
    SubmitEligibility(SubmitEligibility),
    /// A page of a custodian's dataset.
    PublishPage(PublishPage),
    /// A custodian's answer to a study.
    SubmitCohort(SubmitCohort),
    /// A custodian's counts, before their release.
    SubmitTally(SubmitTally),
    /// What is released of tallies.
    ReleaseCohort(ReleaseCohort),
}

impl Transaction {
    /// Its name, as people read it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Genesis(_) => "genesis",
            Self::AdvanceDay(_) => "advance day",
            Self::RegisterIssuer(_) => "register issuer",
            Self::RegisterBoard(_) => "register board",
            Self::AcceptKey(_) => "accept verifying key",
            Self::CommitRecord(_) => "commit record",
            Self::AmendRecord(_) => "amend record",
            Self::EraseRecord(_) => "erase record",
            Self::GrantConsent(_) => "grant consent",
            Self::RevokeConsent(_) => "revoke consent",
            Self::OpenStudy(_) => "open study",
            Self::ApproveStudy(_) => "approve study",
            Self::CloseStudy(_) => "close study",
            Self::SubmitEligibility(_) => "submit eligibility",
            Self::PublishPage(_) => "publish page",
            Self::SubmitCohort(_) => "submit cohort",
            Self::SubmitTally(_) => "submit tally",
            Self::ReleaseCohort(_) => "release cohort",
        }
    }

    /// The digest of the attachment without which its proof can't be checked, if it has one.
    #[must_use]
    pub const fn proof_attachment(&self) -> Option<AttachmentDigest> {
        match self {
            Self::PublishPage(t) => Some(t.publication),
            Self::SubmitCohort(t) => Some(t.proof),
            Self::SubmitTally(t) => Some(t.proof),
            Self::ReleaseCohort(t) => Some(t.proof),
            _ => None,
        }
    }
}

/// Lets each transaction be signed without naming the list.
macro_rules! into_transaction {
    ($($name:ident),*) => {$(
        impl From<$name> for Transaction {
            fn from(transaction: $name) -> Self {
                Self::$name(transaction)
            }
        }
    )*};
}
into_transaction!(
    Genesis,
    AdvanceDay,
    RegisterIssuer,
    RegisterBoard,
    AcceptKey,
    CommitRecord,
    AmendRecord,
    EraseRecord,
    GrantConsent,
    RevokeConsent,
    OpenStudy,
    ApproveStudy,
    CloseStudy,
    SubmitEligibility,
    PublishPage,
    SubmitCohort,
    SubmitTally,
    ReleaseCohort
);
