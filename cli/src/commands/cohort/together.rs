//! Shares and releases of answers by several custodians.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use salus_protocol::noise::Epsilon;

use super::*;
use crate::home::{Role, write_atomically};
use crate::path::together::{self, ShareFile};

#[derive(Debug, Args)]
pub(crate) struct ShareArgs {
    #[command(flatten)]
    study: StudyArgs,
    #[command(flatten)]
    table: TableArgs,
    /// The custodian that releases: its name here, or its public key.
    #[arg(long, value_name = "ISSUER")]
    to: String,
    /// The file to write.
    #[arg(long, short, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct ReleaseArgs {
    #[command(flatten)]
    study: StudyArgs,
    #[command(flatten)]
    table: TableArgs,
    /// The shares of the other custodians.
    #[arg(value_name = "SHARE")]
    shares: Vec<PathBuf>,
}

#[derive(Debug, Serialize)]
struct Shared {
    study: StudyId,
    from: String,
    to: String,
    file: PathBuf,
}

impl Report for Shared {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        let (from, to) = (&self.from, &self.to);
        writeln!(
            out,
            "{}: share of {from}, sealed to {to}",
            self.file.display()
        )
    }
}

#[derive(Debug, Serialize)]
struct ReleasedSum {
    study: StudyId,
    custodians: Vec<String>,
    cells: Vec<CellLine>,
    /// The law of the noise, if there is any.
    epsilon: Option<Epsilon>,
    #[serde(flatten)]
    policy: Policy,
    records: usize,
    proof_bytes: usize,
    entry: u64,
    seconds: f64,
}

impl Report for ReleasedSum {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        write_answer(
            out,
            &self.cells,
            (self.records, &self.custodians.join(" and ")),
            self.policy,
        )?;
        if let Some(epsilon) = self.epsilon {
            writeln!(
                out,
                "with discrete Laplace noise of epsilon {epsilon} in each count"
            )?;
        }
        writeln!(
            out,
            "release of {} KB in {}; entry {} of the ledger",
            self.proof_bytes.div_ceil(1000),
            duration(Duration::from_secs_f64(self.seconds)),
            self.entry
        )
    }
}

pub(super) fn share(context: &Context, args: &ShareArgs) -> Result<(), Failure> {
    let home = &context.home;
    let issuer = home.issuer(&args.study.issuer)?;
    let ledger = home.ledger(Access::Read)?;
    let asked = Asked::read(context, &ledger, &args.study.study)?;
    let table = asked.table(&args.table.by, args.table.attrition)?;
    let to = home.party_key(Role::Issuer, &args.to)?;
    let study = asked.known().id;
    let share = together::share(home, &ledger, &issuer, &to, (&study, &table))?;
    let mut text = serde_json::to_vec_pretty(&share).map_err(io::Error::from)?;
    text.push(b'\n');
    write_atomically(&args.out, &text, true)?;
    context.output.show(&Shared {
        study,
        from: issuer.title,
        to: ledger.state()?.issuer_name(&to),
        file: args.out.clone(),
    })
}

pub(super) fn release(context: &Context, args: &ReleaseArgs) -> Result<(), Failure> {
    let home = &context.home;
    let issuer = home.issuer(&args.study.issuer)?;
    let shares = args.shares.iter().map(|path| ShareFile::read(path));
    let shares = shares.collect::<Result<Vec<_>, _>>()?;
    let ledger = home.ledger(Access::Write)?;
    let asked = Asked::read(context, &ledger, &args.study.study)?;
    let table = asked.table(&args.table.by, args.table.attrition)?;
    let spinner = context.output.spinner("releasing");
    let started = Instant::now();
    let study = asked.known().id;
    let done = together::release(home, &ledger, &issuer, (&study, &table), &shares)?;
    spinner.finish_and_clear();
    let state = ledger.state()?;
    let known = state.study(&study);
    let answer = known.and_then(|known| Some((known, known.cohort_answers.last()?)));
    context.output.show(&ReleasedSum {
        study,
        custodians: answer.map_or_else(Vec::new, |(known, answer)| {
            custodians(&state, known, answer)
        }),
        cells: asked.cells(&table, &done.released),
        epsilon: asked.known().opened.noise.map(|noise| noise.epsilon),
        policy: asked.known().opened.policy,
        records: done.records,
        proof_bytes: done.proof_bytes,
        entry: done.entry,
        seconds: started.elapsed().as_secs_f64(),
    })
}
