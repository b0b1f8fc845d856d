//! `salus cohort`: a custodian's counts, with proofs.

mod by;

use std::io;
use std::time::Instant;

use clap::{Args, Subcommand};
use salus_ledger::state::CohortAnswer;
use salus_protocol::cohort::{Layout, Table};
use salus_protocol::day::Day;
use salus_protocol::nullifier::StudyId;
use salus_protocol::profile::{Edition, Profile};
use salus_protocol::release::Released;
use serde::Serialize;

use super::Context;
use crate::failure::Failure;
use crate::home::{Access, Name};
use crate::output::{Report, counted, duration, table};
use crate::path::{cohort, profile, study::CheckedStudy};
use by::By;

/// Cohort answers: how many of a custodian's consenting patients match, proven.
///
/// A custodian publishes its dataset once, as commitments. Then it counts for any approved study:
/// the proof leaves nobody out, counts nobody without consent, and shows a count only as the
/// study's policy allows.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  salus cohort publish --issuer st-elsewhere --at 2025-01-01
  salus cohort count t2d --issuer st-elsewhere
  salus cohort count t2d --issuer st-elsewhere --by sex --by birth=40,65
  salus cohort attrition t2d --issuer st-elsewhere
  salus cohort list t2d")]
pub(crate) enum CohortCommand {
    /// Publish a dataset's pages that have changed since they were last published.
    ///
    /// A dataset is all records of an issuer for one profile and index day. Every opening is
    /// needed, of records and of consents: the latter are read from the wallets in the state
    /// directory.
    Publish(PublishArgs),
    /// Count a study's matching and consenting patients, and prove it.
    Count(CountArgs),
    /// Count who is left after each group of the study's query, in order, and prove it.
    Attrition(StudyArgs),
    /// List a study's cohort answers.
    List(ListArgs),
}

#[derive(Debug, Args)]
pub(crate) struct PublishArgs {
    /// Whose dataset.
    #[arg(long, value_name = "NAME")]
    issuer: Name,
    /// A shipped profile's name, or a profile document.
    #[arg(long, short, default_value = "cardiometabolic")]
    profile: String,
    /// The index day of the records.
    #[arg(long, value_name = "YYYY-MM-DD")]
    at: Day,
    /// Also publish pages anew that have not changed.
    #[arg(long)]
    again: bool,
}

#[derive(Debug, Args)]
pub(crate) struct StudyArgs {
    /// A study: its short name, its id, or the first digits of its id.
    study: String,
    /// Who counts.
    #[arg(long, value_name = "NAME")]
    issuer: Name,
}

#[derive(Debug, Args)]
pub(crate) struct CountArgs {
    #[command(flatten)]
    study: StudyArgs,
    /// Divide by a field, at most twice: `sex`, `bmi.latest=25,30`, `birth=40,65` (of a date:
    /// completed years at the index day).
    #[arg(long, value_name = "FIELD[=CUTS]")]
    by: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// A study: its short name, its id, or the first digits of its id.
    study: String,
}

#[derive(Debug, Serialize)]
struct Published {
    records: usize,
    pages: u32,
    published: u32,
    columns: u32,
    bytes: usize,
    seconds: f64,
}

impl Report for Published {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(
            out,
            "{} in {}, {} of {} columns each",
            counted(self.records, "record", "records"),
            counted(self.pages, "page", "pages"),
            if self.pages == 1 { "one" } else { "all" },
            self.columns
        )?;
        let took = duration(std::time::Duration::from_secs_f64(self.seconds));
        match self.published {
            0 => writeln!(out, "nothing has changed since the last publication"),
            pages => writeln!(
                out,
                "published {}: {} KB in {took}",
                counted(pages, "page", "pages"),
                self.bytes.div_ceil(1000)
            ),
        }
    }
}

/// A cell of an answer, for people.
#[derive(Debug, Serialize)]
struct CellLine {
    cell: String,
    #[serde(flatten)]
    released: ReleasedCount,
}

#[derive(Debug, Serialize)]
struct ReleasedCount {
    /// None where the policy suppresses it.
    count: Option<u32>,
}

#[derive(Debug, Serialize)]
struct Answered {
    study: StudyId,
    issuer: String,
    cells: Vec<CellLine>,
    suppress_up_to: u16,
    round_to: u16,
    records: usize,
    proof_bytes: usize,
    entry: u64,
    seconds: f64,
}

impl Report for Answered {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        write_cells(out, &self.cells)?;
        writeln!(
            out,
            "\nof {} of {}, rounded to {}; 1 to {} are not shown",
            counted(self.records, "slot", "slots"),
            self.issuer,
            self.round_to,
            self.suppress_up_to
        )?;
        writeln!(
            out,
            "proof of {} KB in {}; entry {} of the ledger",
            self.proof_bytes.div_ceil(1000),
            duration(std::time::Duration::from_secs_f64(self.seconds)),
            self.entry
        )
    }
}

