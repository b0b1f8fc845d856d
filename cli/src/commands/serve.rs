//! `salus serve`: the ledger of this home over HTTP.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use clap::Args;
use salus_datasets::profiles::shipped;
use salus_ledger::engine::Ledger;
use salus_ledger::transaction::{AdvanceDay, Envelope};
use salus_node::pages::{OfferedProfile, Site};
use salus_node::sign_in::{Reception, SignInError, SignInLink, SignInSettings};
use salus_node::{Node, Settings, listen, serve};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{Context, today};
use crate::demo::stage::stage;
use crate::desk::Desk;
use crate::failure::Failure;
use crate::home::{Access, Home, Party};
use crate::output::Output;
use crate::path::submit;

/// Serve the ledger over HTTP: read by anyone, written by signed transactions.
///
/// There is no encryption: put a proxy with TLS in front, or listen on this machine only. While it
/// serves, other commands work through it: `salus --node http://127.0.0.1:8080 ...`. A home that
/// follows another node serves its own checked copy, and hands on what is handed in.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  salus serve
  salus serve --demo
  salus serve --desk
  salus serve --desk --imports /srv/exports
  salus serve --desk --sign-in sign-in.toml
  salus serve --listen 127.0.0.1:9000 --move-day
  curl http://127.0.0.1:8080/api/v1/ledger

SALUS_LOG sets what is logged on standard error, such as `warn`. Default: info.")]
pub(crate) struct ServeArgs {
    /// The address to listen on.
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Move the ledger's day on with the calendar (UTC), at the start and at each midnight.
    #[arg(long)]
    move_day: bool,
    /// The address under which clients reach the service, with which FHIR's links begin. Default:
    /// http:// and the host that a request names.
    #[arg(long, value_name = "URL", value_parser = parse_public_url)]
    public_url: Option<String>,
    /// Serve the desks of this home's parties too: pages at which whoever signs in acts with their
    /// keys. A link that signs in, once, is printed. Without --sign-in only on an address of this
    /// machine.
    #[arg(long)]
    desk: bool,
    /// A folder with a folder for each custodian, by its name here, of FHIR exports, each a folder
    /// again: custodians import them at their desks. They can upload smaller ones in any case.
    #[arg(long, value_name = "DIR")]
    imports: Option<PathBuf>,
    /// Who may sign in at the desks instead of whoever follows the link: people of an OpenID Connect
    /// provider, and services. docs/operations.md says what the file holds.
    #[arg(long, requires = "desk", value_name = "FILE")]
    sign_in: Option<PathBuf>,
    /// Serve a demonstration instead of this home: generated patients, studies in every state, and
    /// every party's desk open to whoever sits at this machine.
    #[arg(long, conflicts_with_all = ["desk", "move_day", "sign_in"])]
    demo: bool,
    /// Where the demonstration is kept. What is there goes on.
    #[arg(
        long,
        requires = "demo",
        default_value = "salus-demo-node",
        value_name = "DIR"
    )]
    dir: PathBuf,
    /// How many patients the demonstration generates.
    #[arg(long, requires = "demo", default_value_t = 300, value_parser = clap::value_parser!(u32).range(12..=10_000))]
    patients: u32,
}

fn parse_public_url(text: &str) -> Result<String, String> {
    let rest = ["https://", "http://"]
        .iter()
        .find_map(|scheme| text.strip_prefix(scheme));
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~:/[]%".contains(&b);
    match rest {
        Some(rest) if !rest.is_empty() && !rest.ends_with('/') && rest.bytes().all(plain) => {
            Ok(text.to_owned())
        }
        _ => Err("write it as https://salus.example.org, without a final slash".to_owned()),
    }
}

/// How often a replica asks its node for more.
const FOLLOW: Duration = Duration::from_secs(5);
/// How often the calendar is looked at.
const LOOK: Duration = Duration::from_secs(30);
/// How long the step that a job is at may take to end when the service stops.
const LAST_STEP: Duration = Duration::from_secs(30);

