//! The command line: one group of commands a file.

pub(crate) mod audit;
mod bench;
mod board;
mod cohort;
mod completions;
mod consent;
mod dataset;
mod home;
mod issuer;
pub(crate) mod key;
mod ledger;
mod man;
pub(crate) mod party;
mod profile;
mod prove;
mod purpose;
mod query;
mod record;
mod serve;
mod source;
pub(crate) mod study;
mod verify;
mod wallet;

use std::path::PathBuf;

use clap::builder::Styles;
use clap::builder::styling::AnsiColor;
use clap::{Args, Parser, Subcommand};

use crate::demo;
use crate::failure::Failure;
use crate::home::Home;
use crate::node::NodeAddress;
use crate::output::Output;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// Counts patients and finds volunteers for research, with proofs instead of data.
///
/// Patients' records are committed on a ledger. A study asks a cohort query; each patient who
/// matches and consents answers with a zero-knowledge proof of both, and anyone verifies the
/// answers offline. A proof shows that an answer follows from the committed records; it does not
/// show that an issuer committed the truth.
#[derive(Debug, Parser)]
#[command(name = "salus", version, styles = STYLES, max_term_width = 100)]
#[command(after_help = "\
Examples:
  salus demo                                    the whole path, on generated patients
  salus query check study.salus                 is my query right?
  salus query run study.salus --dummy           whom would it find, among generated patients?
  salus audit verify answers.bundle             check a study's answers, with nothing but a file

Exit codes:
  0 ok, 1 error, 2 usage or query, 3 proof invalid, 4 not permitted or no consent")]
pub(crate) struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
struct Global {
    /// The state directory.
    #[arg(
        long,
        global = true,
        env = "SALUS_HOME",
        default_value = ".salus",
        value_name = "DIR"
    )]
    home: PathBuf,
    /// Work with the ledger that the node at this address keeps, by a copy that is checked here.
    /// Default: the one that `salus ledger follow` named, unless the state directory has a ledger of
    /// its own.
    #[arg(long, global = true, env = "SALUS_NODE", value_name = "URL")]
    node: Option<NodeAddress>,
    /// Print the result as JSON.
    #[arg(long, global = true)]
    json: bool,
    /// Print results only, no progress and no notes.
    #[arg(long, short, global = true)]
    quiet: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::DemoArgs),
    #[command(subcommand)]
    Dataset(dataset::DatasetCommand),
    #[command(subcommand)]
    Profile(profile::ProfileCommand),
    #[command(subcommand)]
    Query(query::QueryCommand),
    #[command(subcommand)]
    Ledger(ledger::LedgerCommand),
    #[command(subcommand)]
    Home(home::HomeCommand),
    #[command(subcommand)]
    Key(key::KeyCommand),
    #[command(subcommand)]
    Issuer(issuer::IssuerCommand),
    #[command(subcommand)]
    Board(board::BoardCommand),
    #[command(subcommand)]
    Wallet(wallet::WalletCommand),
    #[command(subcommand)]
    Record(record::RecordCommand),
    #[command(subcommand)]
    Consent(consent::ConsentCommand),
    #[command(subcommand)]
    Study(study::StudyCommand),
    #[command(subcommand)]
    Cohort(cohort::CohortCommand),
    Serve(serve::ServeArgs),
    Prove(prove::ProveArgs),
    Verify(verify::VerifyArgs),
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    Bench(bench::BenchArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
}

/// What every command is given.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) home: Home,
    pub(crate) output: Output,
}

impl Context {
    /// Says what goes to a node for all on the way to read.
    pub(crate) fn warn_of_open_line(&self, node: &NodeAddress) {
        if !node.is_encrypted() && !node.is_loopback() {
            self.output.note(&format!(
                "note: what goes to {node} is not encrypted. What comes from there is checked, but \
                 others on the way see what you hand in and when: prefer https"
            ));
        }
    }
}

impl Cli {
    pub(crate) const fn is_json(&self) -> bool {
        self.global.json
    }

    pub(crate) fn run(self) -> Result<(), Failure> {
        let context = Context {
            home: Home::new(self.global.home).at_node(self.global.node.clone()),
            output: Output::new(self.global.json, self.global.quiet),
        };
        if let Some(node) = &self.global.node {
            context.warn_of_open_line(node);
        }
        match self.command {
            Command::Demo(args) => demo::run(&context, &args),
            Command::Dataset(command) => dataset::run(&context, &command),
            Command::Profile(command) => profile::run(&context, &command),
            Command::Query(command) => query::run(&context, &command),
            Command::Ledger(command) => ledger::run(&context, &command),
            Command::Home(command) => home::run(&context, &command),
            Command::Key(command) => key::run(&context, &command),
            Command::Issuer(command) => issuer::run(&context, &command),
            Command::Board(command) => board::run(&context, &command),
            Command::Wallet(command) => wallet::run(&context, &command),
            Command::Record(command) => record::run(&context, &command),
            Command::Consent(command) => consent::run(&context, &command),
            Command::Study(command) => study::run(&context, &command),
            Command::Cohort(command) => cohort::run(&context, &command),
            Command::Serve(args) => serve::run(&context, &args),
            Command::Prove(args) => prove::run(&context, &args),
            Command::Verify(args) => verify::run(&context, &args),
            Command::Audit(command) => audit::run(&context, &command),
            Command::Bench(args) => bench::run(&context, &args),
            Command::Completions(args) => completions::run(&args),
            Command::Man(args) => man::run(&context, &args),
        }
    }
}

/// Today in UTC, for the ledger's day.
pub(crate) fn today() -> Result<salus_protocol::day::Day, Failure> {
    let now = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC);
    salus_protocol::day::Day::from_date(now.date()).map_err(|error| {
        Failure::usage(error.to_string(), "set the clock, or give the day yourself")
    })
}
