//! `salus dataset`: FHIR exports, real and generated.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use salus_datasets::derivation::{DerivationReport, derive};
use salus_datasets::fhir::ImportReport;
use salus_datasets::fhir::consent::wishes;
use salus_datasets::generator::{Generated, GeneratorOptions, write_folder};
use salus_protocol::day::Day;
use serde::Serialize;

use super::Context;
use super::source::SizeArgs;
use crate::failure::Failure;
use crate::output::{Report, counted, table};
use crate::path::profile;

/// Datasets: FHIR R4 exports of a custodian, or generated patients.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  salus dataset generate ./patients --patients 500
  salus dataset import ./export
  salus dataset describe ./export --profile cardiometabolic --at 2025-01-01")]
pub(crate) enum DatasetCommand {
    /// Generate synthetic patients as FHIR R4 NDJSON, with consents.
    Generate(GenerateArgs),
    /// Read a FHIR R4 export and report what was read, mapped, and left out and why.
    ///
    /// Takes a Bulk Data export folder, an NDJSON file (plain or gzipped), a Bundle or a folder of
    /// Bundles. Nothing is stored: `salus record issue` reads the same source.
    Import(ImportArgs),
    /// Derive rows of a profile and report how full each field is, and what was left out.
    Describe(DescribeArgs),
}

#[derive(Debug, Args)]
pub(crate) struct GenerateArgs {
    /// The folder to write to; it is made if need be.
    dir: PathBuf,
    /// How many patients.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    patients: u32,
    /// The same seed gives the same bytes.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The day of the export: nothing is dated after it.
    #[arg(long, default_value = "2025-01-01", value_name = "DATE")]
    at: Day,
    /// Compress the files.
    #[arg(long)]
    gzip: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// A folder or a file.
    source: PathBuf,
    #[command(flatten)]
    size: SizeArgs,
}

#[derive(Debug, Args)]
pub(crate) struct DescribeArgs {
    /// A folder or a file.
    source: PathBuf,
    /// A shipped profile's name, or a profile document.
    #[arg(long, short, default_value = "cardiometabolic")]
    profile: String,
    /// The index day: only what was on record by then counts.
    #[arg(long, value_name = "DATE")]
    at: Day,
    #[command(flatten)]
    size: SizeArgs,
}

impl Report for Generated {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(
            out,
            "{}, {}",
            counted(self.patients, "patient", "patients"),
            counted(self.resources, "resource", "resources")
        )?;
        for file in &self.files {
            writeln!(out, "  {}", file.display())?;
        }
        Ok(())
    }
}

/// Why nobody consents in a source that could not be read to its end.
const BROKE_OFF: &str = "a file broke off, and a refusal may be in what is missing";

#[derive(Debug, Serialize)]
struct Imported {
    patients: usize,
    consents: usize,
    /// Patients whose consents come to a consent of Salus.
    consenting: usize,
    /// Why the others give none, with how many patients.
    no_consent: BTreeMap<String, usize>,
    complete: bool,
    report: ImportReport,
}

impl Report for Imported {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(out, "{}", self.report)?;
        writeln!(
            out,
            "{}, {}: {} to some research",
            counted(self.patients, "patient", "patients"),
            counted(self.consents, "Consent resource", "Consent resources"),
            counted(self.consenting, "patient consents", "patients consent")
        )?;
        for (reason, patients) in &self.no_consent {
            writeln!(out, "{patients:>12} without: {reason}")?;
        }
        if !self.complete {
            writeln!(out, "INCOMPLETE: a file broke off; the counts are too low")?;
        }
        Ok(())
    }
}

#[derive(Debug, Serialize)]
struct Described {
    profile_hash: String,
    report: DerivationReport,
}

impl Report for Described {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(out, "{}", self.report)?;
        let mut lines = table(&["FIELD", "ROWS", "SHARE"]);
        for (field, rows) in &self.report.filled {
            let share = 100.0 * *rows as f64 / self.report.rows.max(1) as f64;
            lines.add_row([field, &rows.to_string(), &format!("{share:.0}%")]);
        }
        writeln!(out, "{lines}")
    }
}

pub(crate) fn run(context: &Context, command: &DatasetCommand) -> Result<(), Failure> {
    match command {
        DatasetCommand::Generate(args) => {
            let options = GeneratorOptions {
                patients: args.patients,
                seed: args.seed,
                at: args.at.date(),
            };
            let spinner = context.output.spinner("generating");
            let generated = write_folder(&options, &args.dir, args.gzip)?;
            spinner.finish_and_clear();
            context.output.show(&generated)
        }
        DatasetCommand::Import(args) => {
            let spinner = context.output.spinner("importing");
            let import = args.size.import(&args.source)?;
            spinner.finish_and_clear();
            let mut no_consent = BTreeMap::new();
            let complete = import.report.is_complete();
            let wishes = if complete {
                wishes(&import)
            } else {
                Vec::new()
            };
            for reason in wishes.iter().filter_map(|wish| wish.as_ref().err()) {
                *no_consent.entry(reason.to_string()).or_default() += 1;
            }
            if !complete && !import.patients.is_empty() {
                no_consent.insert(BROKE_OFF.to_owned(), import.patients.len());
            }
            context.output.show(&Imported {
                patients: import.patients.len(),
                consents: import.consents.len(),
                consenting: wishes.iter().filter(|wish| wish.is_ok()).count(),
                no_consent,
                complete,
                report: import.report,
            })
        }
        DatasetCommand::Describe(args) => {
            let profile = profile::find(&args.profile)?.profile;
            let spinner = context.output.spinner("importing");
            let import = args.size.import(&args.source)?;
            let derivation = derive(&profile, &import, args.at)?;
            spinner.finish_and_clear();
            context.output.show(&Described {
                profile_hash: profile.hash().to_string(),
                report: derivation.report,
            })
        }
    }
}
