//! `salus wallet request` and `accept`: how a record comes from its custodian into a wallet.

use std::io;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use crate::commands::Context;
use crate::failure::Failure;
use crate::home::{Access, Name};
use crate::output::{Report, counted};
use crate::path::hand_over::{self, HandOver, HandedRecords};

#[derive(Debug, Args)]
pub(crate) struct RequestArgs {
    /// The wallet's name.
    name: Name,
    /// The file to write, for the custodian.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct AcceptArgs {
    /// The wallet's name.
    name: Name,
    /// The file that the custodian gave.
    file: PathBuf,
}

#[derive(Debug, Serialize)]
struct Requested {
    wallet: String,
    subject: String,
    key: String,
    file: PathBuf,
}

impl Report for Requested {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(
            out,
            "request for a record of {} in {}\nsubject key {}\nkey for consent {}",
            self.wallet,
            self.file.display(),
            self.subject,
            self.key
        )
    }
}

#[derive(Debug, Serialize)]
struct Accepted {
    wallet: String,
    accepted: usize,
    already: usize,
}

impl Report for Accepted {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(
            out,
            "{} put into wallet {}",
            counted(self.accepted, "record", "records"),
            self.wallet
        )?;
        if self.already > 0 {
            writeln!(out, "{:>6} it had already", self.already)?;
        }
        Ok(())
    }
}

pub(super) fn request(context: &Context, args: &RequestArgs) -> Result<(), Failure> {
    let mut wallet = context.home.wallet(&args.name)?;
    let request = hand_over::request(&context.home, &mut wallet)?;
    request.write(&args.out)?;
    context.output.show(&Requested {
        wallet: args.name.to_string(),
        subject: request.subject.to_string(),
        key: request.key.to_string(),
        file: args.out.clone(),
    })
}

pub(super) fn accept(context: &Context, args: &AcceptArgs) -> Result<(), Failure> {
    let mut wallet = context.home.wallet(&args.name)?;
    let handed = HandedRecords::read(&args.file)?;
    let all = handed.0.len();
    let ledger = context.home.ledger(Access::Read)?;
    let state = ledger.state()?;
    let accepted = hand_over::accept(&context.home, &state, &mut wallet, handed)?;
    context.output.show(&Accepted {
        wallet: args.name.to_string(),
        accepted,
        already: all - accepted,
    })
}
