//! `salus record`: signed records of an issuer.

mod hand_over;

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use salus_datasets::derivation::{Derivation, PatientLeftOut, derive};
use salus_protocol::day::Day;
use salus_protocol::profile::Edition;
use serde::Serialize;

use super::Context;
use super::source::SizeArgs;
use crate::failure::Failure;
use crate::home::{Access, Name};
use crate::output::{Report, counted, table};
use crate::path::{self, Places, profile};

/// Records: derived from a dataset, signed by an issuer, committed on the ledger.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  salus record issue ./export --issuer st-elsewhere --profile cardiometabolic --at 2025-01-01
  salus record issue ./export --issuer st-elsewhere --at 2025-01-01 --request 4711=request.json
  salus record hand-over 4711 --issuer st-elsewhere --out record.json
  salus record list --issuer st-elsewhere
  salus record amend ./export-corrected --issuer st-elsewhere --profile cardiometabolic --at 2025-01-01
  salus record erase PATIENT --issuer st-elsewhere")]
pub(crate) enum RecordCommand {
    /// Derive rows of a dataset, sign them, put them into the patients' wallets and commit them.
    ///
    /// Each patient's wallet has the patient's id for a name and is made if there is none; one that
    /// holds another issuer's records may be somebody else's and is refused. Those who keep a wallet
    /// elsewhere hand in a --request. A patient who already has such a record by this
    /// issuer is passed over.
    Issue(IssueArgs),
    /// Write the openings of a patient's records to a file, for the patient's own wallet.
    ///
    /// Who has the file can read the records: give it to the patient only, over a way that you
    /// trust. It holds no private key.
    HandOver(hand_over::HandOverArgs),
    /// Derive rows anew, and replace the records that have changed. Consents stay.
    Amend(SourceArgs),
    /// List an issuer's records, without their values.
    List(ListArgs),
    /// Take a patient's records out of the registry and destroy their openings.
    Erase(EraseArgs),
}

#[derive(Debug, Args)]
pub(crate) struct SourceArgs {
    /// A FHIR R4 export: a folder or a file.
    source: PathBuf,
    /// Whose records they are.
    #[arg(long, value_name = "NAME")]
    issuer: Name,
    /// A shipped profile's name, or a profile document.
    #[arg(long, short, default_value = "cardiometabolic")]
    profile: String,
    /// The index day: only what was on record by then counts. Queries at this day can be answered.
    #[arg(long, value_name = "DATE")]
    at: Day,
    /// Only these patients.
    #[arg(long = "patient", value_name = "ID")]
    patients: Vec<String>,
    #[command(flatten)]
    size: SizeArgs,
}

#[derive(Debug, Args)]
pub(crate) struct IssueArgs {
    #[command(flatten)]
    source: SourceArgs,
    /// A patient's id and the request that `salus wallet request` wrote for it: the record gets the
    /// keys of that wallet, and none is made here. Repeatable.
    #[arg(long = "request", value_name = "ID=FILE", value_parser = hand_over::parse_request)]
    requests: Vec<(Name, PathBuf)>,
    /// Put records also into wallets that hold another issuer's. Only where its patients' ids are
    /// known to be of the same people.
    #[arg(long)]
    same_people: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Whose records.
    #[arg(long, value_name = "NAME")]
    issuer: Name,
}

#[derive(Debug, Args)]
pub(crate) struct EraseArgs {
    /// The patient's id.
    patient: Name,
    /// Whose records.
    #[arg(long, value_name = "NAME")]
    issuer: Name,
}

#[derive(Debug, Serialize)]
struct Issued {
    profile: String,
    index_day: Day,
    records: usize,
    already: usize,
    no_name: Vec<String>,
    /// Patients without a row, by reason.
    without_row: BTreeMap<PatientLeftOut, u64>,
}

impl Report for Issued {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(
            out,
            "{} committed ({} as of {})",
            counted(self.records, "record", "records"),
            self.profile,
            self.index_day
        )?;
        if self.already > 0 {
            writeln!(out, "{:>6} already had one", self.already)?;
        }
        for (reason, patients) in &self.without_row {
            writeln!(out, "{patients:>6} without one: {}", reason.words())?;
        }
        for patient in &self.no_name {
            writeln!(
                out,
                "       {patient:?} has none: its id can't name a wallet"
            )?;
        }
        Ok(())
    }
}

#[derive(Debug, Serialize)]
struct Amended {
    amended: usize,
    unchanged: usize,
    without_record: usize,
}

impl Report for Amended {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(
            out,
            "{} amended, {} unchanged, {} without a record",
            counted(self.amended, "record", "records"),
            self.unchanged,
            counted(self.without_record, "patient", "patients")
        )
    }
}

