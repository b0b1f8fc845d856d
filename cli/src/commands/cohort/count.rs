//! Counts by one custodian: answers of its own, parts of them, and tallies for an answer by
//! several.

use std::time::{Duration, Instant};

use clap::Args;
use salus_ledger::engine::LedgerError;
use salus_protocol::cohort::Table;

use super::*;
use crate::home::Issuer;
use crate::path::count::{Counting, answer};
use crate::path::together;

/// How long a worker waits for a ledger that another process has open.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Debug, Args)]
pub(crate) struct CountArgs {
    #[command(flatten)]
    study: StudyArgs,
    /// Divide by a field, at most twice: `sex`, `bmi.latest=25,30`, `birth=40,65` (of a date:
    /// completed years at the index day).
    #[arg(long, value_name = "FIELD[=CUTS]")]
    by: Vec<String>,
    #[command(flatten)]
    parts: PartsArgs,
}

#[derive(Debug, Args)]
pub(crate) struct AttritionArgs {
    #[command(flatten)]
    study: StudyArgs,
    #[command(flatten)]
    parts: PartsArgs,
}

#[derive(Debug, Args)]
struct PartsArgs {
    /// Count in so many parts, which takes less memory. Parts that `salus cohort part` left, or an
    /// earlier run that was interrupted, are taken as they are.
    #[arg(long, value_name = "N", default_value_t = 1)]
    parts: usize,
}

#[derive(Debug, Args)]
pub(crate) struct PartArgs {
    #[command(flatten)]
    study: StudyArgs,
    #[command(flatten)]
    table: TableArgs,
    /// Which part of how many, such as `2/8`.
    #[arg(long, value_name = "K/N", value_parser = parse_part)]
    part: (usize, usize),
}

#[derive(Debug, Args)]
pub(crate) struct TallyArgs {
    #[command(flatten)]
    study: StudyArgs,
    #[command(flatten)]
    table: TableArgs,
    #[command(flatten)]
    parts: PartsArgs,
}

fn parse_part(text: &str) -> Result<(usize, usize), String> {
    let numbers = text.split_once('/').and_then(|(part, parts)| {
        let (part, parts) = (part.parse().ok()?, parts.parse().ok()?);
        (1..=parts).contains(&part).then_some((part, parts))
    });
    numbers.ok_or_else(|| "give a part's number and how many there are, such as 2/8".to_owned())
}

#[derive(Debug, Serialize)]
struct Answered {
    study: StudyId,
    issuer: String,
    cells: Vec<CellLine>,
    #[serde(flatten)]
    policy: Policy,
    records: usize,
    proof_bytes: usize,
    entry: u64,
    seconds: f64,
}

impl Report for Answered {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        write_answer(out, &self.cells, (self.records, &self.issuer), self.policy)?;
        writeln!(
            out,
            "proof of {} KB in {}; entry {} of the ledger",
            self.proof_bytes.div_ceil(1000),
            duration(Duration::from_secs_f64(self.seconds)),
            self.entry
        )
    }
}

#[derive(Debug, Serialize)]
struct PartCounted {
    study: StudyId,
    issuer: String,
    part: usize,
    parts: usize,
    pages: usize,
    seconds: f64,
}

impl Report for PartCounted {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(
            out,
            "part {} of {}: {} of {} counted in {}",
            self.part,
            self.parts,
            counted(self.pages, "page", "pages"),
            self.issuer,
            duration(Duration::from_secs_f64(self.seconds))
        )
    }
}

#[derive(Debug, Serialize)]
struct Tallied {
    study: StudyId,
    issuer: String,
    records: usize,
    proof_bytes: usize,
    entry: u64,
    /// Custodians whose tallies are still missing.
    missing: Vec<String>,
    /// Whether the release waits for the ledger's next day, which draws the noise.
    noised: bool,
    seconds: f64,
}

impl Report for Tallied {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(
            out,
            "tally over {} of {}: proof of {} KB in {}; entry {} of the ledger",
            counted(self.records, "slot", "slots"),
            self.issuer,
            self.proof_bytes.div_ceil(1000),
            duration(Duration::from_secs_f64(self.seconds)),
            self.entry
        )?;
        match &self.missing[..] {
            [] if self.noised => {
                writeln!(
                    out,
                    "the ledger's next day draws the noise; release after it"
                )
            }
            [] => writeln!(out, "all tallies are there: shares can be given"),
            missing => writeln!(out, "still missing: {}", missing.join(", ")),
        }
    }
}

