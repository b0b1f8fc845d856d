//! `salus issuer`: custodians who sign records.

use std::io;

use clap::{Args, Subcommand};
use salus_ledger::key::PublicKey;
use salus_ledger::transaction::{Envelope, RegisterIssuer, Title};
use serde::Serialize;

use super::Context;
use crate::failure::Failure;
use crate::home::{Access, Home, Issuer, Name};
use crate::output::{Report, table};
use crate::path::submit;

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

#[derive(Debug, Args)]
pub(crate) struct NewArgs {
    /// The issuer's short name in the state directory.
    name: Name,
    /// The issuer's name on the ledger. Default: the short name.
    #[arg(long)]
    title: Option<String>,
}

/// A party that was registered, or that stands on the ledger.
#[derive(Debug, Serialize)]
pub(super) struct Registered {
    /// The short name here, if it is one of this home's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    pub(super) title: String,
    pub(super) key: PublicKey,
}

impl Report for Registered {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(out, "{} is registered with key {}", self.title, self.key)
    }
}

/// Parties on the ledger.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct Parties(pub(super) Vec<Registered>);

impl Report for Parties {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        let mut lines = table(&["NAME", "TITLE", "KEY"]);
        for party in &self.0 {
            lines.add_row([
                party.name.as_deref().unwrap_or("-"),
                &party.title,
                &party.key.to_string(),
            ]);
        }
        writeln!(out, "{lines}")
    }
}

/// Makes an issuer's key and registers it.
pub(crate) fn register(
    home: &Home,
    ledger: &salus_ledger::engine::Ledger,
    name: &Name,
    title: &str,
) -> Result<Issuer, Failure> {
    let governance = home.governance()?;
    let issuer = if home.has_issuer(name) {
        home.issuer(name)?
    } else {
        let issuer = Issuer::new(name.clone(), title)?;
        home.put_issuer_key(&issuer)?;
        issuer
    };
    let transaction = RegisterIssuer {
        name: checked_title(&issuer.title)?,
        key: issuer.key.public(),
    };
    if ledger.state()?.issuers().contains_key(&transaction.key) {
        return Err(known("an issuer", home, "issuers", name));
    }
    let id = ledger.state()?.id();
    submit(
        ledger,
        Envelope::sign(transaction, &id, governance.key.key()),
    )?;
    Ok(issuer)
}

/// A party of this name is registered already.
pub(super) fn known(what: &'static str, home: &Home, folder: &str, name: &Name) -> Failure {
    Failure::Exists {
        what,
        path: home.root().join(folder).join(name.as_str()),
        help: "it is registered already: choose another name".to_owned(),
    }
}

/// A title as the ledger takes it.
pub(crate) fn checked_title(text: &str) -> Result<Title, Failure> {
    Title::new(text).map_err(|error| Failure::usage(error.to_string(), "give another title"))
}

pub(crate) fn run(context: &Context, command: &IssuerCommand) -> Result<(), Failure> {
    match command {
        IssuerCommand::New(args) => {
            let title = args.title.as_deref().unwrap_or(args.name.as_str());
            checked_title(title)?;
            let ledger = context.home.ledger(Access::Write)?;
            let issuer = register(&context.home, &ledger, &args.name, title)?;
            context.output.show(&Registered {
                name: Some(args.name.to_string()),
                title: issuer.title.clone(),
                key: issuer.key.public(),
            })
        }
        IssuerCommand::List => {
            let mut here = Vec::new();
            for name in context.home.issuer_names()? {
                if let Ok(name) = name.parse::<Name>() {
                    here.push((context.home.issuer(&name)?.key.public(), name));
                }
            }
            let ledger = context.home.ledger(Access::Read)?;
            let state = ledger.state()?;
            let parties = state.issuers().iter().map(|(key, party)| Registered {
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
