//! Rejections: every rule that a transaction can break, by name.

use salus_protocol::day::Day;
use salus_protocol::nullifier::{LedgerId, Nullifier, StudyId};
use salus_protocol::profile::Edition;
use salus_protocol::record::RecordCommitment;
use salus_protocol::registry::{RecordIndex, Root};
use salus_verifier::KeyId;
use thiserror::Error;

use crate::key::PublicKey;
use crate::transaction::{AttachmentDigest, Policy, TransactionId};

/// Why a transaction may not enter. It changed nothing.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // the messages say what the parts are
pub enum Rejection {
    // Any transaction.
    #[error("the signature is not the signer's for ledger {ledger}: sign it for this ledger")]
    Signature { ledger: LedgerId },
    #[error("transaction {id} is already on the ledger")]
    Replayed { id: TransactionId },
    #[error("the transaction has {bytes} bytes; at most {at_most} fit in the log")]
    TooLong { bytes: usize, at_most: usize },
    #[error("the transaction has no canonical encoding: {problem}")]
    NotCanonical { problem: String },
    #[error("a log begins with a genesis, not with {found:?}")]
    NotGenesis { found: &'static str },
    #[error("the ledger already has its genesis")]
    GenesisAgain,
    #[error("{transaction:?} must begin a new height: seal the open one first")]
    NewHeight { transaction: &'static str },
    #[error("the attachment is refused: {problem}")]
    Attachment { problem: String },
    #[error(
        "the {what} with digest {digest} is not there, so its proof can't be checked: hand in the \
         very bytes that the transaction names"
    )]
    AttachmentMissing {
        what: &'static str,
        digest: AttachmentDigest,
    },
    #[error("the {what} kept for digest {digest} has another digest: it was altered")]
    AttachmentAltered {
        what: &'static str,
        digest: AttachmentDigest,
    },
    #[error("only the governance key {key} may sign this")]
    Governance { key: PublicKey },

    // Days.
    #[error("only the checkpoint key {key} may move the ledger's day")]
    CheckpointKey { key: PublicKey },
    #[error("{day} is not later than the ledger's day, {current}")]
    DayNotLater { day: Day, current: Day },
    #[error("the ledger has no day yet: its operator must set one first")]
    NoDay,

