//! `salus cohort`: custodians' counts, with proofs.

mod count;
mod together;

use std::io;
use std::time::Instant;

use clap::{Args, Subcommand};
use salus_ledger::engine::Ledger;
use salus_ledger::state::{CohortAnswer, CountedOver, Draw, State, StudyState, TallyState};
use salus_ledger::transaction::Policy;
use salus_protocol::cohort::{Layout, Table};
use salus_protocol::day::Day;
use salus_protocol::nullifier::StudyId;
use salus_protocol::profile::{Edition, Profile};
use salus_protocol::release::Released;
use serde::Serialize;

use super::Context;
use crate::failure::Failure;
use crate::home::{Access, CountedTable, Name};
use crate::output::{Report, counted, duration, table};
use crate::path::{cohort, profile, study::CheckedStudy, table as tables};

/// Cohort answers: how many of custodians' consenting patients match, proven.
///
/// A custodian publishes its dataset once, as commitments. Then it counts for any approved study:
/// the proof leaves nobody out, counts nobody without consent, and shows a count only as the
/// study's policy allows. Where a study counts custodians together, each submits a tally and gives
/// its share to one of them, which releases the sum.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  salus cohort publish --issuer st-elsewhere --at 2025-01-01
  salus cohort count t2d --issuer st-elsewhere
  salus cohort count t2d --issuer st-elsewhere --by sex --by birth=40,65
  salus cohort attrition t2d --issuer st-elsewhere
  salus cohort list t2d

In two parts, the second by another process:
  salus cohort part t2d --issuer st-elsewhere --part 2/2
  salus cohort count t2d --issuer st-elsewhere --parts 2

By two custodians together:
  salus cohort tally t2d --issuer st-elsewhere
  salus cohort tally t2d --issuer mercy
  salus cohort share t2d --issuer mercy --to st-elsewhere --out mercy.share
  salus cohort release t2d --issuer st-elsewhere mercy.share")]
pub(crate) enum CohortCommand {
    /// Publish a dataset's pages that have changed since they were last published.
    ///
    /// A dataset is all records of an issuer for one profile and index day. Every opening is
    /// needed, of records and of consents: the latter are read from the wallets in the state
    /// directory.
    Publish(PublishArgs),
    /// Count a study's matching and consenting patients, and prove it.
    Count(count::CountArgs),
    /// Count who is left after each group of the study's query, in order, and prove it.
    Attrition(count::AttritionArgs),
    /// Count one part of a dataset, for an answer in parts.
    ///
    /// The part is kept in the state directory until `count`, `attrition` or `tally` with as many
    /// `--parts` puts the answer together. The ledger is open only while the part is prepared, so
    /// several processes can work side by side.
    Part(count::PartArgs),
    /// Count for a study that counts several custodians together: nothing is released yet.
    Tally(count::TallyArgs),
    /// Seal a custodian's share of an answer to the one that releases it.
    ///
    /// The share is masked: all shares together give the sum, and none by itself tells a count.
    Share(together::ShareArgs),
    /// Release the sum of several custodians' tallies, as the study's policy allows.
    Release(together::ReleaseArgs),
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

/// Which table is meant.
#[derive(Debug, Args)]
pub(crate) struct TableArgs {
    /// Divide by a field, at most twice: `sex`, `bmi.latest=25,30`, `birth=40,65` (of a date:
    /// completed years at the index day).
    #[arg(long, value_name = "FIELD[=CUTS]")]
    by: Vec<String>,
    /// Count who is left after each group of the study's query.
    #[arg(long, conflicts_with = "by")]
    attrition: bool,
}

/// A study of the ledger, with its profile.
struct Asked {
    study: CheckedStudy,
    profile: Profile,
}

impl Asked {
    fn read(context: &Context, ledger: &Ledger, study: &str) -> Result<Self, Failure> {
        let id = context.home.find_study(&*ledger.state()?, study)?.id;
        let study = CheckedStudy::read(ledger, id)?;
        let profile = tables::profile(ledger, study.study())?;
        Ok(Self { study, profile })
    }

    fn known(&self) -> &StudyState {
        self.study.study()
    }

    fn table(&self, by: &[String], attrition: bool) -> Result<Table, Failure> {
        let asked = match by {
            _ if attrition => CountedTable::Attrition,
            [] => CountedTable::Count,
            by => CountedTable::Strata(by.to_vec()),
        };
        tables::table(self.known(), &self.profile, &asked)
    }