pub(super) fn count(context: &Context, args: &CountArgs) -> Result<(), Failure> {
    answered(context, &args.study, &args.parts, |asked| {
        asked.table(&args.by, false)
    })
}

pub(super) fn attrition(context: &Context, args: &AttritionArgs) -> Result<(), Failure> {
    answered(context, &args.study, &args.parts, |_| Ok(Table::Attrition))
}

fn answered(
    context: &Context,
    args: &StudyArgs,
    parts: &PartsArgs,
    table: impl FnOnce(&Asked) -> Result<Table, Failure>,
) -> Result<(), Failure> {
    let home = &context.home;
    let issuer = home.issuer(&args.issuer)?;
    let ledger = home.ledger(Access::Write)?;
    let asked = Asked::read(context, &ledger, &args.study)?;
    let table = table(&asked)?;
    if asked.known().in_two_steps() {
        return Err(Failure::NotPermitted {
            message: format!(
                "study {} counts custodians together, or with noise",
                asked.known().id
            ),
            help: "`salus cohort tally` counts, `share` and `release` make the answer public"
                .to_owned(),
        });
    }
    let spinner = context.output.spinner("counting and proving");
    let started = Instant::now();
    let counting = Counting::read(home, &ledger, &issuer, &asked.study, &table)?;
    let done = answer(home, &ledger, &issuer, &counting, parts.parts, || {
        spinner.inc(1);
        Ok(())
    })?;
    let seconds = started.elapsed().as_secs_f64();
    spinner.finish_and_clear();
    context.output.show(&Answered {
        study: done.study,
        issuer: issuer.title,
        cells: asked.cells(&table, &done.released),
        policy: asked.known().opened.policy,
        records: done.records,
        proof_bytes: done.proof_bytes,
        entry: done.entry,
        seconds,
    })
}

pub(super) fn part(context: &Context, args: &PartArgs) -> Result<(), Failure> {
    let home = &context.home;
    let issuer = home.issuer(&args.study.issuer)?;
    let counting = prepared(context, args, &issuer)?;
    let (part, parts) = args.part;
    let run = counting.runs(parts)?[part - 1].clone();
    let pages = run.len();
    let spinner = context.output.spinner("counting and proving");
    let started = Instant::now();
    counting.part(home, &issuer, run)?;
    spinner.finish_and_clear();
    context.output.show(&PartCounted {
        study: counting.statement.study,
        issuer: issuer.title,
        part,
        parts,
        pages,
        seconds: started.elapsed().as_secs_f64(),
    })
}

/// What a part needs. The ledger is closed again when this returns; another process that has it
/// open is waited for.
fn prepared(context: &Context, args: &PartArgs, issuer: &Issuer) -> Result<Counting, Failure> {
    let started = Instant::now();
    let ledger = loop {
        match context.home.ledger(Access::Read) {
            Err(Failure::Ledger(LedgerError::Locked)) if started.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(100));
            }
            other => break other?,
        }
    };
    let asked = Asked::read(context, &ledger, &args.study.study)?;
    let table = asked.table(&args.table.by, args.table.attrition)?;
    Counting::read(&context.home, &ledger, issuer, &asked.study, &table)
}

pub(super) fn tally(context: &Context, args: &TallyArgs) -> Result<(), Failure> {
    let home = &context.home;
    let issuer = home.issuer(&args.study.issuer)?;
    let ledger = home.ledger(Access::Write)?;
    let asked = Asked::read(context, &ledger, &args.study.study)?;
    if !asked.known().in_two_steps() {
        return Err(Failure::NotPermitted {
            message: format!(
                "study {} counts each custodian alone and without noise",
                asked.known().id
            ),
            help: "`salus cohort count` answers it".to_owned(),
        });
    }
    let table = asked.table(&args.table.by, args.table.attrition)?;
    let spinner = context.output.spinner("counting and proving");
    let started = Instant::now();
    let counting = Counting::read(home, &ledger, &issuer, &asked.study, &table)?;
    let step = || {
        spinner.inc(1);
        Ok(())
    };
    let done = together::tally(home, &ledger, &issuer, &counting, args.parts.parts, step)?;
    spinner.finish_and_clear();
    let state = ledger.state()?;
    context.output.show(&Tallied {
        study: done.study,
        issuer: issuer.title,
        records: done.records,
        proof_bytes: done.proof_bytes,
        entry: done.entry,
        missing: done
            .missing
            .iter()
            .map(|key| state.issuer_name(key))
            .collect(),
        noised: done.noised,
        seconds: started.elapsed().as_secs_f64(),
    })
}
