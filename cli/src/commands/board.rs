//! `salus board`: ethics boards, whose approval a study needs.

use clap::{Args, Subcommand};
use salus_ledger::engine::Ledger;
use salus_ledger::transaction::{Envelope, RegisterBoard};

use super::Context;
use super::issuer::{Parties, Registered, checked_title, known};
use crate::failure::Failure;
use crate::home::{Access, Home, Name, Party};
use crate::path::submit;

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

#[derive(Debug, Args)]
pub(crate) struct NewArgs {
    /// The board's short name in the state directory.
    name: Name,
    /// The board's name on the ledger. Default: the short name.
    #[arg(long)]
    title: Option<String>,
}

/// Makes a board's key and registers it.
pub(crate) fn register(
    home: &Home,
    ledger: &Ledger,
    name: &Name,
    title: &str,
) -> Result<Party, Failure> {
    let governance = home.governance()?;
    let board = if home.has_board(name) {
        home.board(name)?
    } else {
        let board = Party::new(title)?;
        home.put_board(name, &board)?;
        board
    };
    let transaction = RegisterBoard {
        name: checked_title(&board.title)?,
        key: board.key.public(),
    };
    if ledger.state()?.boards().contains_key(&transaction.key) {
        return Err(known("an ethics board", home, "boards", name));
    }
    let id = ledger.state()?.id();
    submit(
        ledger,
        Envelope::sign(transaction, &id, governance.key.key()),
    )?;
    Ok(board)
}

pub(crate) fn run(context: &Context, command: &BoardCommand) -> Result<(), Failure> {
    match command {
        BoardCommand::New(args) => {
            let title = args.title.as_deref().unwrap_or(args.name.as_str());
            checked_title(title)?;
            let ledger = context.home.ledger(Access::Write)?;
            let board = register(&context.home, &ledger, &args.name, title)?;
            context.output.show(&Registered {
                name: Some(args.name.to_string()),
                title: board.title.clone(),
                key: board.key.public(),
            })
        }
        BoardCommand::List => {
            let mut here = Vec::new();
            for name in context.home.board_names()? {
                if let Ok(name) = name.parse::<Name>() {
                    here.push((context.home.board(&name)?.key.public(), name));
                }
            }
            let ledger = context.home.ledger(Access::Read)?;
            let state = ledger.state()?;
            let parties = state.boards().iter().map(|(key, party)| Registered {
                name: here
                    .iter()
                    .find(|(known, _)| known == key)
                    .map(|(_, name)| name.to_string()),
                title: party.name.to_string(),
                key: *key,
            });
            context.output.show(&Parties(parties.collect()))
        }
    }
}
