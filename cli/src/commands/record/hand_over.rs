//! `salus record hand-over`, and the requests that records are issued for.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use clap::Args;
use salus_datasets::derivation::PatientRow;
use serde::Serialize;

use crate::commands::Context;
use crate::failure::Failure;
use crate::home::{Access, Name};
use crate::output::{Report, counted};
use crate::path::hand_over::{HandOver, RecordRequest, records_of};

#[derive(Debug, Args)]
pub(crate) struct HandOverArgs {
    /// The patient's id.
    patient: Name,
    /// Whose records.
    #[arg(long, value_name = "NAME")]
    issuer: Name,
    /// The file to write, readable by you only.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Debug, Serialize)]
struct Written {
    patient: String,
    records: usize,
    file: PathBuf,
}

impl Report for Written {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(
            out,
            "{} of {} in {}; who has the file can read them",
            counted(self.records, "record", "records"),
            self.patient,
            self.file.display()
        )
    }
}

pub(super) fn run(context: &Context, args: &HandOverArgs) -> Result<(), Failure> {
    let issuer = context.home.issuer(&args.issuer)?;
    let ledger = context.home.ledger(Access::Read)?;
    let handed = records_of(&*ledger.state()?, &issuer, &args.patient)?;
    handed.write(&args.out)?;
    context.output.show(&Written {
        patient: args.patient.to_string(),
        records: handed.0.len(),
        file: args.out.clone(),
    })
}

pub(super) fn parse_request(text: &str) -> Result<(Name, PathBuf), String> {
    let split = text.split_once('=').filter(|(_, file)| !file.is_empty());
    let (patient, file) = split.ok_or("write ID=FILE: the patient's id and the request's file")?;
    let patient = patient.parse::<Name>().map_err(|error| error.to_string())?;
    Ok((patient, file.into()))
}

/// The requests by patient.
pub(super) fn requests(
    files: &[(Name, PathBuf)],
) -> Result<BTreeMap<Name, RecordRequest>, Failure> {
    let mut requests = BTreeMap::new();
    for (patient, file) in files {
        if requests
            .insert(patient.clone(), RecordRequest::read(file)?)
            .is_some()
        {
            return Err(Failure::usage(
                format!("patient {patient} has two requests"),
                "one record is issued at a time: give one of them",
            ));
        }
    }
    Ok(requests)
}

/// Refuses requests of patients without a row: somebody waits for a record.
pub(super) fn all_have_rows(
    requests: &BTreeMap<Name, RecordRequest>,
    rows: &[PatientRow],
) -> Result<(), Failure> {
    for patient in requests.keys() {
        if rows.iter().all(|row| row.patient != patient.as_str()) {
            return Err(Failure::usage(
                format!("patient {patient}, who asks for a record, has no row"),
                "`salus dataset describe` says which patients were left out and why",
            ));
        }
    }
    Ok(())
}
