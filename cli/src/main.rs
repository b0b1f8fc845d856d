//! The `salus` command: a cohort's path from hospital export to verified answers.
//!
//! Lives here: the command line, the state directory, and the steps between the libraries. Never
//! here: a rule of the protocol, the ledger or a proof.

mod commands;
mod demo;
mod desk;
mod failure;
mod home;
mod node;
mod output;
mod path;

use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use commands::Cli;
use failure::{Exit, Failure, Shown};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let help = matches!(
                error.kind(),
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
            );
            // Nothing is left to do where not even this can be printed.
            let _ = error.print();
            return ExitCode::from(if help { 0 } else { Exit::Usage as u8 });
        }
    };
    let json = cli.is_json();
    match cli.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let exit = failure.exit();
            report(failure, json);
            ExitCode::from(exit as u8)
        }
    }
}

/// Says on standard error what went wrong.
fn report(failure: Failure, json: bool) {
    if json {
        let help = miette::Diagnostic::help(&failure).map(|help| help.to_string());
        let error = serde_json::json!({
            "error": failure.sentence(),
            "help": help,
            "exit": failure.exit() as u8,
            "at": failure.places(),
        });
        eprintln!("{error}");
    } else {
        eprintln!("{:?}", miette::Report::new(Shown(failure)));
    }
}
