//! What can go wrong with a command, said so that its user knows what to do, and with which code
//! the process ends.

use std::io;
use std::path::PathBuf;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceSpan};
use salus_datasets::derivation::DerivationError;
use salus_datasets::fhir::ImportError;
use salus_datasets::generator::GeneratorError;
use salus_ledger::engine::{LedgerError, ReplicaError, UpstreamError};
use salus_ledger::state::Rejection;
use salus_protocol::eligibility::Violation;
use salus_protocol::profile::ProfileError;
use salus_protocol::query::{QueryError, QueryErrors};
use salus_verifier::{KeyError, VerifyError};
use serde::Serialize;
use thiserror::Error;

/// How the process ends. Scripts rely on these numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Something failed.
    Error = 1,
    /// The command line or a query is wrong.
    Usage = 2,
    /// A proof, a log or a bundle does not hold.
    Invalid = 3,
    /// A rule or a consent does not allow it.
    NotPermitted = 4,
}

/// Why a command failed.
#[derive(Debug, Error, Diagnostic)]
pub(crate) enum Failure {
    #[error("cannot {action} {}", path.display())]
    #[diagnostic(help("{}", of_disk(source.kind())))]
    File {
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error("{} is not {what}: {problem}", path.display())]
    #[diagnostic(help("restore the file from a copy, or make it anew"))]
    Malformed {
        path: PathBuf,
        what: &'static str,
        problem: String,
    },
    #[error("there is no ledger in {}", home.display())]
    #[diagnostic(help(
        "`salus ledger init` founds one, `salus ledger follow URL` copies that of a node; --home DIR \
         or SALUS_HOME names another directory"
    ))]
    NoLedger { home: PathBuf },
    #[error("there is no {what} named {name:?}")]
    Unknown {
        what: &'static str,
        name: String,
        #[help]
        help: String,
    },
    #[error("there already is {what} at {}", path.display())]
    Exists {
        what: &'static str,
        path: PathBuf,
        #[help]
        help: String,
    },
    #[error("{message}")]
    Usage {
        message: String,
        #[help]
        help: String,
    },
    #[error("{message}")]
    NotPermitted {
        message: String,
        #[help]
        help: String,
    },
    #[error("{message}")]
    Invalid {
        message: String,
        #[help]
        help: String,
    },
    #[error(transparent)]
    #[diagnostic(transparent)]
    Query(Box<QueryFailure>),
    #[error("the ledger refuses")]
    Rejected(#[from] Rejection),
    #[error("no proof: {violation}")]
    NotEligible {
        violation: Violation,
        #[help]
        help: String,
    },
    #[error(transparent)]
    #[diagnostic(help("{}", advice(_0)))]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    #[diagnostic(help(
        "docs/spec/records.md has the form; `salus profile show cardiometabolic` shows one"
    ))]
    Profile(#[from] ProfileError),
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error(transparent)]
    Derivation(#[from] DerivationError),
    #[error(transparent)]
    Generator(#[from] GeneratorError),
    #[error("the verifying key is refused")]
    #[diagnostic(help("--allow-insecure-keys trusts keys of a development setup"))]
    Key(#[from] KeyError),
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// Whoever asked for it asked to end it, or the process ends: at a step's end, so that what was
    /// done before stands.
    #[error("stopped between two steps")]
    Stopped,
    #[error("not what a node may answer under load: {came}")]
    #[diagnostic(help("run it again while nothing else runs, and report it if it comes again"))]
    UnderLoad { came: String },
    #[error("the jobs' queue failed")]
    Queue(#[from] apalis_sqlite::Error),
    #[error("the operating system gives no randomness")]
    Randomness(#[from] getrandom::Error),
    #[error("cannot write the output")]
    Output(#[from] io::Error),
}

impl Failure {
    /// The code that the process ends with.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Usage { .. } | Self::Query(_) | Self::Unknown { .. } | Self::NoLedger { .. } => {
                Exit::Usage
            }
            Self::Invalid { .. } | Self::Verify(_) => Exit::Invalid,
            Self::NotPermitted { .. } => Exit::NotPermitted,
            Self::Key(KeyError::Insecure { .. }) => Exit::NotPermitted,
            Self::Rejected(rejection) => of_rejection(rejection),
            Self::NotEligible { .. } => Exit::NotPermitted,
            Self::Ledger(error) => of_ledger(error),
            _ => Exit::Error,
        }
    }

    /// Whether a disk had no room.
    pub(crate) fn is_full_disk(&self) -> bool {
        use io::ErrorKind::{QuotaExceeded, StorageFull};
        match self {
            Self::Ledger(LedgerError::DiskFull { .. }) => true,
            Self::File { source, .. } | Self::Ledger(LedgerError::Io { source, .. }) => {
                matches!(source.kind(), StorageFull | QuotaExceeded)
            }
            _ => false,
        }
    }

    /// What failed and why, in one line.
    pub(crate) fn sentence(&self) -> String {
        let mut sentence = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            let text = error.to_string();
            // Some messages already end with their cause.
            if !sentence.contains(&text) {
                sentence = format!("{sentence}: {text}");
            }
            cause = error.source();
        }
        sentence
    }

    /// Where in a query, for machines: byte ranges of its text, or paths in its JSON.
    pub(crate) fn places(&self) -> Vec<Placed> {
        match self {
            Self::Query(query) => query.errors.iter().map(Placed::of).collect(),
            _ => Vec::new(),
        }
    }

    /// A failure to do something to a file.
    pub(crate) fn file(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File {
            action,
            path,
            source,
        }
    }

    /// What can't go wrong unless this program does.
    pub(crate) fn defect(error: &impl ToString) -> Self {
        Self::Invalid {
            message: error.to_string(),
            help: "please report this".to_owned(),
        }
    }

    /// A command line that asks for something that makes no sense.
    pub(crate) fn usage(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Usage {
            message: message.into(),
            help: help.into(),
        }
    }
}

/// A failure as it is shown: what and why in one sentence, then what to do.
#[derive(Debug, Error)]
#[error("{}", .0.sentence())]
pub(crate) struct Shown(pub(crate) Failure);

impl Diagnostic for Shown {
    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.0.help()
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.0.source_code()
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.0.labels()
    }
}