    fn cells(&self, table: &Table, released: &[Released]) -> Vec<CellLine> {
        let labels = table.labels(&self.known().opened.query, &self.profile);
        let count = |released: &Released| match released {
            Released::Suppressed => None,
            Released::Count(count) => Some(*count),
        };
        let lines = labels.into_iter().zip(released);
        lines
            .map(|(cell, released)| CellLine {
                cell,
                count: count(released),
            })
            .collect()
    }
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
    /// None where the policy suppresses it.
    count: Option<u32>,
}

/// A table's cells, what they are of, and what the policy leaves out.
fn write_answer(
    out: &mut dyn io::Write,
    cells: &[CellLine],
    (records, of): (usize, &str),
    policy: Policy,
) -> io::Result<()> {
    write_cells(out, cells)?;
    writeln!(
        out,
        "\nof {} of {of}, rounded to {}; 1 to {} are not shown",
        counted(records, "slot", "slots"),
        policy.round_to,
        policy.suppress_up_to
    )
}

fn write_cells(out: &mut dyn io::Write, cells: &[CellLine]) -> io::Result<()> {
    let mut lines = table(&["", "COUNT"]);
    for cell in cells {
        let count = cell
            .count
            .map_or_else(|| "not shown".to_owned(), |count| count.to_string());
        lines.add_row([&cell.cell, &count]);
    }
    writeln!(out, "{lines}")
}

#[derive(Debug, Serialize)]
struct Listed {
    study: StudyId,
    answers: Vec<ListedAnswer>,
    /// Tallies that are not released, or never were.
    tallies: Vec<ListedTally>,
}

#[derive(Debug, Serialize)]
struct ListedTally {
    custodian: String,
    day: Day,
    entry: u64,
    /// The table's cells.
    cells: usize,
    stands: TallyStanding,
}

/// What can become of a tally.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "kebab-case")]
enum TallyStanding {
    /// It can be released.
    Open,
    /// Its noise is drawn by the next day.
    WaitsForNoise,
    /// It can't be released any more.
    Lapsed,
}

impl TallyStanding {
    const fn of(tally: &TallyState, day: Option<Day>) -> Self {
        match (day, tally.draw) {
            (Some(day), _) if tally.has_lapsed(day) => Self::Lapsed,
            (_, Draw::Waiting) => Self::WaitsForNoise,
            _ => Self::Open,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Open => "not released yet",
            Self::WaitsForNoise => "waits for its noise",
            Self::Lapsed => "never released",
        }
    }
}

#[derive(Debug, Serialize)]
struct ListedAnswer {
    /// The custodians who counted.
    custodians: Vec<String>,
    day: Day,
    entry: u64,
    cells: Vec<CellLine>,
}

impl Report for Listed {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        if self.answers.is_empty() {
            writeln!(out, "no cohort answers yet")?;
        }
        for answer in &self.answers {
            writeln!(
                out,
                "{}, as of {} (entry {})",
                answer.custodians.join(" and "),
                answer.day,
                answer.entry
            )?;
            write_cells(out, &answer.cells)?;
        }
        for tally in &self.tallies {
            writeln!(
                out,
                "tally of {}, as of {} (entry {}), {}: {}",
                tally.custodian,
                tally.day,
                tally.entry,
                counted(tally.cells, "cell", "cells"),
                tally.stands.word()
            )?;
        }
        Ok(())
    }
}

pub(crate) fn run(context: &Context, command: &CohortCommand) -> Result<(), Failure> {
    match command {
        CohortCommand::Publish(args) => publish(context, args),
        CohortCommand::Count(args) => count::count(context, args),
        CohortCommand::Attrition(args) => count::attrition(context, args),
        CohortCommand::Part(args) => count::part(context, args),
        CohortCommand::Tally(args) => count::tally(context, args),
        CohortCommand::Share(args) => together::share(context, args),
        CohortCommand::Release(args) => together::release(context, args),
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
        || {
            spinner.inc(1);
            Ok(())
        },
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

/// The custodians whom an answer counts.
fn custodians(state: &State, study: &StudyState, answer: &CohortAnswer) -> Vec<String> {
    let CountedOver::Tallies(entries) = &answer.over else {
        return vec![state.issuer_name(&answer.issuer)];
    };
    let of = study.tallies.iter().filter(|t| entries.contains(&t.entry));
    of.map(|tally| state.issuer_name(&tally.issuer)).collect()
}

fn list(context: &Context, args: &ListArgs) -> Result<(), Failure> {
    let ledger = context.home.ledger(Access::Read)?;
    let asked = Asked::read(context, &ledger, &args.study)?;
    let state = ledger.state()?;
    let known = asked.known();
    let answer = |answer: &CohortAnswer| ListedAnswer {
        custodians: custodians(&state, known, answer),
        day: answer.day,
        entry: answer.entry,
        cells: asked.cells(&answer.table, &answer.released),
    };
    context.output.show(&Listed {
        study: known.id,
        answers: known.cohort_answers.iter().map(answer).collect(),
        tallies: (known.tallies.iter())
            .filter(|tally| tally.released.is_none())
            .map(|tally| ListedTally {
                custodian: state.issuer_name(&tally.issuer),
                day: tally.day,
                entry: tally.entry,
                cells: tally.counts.len(),
                stands: TallyStanding::of(tally, state.day()),
            })
            .collect(),
    })
}
