//! `salus consent`: given and taken back by a subject, and written as FHIR.

mod export;

mod hand_over;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args, Subcommand};
use salus_datasets::fhir::Import;
use salus_datasets::fhir::consent::{NoConsent, Wish, wish_of, wishes};
use salus_protocol::consent::{Grant, Modifier, Permission, Region, Terms};
use salus_protocol::day::Day;
use salus_protocol::purpose::Institution;
use serde::Serialize;

use super::Context;
use super::purpose::{parse_institution, parse_permission};
use super::source::SizeArgs;
use super::wallet;
use crate::failure::Failure;
use crate::home::{Access, Name};
use crate::output::{Report, counted};
use crate::path::consent::{Granting, grant, revoke};

/// Consent: what a subject permits. There is none by default, and a denial wins over a permit.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  salus consent grant --wallet alice --permit HMB --deny-for-profit --be-counted --be-contacted --until 2027-12-31
  salus consent grant --wallet alice --permit DS:diabetes --only-in eea --be-contacted --until 2027-12-31
  salus consent grant --wallet alice --from-fhir ./export
  salus consent grant --all --from-fhir ./export
  salus consent hand-over --wallet alice --issuer \"St Elsewhere\" --out consents.json
  salus consent keep consents.json --issuer st-elsewhere
  salus consent show alice
  salus consent export --wallet alice --fhir r4 --out alice-consent.json
  salus consent revoke --wallet alice")]
pub(crate) enum ConsentCommand {
    /// Give consent for all records of a wallet, in place of any given before.
    Grant(GrantArgs),
    /// Take consent back. From then on no proof of it enters the ledger.
    Revoke(RevokeArgs),
    /// Write the openings of a wallet's consents to a file, for the custodian of the records.
    ///
    /// A custodian can publish and count its dataset only if it knows what each consent in it says.
    /// Who has the file can read the consents; it holds no private key.
    HandOver(hand_over::HandOverArgs),
    /// Keep consents that a subject handed over, after a check against the ledger.
    Keep(hand_over::KeepArgs),
    /// Show a wallet's records and consents.
    Show(ShowArgs),
    /// Write what a wallet consents to as FHIR Consents, in a Bundle with the patient.
    Export(export::ExportArgs),
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true).args(["permit", "from_fhir"]))]
#[command(group = ArgGroup::new("who").required(true).args(["wallet", "all"]))]
pub(crate) struct GrantArgs {
    /// Whose.
    #[arg(long, value_name = "NAME")]
    wallet: Option<Name>,
    /// Every wallet of this state directory whose patient consents in the source.
    #[arg(long, requires = "from_fhir")]
    all: bool,
    /// Take the consent from a FHIR R4 or R5 Consent: an NDJSON file, a Bundle or a folder.
    #[arg(long, value_name = "PATH")]
    from_fhir: Option<PathBuf>,
    #[command(flatten)]
    size: SizeArgs,
    #[command(flatten)]
    terms: TermsArgs,
}

/// Terms on the command line. Repeatable ones add up.
#[derive(Debug, Args)]
#[command(next_help_heading = "Terms")]
struct TermsArgs {
    /// Permit research: general (GRU), health (HMB), ancestry (POA) or a disease area (DS:diabetes).
    #[arg(long, value_name = "RESEARCH", value_parser = parse_permission, conflicts_with = "from_fhir")]
    permit: Vec<Permission>,
    /// Grant: be counted in cohort answers.
    #[arg(long, conflicts_with = "from_fhir")]
    be_counted: bool,
    /// Grant: be contacted by a study.
    #[arg(long, conflicts_with = "from_fhir")]
    be_contacted: bool,
    /// Grant: share record-level data with a study.
    #[arg(long, conflicts_with = "from_fhir")]
    share_data: bool,
    /// First day in force. Default: the ledger's day.
    #[arg(long, value_name = "DATE", conflicts_with = "from_fhir")]
    from: Option<Day>,
    /// Last day in force.
    #[arg(
        long,
        value_name = "DATE",
        required_unless_present = "from_fhir",
        conflicts_with = "from_fhir"
    )]
    until: Option<Day>,
    /// Only not-for-profit organisations (NPU).
    #[arg(long, conflicts_with = "from_fhir")]
    deny_for_profit: bool,
    /// Only non-commercial use (NCU).
    #[arg(long, conflicts_with = "from_fhir")]
    deny_commercial: bool,
    /// No ancestry research (NPOA).
    #[arg(long, conflicts_with = "from_fhir")]
    deny_ancestry: bool,
    /// No methods research (NMDS).
    #[arg(long, conflicts_with = "from_fhir")]
    deny_methods: bool,
    /// Only genetic studies (GSO).
    #[arg(long, conflicts_with = "from_fhir")]
    genetic_only: bool,
    /// Results must be published (PUB).
    #[arg(long, conflicts_with = "from_fhir")]
    require_publication: bool,
    /// The primary investigators must be part of it (COL).
    #[arg(long, conflicts_with = "from_fhir")]
    require_collaboration: bool,
    /// Derived data must be returned (RTN).
    #[arg(long, conflicts_with = "from_fhir")]
    require_return: bool,
    /// Ethics approval is needed (IRB).
    #[arg(long, conflicts_with = "from_fhir")]
    require_ethics_approval: bool,
    /// A publication moratorium is kept (MOR).
    #[arg(long, conflicts_with = "from_fhir")]
    require_moratorium: bool,
    /// Only approved users (US).
    #[arg(long, conflicts_with = "from_fhir")]
    require_approved_users: bool,
    /// Only in these regions (GS).
    #[arg(long, value_name = "REGION", conflicts_with = "from_fhir")]
    only_in: Vec<Region>,
    /// Only studies of this institution (IS).
    #[arg(long, value_name = "NAME", value_parser = parse_institution, conflicts_with = "from_fhir")]
    only_institution: Option<Institution>,
    /// Only this study (PS): a short name or an id.
    #[arg(long, value_name = "STUDY", conflicts_with = "from_fhir")]
    only_study: Option<String>,
}

