//! `salus bench eligibility`: what proving and verifying takes, beside plain ark-groth16 in the same
//! run.

mod plain;
mod scene;

use std::io;
use std::time::{Duration, Instant};

use clap::Args;
use salus_protocol::statement::Statement;
use salus_prover::eligibility::{EligibilityProver, insecure_development_key};
use salus_prover::groth16::Preparation;
use salus_verifier::{KeyPolicy, Proof, TrustedKey, verify, verify_batch};
use serde::Serialize;

use super::{Context, broken, processor};
use crate::commands::bench::warn_unoptimised;
use crate::failure::Failure;
use crate::output::{Report, duration, table};
use plain::{Plain, PlainProof};
use scene::Pair;

/// Measure proofs of eligibility, beside plain ark-groth16 in the same run.
///
/// The patients are generated; their records, consents and membership proofs are real ones. The
/// keys are made for the measurement and thrown away. Let nothing else run meanwhile.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  salus bench eligibility
  salus bench eligibility --proofs 64 --json")]
pub(super) struct EligibilityArgs {
    /// How many proofs are made and verified as a batch; a quarter of them one by one.
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(4..=4096))]
    proofs: u32,
}

/// A measurement: time per proof.
#[derive(Debug, Serialize)]
struct Line {
    what: &'static str,
    salus_seconds: f64,
    plain_seconds: f64,
    /// How many times faster than plain ark-groth16.
    ratio: f64,
}

impl Line {
    fn new(what: &'static str, salus: Duration, plain: Duration) -> Self {
        let (salus_seconds, plain_seconds) = (salus.as_secs_f64(), plain.as_secs_f64());
        Self {
            what,
            salus_seconds,
            plain_seconds,
            ratio: plain_seconds / salus_seconds.max(f64::MIN_POSITIVE),
        }
    }
}

#[derive(Debug, Serialize)]
struct Measured {
    processor: String,
    cores: usize,
    constraints: usize,
    proofs: usize,
    /// Whether this program was built with optimisation; else the numbers mean nothing.
    optimised: bool,
    lines: Vec<Line>,
    prepare_seconds: f64,
}

impl Report for Measured {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        let seconds = |s: f64| duration(Duration::from_secs_f64(s));
        writeln!(out, "{}, {} cores", self.processor, self.cores)?;
        writeln!(
            out,
            "eligibility circuit, {} constraints; batches of {}; time per proof\n",
            self.constraints, self.proofs
        )?;
        let mut lines = table(&["", "SALUS", "ARK-GROTH16", "RATIO"]);
        for line in &self.lines {
            lines.add_row([
                line.what,
                &seconds(line.salus_seconds),
                &seconds(line.plain_seconds),
                &format!("{:.1}x", line.ratio),
            ]);
        }
        writeln!(out, "{lines}\n")?;
        warn_unoptimised(out, self.optimised)?;
        writeln!(
            out,
            "Preparing Salus's prover for batches took {} once.",
            seconds(self.prepare_seconds)
        )
    }
}

pub(super) fn run(context: &Context, args: &EligibilityArgs) -> Result<(), Failure> {
    let spinner = context.output.spinner("making patients and keys");
    let pairs = scene::pairs(args.proofs)?;
    let key = insecure_development_key().map_err(broken)?;
    let started = Instant::now();
    let prover = EligibilityProver::new(&key, Preparation::Tables).map_err(broken)?;
    let prepare_seconds = started.elapsed().as_secs_f64();
    let plain = Plain::set_up()?;
    let trusted = key
        .verifying()
        .trusted(KeyPolicy::AllowInsecureDevelopmentKeys)?;

    spinner.set_message("proving one at a time");
    let mut lines = vec![prove_one(&prover, &plain, &pairs)?];
    spinner.set_message("proving many");
    let (line, proofs, plain_proofs) = prove_many(&prover, &plain, &pairs)?;
    lines.push(line);
    spinner.set_message("verifying");
    let statements = || pairs.iter().map(|pair| pair.0);
    let batch: Vec<_> = statements().zip(proofs).collect();
    let plain_batch: Vec<_> = statements().zip(plain_proofs).collect();
    lines.extend(verify_both(&trusted, &batch, &plain, &plain_batch)?);
    spinner.finish_and_clear();

    context.output.show(&Measured {
        processor: processor(),
        cores: rayon::current_num_threads(),
        constraints: salus_circuits::eligibility::shape().constraints.len(),
        proofs: pairs.len(),
        optimised: !cfg!(debug_assertions),
        lines,
        prepare_seconds,
    })
}

fn prove_one(prover: &EligibilityProver, plain: &Plain, pairs: &[Pair]) -> Result<Line, Failure> {
    let few = &pairs[..pairs.len().div_ceil(4)];
    let (_, ours) = each(few, |(statement, witness)| {
        prover.prove(statement, witness).map_err(broken)
    })?;
    let (_, theirs) = each(few, |pair| plain.prove(pair))?;
    Ok(Line::new("prove one", ours, theirs))
}

fn prove_many(
    prover: &EligibilityProver,
    plain: &Plain,
    pairs: &[Pair],
) -> Result<(Line, Vec<Proof>, Vec<PlainProof>), Failure> {
    let started = Instant::now();
    let proofs = prover.prove_many(pairs, || ());
    let ours = per_proof(started.elapsed(), pairs.len());
    let proofs = proofs
        .into_iter()
        .collect::<Result<Vec<_>, _>>()
        .map_err(broken)?;
    let started = Instant::now();
    let plain_proofs = plain.prove_many(pairs)?;
    let theirs = per_proof(started.elapsed(), pairs.len());
    Ok((Line::new("prove many", ours, theirs), proofs, plain_proofs))
}

/// ark-groth16 has no batch verification, so one time stands beside both of ours.
fn verify_both(
    trusted: &TrustedKey,
    batch: &[(Statement, Proof)],
    plain: &Plain,
    plain_batch: &[(Statement, PlainProof)],
) -> Result<[Line; 2], Failure> {
    let (_, ours) = each(batch, |(statement, proof)| {
        Ok(verify(trusted, statement, proof)?)
    })?;
    let (_, theirs) = each(plain_batch, |(statement, proof)| {
        plain.verify(statement, proof)
    })?;
    let one = Line::new("verify one", ours, theirs);
    let started = Instant::now();
    verify_batch(trusted, batch).map_err(broken)?;
    let ours = per_proof(started.elapsed(), batch.len());
    Ok([one, Line::new("verify many", ours, theirs)])
}

/// The median time of doing something to each thing, and what came of it.
fn each<T, R>(
    things: &[T],
    mut act: impl FnMut(&T) -> Result<R, Failure>,
) -> Result<(Vec<R>, Duration), Failure> {
    let mut results = Vec::with_capacity(things.len());
    let mut times = Vec::with_capacity(things.len());
    for thing in things {
        let started = Instant::now();
        results.push(act(thing)?);
        times.push(started.elapsed());
    }
    times.sort_unstable();
    let median = times.get(times.len() / 2).copied().unwrap_or_default();
    Ok((results, median))
}

fn per_proof(all: Duration, proofs: usize) -> Duration {
    all / u32::try_from(proofs.max(1)).unwrap_or(u32::MAX)
}
