//! What `salus issuer` and `salus board` have in common: both are parties that governance
//! registers.

use std::collections::BTreeMap;
use std::io;

use clap::Args;
use salus_ledger::engine::Ledger;
use salus_ledger::key::PublicKey;
use salus_ledger::state::{self, State};
use salus_ledger::transaction::{Envelope, RegisterBoard, RegisterIssuer, Title, Transaction};
use serde::Serialize;

use super::Context;
use crate::failure::Failure;
use crate::home::{Access, Home, Name, Party, Role};
use crate::output::{Report, table};
use crate::path::submit;

#[derive(Debug, Args)]
pub(crate) struct NewArgs {
    /// The short name in the state directory.
    name: Name,
    /// The name on the ledger. Default: the short name.
    #[arg(long)]
    title: Option<String>,
    /// Make the key only: governance, which is elsewhere, registers it with `register`.
    #[arg(long)]
    key_only: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RegisterArgs {
    /// The party's public key, as `new --key-only` showed it.
    key: PublicKey,
    /// The name on the ledger.
    #[arg(long)]
    title: String,
}

/// A key that is not registered yet.
#[derive(Debug, Serialize)]
struct Made {
    name: String,
    title: String,
    key: PublicKey,
    registered: bool,
}

impl Report for Made {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(
            out,
            "key of {}, for the ledger's governance to register: {}",
            self.title, self.key
        )
    }
}

/// A party that was registered, or that stands on the ledger.
#[derive(Debug, Serialize)]
struct Registered {
    /// The short name here, if it is one of this home's.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    title: String,
    key: PublicKey,
}

impl Report for Registered {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(out, "{} is registered with key {}", self.title, self.key)
    }
}

/// Parties on the ledger.
#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Parties(Vec<Registered>);

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

/// The parties of a role on a ledger.
fn registered(role: Role, state: &State) -> &BTreeMap<PublicKey, state::Party> {
    match role {
        Role::Issuer => state.issuers(),
        Role::Board => state.boards(),
    }
}

fn registration(role: Role, name: Title, key: PublicKey) -> Transaction {
    match role {
        Role::Issuer => RegisterIssuer { name, key }.into(),
        Role::Board => RegisterBoard { name, key }.into(),
    }
}

/// A title as the ledger takes it.
pub(crate) fn checked_title(text: &str) -> Result<Title, Failure> {
    Title::new(text).map_err(|error| Failure::usage(error.to_string(), "give another title"))
}

/// Makes a party's key and registers it. A key that an earlier attempt left is used again.
pub(crate) fn register(
    home: &Home,
    ledger: &Ledger,
    role: Role,
    name: &Name,
    title: &str,
) -> Result<Party, Failure> {
    home.governance()?;
    let party = party_or_new(home, role, name, title)?;
    let key = party.key.public();
    register_key(home, ledger, role, checked_title(&party.title)?, key)?;
    Ok(party)
}

/// The party of this name, made with a fresh key if there is none.
fn party_or_new(home: &Home, role: Role, name: &Name, title: &str) -> Result<Party, Failure> {
    if let Some(party) = home.find_party(role, name)? {
        return Ok(party);
    }
    let party = Party::new(title)?;
    home.put_party(role, name, &party)?;
    Ok(party)
}

/// Registers a key with the governance key of this home.
fn register_key(
    home: &Home,
    ledger: &Ledger,
    role: Role,
    title: Title,
    key: PublicKey,
) -> Result<(), Failure> {
    let governance = home.governance()?;
    let (id, known) = {
        let state = ledger.state()?;
        (state.id(), registered(role, &state).contains_key(&key))
    };
    if known {
        return Err(Failure::Exists {
            what: role.noun(),
            path: home.root().join(role.folder()),
            help: format!("the key {key} is registered already: make a new one under another name"),
        });
    }
    let transaction = registration(role, title, key);
    submit(
        ledger,
        Envelope::sign(transaction, &id, governance.key.key()),
    )?;
    Ok(())
}

/// Registers a party whose key was made elsewhere.
pub(super) fn register_made(
    context: &Context,
    role: Role,
    args: &RegisterArgs,
) -> Result<(), Failure> {
    let title = checked_title(&args.title)?;
    let ledger = context.home.ledger(Access::Write)?;
    register_key(&context.home, &ledger, role, title, args.key)?;
    context.output.show(&Registered {
        name: None,
        title: args.title.clone(),
        key: args.key,
    })
}

/// Registers a new party and shows it.
pub(super) fn new(context: &Context, role: Role, args: &NewArgs) -> Result<(), Failure> {
    let title = args.title.as_deref().unwrap_or(args.name.as_str());
    checked_title(title)?;
    if args.key_only {
        let party = party_or_new(&context.home, role, &args.name, title)?;
        return context.output.show(&Made {
            name: args.name.to_string(),
            key: party.key.public(),
            title: party.title,
            registered: false,
        });
    }
    let ledger = context.home.ledger(Access::Write)?;
    let party = register(&context.home, &ledger, role, &args.name, title)?;
    context.output.show(&Registered {
        name: Some(args.name.to_string()),
        title: party.title.clone(),
        key: party.key.public(),
    })
}

/// Lists the ledger's parties of a role, those of this home with their short names.
pub(super) fn list(context: &Context, role: Role) -> Result<(), Failure> {
    let home = &context.home;
    let mut here = BTreeMap::new();
    for name in home.party_names(role)? {
        here.insert(home.party(role, &name)?.key.public(), name);
    }
    let ledger = home.ledger(Access::Read)?;
    let state = ledger.state()?;
    let parties = registered(role, &state)
        .iter()
        .map(|(key, party)| Registered {
            name: here.get(key).map(Name::to_string),
            title: party.name.to_string(),
            key: *key,
        });
    context.output.show(&Parties(parties.collect()))
}