impl TermsArgs {
    fn terms(&self) -> Terms {
        use Modifier as M;
        let modifiers = [
            (self.deny_for_profit, M::NonProfitOrganisation),
            (self.deny_commercial, M::NonCommercialUse),
            (self.deny_ancestry, M::NoAncestry),
            (self.deny_methods, M::NoMethods),
            (self.genetic_only, M::GeneticOnly),
            (self.require_publication, M::Publication),
            (self.require_collaboration, M::Collaboration),
            (self.require_return, M::ReturnData),
            (self.require_ethics_approval, M::EthicsApproval),
            (self.require_moratorium, M::Moratorium),
            (self.require_approved_users, M::ApprovedUsers),
        ];
        let grants = [
            (self.be_counted, Grant::Counted),
            (self.be_contacted, Grant::Contacted),
            (self.share_data, Grant::Shared),
        ];
        let mut terms = self
            .permit
            .iter()
            .copied()
            .fold(Terms::none(), Terms::permit);
        for (_, modifier) in modifiers.into_iter().filter(|(given, _)| *given) {
            terms = terms.modify(modifier);
        }
        for (_, grant) in grants.into_iter().filter(|(given, _)| *given) {
            terms = terms.grant(grant);
        }
        if self.only_in.is_empty() {
            terms
        } else {
            terms.only_in(&self.only_in)
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct RevokeArgs {
    /// Whose.
    #[arg(long, value_name = "NAME")]
    wallet: Name,
}

#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The wallet's name.
    wallet: Name,
}

#[derive(Debug, Serialize)]
struct Granted {
    wallet: String,
    records: usize,
    terms: Terms,
    from: Day,
    until: Day,
}

impl Report for Granted {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(
            out,
            "{} consents for {}, {} to {}: {}",
            self.wallet,
            counted(self.records, "record", "records"),
            self.from,
            self.until,
            wallet::terms(self.terms)
        )
    }
}

#[derive(Debug, Serialize)]
struct GrantedAll {
    wallets: usize,
    records: usize,
    /// Wallets whose patients do not consent, by reason.
    no_consent: BTreeMap<String, usize>,
}

impl Report for GrantedAll {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(
            out,
            "{} for {}",
            counted(self.wallets, "wallet consents", "wallets consent"),
            counted(self.records, "record", "records")
        )?;
        for (reason, wallets) in &self.no_consent {
            writeln!(out, "{wallets:>6} gave none: {reason}")?;
        }
        Ok(())
    }
}

#[derive(Debug, Serialize)]
struct Revoked {
    wallet: String,
    records: usize,
}

impl Report for Revoked {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(
            out,
            "{} revoked consent for {}",
            self.wallet,
            counted(self.records, "record", "records")
        )
    }
}

pub(crate) fn run(context: &Context, command: &ConsentCommand) -> Result<(), Failure> {
    match command {
        ConsentCommand::Grant(args) => run_grant(context, args),
        ConsentCommand::Revoke(args) => {
            let wallet = context.home.wallet(&args.wallet)?;
            let ledger = context.home.ledger(Access::Write)?;
            let records = revoke(&ledger, &[wallet])?;
            if records == 0 {
                return Err(nothing(&args.wallet, "no consent to revoke"));
            }
            context.output.show(&Revoked {
                wallet: args.wallet.to_string(),
                records,
            })
        }
        ConsentCommand::HandOver(args) => hand_over::run(context, args),
        ConsentCommand::Keep(args) => hand_over::keep(context, args),
        ConsentCommand::Show(args) => wallet::show(context, &context.home, &args.wallet),
        ConsentCommand::Export(args) => export::run(context, args),
    }
}

