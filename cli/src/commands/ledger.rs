//! `salus ledger`: found one, follow another's, look at it, check all of it.

mod follow;

use std::io;

use clap::{Args, Subcommand};
use salus_ledger::key::PublicKey;
use salus_ledger::log::Entry;
use salus_ledger::transaction::{AdvanceDay, Envelope, LedgerName};
use salus_protocol::day::Day;
use serde::Serialize;

use super::{Context, today};
use crate::failure::Failure;
use crate::home::Access;
use crate::output::{Report, counted, table};
use crate::path::submit;

/// The ledger: what is committed, consented, asked and answered.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  salus ledger init --name trial-ledger
  salus ledger follow https://ledger.example.org --ledger 4f0c...
  salus ledger status
  salus ledger log --last 20
  salus ledger verify")]
pub(crate) enum LedgerCommand {
    /// Found a ledger in the state directory, with new governance and checkpoint keys.
    Init(InitArgs),
    /// Follow the ledger that a node keeps: copy all of it, and check every entry.
    Follow(follow::FollowArgs),
    /// Show where the ledger stands.
    Status,
    /// Move the ledger's day on. Answers are proven for the ledger's day.
    Day(DayArgs),
    /// List the entries of the log.
    Log(LogArgs),
    /// Replay the whole log: every signature, proof, rule and root.
    Verify,
}

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The ledger's name, as its checkpoints show it.
    #[arg(long, default_value = "salus-ledger", value_parser = parse_ledger_name)]
    name: LedgerName,
    /// The ledger's first day. Default: today (UTC).
    #[arg(long, value_name = "DATE")]
    day: Option<Day>,
    /// Let the ledger accept verifying keys of a development setup, whose maker can forge proofs.
    #[arg(long)]
    allow_insecure_keys: bool,
}

fn parse_ledger_name(text: &str) -> Result<LedgerName, String> {
    LedgerName::new(text).map_err(|error| error.to_string())
}

#[derive(Debug, Args)]
pub(crate) struct DayArgs {
    /// The new day, later than the ledger's. Default: today (UTC).
    day: Option<Day>,
}

#[derive(Debug, Args)]
pub(crate) struct LogArgs {
    /// Show the last so many entries only.
    #[arg(long, value_name = "N")]
    last: Option<u64>,
}

#[derive(Debug, Serialize)]
struct Status {
    name: String,
    ledger: String,
    day: Option<Day>,
    height: u64,
    entries: u64,
    registry_root: String,
    records: usize,
    erased: usize,
    consents: usize,
    issuers: usize,
    boards: usize,
    studies: usize,
    answers: usize,
    keys: Vec<String>,
    checkpoint_key: PublicKey,
    accepts_insecure_keys: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    checkpoint: Option<String>,
}

impl Report for Status {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        let day = self.day.map_or("none".to_owned(), |day| day.to_string());
        writeln!(out, "ledger    {} ({})", self.name, self.ledger)?;
        writeln!(out, "day       {day}")?;
        let entries = counted(self.entries, "entry", "entries");
        writeln!(out, "height    {} ({entries})", self.height)?;
        writeln!(out, "root      {}", self.registry_root)?;
        writeln!(
            out,
            "records   {} ({} erased), {} with consent",
            self.records, self.erased, self.consents
        )?;
        writeln!(
            out,
            "parties   {}, {}",
            counted(self.issuers, "issuer", "issuers"),
            counted(self.boards, "ethics board", "ethics boards")
        )?;
        writeln!(
            out,
            "studies   {} with {}",
            self.studies,
            counted(self.answers, "answer", "answers")
        )?;
        for key in &self.keys {
            writeln!(out, "key       {key}")?;
        }
        if self.accepts_insecure_keys {
            writeln!(
                out,
                "INSECURE  accepts development keys, whose maker can forge proofs"
            )?;
        }
        Ok(())
    }
}

#[derive(Debug, Serialize)]
struct LogLine {
    entry: u64,
    what: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    signer: Option<PublicKey>,
    bytes: usize,
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Log(Vec<LogLine>);

impl Report for Log {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        let mut lines = table(&["ENTRY", "WHAT", "SIGNER", "BYTES"]);
        for line in &self.0 {
            let signer = line.signer.map(|key| key.to_string());
            lines.add_row([
                line.entry.to_string(),
                line.what.clone(),
                signer.map_or(String::new(), |key| key[..16].to_owned()),
                line.bytes.to_string(),
            ]);
        }
        writeln!(out, "{lines}")
    }
}

#[derive(Debug, Serialize)]
struct Verified {
    entries: u64,
    log_root: String,
    height: u64,
    records: u64,
    answers: u64,
    cohort_answers: u64,
}

