//! `salus man`.

use std::io;
use std::path::PathBuf;

use clap::{Args, CommandFactory};
use serde::Serialize;

use super::{Cli, Context};
use crate::failure::Failure;
use crate::output::Report;

/// Write manual pages, one for each command.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  salus man ~/.local/share/man/man1
  man salus-study-open")]
pub(crate) struct ManArgs {
    /// The folder to write to; it is made if need be.
    dir: PathBuf,
}

#[derive(Debug, Serialize)]
struct Written {
    dir: PathBuf,
    pages: usize,
}

impl Report for Written {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(out, "{} pages in {}", self.pages, self.dir.display())
    }
}

pub(crate) fn run(context: &Context, args: &ManArgs) -> Result<(), Failure> {
    let failed = |error| Failure::file("write manual pages to", &args.dir)(error);
    std::fs::create_dir_all(&args.dir).map_err(failed)?;
    let command = Cli::command().disable_help_subcommand(true);
    clap_mangen::generate_to(command, &args.dir).map_err(failed)?;
    let pages = std::fs::read_dir(&args.dir).map_err(failed)?.count();
    context.output.show(&Written {
        dir: args.dir.clone(),
        pages,
    })
}
