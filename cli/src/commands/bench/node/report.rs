//! What `salus bench node` prints.

use std::io;
use std::time::Duration;

use serde::Serialize;

use super::super::warn_unoptimised;
use super::bare::Bare;
use super::outcome::Percentiles;
use super::phase::{Line, Phase};
use super::sustained::Memory;
use crate::failure::Failure;
use crate::output::{Report, counted, duration, table};

/// Proofs that the service verified and entered, beside the verifier alone.
#[derive(Debug, Serialize)]
pub(super) struct Verified {
    pub(super) answers: u64,
    pub(super) in_flight: usize,
    /// Answers that entered a second.
    pub(super) a_second: f64,
    /// Of the verifier alone.
    pub(super) bare: Bare,
    pub(super) of_one_core: f64,
    pub(super) of_all_cores: f64,
}

/// What grew during the long load.
#[derive(Debug, Serialize)]
pub(super) struct Sustained {
    pub(super) minutes: f64,
    /// None where the system does not say it.
    pub(super) memory: Option<Memory>,
    /// Answers that entered meanwhile.
    pub(super) answers: u64,
    /// Bytes that the ledger's file grew by.
    pub(super) file_growth_bytes: i64,
}

/// All that was measured.
#[derive(Debug, Serialize)]
pub(super) struct Measured {
    pub(super) processor: String,
    pub(super) cores: usize,
    /// Whether this program was built with optimisation; else the numbers mean nothing.
    pub(super) optimised: bool,
    pub(super) records: usize,
    /// Entries of the log when the service was started.
    pub(super) entries: u64,
    pub(super) phases: Vec<Phase>,
    pub(super) verified: Verified,
    pub(super) sustained: Option<Sustained>,
    /// Answers that the service acknowledged.
    pub(super) acknowledged: u64,
    /// Answers in the ledger's file after the service was killed.
    pub(super) kept: u64,
    /// What came and may not come, in words.
    pub(super) unclean: Vec<String>,
}

impl Measured {
    /// A failure when anything came that may not.
    pub(super) fn check(&self, said: &str) -> Result<(), Failure> {
        let mut came = self.unclean.clone();
        if self.kept < self.acknowledged {
            let lost = self.acknowledged - self.kept;
            came.push(format!("{lost} acknowledged answers are not on the ledger"));
        }
        if came.is_empty() {
            return Ok(());
        }
        if !said.is_empty() {
            came.push(format!("it said: {said}"));
        }
        Err(Failure::UnderLoad {
            came: came.join("; "),
        })
    }
}

impl Report for Measured {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(out, "{}, {} cores", self.processor, self.cores)?;
        writeln!(
            out,
            "`salus serve` in a process of its own, with its own limits, over a ledger of {} in {}\n",
            counted(self.records as u64, "record", "records"),
            counted(self.entries, "entry", "entries"),
        )?;
        for phase in &self.phases {
            write_phase(out, phase)?;
        }
        self.verified.write(out)?;
        if let Some(sustained) = &self.sustained {
            sustained.write(out)?;
        }
        warn_unoptimised(out, self.optimised)?;
        writeln!(
            out,
            "The client shares the machine: its work is in every time here. Each connection asks again\n\
             when it has its answer (a closed loop), so a service that stalls is asked less meanwhile,\n\
             and times show that less than clients feel it. Times and rates are of requests that were\n\
             done, or refused after work; those turned away are counted apart.\n"
        )?;
        writeln!(
            out,
            "Answers acknowledged: {}; on the ledger after the service was killed: {}.",
            self.acknowledged, self.kept
        )?;
        match self.unclean.as_slice() {
            [] => writeln!(
                out,
                "Below the limits everything was done; above them only 429 and 503 with Retry-After came."
            ),
            unclean => writeln!(out, "NOT CLEAN: {}", unclean.join("; ")),
        }
    }
}

fn write_phase(out: &mut dyn io::Write, phase: &Phase) -> io::Result<()> {
    let limit = if phase.above_limit { "above" } else { "below" };
    write!(
        out,
        "{} ({limit} the limit): {} for {}",
        phase.what,
        counted(phase.connections as u64, "connection", "connections"),
        duration(Duration::from_secs_f64(phase.seconds)),
    )?;
    let used = &phase.used;
    if let (Some(node), Some(client)) = (used.node_cores, used.client_cores) {
        write!(out, "; node {node:.2} cores, client {client:.2}")?;
    }
    if let Some(bytes) = used.resident_bytes {
        write!(out, "; node holds {}", megabytes(bytes as f64))?;
    }
    if phase.reopened > 0 {
        write!(out, "; {} connections opened again", phase.reopened)?;
    }
    writeln!(out)?;
    let mut lines = table(&[
        "", "REQUESTS", "A SECOND", "P50", "P99", "MAX", "DONE", "REFUSED", "429", "503", "OTHER",
    ]);
    for line in &phase.lines {
        let outcomes = &line.outcomes;
        let [p50, p99, max] = times(line.times);
        lines.add_row([
            line.what.to_owned(),
            line.requests.to_string(),
            format!("{:.0}", line.a_second),
            p50,
            p99,
            max,
            outcomes.done.to_string(),
            outcomes.refused.to_string(),
            outcomes.too_often.to_string(),
            outcomes.busy.to_string(),
            outcomes.others().to_string(),
        ]);
    }
    writeln!(out, "{lines}")?;
    if let Some(times) = phase.all().and_then(turned_away) {
        writeln!(out, "turned away within {times}")?;
    }
    writeln!(out)
}

fn turned_away(line: &Line) -> Option<String> {
    let [p50, p99, max] = times(Some(line.times_turned_away?));
    Some(format!("{p50} (p50), {p99} (p99), {max} (max)"))
}

fn times(percentiles: Option<Percentiles>) -> [String; 3] {
    let seconds = |seconds: f64| duration(Duration::from_secs_f64(seconds));
    percentiles.map_or_else(
        || std::array::from_fn(|_| "-".to_owned()),
        |p| [p.p50_seconds, p.p99_seconds, p.max_seconds].map(seconds),
    )
}

impl Verified {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(
            out,
            "Proofs a second: {:.0} entered ({} in flight); the verifier alone {:.0} on one core, {:.0} on\n\
             all: {:.2} and {:.2} of these. Beside the proof, each answer was sent over HTTP, its signature\n\
             checked twice (whose quota it takes, and whether it may enter), decoded, checked against the\n\
             rules, flushed to the disk, and put under a signed checkpoint with those of its moment.\n",
            self.a_second,
            self.in_flight,
            self.bare.one_core,
            self.bare.all_cores,
            self.of_one_core,
            self.of_all_cores,
        )
    }
}

impl Sustained {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        write!(out, "Over {:.1} minutes the node held ", self.minutes)?;
        match &self.memory {
            Some(memory) => writeln!(
                out,
                "{} after a tenth, {} at the end, {} at most;\n\
                 in the second half it grew by {:.3} MB a minute.",
                megabytes(memory.early_bytes as f64),
                megabytes(memory.end_bytes as f64),
                megabytes(memory.largest_bytes as f64),
                memory.growth_bytes_a_minute / 1e6,
            )?,
            None => writeln!(out, "memory that this system does not tell of.")?,
        }
        writeln!(
            out,
            "Meanwhile {} entered, and the ledger's file grew by {}.\n",
            counted(self.answers, "answer", "answers"),
            megabytes(self.file_growth_bytes as f64),
        )
    }
}

fn megabytes(bytes: f64) -> String {
    format!("{:.1} MB", bytes / 1e6)
}
