//! What can be wrong with a bundle, by name.

use salus_protocol::cohort::QuestionError;
use salus_protocol::day::Day;
use salus_protocol::nullifier::{LedgerId, Nullifier, StudyId};
use salus_verifier::KeyId;
use thiserror::Error;

use crate::key::PublicKey;
use crate::log::{CheckpointError, EntryError, ProofError};
use crate::replay::ReplayError;
use crate::state::Rejection;
use crate::transaction::StudyTextError;

/// Why a bundle does not verify. Nothing that it says should be relied on.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // the messages say what the parts are
pub enum AuditError {
    #[error("not an audit bundle: {problem}")]
    Malformed { problem: String },
    #[error(
        "the bundle's format is {found:?}; this version reads {:?}",
        super::BUNDLE_FORMAT
    )]
    Format { found: String },
    #[error("the bundle is of ledger {found}, not of {expected}")]
    Ledger { found: LedgerId, expected: LedgerId },
    #[error("the bundle's genesis founds ledger {founds}, not {expected}")]
    Genesis {
        founds: LedgerId,
        expected: LedgerId,
    },
    #[error("the bundle holds no genesis: its first entry must be entry 0 of the log")]
    NoGenesis,
    #[error("the ledger's checkpoint key is {found}, not {expected}")]
    CheckpointKey {
        found: PublicKey,
        expected: PublicKey,
    },
    #[error("the checkpoint does not verify: {0}")]
    Checkpoint(#[from] CheckpointError),
    #[error("entry {index}: {problem}")]
    Entry { index: u64, problem: EntryProblem },
    #[error("the bundle does not hold the transaction that opened study {study}")]
    NoStudy { study: StudyId },
    #[error("the profile document is no profile: {problem}")]
    Profile { problem: String },
    #[error(transparent)]
    StudyText(#[from] StudyTextError),
    #[error("the study breaks a rule of the ledger: {0}")]
    StudyTerms(Rejection),
    #[error("the whole log in the bundle does not replay: {0}")]
    Log(#[from] ReplayError),
    #[error("the whole log in the bundle is not the one under the checkpoint")]
    LogDiffers,
    #[error(
        "the ledger has {on_ledger} answers to the study and tallies for it, the bundle {in_bundle}"
    )]
    AnswersLeftOut { on_ledger: usize, in_bundle: usize },
    #[error("attachment {place} of the bundle is not base64")]
    Attachment { place: usize },
}

/// What is wrong with an entry of a bundle.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // the messages say what the parts are
pub enum EntryProblem {
    #[error("its bytes are not hexadecimal")]
    NotHex,
    #[error(transparent)]
    Bytes(#[from] EntryError),
    #[error("it is labelled {found:?}, but is {expected:?}")]
    Kind {
        found: String,
        expected: &'static str,
    },
    #[error("entries stand in the log's order, each once")]
    Order,
    #[error("it is not shown to be in the log: {0}")]
    Inclusion(#[from] ProofError),
    #[error("its signature is not its signer's for this ledger")]
    Signature,
    #[error("it must be signed by {expected}")]
    Signer { expected: PublicKey },
    #[error("it has no place in this bundle")]
    Unexpected,
    #[error("a registry head must have a greater height than those before it")]
    Height,
    #[error("the verifying key is refused: {0}")]
    Key(salus_verifier::KeyError),
    #[error("the verifying key's id is {computed}, not the {stated} that the entry states")]
    KeyId { computed: KeyId, stated: KeyId },
    #[error("the verifying key is for the circuit {found:?}, not for this version's eligibility")]
    KeyCircuit { found: String },
    #[error("the verifying key {id} is insecure, which this ledger's genesis does not accept")]
    KeyInsecure { id: KeyId },
    #[error("board {key} is not among those that the study names")]
    NotBoardOfStudy { key: PublicKey },
    #[error("the bundle does not show that board {key} was registered before")]
    BoardUnregistered { key: PublicKey },
    #[error("board {key} approves a second time")]
    ApprovedTwice { key: PublicKey },
    #[error("the answer was entered when {approvals} of {needed} approvals were there")]
    NotApproved { approvals: usize, needed: usize },
    #[error("the answer was entered after the study was closed")]
    Closed,
    #[error("the answer is of {day}, after the study's last day, {expires}")]
    Expired { day: Day, expires: Day },
    #[error("the bundle lacks the registry head that the answer stands under")]
    NoHead,
    #[error("the answer is of {answer}; the ledger's day was {}", ledger.map_or_else(|| "not set".to_owned(), |d| d.to_string()))]
    Day { answer: Day, ledger: Option<Day> },
    #[error("the bundle lacks the registry head whose root the answer names")]
    RootUnknown,
    #[error("the answer's registry root is {age} heights old; the study takes {freshness}")]
    RootOld { age: u64, freshness: u64 },
    #[error(
        "the answer's registry root is of height {root}, before something was taken back at {revised}"
    )]
    RootRevised { root: u64, revised: u64 },
    #[error("the bundle does not show that issuer {key} was registered before")]
    IssuerUnregistered { key: PublicKey },
    #[error("the answer's table can't be answered: {0}")]
    Table(QuestionError),
    #[error("the answer releases {found} cells; its table has {expected}")]
    Cells { found: usize, expected: usize },
    #[error(
        "the release names entry {entry}, which the bundle does not show to be a tally of its table \
         that could be released then, and is in no other release"
    )]
    TallyUnknown { entry: u64 },
    #[error("the answer is not by the custodians whom the study counts, alone or together")]
    Circle,
    #[error("the answer is not what the study asks: {0}")]
    Statement(Rejection),
    #[error("the nullifier {nullifier} answers a second time")]
    NullifierTwice { nullifier: Nullifier },
    #[error("the bundle does not show that key {id} was accepted before")]
    KeyUnaccepted { id: KeyId },
    #[error("the proof is malformed: {0}")]
    ProofMalformed(salus_verifier::ProofError),
    #[error("the proof does not show the answer's statement")]
    Proof,
    #[error("the proofs could not be checked: {problem}")]
    ProofUnchecked { problem: String },
    #[error("it differs from the whole log in the bundle")]
    Differs,
}
