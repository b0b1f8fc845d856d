//! `salus issuer`: custodians who sign records.

use clap::Subcommand;

use super::Context;
use super::party::{NewArgs, RegisterArgs, list, new, register_made};
use crate::failure::Failure;
use crate::home::Role;

/// Issuers: custodians whose records the ledger takes.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  salus issuer new st-elsewhere --title \"St Elsewhere Hospital\"
  salus issuer new st-elsewhere --key-only
  salus issuer register 9f2c... --title \"St Elsewhere Hospital\"
  salus issuer list")]
pub(crate) enum IssuerCommand {
    /// Make an issuer's key and register it on the ledger (needs the governance key).
    New(NewArgs),
    /// Register a key that was made elsewhere with `new --key-only` (needs the governance key).
    Register(RegisterArgs),
    /// List the ledger's issuers.
    List,
}

pub(crate) fn run(context: &Context, command: &IssuerCommand) -> Result<(), Failure> {
    match command {
        IssuerCommand::New(args) => new(context, Role::Issuer, args),
        IssuerCommand::Register(args) => register_made(context, Role::Issuer, args),
        IssuerCommand::List => list(context, Role::Issuer),
    }
}
