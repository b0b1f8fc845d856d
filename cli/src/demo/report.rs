//! What the demo says at its end.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use super::Answered;
use super::cast::{Cast, CohortCount};
use super::refusal::Refusal;
use crate::commands::study::Inbox;
use crate::output::{Report, counted, duration};

/// How long a step took.
#[derive(Debug, Serialize)]
pub(crate) struct Timing {
    pub(crate) step: String,
    pub(crate) seconds: f64,
}

/// What verifying takes, per proof.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Verifying {
    pub(crate) one: Duration,
    pub(crate) batched: Duration,
}

/// What the report is made of.
pub(super) struct Parts<'a> {
    pub(super) dir: &'a Path,
    pub(super) patients: usize,
    pub(super) cast: &'a Cast,
    pub(super) answered: &'a Answered,
    pub(super) counted: CohortCount,
    pub(super) refusals: Vec<Refusal>,
    pub(super) audit: Value,
    pub(super) inbox: Inbox,
    pub(super) timings: Vec<Timing>,
    pub(super) seconds: f64,
}

/// The demo's outcome.
#[derive(Debug, Serialize)]
pub(crate) struct DemoReport {
    patients: usize,
    records: usize,
    consents: usize,
    /// Patients who gave none, by reason.
    no_consent: BTreeMap<String, usize>,
    revoked: usize,
    /// Patients who match the query, whether or not they consent.
    matching: usize,
    eligible: usize,
    /// Wallets that can't answer, by reason.
    not_eligible: BTreeMap<String, usize>,
    answers: usize,
    proof_bytes: usize,
    /// None where nobody answered.
    per_patient: Option<PerPatient>,
    cores: usize,
    cohort: CohortCount,
    refused: Vec<Refusal>,
    inbox: Inbox,
    /// What the separate verification of the bundle said.
    audit: Value,
    files: Files,
    timings: Vec<Timing>,
    seconds: f64,
}

/// What one patient's answer takes.
#[derive(Debug, Serialize)]
struct PerPatient {
    proving_seconds: f64,
    verifying_seconds: f64,
    verifying_batched_seconds: f64,
}

/// Where things are.
#[derive(Debug, Serialize)]
struct Files {
    patients: PathBuf,
    query: PathBuf,
    home: PathBuf,
    bundle: PathBuf,
}

impl DemoReport {
    pub(super) fn new(parts: Parts<'_>) -> Self {
        let Parts { cast, answered, .. } = parts;
        let answers = answered.answers.len();
        Self {
            patients: parts.patients,
            records: cast.records,
            consents: cast.consents,
            no_consent: cast.no_consent.clone(),
            revoked: cast.revoked,
            matching: cast.matching,
            eligible: cast.eligible(),
            not_eligible: cast.not_eligible.clone(),
            answers,
            proof_bytes: salus_verifier::PROOF_BYTES,
            per_patient: (answers > 0).then(|| PerPatient {
                proving_seconds: answered.proving.as_secs_f64() / answers as f64,
                verifying_seconds: answered.verifying.one.as_secs_f64(),
                verifying_batched_seconds: answered.verifying.batched.as_secs_f64(),
            }),
            cores: rayon::current_num_threads(),
            cohort: parts.counted,
            refused: parts.refusals,
            inbox: parts.inbox,
            audit: parts.audit,
            files: Files {
                patients: parts.dir.join("patients"),
                query: parts.dir.join("study.salus"),
                home: parts.dir.join("home"),
                bundle: parts.dir.join("study.bundle.json"),
            },
            timings: parts.timings,
            seconds: parts.seconds,
        }
    }

    fn sentences<'a>(&'a self, key: &str) -> impl Iterator<Item = &'a str> {
        let sentences = self.audit.get(key).and_then(Value::as_array);
        sentences.into_iter().flatten().filter_map(Value::as_str)
    }
}

