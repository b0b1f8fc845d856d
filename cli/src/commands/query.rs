//! `salus query`: write a query before anyone is asked.

use std::io::{self, Read};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use salus_datasets::derivation::{PatientRow, derive};
use salus_datasets::generator::{GeneratorOptions, write_folder};
use salus_protocol::query::{CRITERIA, Explanation, QueryWarning};
use serde::Serialize;

use super::Context;
use super::source::SizeArgs;
use crate::failure::Failure;
use crate::output::{Report, counted};
use crate::path::profile;
use crate::path::study::{Asked, ask};

/// Queries: check them, have them explained, try them.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  salus query check study.salus
  salus query explain study.salus
  salus query run study.salus --dummy --patients 1000
  echo 'cohort \"Adults\" at 2025-01-01 include all age at least 18 years' | salus query check -")]
pub(crate) enum QueryCommand {
    /// Check a query against a profile; errors point into its text.
    Check(QueryArgs),
    /// Say in plain English what a query asks, and how it treats what is not on record.
    Explain(QueryArgs),
    /// Run a query over patients on this machine: generated ones, or a dataset of yours.
    ///
    /// Nothing is committed, proven or sent. The count is exact and for you alone.
    Run(RunArgs),
}

#[derive(Debug, Args)]
pub(crate) struct QueryArgs {
    /// The query, as text or as JSON; `-` reads standard input.
    file: PathBuf,
    /// The profile: a shipped one's name or a file. Default: the one that the query names, else
    /// cardiometabolic.
    #[arg(long, short)]
    profile: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  salus query run study.salus --dummy
  salus query run study.salus --dummy --patients 2000 --seed 7
  salus query run study.salus --dataset ./export")]
pub(crate) struct RunArgs {
    #[command(flatten)]
    query: QueryArgs,
    /// Over generated patients.
    #[arg(long, required_unless_present = "dataset", conflicts_with = "dataset")]
    dummy: bool,
    /// Over a FHIR R4 export on this machine.
    #[arg(long, value_name = "PATH")]
    dataset: Option<PathBuf>,
    #[command(flatten)]
    size: SizeArgs,
    /// How many patients to generate.
    #[arg(long, default_value_t = 1_000, requires = "dummy", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    patients: u32,
    /// The seed of the generated patients.
    #[arg(long, default_value_t = 1, requires = "dummy")]
    seed: u64,
    /// List the patients found.
    #[arg(long)]
    list: bool,
}

#[derive(Debug, Serialize)]
struct Warning {
    message: String,
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<(usize, usize)>,
}

impl Warning {
    fn of(warning: &QueryWarning) -> Self {
        Self {
            message: warning.what.to_string(),
            path: warning.path.clone(),
            bytes: warning.span.as_ref().map(|span| (span.start, span.end)),
        }
    }
}

#[derive(Debug, Serialize)]
struct Checked {
    title: String,
    profile: String,
    index: String,
    digest: String,
    criteria_used: usize,
    criteria_allowed: usize,
    warnings: Vec<Warning>,
}

impl Checked {
    fn of(asked: &Asked) -> Self {
        Self {
            title: asked.query.title().to_owned(),
            profile: asked.profile.profile.name().to_owned(),
            index: asked.query.index().to_string(),
            digest: asked.compiled.query.digest().to_string(),
            criteria_used: asked.compiled.used,
            criteria_allowed: CRITERIA,
            warnings: asked.compiled.warnings.iter().map(Warning::of).collect(),
        }
    }
}

impl Report for Checked {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(
            out,
            "ok: {:?} at {}, profile {}, {} of {} criteria\ndigest {}",
            self.title,
            self.index,
            self.profile,
            self.criteria_used,
            self.criteria_allowed,
            self.digest
        )?;
        for warning in &self.warnings {
            writeln!(out, "warning: {}: {}", warning.path, warning.message)?;
        }
        Ok(())
    }
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Explained(Explanation);

impl Report for Explained {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(out, "{}", self.0.to_string().trim_end())
    }
}

#[derive(Debug, Serialize)]
struct Ran {
    title: String,
    /// Where the patients come from.
    over: String,
    patients: usize,
    matching: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<Vec<String>>,
}

impl Report for Ran {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(
            out,
            "{:?} matches {} of {} ({})",
            self.title,
            self.matching,
            counted(self.patients, "patient", "patients"),
            self.over
        )?;
        for patient in self.found.iter().flatten() {
            writeln!(out, "  {patient}")?;
        }
        writeln!(
            out,
            "Exact, and nothing of it is proven: a study's counts come from proofs and its policy."
        )
    }
}

pub(crate) fn run(context: &Context, command: &QueryCommand) -> Result<(), Failure> {
    match command {
        QueryCommand::Check(args) => context.output.show(&Checked::of(&asked(args)?)),
        QueryCommand::Explain(args) => {
            let asked = asked(args)?;
            let explanation = asked
                .query
                .explain(&asked.profile.profile)
                .map_err(|errors| {
                    let name = args.file.display().to_string();
                    crate::failure::QueryFailure::failure(&name, &asked.text, errors)
                })?;
            context.output.show(&Explained(explanation))
        }
        QueryCommand::Run(args) => run_query(context, args),
    }
}

/// Reads the query that a command names.
fn asked(args: &QueryArgs) -> Result<Asked, Failure> {
    let (name, text) = read_query(&args.file)?;
    ask(&name, &text, args.profile.as_deref())
}

/// Reads a query's text, and says what to call it in errors.
pub(super) fn read_query(file: &std::path::Path) -> Result<(String, String), Failure> {
    if file.as_os_str() == "-" {
        let mut text = String::new();
        io::stdin()
            .read_to_string(&mut text)
            .map_err(Failure::file("read", "standard input"))?;
        return Ok(("standard input".to_owned(), text));
    }
    let text = std::fs::read_to_string(file).map_err(Failure::file("read", file))?;
    Ok((file.display().to_string(), text))
}

fn run_query(context: &Context, args: &RunArgs) -> Result<(), Failure> {
    let asked = asked(&args.query)?;
    let (over, rows) = match &args.dataset {
        Some(path) => (path.display().to_string(), rows(path, args.size, &asked)?),
        None => {
            let spinner = context.output.spinner("generating patients");
            let folder = tempfile::tempdir()?;
            let options = GeneratorOptions {
                patients: args.patients,
                seed: args.seed,
                at: asked.query.index().date(),
            };
            write_folder(&options, folder.path(), false)?;
            let rows = rows(folder.path(), args.size, &asked)?;
            spinner.finish_and_clear();
            (format!("generated, seed {}", args.seed), rows)
        }
    };
    let found: Vec<String> = rows
        .iter()
        .filter(|row| asked.compiled.query.matches(&row.row))
        .map(|row| row.patient.clone())
        .collect();
    context.output.show(&Ran {
        title: asked.query.title().to_owned(),
        over,
        patients: rows.len(),
        matching: found.len(),
        found: args.list.then_some(found),
    })
}

fn rows(path: &std::path::Path, size: SizeArgs, asked: &Asked) -> Result<Vec<PatientRow>, Failure> {
    let import = size.import(path)?;
    let profile: &profile::Source = &asked.profile;
    Ok(derive(&profile.profile, &import, asked.query.index())?.rows)
}
