//! `salus bench`: what proving and verifying takes on this machine, beside plain programs that do the
//! same without a proof, in the same run; and what a node does under load.

mod cohort;
mod eligibility;
mod memory;
mod node;

use std::io;

use clap::{Args, Subcommand};

use super::Context;
use crate::failure::Failure;

/// Measure proving and verifying on this machine: of eligibility, unless told otherwise.
///
/// The patients are generated, and all else is real. Let nothing else run meanwhile.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "\
Examples:
  salus bench
  salus bench --proofs 64 --json
  salus bench cohort
  salus bench node --minutes 10")]
pub(crate) struct BenchArgs {
    #[command(subcommand)]
    what: Option<BenchCommand>,
    #[command(flatten)]
    eligibility: eligibility::EligibilityArgs,
}

#[derive(Debug, Subcommand)]
enum BenchCommand {
    Eligibility(eligibility::EligibilityArgs),
    Cohort(cohort::CohortArgs),
    Node(node::NodeArgs),
}

pub(crate) fn run(context: &Context, args: &BenchArgs) -> Result<(), Failure> {
    match &args.what {
        None => eligibility::run(context, &args.eligibility),
        Some(BenchCommand::Eligibility(args)) => eligibility::run(context, args),
        Some(BenchCommand::Cohort(args)) => cohort::run(context, args),
        Some(BenchCommand::Node(args)) => node::run(context, args),
    }
}

/// What cannot go wrong with generated patients and fresh keys, but for randomness and memory.
fn broken(error: impl std::fmt::Display) -> Failure {
    Failure::Invalid {
        message: format!("the measurement failed: {error}"),
        help: "run it again, and report it if it fails again".to_owned(),
    }
}

/// Says that figures of a build without optimisation mean nothing.
fn warn_unoptimised(out: &mut dyn io::Write, optimised: bool) -> io::Result<()> {
    if optimised {
        return Ok(());
    }
    writeln!(
        out,
        "BUILT WITHOUT OPTIMISATION: these numbers mean nothing; use --release.\n"
    )
}

/// The processor's name, where the system says it.
fn processor() -> String {
    let known = std::fs::read_to_string("/proc/cpuinfo")
        .ok()
        .and_then(|text| {
            let line = text.lines().find(|line| line.starts_with("model name"))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        });
    known.unwrap_or_else(|| std::env::consts::ARCH.to_owned())
}
