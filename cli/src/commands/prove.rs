//! `salus prove`: answer a study.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::time::Instant;

use clap::{ArgGroup, Args};
use salus_ledger::engine::Ledger;
use salus_protocol::contact::CONTACT_BYTES;
use salus_protocol::nullifier::StudyId;
use serde::Serialize;

use super::Context;
use crate::failure::Failure;
use crate::home::{Access, Name, Wallet, write_atomically};
use crate::output::{Report, counted, duration};
use crate::path::Places;
use crate::path::answer::{Answer, Question, ready, ready_many, submit_answers};
use crate::path::prover::Prover;
use crate::path::study::CheckedStudy;

/// Prove eligibility and consent for a study, and submit the answer.
///
/// A wallet that does not match, or whose consent does not cover the study, gives no proof. With
/// --all every wallet of the state directory that can answer does: for a custodian who holds
/// wallets for patients, and for trying things out.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("who").required(true).args(["wallet", "all"]))]
#[command(after_help = "\
Examples:
  salus prove t2d --wallet alice --contact \"alice@example.org\"
  salus prove t2d --wallet alice --out answer.json
  salus prove t2d --all")]
pub(crate) struct ProveArgs {
    /// A study: its short name, its id, or the first digits of its id.
    study: String,
    /// Whose.
    #[arg(long, value_name = "NAME")]
    wallet: Option<Name>,
    /// Every wallet of the state directory.
    #[arg(long)]
    all: bool,
    /// How the study may reach the volunteer; encrypted to the sponsor, bound to the proof.
    #[arg(long, value_name = "TEXT", requires = "wallet", value_parser = parse_contact)]
    contact: Option<String>,
    /// Write the answer to a file (with --all: one file each into this folder), and don't submit.
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
}

fn parse_contact(text: &str) -> Result<String, String> {
    if (1..=CONTACT_BYTES).contains(&text.len()) {
        Ok(text.to_owned())
    } else {
        Err(format!("a contact has 1 to {CONTACT_BYTES} bytes"))
    }
}

#[derive(Debug, Serialize)]
struct Proven {
    study: StudyId,
    wallets: usize,
    answers: usize,
    submitted: usize,
    /// Answers that the ledger refused, by reason.
    refused: BTreeMap<String, usize>,
    /// Wallets that can't answer, by reason. For whoever holds the wallets only.
    not_eligible: BTreeMap<String, usize>,
    files: Vec<PathBuf>,
    proving_seconds: f64,
    /// Bytes of one proof.
    proof_bytes: usize,
}

impl Report for Proven {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        let took = duration(std::time::Duration::from_secs_f64(self.proving_seconds));
        writeln!(
            out,
            "{} of {} proved eligibility and consent in {took}; {} entered",
            self.answers,
            counted(self.wallets, "wallet", "wallets"),
            counted(self.submitted, "answer", "answers")
        )?;
        for (reason, wallets) in &self.not_eligible {
            writeln!(out, "{wallets:>6} can't answer: {reason}")?;
        }
        for (reason, answers) in &self.refused {
            writeln!(out, "{answers:>6} refused: {reason}")?;
        }
        for file in &self.files {
            writeln!(out, "  {}", file.display())?;
        }
        Ok(())
    }
}

pub(crate) fn run(context: &Context, args: &ProveArgs) -> Result<(), Failure> {
    let home = &context.home;
    let ledger = home.ledger(if args.out.is_some() {
        Access::Read
    } else {
        Access::Write
    })?;
    let id = home.find_study(&*ledger.state()?, &args.study)?.id;
    let question = Question::of(&ledger, &CheckedStudy::read(&ledger, id)?)?;
    if args.contact.is_some() && !question.asks_contact() {
        return Err(Failure::usage(
            "the study does not ask to contact people",
            "leave --contact out",
        ));
    }
    match &args.wallet {
        Some(name) => one(context, args, &ledger, &question, home.wallet(name)?),
        None => all(context, args, &ledger, &question),
    }
}

/// One wallet: why it can't answer, or why the ledger refuses, is a failure.
fn one(
    context: &Context,
    args: &ProveArgs,
    ledger: &Ledger,
    question: &Question,
    wallet: Wallet,
) -> Result<(), Failure> {
    let ready = {
        let state = ledger.state()?;
        let places = Places::of(&state);
        ready(question, &state, &places, &wallet, args.contact.as_deref())?
    };
    let prover = Prover::of(&context.home, false)?;
    let started = Instant::now();
    let answer = prover.answer(question, &ready)?;
    let proving_seconds = started.elapsed().as_secs_f64();
    let mut files = Vec::new();
    match &args.out {
        Some(path) => {
            write_atomically(path, &answer.to_json()?, false)?;
            files.push(path.clone());
        }
        None => {
            for outcome in submit_answers(ledger, std::slice::from_ref(&answer))? {
                outcome?;
            }
        }
    }
    context.output.show(&Proven {
        study: question.study,
        wallets: 1,
        answers: 1,
        submitted: usize::from(args.out.is_none()),
        refused: BTreeMap::new(),
        not_eligible: BTreeMap::new(),
        files,
        proving_seconds,
        proof_bytes: salus_verifier::PROOF_BYTES,
    })
}

fn all(
    context: &Context,
    args: &ProveArgs,
    ledger: &Ledger,
    question: &Question,
) -> Result<(), Failure> {
    let home = &context.home;
    let names = home.wallet_names()?;
    let wallets = names
        .iter()
        .map(|name| home.wallet(name))
        .collect::<Result<Vec<_>, _>>()?;
    let mut eligible = Vec::new();
    let mut not_eligible = BTreeMap::new();
    for outcome in ready_many(ledger, question, &wallets, |_| None)? {
        match outcome {
            Ok(ready) => eligible.push(ready),
            Err(reason) => *not_eligible.entry(reason.to_string()).or_default() += 1,
        }
    }
    let prover = Prover::of(home, eligible.len() > 8)?;
    let bar = context.output.bar("proving", eligible.len());
    let started = Instant::now();
    let answers = prover.answers(question, eligible, || bar.inc(1))?;
    let proving_seconds = started.elapsed().as_secs_f64();
    bar.finish_and_clear();
    let mut proven = Proven {
        study: question.study,
        wallets: wallets.len(),
        answers: answers.len(),
        submitted: 0,
        refused: BTreeMap::new(),
        not_eligible,
        files: Vec::new(),
        proving_seconds,
        proof_bytes: salus_verifier::PROOF_BYTES,
    };
    match &args.out {
        Some(folder) => proven.files = write_all(folder, &answers)?,
        None => {
            for outcome in submit_answers(ledger, &answers)? {
                match outcome {
                    Ok(_) => proven.submitted += 1,
                    Err(rejection) => {
                        let reason = rejection.to_string();
                        *proven.refused.entry(reason).or_default() += 1;
                    }
                }
            }
        }
    }
    context.output.show(&proven)
}

/// One file an answer, named by its nullifier: no name of a wallet leaves.
fn write_all(folder: &std::path::Path, answers: &[Answer]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for answer in answers {
        let nullifier = answer.statement.nullifier.to_string();
        let file = folder.join(format!("{}.json", &nullifier[..16]));
        write_atomically(&file, &answer.to_json()?, false)?;
        files.push(file);
    }
    Ok(files)
}
