//! `salus bench cohort`: what publishing, counting, releasing and verifying takes, beside a plain
//! count of the same patients by polars.

mod answer;
mod columns;
mod dataset;
mod rates;
mod report;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use clap::Args;
use salus_protocol::cohort::PAGE;

use super::super::Context;
use super::{broken, memory, processor};
use crate::failure::Failure;
use columns::Columns;
use dataset::{Dataset, Width};
use report::{Measured, PublicationLine, Step};

/// Measure counts with proof, beside a plain count by polars in the same run.
///
/// The patients are generated: records of as many fields as the most criteria, nine in ten with a
/// consent. All else is real: every page is published with its proof, and every proof is verified.
/// Times are medians; generators and keys, made once in each process, are made before. Peak memory
/// is that of the whole program in a step, the patients' openings and publications included. Let
/// nothing else run meanwhile. Publishing a million patients takes minutes.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  salus bench cohort
  salus bench cohort --patients 1048576 --criteria 8 --bits 8
  salus bench cohort --patients 1000 --criteria 4 --json")]
pub(super) struct CohortArgs {
    /// Sizes of the datasets.
    #[arg(
        long,
        value_delimiter = ',',
        default_values_t = [1_000, 16_384, 131_072],
        value_parser = clap::value_parser!(u32).range(1..=4_194_304)
    )]
    patients: Vec<u32>,
    /// How many criteria the questions have, all of which must hold.
    #[arg(
        long,
        value_delimiter = ',',
        default_values_t = [4, 8, 16],
        value_parser = clap::value_parser!(u8).range(1..=16)
    )]
    criteria: Vec<u8>,
    /// How many bits the fields' numbers have, 8 or 16.
    #[arg(long, value_delimiter = ',', default_values_t = [8, 16], value_parser = bits)]
    bits: Vec<u8>,
    /// How often each step is measured.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    runs: u32,
}

fn bits(text: &str) -> Result<u8, String> {
    match text {
        "8" => Ok(8),
        "16" => Ok(16),
        _ => Err("use 8 or 16".to_owned()),
    }
}

pub(super) fn run(context: &Context, args: &CohortArgs) -> Result<(), Failure> {
    let fields = args.criteria.iter().copied().max().unwrap_or(1);
    warm_up()?;
    let mut measured = Measured {
        processor: processor(),
        cores: rayon::current_num_threads(),
        optimised: !cfg!(debug_assertions),
        fields,
        runs: args.runs,
        one_core: rates::measure(),
        publications: Vec::new(),
        answers: Vec::new(),
    };
    for patients in distinct(&args.patients) {
        for width in distinct(&args.bits).into_iter().map(|bits| Width { bits }) {
            let (dataset, line) = publish(context, patients, fields, width)?;
            measured.publications.push(line);
            let columns = Columns::of(&dataset.patients, usize::from(fields));
            for criteria in distinct(&args.criteria) {
                let spinner = context.output.spinner(&format!(
                    "counting {patients} patients by {criteria} criteria"
                ));
                let question = dataset::question(criteria, width)?;
                let intervals = vec![width.interval(); usize::from(criteria)];
                let (matching, plain) =
                    median(args.runs.max(21), || Ok(columns.count(&intervals)))?;
                let line = answer::measure(&dataset, &question, args.runs, matching)?;
                measured
                    .answers
                    .push(line.beside(patients, width, criteria, plain));
                spinner.finish_and_clear();
            }
        }
    }
    context.output.show(&measured)
}

/// Each value once, ascending.
fn distinct<T: Copy + Ord>(values: &[T]) -> BTreeSet<T> {
    values.iter().copied().collect()
}

/// Makes what is made once in each process.
fn warm_up() -> Result<(), Failure> {
    let width = Width { bits: 8 };
    let dataset = Dataset::publish(1, 1, width, || ())?;
    answer::measure(&dataset, &dataset::question(1, width)?, 1, None).map(|_| ())
}

fn publish(
    context: &Context,
    patients: u32,
    fields: u8,
    width: Width,
) -> Result<(Dataset, PublicationLine), Failure> {
    let pages = (patients as usize).div_ceil(PAGE);
    let bits = width.bits;
    let bar = context
        .output
        .bar(&format!("publishing {patients} ({bits} bits)"), pages);
    let resettable = memory::reset_peak();
    let dataset = Dataset::publish(patients, usize::from(fields), width, || bar.inc(1))?;
    let peak_bytes = memory::peak_bytes().filter(|_| resettable);
    bar.finish_and_clear();
    let first = &dataset.pages[0];
    let ((), verify) = median(5, || {
        first
            .published
            .publication
            .verify(&first.page)
            .map_err(broken)
    })?;
    let seconds: f64 = dataset.pages.iter().map(|p| p.took.as_secs_f64()).sum();
    let line = PublicationLine {
        patients,
        bits,
        pages,
        columns_a_page: dataset.layout.columns(),
        bytes_a_page: first.published.publication.to_bytes().len(),
        publish: Step {
            seconds,
            peak_bytes,
        },
        publish_seconds_a_page: seconds / pages as f64,
        verify_seconds_a_page: verify.as_secs_f64(),
    };
    Ok((dataset, line))
}

/// The last result of several runs, and their median time.
fn median<R>(
    runs: u32,
    mut act: impl FnMut() -> Result<R, Failure>,
) -> Result<(R, Duration), Failure> {
    let mut times = Vec::new();
    let mut once = || -> Result<R, Failure> {
        let started = Instant::now();
        let result = act()?;
        times.push(started.elapsed());
        Ok(result)
    };
    let mut result = once()?;
    for _ in 1..runs {
        result = once()?;
    }
    times.sort_unstable();
    Ok((result, times[times.len() / 2]))
}

/// The last result of several runs, their median time, and the most memory they held.
fn step<R>(runs: u32, act: impl FnMut() -> Result<R, Failure>) -> Result<(R, Step), Failure> {
    let resettable = memory::reset_peak();
    let (result, time) = median(runs, act)?;
    let step = Step {
        seconds: time.as_secs_f64(),
        peak_bytes: memory::peak_bytes().filter(|_| resettable),
    };
    Ok((result, step))
}
