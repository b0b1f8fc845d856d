//! `salus home`: the state directory itself.

use std::io;

use clap::Subcommand;
use serde::Serialize;

use super::Context;
use crate::failure::Failure;
use crate::home::Damage;
use crate::output::Report;

/// The state directory: whether its files can be read.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  salus home check
  salus --home /srv/salus home check")]
pub(crate) enum HomeCommand {
    /// Read every wallet, key, record and job, and name the files that are damaged.
    ///
    /// A service's log names no file, since names of wallets may be names of patients. The ledger is
    /// checked by `salus ledger verify`.
    Check,
}

#[derive(Debug, Serialize)]
struct Checked {
    sound: usize,
    /// What is wrong, with the file's name.
    damaged: Vec<String>,
}

impl From<Damage> for Checked {
    fn from(damage: Damage) -> Self {
        Self {
            sound: damage.sound,
            damaged: damage.damaged.iter().map(Failure::sentence).collect(),
        }
    }
}

impl Report for Checked {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        for line in &self.damaged {
            writeln!(out, "{line}")?;
        }
        writeln!(out, "{} sound, {} damaged", self.sound, self.damaged.len())
    }
}

pub(crate) fn run(context: &Context, command: &HomeCommand) -> Result<(), Failure> {
    let HomeCommand::Check = command;
    let checked = Checked::from(context.home.damage());
    context.output.show(&checked)?;
    if checked.damaged.is_empty() {
        return Ok(());
    }
    Err(Failure::Invalid {
        message: format!("{} files are damaged", checked.damaged.len()),
        help: "restore them from a copy; what cannot be restored is lost to its party alone"
            .to_owned(),
    })
}