pub(crate) fn run(context: &Context, args: &ServeArgs) -> Result<(), Failure> {
    check_address(args)?;
    let sign_in = args.sign_in.as_deref().map(SignInSettings::read);
    let sign_in = sign_in.transpose().map_err(cannot_sign_in)?;
    check_encrypted(args, sign_in.as_ref())?;
    log_to_stderr()?;
    let home = if args.demo {
        stage(context.output, &args.dir, args.patients)?
    } else {
        context.home.clone()
    };
    let ledger = Arc::new(home.ledger(Access::Write)?);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(cannot_start)?;
    if home.asked_node()?.is_some() {
        runtime.spawn(follow_node(ledger.clone(), context.output));
    }
    if args.move_day {
        let operator = home.operator()?;
        move_day(&ledger, &operator)?;
        runtime.spawn(follow_calendar(ledger.clone(), operator, context.output));
    }
    let served = runtime.block_on(async {
        let reception = match sign_in {
            Some(settings) => {
                let opened = Reception::open(settings).await;
                Some(Arc::new(opened.map_err(cannot_sign_in)?))
            }
            None => None,
        };
        let listener = listen(args.listen).await;
        let listener = listener.map_err(|error| cannot_listen(args.listen, &error))?;
        let stop = (
            signal(SignalKind::terminate()).map_err(cannot_start)?,
            signal(SignalKind::interrupt()).map_err(cannot_start)?,
        );
        let address = listener.local_addr().map_err(cannot_start)?;
        context.output.note(&format!(
            "serving the ledger at http://{address}/; stop with ctrl-c"
        ));
        if !address.ip().is_loopback() {
            context.output.note(
                "note: others can connect, and nothing is encrypted: put a proxy with TLS in front",
            );
        }
        serve_home(context, args, home, ledger, reception, listener, stop).await
    });
    // A job's step that takes longer is cut off; the next process does it again.
    runtime.shutdown_timeout(LAST_STEP);
    served
}

/// Serves until it is told to stop.
async fn serve_home(
    context: &Context,
    args: &ServeArgs,
    home: Home,
    ledger: Arc<Ledger>,
    reception: Option<Arc<Reception>>,
    listener: TcpListener,
    stop: (Signal, Signal),
) -> Result<(), Failure> {
    let address = listener.local_addr().map_err(cannot_start)?;
    let link = args.desk && reception.is_none();
    let link = link.then(SignInLink::random).transpose()?;
    if let Some(path) = link.as_ref().and_then(SignInLink::path) {
        let said = format!("sign in, once, at http://{address}{path}");
        context.output.note(&said);
    }
    let public_url = args.public_url.clone();
    let settings = Settings {
        public_url: public_url.or_else(|| reception.as_ref().map(|known| known.origin())),
        ..Settings::default()
    };
    let node = Node::with_site(ledger, settings, site(args, link, reception));
    let desk = open_desk(args, home, &node).await?;
    let more = desk.clone().map_or_else(Router::new, Desk::routes);
    let told = async {
        told_to_stop(stop).await;
        if let Some(desk) = desk {
            desk.stop_jobs();
        }
    };
    let stopped = serve(listener, node, more, told).await;
    if let Err(unfinished) = stopped {
        context.output.note(&format!("note: {unfinished}"));
    }
    Ok(())
}

/// The desks with their jobs at work, if they are served.
async fn open_desk(args: &ServeArgs, home: Home, node: &Node) -> Result<Option<Desk>, Failure> {
    if !args.desk && !args.demo {
        return Ok(None);
    }
    let desk = Desk::open(home, node.clone(), args.imports.clone()).await?;
    desk.start_jobs().await?;
    Ok(Some(desk))
}

/// What the pages offer: queries can be written for the profiles that Salus ships.
fn site(args: &ServeArgs, link: Option<SignInLink>, reception: Option<Arc<Reception>>) -> Site {
    let offered = shipped().iter().map(|shipped| OfferedProfile {
        profile: Arc::new(shipped.profile.clone()),
        document: shipped.text.into(),
    });
    Site {
        profiles: offered.collect(),
        desk: args.desk || args.demo,
        demo: args.demo,
        link,
        secure: reception.as_ref().is_some_and(|known| known.is_https()),
        reception,
    }
}

