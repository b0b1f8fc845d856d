//! `salus board`: ethics boards, whose approval a study needs.

use clap::Subcommand;

use super::Context;
use super::party::{NewArgs, list, new};
use crate::failure::Failure;
use crate::home::Role;

/// Ethics boards: they approve studies.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  salus board new ethics --title \"Regional Ethics Board\"
  salus board list")]
pub(crate) enum BoardCommand {
    /// Make a board's key and register it on the ledger (needs the governance key).
    New(NewArgs),
    /// List the ledger's boards.
    List,
}

pub(crate) fn run(context: &Context, command: &BoardCommand) -> Result<(), Failure> {
    match command {
        BoardCommand::New(args) => new(context, Role::Board, args),
        BoardCommand::List => list(context, Role::Board),
    }
}
