//! `salus key`: the proving and verifying key of the eligibility circuit.

use std::io;
use std::path::PathBuf;
use std::time::Instant;

use clap::{Args, Subcommand};
use salus_ledger::engine::Ledger;
use salus_ledger::transaction::{AcceptKey, Envelope};
use salus_prover::eligibility::insecure_development_key;
use salus_verifier::{Setup, VerifyingKey, snarkjs};
use serde::Serialize;

use super::Context;
use crate::failure::Failure;
use crate::home::keys::read_verifying_key;
use crate::home::{Access, Home, write_atomically};
use crate::output::{Report, duration};
use crate::path::submit;

/// Keys of the eligibility circuit, one for every query and profile.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  salus key setup --development
  salus key accept
  salus key show
  salus key show --snarkjs verification_key.json")]
pub(crate) enum KeyCommand {
    /// Make a key by a setup.
    Setup(SetupArgs),
    /// Show the verifying key.
    Show(ShowArgs),
    /// Let the ledger take proofs under a verifying key (needs the governance key).
    Accept(AcceptArgs),
}

#[derive(Debug, Args)]
pub(crate) struct SetupArgs {
    /// Make the key alone. INSECURE: whoever makes it can forge any proof. The key says so, and
    /// verifiers and ledgers refuse it unless told otherwise.
    #[arg(long, required = true)]
    development: bool,
    /// Replace the keys of this state directory.
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// A verifying key's file. Default: the state directory's.
    file: Option<PathBuf>,
    /// Also write the key as snarkjs's verification_key.json.
    #[arg(long, value_name = "FILE")]
    snarkjs: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct AcceptArgs {
    /// A verifying key's file. Default: the state directory's.
    file: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
struct Shown {
    id: String,
    circuit: String,
    setup: Setup,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<f64>,
}

impl Shown {
    fn of(key: &VerifyingKey, file: Option<PathBuf>) -> Self {
        Self {
            id: key.id().to_string(),
            circuit: key.circuit().to_owned(),
            setup: key.setup(),
            file,
            seconds: None,
        }
    }
}

impl Report for Shown {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(out, "key      {}", self.id)?;
        writeln!(out, "circuit  {}", self.circuit)?;
        match self.setup {
            Setup::Ceremony => writeln!(out, "setup    ceremony")?,
            Setup::InsecureDevelopment => writeln!(
                out,
                "setup    INSECURE, for development: whoever made it can forge proofs"
            )?,
        }
        if let Some(file) = &self.file {
            writeln!(out, "file     {}", file.display())?;
        }
        if let Some(seconds) = self.seconds {
            let took = duration(std::time::Duration::from_secs_f64(seconds));
            writeln!(out, "made in  {took}")?;
        }
        Ok(())
    }
}

/// Makes a development key and keeps it.
pub(crate) fn set_up(home: &Home) -> Result<(), Failure> {
    let key = insecure_development_key().map_err(|error| Failure::Malformed {
        path: home.proving_key_path(),
        what: "a proving key",
        problem: error.to_string(),
    })?;
    home.put_keys(&key)
}

/// Lets a ledger take proofs under a key.
pub(crate) fn accept(home: &Home, ledger: &Ledger, key: &VerifyingKey) -> Result<(), Failure> {
    let governance = home.governance()?;
    let id = ledger.state()?.id();
    let transaction = AcceptKey::of(key);
    submit(
        ledger,
        Envelope::sign(transaction, &id, governance.key.key()),
    )?;
    Ok(())
}

pub(crate) fn run(context: &Context, command: &KeyCommand) -> Result<(), Failure> {
    let home = &context.home;
    match command {
        KeyCommand::Setup(args) => setup(context, args),
        KeyCommand::Show(args) => {
            let key = key_of(home, args.file.as_ref())?;
            if let Some(file) = &args.snarkjs {
                write_atomically(file, snarkjs::write_key(&key).as_bytes(), false)?;
            }
            let file = args.file.clone();
            let file = file.unwrap_or_else(|| home.verifying_key_path());
            context.output.show(&Shown::of(&key, Some(file)))
        }
        KeyCommand::Accept(args) => {
            let key = key_of(home, args.file.as_ref())?;
            let ledger = home.ledger(Access::Write)?;
            accept(home, &ledger, &key)?;
            context.output.show(&Shown::of(&key, None))
        }
    }
}

fn key_of(home: &Home, file: Option<&PathBuf>) -> Result<VerifyingKey, Failure> {
    file.map_or_else(|| home.verifying_key(), |file| read_verifying_key(file))
}

fn setup(context: &Context, args: &SetupArgs) -> Result<(), Failure> {
    let home = &context.home;
    if home.has_keys() && !args.force {
        return Err(Failure::Exists {
            what: "a proving key",
            path: home.proving_key_path(),
            help: "--force replaces it; proofs under the old key still verify with its verifying \
                   key"
            .to_owned(),
        });
    }
    let started = Instant::now();
    let spinner = context.output.spinner("making a development key");
    set_up(home)?;
    spinner.finish_and_clear();
    context.output.show(&Shown {
        seconds: Some(started.elapsed().as_secs_f64()),
        ..Shown::of(&home.verifying_key()?, Some(home.verifying_key_path()))
    })
}