/// An error in a query, for machines.
#[derive(Debug, Serialize)]
pub(crate) struct Placed {
    message: String,
    help: Option<String>,
    /// First byte and the byte after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<(usize, usize)>,
    path: String,
}

impl Placed {
    fn of(error: &QueryError) -> Self {
        Self {
            message: error.what.to_string(),
            help: error.help(),
            bytes: error.span.as_ref().map(|span| (span.start, span.end)),
            path: error.path.clone(),
        }
    }
}

/// What to do about a ledger that can't be used.
fn advice(error: &LedgerError) -> &'static str {
    match error {
        LedgerError::Locked => {
            "if that is `salus serve`, work through it: --node http://127.0.0.1:8080, or where it \
             listens"
        }
        LedgerError::Replica(ReplicaError::Upstream(UpstreamError::Away { .. })) => {
            "is the node running, and is its address right? --node URL names another"
        }
        LedgerError::Replica(ReplicaError::Upstream(UpstreamError::Busy { .. })) => {
            "nothing was lost: run the command again"
        }
        LedgerError::Replica(ReplicaError::OtherLedger { .. }) => {
            "ask the ledger's operator for its id, by another way than this node"
        }
        LedgerError::Replica(error) if error.is_falsehood() => {
            "nothing of it was kept. Ask the ledger's operator, and others who follow it, what they \
             see: `salus ledger status --json` shows a checkpoint to compare"
        }
        LedgerError::DiskFull { .. } => of_disk(io::ErrorKind::StorageFull),
        LedgerError::Io { source, .. } => of_disk(source.kind()),
        _ => ELSE,
    }
}

const ELSE: &str = "docs/operations.md says what to do when something is wrong";