#[derive(Debug, Serialize)]
struct Listed {
    patient: String,
    profile: String,
    index_day: Day,
    index: Option<u32>,
    commitment: String,
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
struct List(Vec<Listed>);

impl Report for List {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        let mut lines = table(&["PATIENT", "PROFILE", "AS OF", "INDEX", "COMMITMENT"]);
        for record in &self.0 {
            let index = record.index.map(|index| index.to_string());
            lines.add_row([
                &record.patient,
                &record.profile,
                &record.index_day.to_string(),
                index.as_deref().unwrap_or("replaced"),
                &record.commitment[..16],
            ]);
        }
        writeln!(out, "{lines}")
    }
}

#[derive(Debug, Serialize)]
struct Erased {
    patient: String,
    erased: usize,
}

impl Report for Erased {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(
            out,
            "{} of {} erased, openings here destroyed",
            counted(self.erased, "record", "records"),
            self.patient
        )
    }
}

pub(crate) fn run(context: &Context, command: &RecordCommand) -> Result<(), Failure> {
    match command {
        RecordCommand::Issue(args) => issue(context, args),
        RecordCommand::HandOver(args) => hand_over::run(context, args),
        RecordCommand::Amend(args) => amend(context, args),
        RecordCommand::List(args) => list(context, args),
        RecordCommand::Erase(args) => {
            let ledger = context.home.ledger(Access::Write)?;
            let mut issuer = context.home.issuer(&args.issuer)?;
            let erased = path::record::erase(&context.home, &ledger, &mut issuer, &args.patient)?;
            context.output.show(&Erased {
                patient: args.patient.to_string(),
                erased,
            })
        }
    }
}

/// The rows that a command is about.
fn rows(args: &SourceArgs, profile: &profile::Source) -> Result<Derivation, Failure> {
    let import = args.size.import(&args.source)?;
    if !import.report.is_complete() {
        return Err(Failure::usage(
            format!("{} could not be read to its end", args.source.display()),
            "`salus dataset import` says which file broke off; export it again",
        ));
    }
    let mut derivation = derive(&profile.profile, &import, args.at)?;
    if !args.patients.is_empty() {
        derivation
            .rows
            .retain(|row| args.patients.contains(&row.patient));
        if derivation.rows.is_empty() {
            return Err(Failure::usage(
                "none of the patients named has a row",
                "`salus dataset describe` says which patients were left out and why",
            ));
        }
    }
    Ok(derivation)
}

fn issue(context: &Context, args: &IssueArgs) -> Result<(), Failure> {
    let requests = hand_over::requests(&args.requests)?;
    let same_people = args.same_people;
    let args = &args.source;
    let profile = profile::find(&args.profile)?;
    let mut issuer = context.home.issuer(&args.issuer)?;
    let spinner = context.output.spinner("deriving rows");
    let derivation = rows(args, &profile)?;
    spinner.finish_and_clear();
    hand_over::all_have_rows(&requests, &derivation.rows)?;
    if !same_people {
        path::record::check_wallets(&context.home, &issuer, &derivation.rows, &requests)?;
    }
    let ledger = context.home.ledger(Access::Write)?;
    let bar = context
        .output
        .bar("committing records", derivation.rows.len());
    let issued = path::record::issue_for(
        &context.home,
        &ledger,
        &mut issuer,
        (&profile.profile, args.at),
        &derivation.rows,
        &requests,
        || bar.inc(1),
    )?;
    bar.finish_and_clear();
    let left_out = derivation.report.patients_left_out;
    context.output.show(&Issued {
        profile: profile.profile.name().to_owned(),
        index_day: args.at,
        records: issued.records,
        already: issued.already,
        no_name: issued.no_name,
        without_row: left_out.into_iter().map(|(r, t)| (r, t.count)).collect(),
    })
}

fn amend(context: &Context, args: &SourceArgs) -> Result<(), Failure> {
    let profile = profile::find(&args.profile)?;
    let mut issuer = context.home.issuer(&args.issuer)?;
    let derivation = rows(args, &profile)?;
    let ledger = context.home.ledger(Access::Write)?;
    let amended = path::record::amend(
        &context.home,
        &ledger,
        &mut issuer,
        Edition::of(&profile.profile.hash(), args.at),
        &derivation.rows,
    )?;
    context.output.show(&Amended {
        amended: amended.amended,
        unchanged: amended.unchanged,
        without_record: amended.without_record,
    })
}

fn list(context: &Context, args: &ListArgs) -> Result<(), Failure> {
    let issuer = context.home.issuer(&args.issuer)?;
    let ledger = context.home.ledger(Access::Read)?;
    let places = Places::of(&*ledger.state()?);
    let records = issuer.records.iter().map(|issued| {
        let commitment = issued.record.commitment();
        Listed {
            patient: issued.patient.to_string(),
            profile: issued.profile.clone(),
            index_day: issued.index_day,
            index: places.find(&commitment),
            commitment: commitment.to_string(),
        }
    });
    context.output.show(&List(records.collect()))
}