/// Desks are for this machine alone, unless a proxy encrypts and somebody says who people are; a
/// demonstration asks nobody who he is.
fn check_address(args: &ServeArgs) -> Result<(), Failure> {
    if let Some(imports) = &args.imports {
        check_imports(args, imports)?;
    }
    let desks = (args.desk && args.sign_in.is_none()) || args.demo;
    if desks && !args.listen.ip().is_loopback() {
        return Err(Failure::usage(
            format!(
                "desks are not served on {}: others could sit down at them",
                args.listen
            ),
            "listen on 127.0.0.1, name who may sign in with --sign-in, or serve the public pages alone",
        ));
    }
    Ok(())
}

fn check_imports(args: &ServeArgs, imports: &Path) -> Result<(), Failure> {
    if !args.desk && !args.demo {
        return Err(Failure::usage(
            "--imports is about desks, and none are served",
            "add --desk",
        ));
    }
    if !imports.is_dir() {
        return Err(Failure::usage(
            format!("{} is no folder", imports.display()),
            "make it, with a folder for each custodian",
        ));
    }
    Ok(())
}

/// Other machines reach desks through TLS alone.
fn check_encrypted(args: &ServeArgs, sign_in: Option<&SignInSettings>) -> Result<(), Failure> {
    let plain = sign_in.is_some_and(|settings| !settings.is_https());
    if plain && !args.listen.ip().is_loopback() {
        return Err(Failure::usage(
            format!(
                "on {} the desks' cookies would go over the wire as they are",
                args.listen
            ),
            "put a proxy with TLS in front, and give its https address as public_url",
        ));
    }
    Ok(())
}

fn cannot_sign_in(error: SignInError) -> Failure {
    Failure::usage(
        error.to_string(),
        "docs/operations.md, \"Who may sign in\", says what a sign-in file holds",
    )
}

/// Moves the ledger's day to today, if that is later.
fn move_day(ledger: &Ledger, operator: &Party) -> Result<(), Failure> {
    let day = today()?;
    let (id, current) = {
        let state = ledger.state()?;
        (state.id(), state.day())
    };
    if current.is_none_or(|current| day > current) {
        let envelope = Envelope::sign(AdvanceDay::drawn(day)?, &id, operator.key.key());
        submit(ledger, envelope)?;
    }
    Ok(())
}

async fn follow_calendar(ledger: Arc<Ledger>, operator: Party, output: Output) {
    let operator = Arc::new(operator);
    loop {
        tokio::time::sleep(LOOK).await;
        let (ledger, operator) = (ledger.clone(), operator.clone());
        let moved = tokio::task::spawn_blocking(move || move_day(&ledger, &operator)).await;
        if let Ok(Err(failure)) = moved {
            output.note(&format!("the day was not moved: {}", failure.sentence()));
        }
    }
}

/// Keeps a replica up to date with the node that it follows.
async fn follow_node(ledger: Arc<Ledger>, output: Output) {
    let mut failed = false;
    loop {
        tokio::time::sleep(FOLLOW).await;
        let ledger = ledger.clone();
        let synced = tokio::task::spawn_blocking(move || ledger.sync(&|_, _| ())).await;
        let failure = synced.ok().and_then(Result::err);
        if let Some(error) = failure.as_ref().filter(|_| !failed) {
            output.note(&format!("the node can't be followed: {error}"));
        }
        if failed && failure.is_none() {
            output.note("the node can be followed again");
        }
        failed = failure.is_some();
    }
}

async fn told_to_stop((mut terminate, mut interrupt): (Signal, Signal)) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

fn cannot_start(error: io::Error) -> Failure {
    Failure::usage(
        format!("the service cannot start: {error}"),
        "the operating system refuses: see its limits for this account",
    )
}

fn cannot_listen(address: SocketAddr, error: &io::Error) -> Failure {
    let help = match error.kind() {
        io::ErrorKind::AddrInUse => "another process listens there: stop it, or name another port",
        io::ErrorKind::PermissionDenied => "ports below 1024 need rights: name a higher one",
        io::ErrorKind::AddrNotAvailable => "name an address of this machine",
        _ => "name another address",
    };
    Failure::usage(format!("cannot listen on {address}: {error}"), help)
}

/// One line of JSON for each request: route, status and time, no path and no address.
fn log_to_stderr() -> Result<(), Failure> {
    let filter = tracing_subscriber::EnvFilter::try_from_env("SALUS_LOG");
    let filter = filter.unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .json()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .try_init()
        .map_err(|error| Failure::usage(error.to_string(), "start it once in a process"))
}