/// What to do about a file that can't be read or written. A file is written whole or not at all.
fn of_disk(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            "make room on this disk, then run the command again: what was there before is whole"
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            "this disk, or its mount, is for reading only: make it writable, or name another \
             directory with --home"
        }
        io::ErrorKind::PermissionDenied => {
            "this account may not: run the command as the directory's owner"
        }
        io::ErrorKind::NotFound => "is the path right, and does its folder exist?",
        _ => ELSE,
    }
}

fn of_ledger(error: &LedgerError) -> Exit {
    match error {
        LedgerError::Replica(error) if error.is_falsehood() => Exit::Invalid,
        LedgerError::Damaged { .. } | LedgerError::Replay(_) | LedgerError::Checkpoint(_) => {
            Exit::Invalid
        }
        _ => Exit::Error,
    }
}

/// A proof that does not hold ends with 3, what someone may not do with 4, and what is simply wrong
/// in a request with 1.
fn of_rejection(rejection: &Rejection) -> Exit {
    use Rejection as R;
    match rejection {
        R::Proof { .. } => Exit::Invalid,
        R::Governance { .. }
        | R::CheckpointKey { .. }
        | R::IssuerUnknown { .. }
        | R::BoardUnknown { .. }
        | R::KeyInsecure { .. }
        | R::KeyUnknown { .. }
        | R::RecordErased { .. }
        | R::NotIssuerOfRecord { .. }
        | R::NotPartyToRecord { .. }
        | R::NotSubjectOfRecord { .. }
        | R::NoConsent { .. }
        | R::NotSponsor { .. }
        | R::PolicyTooWeak { .. }
        | R::StudyClosed { .. }
        | R::StudyExpired { .. }
        | R::NotBoardOfStudy { .. }
        | R::StudyNotApproved { .. }
        | R::ContactNotAsked
        | R::RootOld { .. }
        | R::RootRevised { .. }
        | R::NullifierUsed { .. }
        | R::PageStale { .. }
        | R::PageUnpublished { .. }
        | R::CohortRepeated { .. }
        | R::CohortBudget { .. }
        | R::CohortNear { .. }
        | R::CohortCircle { .. }
        | R::CohortPolicy { .. }
        | R::AnsweredAtOnce { .. }
        | R::AnsweredInTwoSteps { .. }
        | R::NotCustodianOfStudy { .. }
        | R::NoiseBudget { .. }
        | R::NoisePending
        | R::TallyMissing { .. }
        | R::TallyUnknown { .. } => Exit::NotPermitted,
        _ => Exit::Error,
    }
}

/// What is wrong with a query, with its text to point into.
#[derive(Debug, Error)]
#[error("{} in the query {name}", counted(errors))]
pub(crate) struct QueryFailure {
    name: String,
    text: NamedSource<String>,
    errors: QueryErrors,
}

fn counted(errors: &QueryErrors) -> String {
    match errors.len() {
        1 => "an error".to_owned(),
        n => format!("{n} errors"),
    }
}

impl QueryFailure {
    /// Every error in one text.
    pub(crate) fn listed(&self) -> String {
        format!("{self}: {}", self.errors)
    }

    /// The failure of the query `name` with this text.
    pub(crate) fn failure(name: &str, text: &str, errors: QueryErrors) -> Failure {
        Failure::Query(Box::new(Self {
            name: name.to_owned(),
            text: NamedSource::new(name, text.to_owned()),
            errors,
        }))
    }
}

impl Diagnostic for QueryFailure {
    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.errors
            .iter()
            .any(|error| error.span.is_some())
            .then_some(&self.text as &dyn miette::SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let labels = self.errors.iter().filter_map(|error| {
            let span = error.span.clone()?;
            Some(LabeledSpan::new_with_span(
                Some(error.what.to_string()),
                SourceSpan::from(span),
            ))
        });
        Some(Box::new(labels))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        let mut lines: Vec<String> = self
            .errors
            .iter()
            .filter(|error| error.span.is_none())
            .map(ToString::to_string)
            .collect();
        for help in self.errors.iter().filter_map(|error| error.help()) {
            if !lines.contains(&help) {
                lines.push(help);
            }
        }
        (!lines.is_empty()).then(|| Box::new(lines.join("\n")) as Box<dyn std::fmt::Display>)
    }
}
