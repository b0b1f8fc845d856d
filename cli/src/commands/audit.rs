//! `salus audit`: a study's answers in one file, and its verification by anyone.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use salus_ledger::audit::{self, AuditError, Bundle, EntryProblem, Expectations, ExportError};
use salus_ledger::key::PublicKey;
use salus_ledger::state::State;
use salus_protocol::nullifier::LedgerId;
use salus_verifier::{KeyError, KeyPolicy};
use serde::Serialize;

use super::Context;
use crate::failure::Failure;
use crate::home::{Access, write_atomically};
use crate::output::{Report, counted};

/// Audit bundles: everything needed to verify a study's answers offline.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  salus audit export t2d --out t2d.bundle.json
  salus audit verify t2d.bundle.json --ledger LEDGER-ID
  salus audit verify t2d.bundle.json --ledger LEDGER-ID --allow-insecure-keys --json")]
pub(crate) enum AuditCommand {
    /// Write a study's query, approvals, checkpoint, roots, keys and answers to one file.
    Export(ExportArgs),
    /// Verify a bundle, and say in words what was shown and what was not.
    ///
    /// Needs no network, no ledger, no secret and no state directory.
    Verify(VerifyArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// A study: its short name, its id, or the first digits of its id.
    study: String,
    /// The file to write.
    #[arg(long, short, value_name = "FILE")]
    out: PathBuf,
    /// Put the whole log into the bundle, so that its verification replays everything: then also
    /// shown is that no answer was left out. Done anyway where custodians answered, since what
    /// they counted only the log tells.
    #[arg(long)]
    whole_log: bool,
    /// Leave the log out also where custodians answered: their answers are then listed, not shown.
    #[arg(long, conflicts_with = "whole_log")]
    without_log: bool,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// The bundle's file.
    bundle: PathBuf,
    /// The ledger's id, from a source that you trust. Without it the bundle's own word is taken.
    #[arg(long, value_name = "ID", value_parser = parse_ledger)]
    ledger: Option<LedgerId>,
    /// The key that must have signed the ledger's checkpoints.
    #[arg(long, value_name = "KEY")]
    checkpoint_key: Option<PublicKey>,
    /// Also trust keys of a development setup, whose maker can forge proofs.
    #[arg(long)]
    allow_insecure_keys: bool,
}

fn parse_ledger(text: &str) -> Result<LedgerId, String> {
    text.parse()
        .map_err(|_| "a ledger's id has 64 hexadecimal digits".to_owned())
}

#[derive(Debug, Serialize)]
struct Exported {
    file: PathBuf,
    bytes: usize,
    entries: usize,
    ledger: LedgerId,
    whole_log: bool,
}

impl Report for Exported {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(
            out,
            "{} ({} KB, {}{})\nledger {}",
            self.file.display(),
            self.bytes.div_ceil(1000),
            counted(self.entries, "entry", "entries"),
            if self.whole_log {
                ", with the whole log"
            } else {
                ""
            },
            self.ledger
        )
    }
}

#[derive(Debug, Serialize)]
struct Verified {
    valid: bool,
    /// Whether the ledger's id came from elsewhere than the bundle.
    ledger_given: bool,
    #[serde(flatten)]
    report: audit::Report,
}

impl Report for Verified {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(out, "ok: the bundle verifies\n")?;
        writeln!(out, "{}", self.report.to_string().trim_end())?;
        if !self.ledger_given {
            writeln!(
                out,
                "\nThe ledger's id was taken from the bundle itself: compare it with one that you \
                 have from elsewhere, or give --ledger."
            )?;
        }
        Ok(())
    }
}

/// Makes a bundle of a study's answers, and gives its bytes.
pub(crate) fn export(
    ledger: &salus_ledger::engine::Ledger,
    study: &salus_protocol::nullifier::StudyId,
    whole_log: bool,
) -> Result<Bundle, Failure> {
    audit::export(ledger, study, whole_log).map_err(|error| match error {
        ExportError::StudyUnknown { study } => Failure::Unknown {
            what: "study",
            name: study.to_string(),
            help: "`salus study list` shows the ledger's studies".to_owned(),
        },
        other => Failure::Invalid {
            message: other.to_string(),
            help: "`salus ledger verify` checks the ledger".to_owned(),
        },
    })
}

pub(crate) fn run(context: &Context, command: &AuditCommand) -> Result<(), Failure> {
    match command {
        AuditCommand::Export(args) => {
            let ledger = context.home.ledger(Access::Write)?;
            let id = context.home.find_study(&*ledger.state()?, &args.study)?.id;
            let counted = |state: &State| {
                let study = state.study(&id);
                study.is_some_and(|study| !study.cohort_answers.is_empty())
            };
            let whole_log = args.whole_log || (!args.without_log && counted(&*ledger.state()?));
            let bundle = export(&ledger, &id, whole_log)?;
            let text = bundle.to_json();
            write_atomically(&args.out, text.as_bytes(), false)?;
            context.output.show(&Exported {
                file: args.out.clone(),
                bytes: text.len(),
                entries: bundle.entries.len(),
                ledger: bundle.ledger,
                whole_log,
            })
        }
        AuditCommand::Verify(args) => verify(context, args),
    }
}

fn verify(context: &Context, args: &VerifyArgs) -> Result<(), Failure> {
    let bytes = fs::read(&args.bundle).map_err(Failure::file("read", &args.bundle))?;
    let invalid = |error: AuditError| refused(&args.bundle, &error);
    let ledger = match args.ledger {
        Some(ledger) => ledger,
        None => serde_json::from_slice::<Bundle>(&bytes)
            .map(|bundle| bundle.ledger)
            .map_err(|error| {
                invalid(AuditError::Malformed {
                    problem: error.to_string(),
                })
            })?,
    };
    let expected = Expectations {
        ledger,
        checkpoint_key: args.checkpoint_key,
        keys: if args.allow_insecure_keys {
            KeyPolicy::AllowInsecureDevelopmentKeys
        } else {
            KeyPolicy::CeremonyOnly
        },
    };
    let spinner = context.output.spinner("verifying");
    let report = audit::verify(&bytes, &expected).map_err(invalid)?;
    spinner.finish_and_clear();
    context.output.show(&Verified {
        valid: true,
        ledger_given: args.ledger.is_some(),
        report,
    })
}

/// A bundle under a key that is not trusted may be right; any other refused one is not to be relied
/// on.
fn refused(bundle: &Path, error: &AuditError) -> Failure {
    let message = format!("{} does not verify: {error}", bundle.display());
    match error {
        AuditError::Entry {
            problem: EntryProblem::Key(KeyError::Insecure { .. }),
            ..
        } => Failure::NotPermitted {
            message,
            help: "--allow-insecure-keys trusts keys of a development setup".to_owned(),
        },
        _ => Failure::Invalid {
            message,
            help: "nothing that the bundle says should be relied on".to_owned(),
        },
    }
}