fn nothing(wallet: &Name, what: &str) -> Failure {
    Failure::NotPermitted {
        message: format!("wallet {wallet} has {what}"),
        help: format!("`salus wallet show {wallet}` lists its records and consents"),
    }
}

fn run_grant(context: &Context, args: &GrantArgs) -> Result<(), Failure> {
    match (&args.wallet, &args.from_fhir) {
        (Some(name), _) => grant_one(context, args, name),
        (None, Some(source)) => grant_all(context, source, args.size),
        (None, None) => Err(Failure::usage("whose consent?", "give --wallet or --all")),
    }
}

/// Every wallet's patient as the source says; patients without a wallet are passed over.
fn grant_all(context: &Context, source: &Path, size: SizeArgs) -> Result<(), Failure> {
    let home = &context.home;
    let import = read_to_its_end(source, size)?;
    let (mut grantings, mut no_consent) = (Vec::new(), BTreeMap::new());
    for (patient, wish) in import.patients.iter().zip(wishes(&import)) {
        let Ok(name) = patient.id.parse::<Name>() else {
            continue;
        };
        match (home.find_wallet(&name)?, wish) {
            (None, _) => {}
            (Some(wallet), Ok(wish)) => grantings.push(Granting { wallet, wish }),
            (Some(_), Err(reason)) => *no_consent.entry(reason.to_string()).or_default() += 1,
        }
    }
    let wallets = grantings.len();
    let ledger = home.ledger(Access::Write)?;
    let bar = context.output.bar("granting", wallets);
    let records = grant(home, &ledger, grantings, || bar.inc(1))?;
    bar.finish_and_clear();
    context.output.show(&GrantedAll {
        wallets,
        records,
        no_consent,
    })
}

fn grant_one(context: &Context, args: &GrantArgs, name: &Name) -> Result<(), Failure> {
    let home = &context.home;
    let wallet = home.wallet(name)?;
    let ledger = home.ledger(Access::Write)?;
    let wish = match &args.from_fhir {
        Some(path) => from_fhir(path, args.size, name)?,
        None => {
            let state = ledger.state()?;
            let today = state.day().unwrap_or(Day::FIRST);
            let only = args.terms.only_study.as_deref();
            let project = only.map(|text| home.find_study(&state, text)).transpose()?;
            from_flags(&args.terms, today, project.map(|study| study.scope))?
        }
    };
    let granting = Granting {
        wallet,
        wish: wish.clone(),
    };
    let records = grant(home, &ledger, vec![granting], || ())?;
    if records == 0 {
        return Err(nothing(name, "no record in the registry"));
    }
    context.output.show(&Granted {
        wallet: name.to_string(),
        records,
        terms: wish.terms,
        from: wish.from,
        until: wish.until,
    })
}

fn from_flags(
    args: &TermsArgs,
    today: Day,
    project: Option<salus_protocol::nullifier::Scope>,
) -> Result<Wish, Failure> {
    let terms = args.terms();
    let from = args.from.unwrap_or(today);
    let until = args.until.unwrap_or(Day::LAST);
    let grants = Grant::ALL.iter().any(|grant| terms.grants(*grant));
    if !grants {
        return Err(Failure::usage(
            "the consent grants nothing",
            "add --be-counted, --be-contacted or --share-data",
        ));
    }
    if until < from {
        return Err(Failure::usage(
            format!("the consent would end on {until}, before it begins on {from}"),
            "give a later --until",
        ));
    }
    Ok(Wish {
        terms,
        from,
        until,
        institution: args.only_institution.clone(),
        project,
    })
}

/// A source's import, which must be whole: a refusal may be in what is missing.
fn read_to_its_end(path: &Path, size: SizeArgs) -> Result<Import, Failure> {
    let import = size.import(path)?;
    if import.report.is_complete() {
        return Ok(import);
    }
    Err(Failure::usage(
        format!(
            "{} could not be read to its end, and a refusal may be in what is missing",
            path.display()
        ),
        "`salus dataset import` says which file broke off; export it again",
    ))
}

/// What the Consent resources of a source say for the patient whose wallet it is.
fn from_fhir(path: &Path, size: SizeArgs, wallet: &Name) -> Result<Wish, Failure> {
    let import = read_to_its_end(path, size)?;
    let patient = import.patient(wallet.as_str());
    let wish = patient.map_or(Err(NoConsent::None), |patient| wish_of(&import, patient));
    wish.map_err(|reason| no_consent(path, wallet, &reason))
}

fn no_consent(path: &Path, wallet: &Name, reason: &NoConsent) -> Failure {
    let help = match reason {
        NoConsent::None => {
            format!("the source must hold the Patient {wallet} and a Consent that refers to it")
        }
        _ => "what can't be decided is no consent; `salus consent grant --permit` states it in \
              DUO's terms"
            .to_owned(),
    };
    Failure::NotPermitted {
        message: format!("{} gives no consent of {wallet}: {reason}", path.display()),
        help,
    }
}