    // Parties and keys.
    #[error("issuer {key} is already registered")]
    IssuerKnown { key: PublicKey },
    #[error("{key} is no registered issuer: ask the ledger's governance to register it")]
    IssuerUnknown { key: PublicKey },
    #[error("ethics board {key} is already registered")]
    BoardKnown { key: PublicKey },
    #[error("{key} is no registered ethics board: ask the ledger's governance to register it")]
    BoardUnknown { key: PublicKey },
    #[error("the key is for circuit {found:?}; this ledger takes proofs of {expected:?}")]
    KeyCircuit {
        found: String,
        expected: &'static str,
    },
    #[error("the verifying key's id is {computed}, not {found}: the key or the id was changed")]
    KeyId { computed: KeyId, found: KeyId },
    #[error("the verifying key is malformed: {problem}")]
    KeyMalformed { problem: String },
    #[error(
        "verifying key {id} comes from a development setup, whose maker can forge proofs, and \
         this ledger does not accept such keys: use the key of a ceremony"
    )]
    KeyInsecure { id: KeyId },
    #[error("verifying key {id} is not accepted on this ledger")]
    KeyUnknown { id: KeyId },

    // Records and consent.
    #[error("the registry is full")]
    RegistryFull,
    #[error("the {what} commitment is zero, which stands for none")]
    EmptyCommitment { what: &'static str },
    #[error("record commitment {record} is already on the ledger: commit with a fresh salt")]
    RecordKnown { record: RecordCommitment },
    #[error("this row commitment is already on the ledger: commit with a fresh salt")]
    RowKnown,
    #[error("subject key {key} already has a record: make a new key for each")]
    SubjectKeyReused { key: PublicKey },
    #[error("there is no record at index {index}")]
    NoRecord { index: RecordIndex },
    #[error("the record at index {index} was erased")]
    RecordErased { index: RecordIndex },
    #[error(
        "the transaction is for change {found} of record {index}, which is at {expected}: \
         read the record's sequence number and sign again"
    )]
    Sequence {
        index: RecordIndex,
        found: u32,
        expected: u32,
    },
    #[error("record {index} was committed by another issuer")]
    NotIssuerOfRecord { index: RecordIndex },
    #[error("only the issuer or the subject of record {index} may erase it")]
    NotPartyToRecord { index: RecordIndex },
    #[error("only the subject of record {index} may grant or revoke its consent")]
    NotSubjectOfRecord { index: RecordIndex },
    #[error("record {index} has no consent to revoke")]
    NoConsent { index: RecordIndex },

    // Studies.
    #[error("only the study's sponsor {key} may sign this (governance may close a study)")]
    NotSponsor { key: PublicKey },
    #[error("name 1 to {at_most} ethics boards, each once, in ascending order of their keys")]
    BoardList { at_most: usize },
    #[error("{needed} approvals are needed of {boards} boards: ask for 1 to {boards}")]
    ApprovalsNeeded { needed: usize, boards: usize },
    #[error("the study would expire on {expires}, before the ledger's day, {day}")]
    ExpiresInPast { expires: Day, day: Day },
    #[error("the query text has {bytes} bytes; at most {at_most} are allowed")]
    QueryText { bytes: usize, at_most: usize },
    #[error("the compiled query is of another profile or index day than the study names")]
    QueryEdition,
    #[error(
        "the policy (suppress 1 to {}, round to {}) is weaker than suppress 1 to {}, round to {}",
        found.suppress_up_to, found.round_to, weakest.suppress_up_to, weakest.round_to
    )]
    PolicyTooWeak { found: Policy, weakest: Policy },
    #[error("there is no study {study}")]
    StudyUnknown { study: StudyId },
    #[error("study {study} is closed")]
    StudyClosed { study: StudyId },
    #[error("study {study} expired on {expired}; the ledger's day is {day}")]
    StudyExpired {
        study: StudyId,
        expired: Day,
        day: Day,
    },
    #[error("{key} is not among the ethics boards that study {study} names")]
    NotBoardOfStudy { study: StudyId, key: PublicKey },
    #[error("study {study} still needs {missing} approvals before it takes answers")]
    StudyNotApproved { study: StudyId, missing: usize },

    // Answers.
    #[error("the answer is for {found}; the ledger's day is {day}: prove again for today")]
    AnswerDay { found: Day, day: Day },
    #[error("the answer's scope is not that of the study on this ledger")]
    AnswerScope,
    #[error("the answer's query digest is not that of the study's query")]
    AnswerQuery,
    #[error("the answer's purpose is not the study's")]
    AnswerPurpose,
    #[error("the answer's institution is not the study's")]
    AnswerInstitution,
    #[error("the answer carries a contact, but the study's purpose does not ask to contact")]
    ContactNotAsked,
    #[error("registry root {root} was never a root of this ledger")]
    RootUnknown { root: Root },
    #[error(
        "the answer's registry root is of height {height}; the study takes roots from height \
         {oldest} on: read the registry anew and prove again"
    )]
    RootOld { height: u64, oldest: u64 },
    #[error(
        "a record was amended or erased, or a consent replaced or revoked, at height {revised}, \
         after the answer's registry root of height {height}: read the registry anew and prove again"
    )]
    RootRevised { height: u64, revised: u64 },
    #[error("this person has already answered study {study}")]
    NullifierUsed {
        study: StudyId,
        nullifier: Nullifier,
    },
    #[error("the proof does not hold: {problem}")]
    Proof { problem: String },

    // Datasets and cohort answers.
    #[error(
        "issuer {issuer} has committed no record of edition {edition}: there is nothing to count"
    )]
    DatasetEmpty { issuer: PublicKey, edition: Edition },
    #[error("the dataset has no page {page}: its {pages} pages are numbered from 0")]
    NoPage { page: u32, pages: usize },
    #[error("the publication has another layout than its transaction says")]
    PublicationLayout,
    #[error("page {page} of the dataset is not published: publish it first")]
    PageUnpublished { page: u32 },
    #[error(
        "page {page} of the dataset changed after it was published: a record was committed, amended \
         or erased, or a consent granted or revoked; publish it again"
    )]
    PageStale { page: u32 },
    #[error(
        "page {page} of the dataset is published under another layout than page 0: publish all \
         pages under one layout"
    )]
    PageLayout { page: u32 },
    #[error(
        "the count is over other publications than those that the ledger has of the dataset now: \
         count again"
    )]
    DatasetOther,
    #[error("the table can't be answered: {problem}")]
    Table { problem: String },
    #[error("the answer has {found} cells; its table has {expected}")]
    CohortCells { found: usize, expected: usize },
    #[error(
        "this issuer has already answered study {study} with this table: a second answer would \
         show what changed in between"
    )]
    CohortRepeated { study: StudyId },
    #[error("this issuer has already answered study {study} with {at_most} tables; no more enter")]
    CohortBudget { study: StudyId, at_most: usize },
    #[error(
        "study {study}, which this dataset has answered, differs from this one in a single \
         condition: both answers together would say how many lie between them"
    )]
    CohortNear { study: StudyId },
    #[error(
        "study {study}, which this dataset was counted for, asks the same of other custodians \
         together: the difference would be the count of one"
    )]
    CohortCircle { study: StudyId },
    #[error(
        "study {study}, which this dataset was counted for, asks the same under another policy: both \
         answers together would say more than each of them"
    )]
    CohortPolicy { study: StudyId },
    #[error(
        "the share key is not a usable X25519 key, or is another tally's: make a new one for each \
         tally"
    )]
    ShareKey,
    #[error("a seed of noise was committed to before: draw new seeds for each tally")]
    SeedReused,
    #[error(
        "study {study} counts each custodian alone and without noise: answer it at once, without a \
         tally"
    )]
    AnsweredAtOnce { study: StudyId },
    #[error(
        "study {study} counts custodians together, or with noise: submit a tally, and release it \
         later"
    )]
    AnsweredInTwoSteps { study: StudyId },
    #[error(
        "the table's noise costs {} of epsilon; {} of {} is spent: ask for fewer cells",
        units(*cost), units(*spent), units(*at_most)
    )]
    NoiseBudget { cost: u64, spent: u64, at_most: u64 },
    #[error("a study with noise has a budget of at least 0.1")]
    NoiseTerms,
    #[error(
        "the noise is not drawn yet: the ledger's next day draws it, once all custodians have tallied"
    )]
    NoisePending,
    #[error("{key} is no custodian whom study {study} counts together")]
    NotCustodianOfStudy { study: StudyId, key: PublicKey },
    #[error(
        "entry {entry} is no tally of this study and table that can be released: another one, \
         released already, or lapsed"
    )]
    TallyUnknown { entry: u64 },
    #[error("the tallies are not one of each custodian in the order of their entries")]
    TallyOrder,
    #[error("custodian {key} has no tally of this table for study {study} yet, or it lapsed")]
    TallyMissing { study: StudyId, key: PublicKey },
    #[error(
        "a study counts at least 2 and at most {at_most} custodians together, in ascending order \
         of their keys"
    )]
    TogetherList { at_most: usize },
}

/// Tenths of epsilon, as people read them.
fn units(tenths: u64) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epsilon_is_said_in_units() {
        let (cost, spent, at_most) = (30, 5, 20);
        let said = Rejection::NoiseBudget {
            cost,
            spent,
            at_most,
        };
        let said = said.to_string();
        assert!(
            said.contains("costs 3.0 of epsilon; 0.5 of 2.0 is spent"),
            "{said}"
        );
    }
}