impl Report for DemoReport {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        self.write_patients(out)?;
        self.write_answers(out)?;
        self.write_audit(out)?;
        self.write_files(out)
    }
}

fn seconds(seconds: f64) -> String {
    duration(Duration::from_secs_f64(seconds))
}

impl DemoReport {
    fn write_patients(&self, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(out)?;
        writeln!(
            out,
            "records     {} of {} patients",
            self.records, self.patients
        )?;
        writeln!(
            out,
            "consents    {} given, {} taken back",
            self.consents, self.revoked
        )?;
        for (reason, patients) in &self.no_consent {
            writeln!(out, "            {patients:>4} gave none: {reason}")?;
        }
        writeln!(
            out,
            "eligible    {} of {} who match the query, with consent to it",
            self.eligible, self.matching
        )?;
        for (reason, wallets) in &self.not_eligible {
            writeln!(out, "            {wallets:>4} can't answer: {reason}")?;
        }
        Ok(())
    }

    fn write_answers(&self, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(
            out,
            "answers     {} of {} bytes on the ledger",
            counted(self.answers, "proof", "proofs"),
            self.proof_bytes
        )?;
        match &self.per_patient {
            None => writeln!(
                out,
                "            nobody is eligible among so few: try more --patients"
            )?,
            Some(per_patient) => {
                writeln!(
                    out,
                    "proving     {} a patient ({} cores)",
                    seconds(per_patient.proving_seconds),
                    self.cores
                )?;
                writeln!(
                    out,
                    "verifying   {} a patient, {} in a batch",
                    seconds(per_patient.verifying_seconds),
                    seconds(per_patient.verifying_batched_seconds)
                )?;
            }
        }
        self.write_cohort(out)?;
        writeln!(
            out,
            "inbox       {} that the sponsor alone can read",
            counted(
                self.inbox.volunteers.len(),
                "volunteer left a contact",
                "volunteers left contacts"
            )
        )?;
        writeln!(out, "\nRefused:")?;
        for refusal in &self.refused {
            writeln!(
                out,
                "  {}\n    {}: {}",
                refusal.attempt, refusal.refused_by, refusal.reason
            )?;
        }
        Ok(())
    }

    /// The hospital's count beside the patients' own proofs.
    fn write_cohort(&self, out: &mut dyn io::Write) -> io::Result<()> {
        let cohort = &self.cohort;
        let count = match cohort.released {
            Some(count) => format!("{count}, rounded,"),
            None => "1 to 10, not shown,".to_owned(),
        };
        writeln!(
            out,
            "count       {count} of {} records match and may be counted: a proof of {} KB",
            cohort.records,
            cohort.proof_bytes.div_ceil(1000)
        )?;
        writeln!(
            out,
            "            {} a plain count of rows and consents",
            if cohort.agrees {
                "as the policy makes of"
            } else {
                "DIFFERS from what the policy makes of"
            }
        )
    }

    fn write_audit(&self, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(out, "\nShown by {}:", self.files.bundle.display())?;
        for sentence in self.sentences("shown") {
            writeln!(out, "  + {sentence}")?;
        }
        writeln!(out, "Not shown:")?;
        for sentence in self.sentences("not_shown") {
            writeln!(out, "  - {sentence}")?;
        }
        Ok(())
    }

    fn write_files(&self, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(out, "\nFiles:")?;
        writeln!(out, "  {}  FHIR export", self.files.patients.display())?;
        writeln!(out, "  {}  the query", self.files.query.display())?;
        writeln!(
            out,
            "  {}  ledger, wallets, keys",
            self.files.home.display()
        )?;
        writeln!(out, "  {}  audit bundle", self.files.bundle.display())?;
        writeln!(
            out,
            "\nAll of it took {}. Look around:",
            seconds(self.seconds)
        )?;
        let home = self.files.home.display();
        writeln!(out, "  salus --home {home} study show demo")?;
        writeln!(out, "  salus --home {home} ledger status")
    }
}