fn write_cells(out: &mut dyn io::Write, cells: &[CellLine]) -> io::Result<()> {
    let mut lines = table(&["", "COUNT"]);
    for cell in cells {
        let count = cell.released.count;
        let count = count.map_or_else(|| "not shown".to_owned(), |count| count.to_string());
        lines.add_row([&cell.cell, &count]);
    }
    writeln!(out, "{lines}")
}

#[derive(Debug, Serialize)]
struct Listed {
    study: StudyId,
    answers: Vec<ListedAnswer>,
}

#[derive(Debug, Serialize)]
struct ListedAnswer {
    issuer: String,
    day: Day,
    entry: u64,
    cells: Vec<CellLine>,
}

impl Report for Listed {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        if self.answers.is_empty() {
            return writeln!(out, "no cohort answers yet");
        }
        for answer in &self.answers {
            writeln!(
                out,
                "{}, as of {} (entry {})",
                answer.issuer, answer.day, answer.entry
            )?;
            write_cells(out, &answer.cells)?;
        }
        Ok(())
    }
}

pub(crate) fn run(context: &Context, command: &CohortCommand) -> Result<(), Failure> {
    match command {
        CohortCommand::Publish(args) => publish(context, args),
        CohortCommand::Count(args) => count(context, &args.study, Asked::By(&args.by)),
        CohortCommand::Attrition(args) => count(context, args, Asked::Attrition),
        CohortCommand::List(args) => list(context, args),
    }
}

fn publish(context: &Context, args: &PublishArgs) -> Result<(), Failure> {
    let profile = profile::find(&args.profile)?.profile;
    let issuer = context.home.issuer(&args.issuer)?;
    let ledger = context.home.ledger(Access::Write)?;
    let edition = Edition::of(&profile.hash(), args.at);
    let started = Instant::now();
    let spinner = context.output.spinner("publishing");
    let done = cohort::publish(
        &context.home,
        &ledger,
        &issuer,
        edition,
        &Layout::of_profile(&profile),
        args.again,
        || spinner.inc(1),
    )?;
    spinner.finish_and_clear();
    context.output.show(&Published {
        records: done.records,
        pages: done.pages,
        published: done.pages - done.current,
        columns: done.columns,
        bytes: done.bytes,
        seconds: started.elapsed().as_secs_f64(),
    })
}

/// Which table is wanted.
#[derive(Clone, Copy)]
enum Asked<'a> {
    By(&'a [String]),
    Attrition,
}

fn count(context: &Context, args: &StudyArgs, asked: Asked<'_>) -> Result<(), Failure> {
    let home = &context.home;
    let issuer = home.issuer(&args.issuer)?;
    let ledger = home.ledger(Access::Write)?;
    let id = home.find_study(&*ledger.state()?, &args.study)?.id;
    let study = CheckedStudy::read(&ledger, id)?;
    let opened = &study.study().opened;
    let profile = Profile::from_toml(&ledger.profile_document(opened.profile)?)?;
    let wanted = match asked {
        Asked::Attrition => Table::Attrition,
        Asked::By([]) => Table::Count,
        Asked::By(by) => Table::Strata(
            by.iter()
                .map(|text| Ok(By::parse(text, &profile, opened.index_day)?.stratifier))
                .collect::<Result<_, Failure>>()?,
        ),
    };
    let spinner = context.output.spinner("counting and proving");
    let started = Instant::now();
    let done = cohort::count(home, &ledger, &issuer, &study, &wanted)?;
    let seconds = started.elapsed().as_secs_f64();
    spinner.finish_and_clear();
    let labels = by::labels(&wanted, &opened.query, &profile);
    context.output.show(&Answered {
        study: done.study,
        issuer: issuer.title,
        cells: cells(labels, &done.released),
        suppress_up_to: opened.policy.suppress_up_to,
        round_to: opened.policy.round_to,
        records: done.records,
        proof_bytes: done.proof_bytes,
        entry: done.entry,
        seconds,
    })
}

fn cells(labels: Vec<String>, released: &[Released]) -> Vec<CellLine> {
    labels
        .into_iter()
        .zip(released)
        .map(|(cell, released)| CellLine {
            cell,
            released: ReleasedCount {
                count: match released {
                    Released::Suppressed => None,
                    Released::Count(count) => Some(*count),
                },
            },
        })
        .collect()
}

fn list(context: &Context, args: &ListArgs) -> Result<(), Failure> {
    let ledger = context.home.ledger(Access::Read)?;
    let state = ledger.state()?;
    let study = context.home.find_study(&state, &args.study)?;
    let profile = Profile::from_toml(&ledger.profile_document(study.opened.profile)?)?;
    let answer = |answer: &CohortAnswer| ListedAnswer {
        issuer: state
            .issuers()
            .get(&answer.issuer)
            .map_or_else(|| answer.issuer.to_string(), |party| party.name.to_string()),
        day: answer.day,
        entry: answer.entry,
        cells: cells(
            by::labels(&answer.table, &study.opened.query, &profile),
            &answer.released,
        ),
    };
    context.output.show(&Listed {
        study: study.id,
        answers: study.cohort_answers.iter().map(answer).collect(),
    })
}
