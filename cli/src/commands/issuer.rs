//! `salus issuer`: custodians who sign records.

use clap::Subcommand;

use super::Context;
use super::party::{NewArgs, list, new};
use crate::failure::Failure;
use crate::home::Role;

/// Issuers: custodians whose records the ledger takes.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  salus issuer new st-elsewhere --title \"St Elsewhere Hospital\"
  salus issuer list")]
pub(crate) enum IssuerCommand {
    /// Make an issuer's key and register it on the ledger (needs the governance key).
    New(NewArgs),
    /// List the ledger's issuers.
    List,
}

pub(crate) fn run(context: &Context, command: &IssuerCommand) -> Result<(), Failure> {
    match command {
        IssuerCommand::New(args) => new(context, Role::Issuer, args),
        IssuerCommand::List => list(context, Role::Issuer),
    }
}
