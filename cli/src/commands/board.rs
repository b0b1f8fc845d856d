//! `salus board`: ethics boards, whose approval a study needs.

use clap::Subcommand;

use super::Context;
use super::party::{NewArgs, RegisterArgs, list, new, register_made};
use crate::failure::Failure;
use crate::home::Role;

/// Ethics boards: they approve studies.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  salus board new ethics --title \"Regional Ethics Board\"
  salus board new ethics --key-only
  salus board register 9f2c... --title \"Regional Ethics Board\"
  salus board list")]
pub(crate) enum BoardCommand {
    /// Make a board's key and register it on the ledger (needs the governance key).
    New(NewArgs),
    /// Register a key that was made elsewhere with `new --key-only` (needs the governance key).
    Register(RegisterArgs),
    /// List the ledger's boards.
    List,
}

pub(crate) fn run(context: &Context, command: &BoardCommand) -> Result<(), Failure> {
    match command {
        BoardCommand::New(args) => new(context, Role::Board, args),
        BoardCommand::Register(args) => register_made(context, Role::Board, args),
        BoardCommand::List => list(context, Role::Board),
    }
}