impl Report for Verified {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(
            out,
            "ok: {}, height {}, {}, {}, {}\nevery signature, proof, rule and root of the log holds\n\
             log root {}",
            counted(self.entries, "entry", "entries"),
            self.height,
            counted(self.records, "record", "records"),
            counted(self.answers, "answer", "answers"),
            counted(self.cohort_answers, "cohort answer", "cohort answers"),
            self.log_root
        )
    }
}

#[derive(Debug, Serialize)]
struct DayMoved {
    day: Day,
}

impl Report for DayMoved {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(out, "the ledger's day is {}", self.day)
    }
}

pub(crate) fn run(context: &Context, command: &LedgerCommand) -> Result<(), Failure> {
    match command {
        LedgerCommand::Init(args) => init(context, args),
        LedgerCommand::Follow(args) => follow::run(context, args),
        LedgerCommand::Status => status(context),
        LedgerCommand::Day(args) => {
            let day = args.day.map_or_else(today, Ok)?;
            advance(context, day)?;
            context.output.show(&DayMoved { day })
        }
        LedgerCommand::Log(args) => log(context, args),
        LedgerCommand::Verify => {
            let ledger = context.home.ledger(Access::Read)?;
            let spinner = context.output.spinner("replaying the log");
            let report = ledger.verify()?;
            spinner.finish_and_clear();
            context.output.show(&Verified {
                entries: report.checkpoint.size,
                log_root: report.checkpoint.root.to_string(),
                height: report.height,
                records: report.records,
                answers: report.answers,
                cohort_answers: report.cohort_answers,
            })
        }
    }
}

fn init(context: &Context, args: &InitArgs) -> Result<(), Failure> {
    context.home.refuse_node("salus ledger init")?;
    if let Some(followed) = context.home.followed()? {
        return Err(Failure::usage(
            format!("this state directory follows ledger {}", followed.ledger),
            "found a ledger in a directory of its own: --home DIR",
        ));
    }
    let day = args.day.map_or_else(today, Ok)?;
    drop(
        context
            .home
            .found_ledger(args.name.clone(), args.allow_insecure_keys)?,
    );
    advance(context, day)?;
    status(context)
}

fn advance(context: &Context, day: Day) -> Result<(), Failure> {
    let operator = context.home.operator()?;
    let ledger = context.home.ledger(Access::Write)?;
    let id = ledger.state()?.id();
    submit(
        &ledger,
        Envelope::sign(AdvanceDay::drawn(day)?, &id, operator.key.key()),
    )?;
    Ok(())
}

fn status(context: &Context) -> Result<(), Failure> {
    let ledger = context.home.ledger(Access::Read)?;
    let checkpoint = ledger.checkpoint()?.map(|text| text.as_str().to_owned());
    let state = ledger.state()?;
    let status = Status {
        name: state.genesis().name.to_string(),
        ledger: state.id().to_string(),
        day: state.day(),
        height: state.height(),
        entries: state.entries(),
        registry_root: state.registry().root().to_string(),
        records: state.records().len(),
        erased: state.records().iter().filter(|r| r.faces.is_none()).count(),
        consents: state
            .records()
            .iter()
            .filter(|r| r.faces.is_some() && r.consent.is_some())
            .count(),
        issuers: state.issuers().len(),
        boards: state.boards().len(),
        studies: state.studies().len(),
        answers: state.studies().values().map(|s| s.answers.len()).sum(),
        keys: state.keys().keys().map(ToString::to_string).collect(),
        checkpoint_key: state.genesis().checkpoint,
        accepts_insecure_keys: state.genesis().accepts_insecure_keys,
        checkpoint,
    };
    if state
        .day()
        .is_some_and(|day| today().is_ok_and(|now| now > day))
    {
        context.output.note(
            "note: the ledger's day lies behind the calendar; `salus ledger day` moves it on",
        );
    }
    context.output.show(&status)
}

fn log(context: &Context, args: &LogArgs) -> Result<(), Failure> {
    let ledger = context.home.ledger(Access::Read)?;
    let size = ledger.log_head()?.size;
    let first = args.last.map_or(0, |last| size.saturating_sub(last));
    let mut lines = Vec::new();
    for index in first..size {
        let bytes = ledger.entry(index)?;
        let (what, signer) = match Entry::from_bytes(&bytes) {
            Ok(Entry::Transaction(envelope)) => (
                envelope.transaction().name().to_owned(),
                Some(envelope.signer()),
            ),
            Ok(Entry::Head(head)) => (format!("registry head of height {}", head.height), None),
            Err(error) => {
                return Err(Failure::Invalid {
                    message: format!("entry {index} of the log: {error}"),
                    help: "`salus ledger verify` checks all of it".to_owned(),
                });
            }
        };
        lines.push(LogLine {
            entry: index,
            what,
            signer,
            bytes: bytes.len(),
        });
    }
    context.output.show(&Log(lines))
}
