//! What `salus bench cohort` prints.

use std::io;
use std::time::Duration;

use serde::Serialize;

use super::dataset::Width;
use super::rates::Rates;
use crate::commands::bench::warn_unoptimised;
use crate::output::{Report, duration, table};

/// What a step took.
#[derive(Debug, Serialize)]
pub(super) struct Step {
    pub(super) seconds: f64,
    /// The most that the whole program held meanwhile; none where the system can't say.
    pub(super) peak_bytes: Option<u64>,
}

/// A dataset published.
#[derive(Debug, Serialize)]
pub(super) struct PublicationLine {
    pub(super) patients: u32,
    pub(super) bits: u8,
    pub(super) pages: usize,
    pub(super) columns_a_page: u32,
    pub(super) bytes_a_page: usize,
    pub(super) publish: Step,
    pub(super) publish_seconds_a_page: f64,
    pub(super) verify_seconds_a_page: f64,
}

/// A question answered, and the answer verified: without that there is none.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) matching: u64,
    /// Of tally and release.
    pub(super) proof_bytes: usize,
    pub(super) tally: Step,
    pub(super) release: Step,
    pub(super) verify: Step,
}

impl Answer {
    /// The answer beside the plain count.
    pub(super) fn beside(
        self,
        patients: u32,
        width: Width,
        criteria: u8,
        plain: Duration,
    ) -> AnswerLine {
        let plain_seconds = plain.as_secs_f64();
        AnswerLine {
            patients,
            bits: width.bits,
            criteria,
            matching: self.matching,
            verified: true,
            ratio: (self.tally.seconds + self.release.seconds)
                / plain_seconds.max(f64::MIN_POSITIVE),
            plain_seconds,
            proof_bytes: self.proof_bytes,
            tally: self.tally,
            release: self.release,
            verify: self.verify,
        }
    }
}

/// A question answered, beside the plain count.
#[derive(Debug, Serialize)]
pub(super) struct AnswerLine {
    patients: u32,
    bits: u8,
    criteria: u8,
    matching: u64,
    verified: bool,
    tally: Step,
    release: Step,
    verify: Step,
    proof_bytes: usize,
    plain_seconds: f64,
    /// How many times longer tally and release take than the plain count.
    ratio: f64,
}

impl AnswerLine {
    fn peak_bytes(&self) -> Option<u64> {
        let steps = [&self.tally, &self.release, &self.verify];
        steps.iter().filter_map(|step| step.peak_bytes).max()
    }
}

#[derive(Debug, Serialize)]
pub(super) struct Measured {
    pub(super) processor: String,
    pub(super) cores: usize,
    /// Whether this program was built with optimisation; else the numbers mean nothing.
    pub(super) optimised: bool,
    /// Fields of each record.
    pub(super) fields: u8,
    pub(super) runs: u32,
    pub(super) one_core: Rates,
    pub(super) publications: Vec<PublicationLine>,
    pub(super) answers: Vec<AnswerLine>,
}

impl Report for Measured {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(out, "{}, {} cores", self.processor, self.cores)?;
        writeln!(
            out,
            "records of {} fields; medians of {} runs; peak memory of the whole program\n",
            self.fields, self.runs
        )?;
        let mut lines = table(&[
            "PATIENTS",
            "BITS",
            "PUBLISH",
            "A PAGE",
            "VERIFY A PAGE",
            "PAGE'S SIZE",
            "PEAK",
        ]);
        for line in &self.publications {
            lines.add_row([
                line.patients.to_string(),
                line.bits.to_string(),
                seconds(line.publish.seconds),
                seconds(line.publish_seconds_a_page),
                seconds(line.verify_seconds_a_page),
                size(line.bytes_a_page as u64),
                line.publish.peak_bytes.map_or("-".to_owned(), size),
            ]);
        }
        writeln!(out, "{lines}\n")?;
        let mut lines = table(&[
            "PATIENTS", "BITS", "CRITERIA", "TALLY", "RELEASE", "VERIFY", "PROOF", "PEAK",
            "POLARS", "RATIO",
        ]);
        for line in &self.answers {
            lines.add_row([
                line.patients.to_string(),
                line.bits.to_string(),
                line.criteria.to_string(),
                seconds(line.tally.seconds),
                seconds(line.release.seconds),
                seconds(line.verify.seconds),
                size(line.proof_bytes as u64),
                line.peak_bytes().map_or("-".to_owned(), size),
                seconds(line.plain_seconds),
                format!("{:.0}x", line.ratio),
            ]);
        }
        writeln!(out, "{lines}\n")?;
        warn_unoptimised(out, self.optimised)?;
        writeln!(
            out,
            "Every count agreed with polars's, and every proof verified. Publishing is done once for all\n\
             questions. The ratio is of tally and release to the plain count, which proves nothing; its\n\
             columns are of 32 bits. One core adds {:.1} million points a second in the verifier, and\n\
             multiplies {:.0} million scalars.",
            self.one_core.group_additions_a_second / 1e6,
            self.one_core.field_multiplications_a_second / 1e6
        )
    }
}

fn seconds(seconds: f64) -> String {
    duration(Duration::from_secs_f64(seconds))
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} KB", bytes.div_ceil(1000)),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}
