//! `salus wallet`: what a subject holds.

mod hand_over;

use std::io;

use clap::{Args, Subcommand};
use salus_ledger::state::State;
use salus_protocol::day::Day;
use serde::Serialize;

use super::Context;
use crate::failure::Failure;
use crate::home::{Access, Home, Name, Wallet};
use crate::output::{Report, table};
use crate::path::Places;
use crate::path::consent::in_force;

/// Wallets: a subject's secret, own records and own consents.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  salus wallet new alice
  salus wallet request alice --out request.json
  salus wallet accept alice record.json
  salus wallet list
  salus wallet show alice")]
pub(crate) enum WalletCommand {
    /// Make a wallet with a secret of its own.
    New(NameArgs),
    /// Ask a custodian for a record: write the keys that belong into it to a file.
    ///
    /// The file holds public keys only. Each request is for one record.
    Request(hand_over::RequestArgs),
    /// Put records that a custodian handed over into the wallet, after a check against the ledger.
    Accept(hand_over::AcceptArgs),
    /// List the wallets of the state directory.
    List,
    /// Show a wallet's records and consents, never its secret or a record's values.
    Show(NameArgs),
}

#[derive(Debug, Args)]
pub(crate) struct NameArgs {
    /// The wallet's name.
    name: Name,
}

#[derive(Debug, Serialize)]
struct Made {
    name: String,
    subject: String,
}

impl Report for Made {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(
            out,
            "wallet {}\nsubject key, for issuers: {}",
            self.name, self.subject
        )
    }
}

#[derive(Debug, Serialize)]
struct Listed {
    name: String,
    records: usize,
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
struct List(Vec<Listed>);

impl Report for List {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        let mut lines = table(&["WALLET", "RECORDS"]);
        for wallet in &self.0 {
            lines.add_row([&wallet.name, &wallet.records.to_string()]);
        }
        writeln!(out, "{lines}")
    }
}

/// A wallet, without anything secret.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    name: String,
    subject: String,
    records: Vec<ShownRecord>,
}

#[derive(Debug, Serialize)]
struct ShownRecord {
    issuer: String,
    profile: String,
    index_day: Day,
    commitment: String,
    /// Place in the registry; none if it was replaced, erased or never committed.
    index: Option<u32>,
    consent: Option<ShownConsent>,
}

#[derive(Debug, Serialize)]
struct ShownConsent {
    terms: String,
    from: Day,
    until: Day,
    /// Whether the ledger's day lies in the window.
    in_window: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    institution: Option<String>,
    only_one_study: bool,
}

impl Shown {
    pub(super) fn of(state: &State, wallet: &Wallet) -> Self {
        let places = Places::of(state);
        let records = wallet.holdings.iter().map(|holding| {
            let commitment = holding.record.commitment();
            let consent = in_force(state, &places, holding).map(|(_, consent)| ShownConsent {
                terms: terms(consent.terms),
                from: consent.from,
                until: consent.until,
                in_window: state
                    .day()
                    .is_some_and(|day| consent.from <= day && day <= consent.until),
                institution: consent.institution.as_ref().map(|i| i.name().to_owned()),
                only_one_study: consent.project.is_some(),
            });
            ShownRecord {
                issuer: holding.issuer.clone(),
                profile: holding.profile.clone(),
                index_day: holding.index_day,
                commitment: commitment.to_string(),
                index: places.find(&commitment),
                consent,
            }
        });
        Self {
            name: wallet.name.to_string(),
            subject: wallet.subject_key().to_string(),
            records: records.collect(),
        }
    }
}

/// Terms in their short names.
pub(super) fn terms(terms: salus_protocol::consent::Terms) -> String {
    let names = serde_json::to_value(terms).unwrap_or_default();
    let names = names.as_array().into_iter().flatten();
    let names: Vec<_> = names.filter_map(|name| name.as_str()).collect();
    names.join(", ")
}

impl Report for Shown {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(out, "wallet {}\nsubject key {}", self.name, self.subject)?;
        if self.records.is_empty() {
            writeln!(out, "no records")?;
        }
        for record in &self.records {
            let place = match record.index {
                Some(index) => format!("record {index} of the registry"),
                None => "not in the registry (replaced, erased or never committed)".to_owned(),
            };
            writeln!(
                out,
                "\n{} as of {}, by {}: {place}",
                record.profile, record.index_day, record.issuer
            )?;
            match &record.consent {
                None => writeln!(out, "  no consent")?,
                Some(consent) => {
                    let now = if consent.in_window {
                        ""
                    } else {
                        " (not in force)"
                    };
                    writeln!(
                        out,
                        "  consent {} to {}{now}: {}",
                        consent.from, consent.until, consent.terms
                    )?;
                    if let Some(institution) = &consent.institution {
                        writeln!(out, "  only for {institution}")?;
                    }
                    if consent.only_one_study {
                        writeln!(out, "  only for one study")?;
                    }
                }
            }
        }
        Ok(())
    }
}

pub(crate) fn run(context: &Context, command: &WalletCommand) -> Result<(), Failure> {
    match command {
        WalletCommand::New(args) => new(context, &args.name),
        WalletCommand::Request(args) => hand_over::request(context, args),
        WalletCommand::Accept(args) => hand_over::accept(context, args),
        WalletCommand::List => {
            let mut list = Vec::new();
            for name in context.home.wallet_names()? {
                let wallet = context.home.wallet(&name)?;
                list.push(Listed {
                    name: name.to_string(),
                    records: wallet.holdings.len(),
                });
            }
            context.output.show(&List(list))
        }
        WalletCommand::Show(args) => show(context, &context.home, &args.name),
    }
}

fn new(context: &Context, name: &Name) -> Result<(), Failure> {
    if context.home.find_wallet(name)?.is_some() {
        return Err(Failure::Exists {
            what: "a wallet",
            path: context.home.root().join("wallets").join(name.as_str()),
            help: "a wallet is never overwritten: choose another name".to_owned(),
        });
    }
    let wallet = Wallet::new(name.clone())?;
    context.home.put_wallet(&wallet)?;
    context.output.show(&Made {
        name: name.to_string(),
        subject: wallet.subject_key().to_string(),
    })
}

pub(super) fn show(context: &Context, home: &Home, name: &Name) -> Result<(), Failure> {
    let wallet = home.wallet(name)?;
    let ledger = home.ledger(Access::Read)?;
    let state = ledger.state()?;
    context.output.show(&Shown::of(&state, &wallet))
}
