//! `salus consent hand-over` and `keep`: how the openings of consents come to a custodian.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;

use clap::Args;
use salus_ledger::key::PublicKey;
use salus_ledger::state::State;
use serde::Serialize;

use crate::commands::Context;
use crate::failure::Failure;
use crate::home::{Access, Name, Wallet};
use crate::output::{Report, counted};
use crate::path::Places;
use crate::path::hand_over::{HandOver, HandedConsents, consents_for, keep_consents};

#[derive(Debug, Args)]
pub(crate) struct HandOverArgs {
    /// Whose.
    #[arg(long, value_name = "NAME")]
    wallet: Name,
    /// The custodian: its name or its key on the ledger. Default: the one that issued the wallet's
    /// records, if there is one only.
    #[arg(long, value_name = "ISSUER")]
    issuer: Option<String>,
    /// The file to write, readable by you only.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct KeepArgs {
    /// The file that the subject gave.
    file: PathBuf,
    /// The custodian's name here.
    #[arg(long, value_name = "NAME")]
    issuer: Name,
}

#[derive(Debug, Serialize)]
struct Written {
    wallet: String,
    issuer: PublicKey,
    consents: usize,
    file: PathBuf,
}

impl Report for Written {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(
            out,
            "{} of {} in {}; who has the file can read them",
            counted(self.consents, "consent", "consents"),
            self.wallet,
            self.file.display()
        )
    }
}

#[derive(Debug, Serialize)]
struct Kept {
    issuer: String,
    kept: usize,
    already: usize,
}

impl Report for Kept {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(
            out,
            "{} kept for {}",
            counted(self.kept, "consent", "consents"),
            self.issuer
        )?;
        if self.already > 0 {
            writeln!(out, "{:>6} it had already", self.already)?;
        }
        Ok(())
    }
}

pub(super) fn run(context: &Context, args: &HandOverArgs) -> Result<(), Failure> {
    let wallet = context.home.wallet(&args.wallet)?;
    let ledger = context.home.ledger(Access::Read)?;
    let state = ledger.state()?;
    let issuer = match &args.issuer {
        Some(text) => named(&state, text)?,
        None => only_issuer(&state, &wallet)?,
    };
    let handed = consents_for(&state, &wallet, &issuer);
    if handed.0.is_empty() {
        return Err(super::nothing(
            &args.wallet,
            "no consent in force for records of this custodian",
        ));
    }
    handed.write(&args.out)?;
    context.output.show(&Written {
        wallet: args.wallet.to_string(),
        issuer,
        consents: handed.0.len(),
        file: args.out.clone(),
    })
}

pub(super) fn keep(context: &Context, args: &KeepArgs) -> Result<(), Failure> {
    let issuer = context.home.issuer(&args.issuer)?;
    let handed = HandedConsents::read(&args.file)?;
    let all = handed.0.len();
    let ledger = context.home.ledger(Access::Read)?;
    let state = ledger.state()?;
    let kept = keep_consents(&context.home, &state, &issuer, handed)?;
    context.output.show(&Kept {
        issuer: args.issuer.to_string(),
        kept,
        already: all - kept,
    })
}

/// An issuer on the ledger, by its key or its name there.
fn named(state: &State, text: &str) -> Result<PublicKey, Failure> {
    let issuers = state.issuers().iter();
    let mut found =
        issuers.filter(|(key, party)| key.to_string() == text || party.name.to_string() == text);
    match (found.next(), found.next()) {
        (Some((key, _)), None) => Ok(*key),
        (found, _) => Err(Failure::Unknown {
            what: "issuer",
            name: text.to_owned(),
            help: match found {
                Some(_) => "several have this name: give the key, from `salus issuer list`",
                None => "`salus issuer list` shows names and keys",
            }
            .to_owned(),
        }),
    }
}

fn only_issuer(state: &State, wallet: &Wallet) -> Result<PublicKey, Failure> {
    let places = Places::of(state);
    let issuers: BTreeSet<PublicKey> = wallet
        .holdings
        .iter()
        .filter_map(|holding| places.find(&holding.record.commitment()))
        .filter_map(|index| Some(state.record(index)?.issuer))
        .collect();
    let mut issuers = issuers.into_iter();
    match (issuers.next(), issuers.next()) {
        (Some(issuer), None) => Ok(issuer),
        (None, _) => Err(super::nothing(&wallet.name, "no record in the registry")),
        (Some(_), Some(_)) => Err(Failure::usage(
            "the wallet has records of several custodians",
            "say with --issuer whom the consents are for: others are told nothing",
        )),
    }
}
