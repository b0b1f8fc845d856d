//! Importing an export: rows and a report of what was left out, then, once the custodian has read
//! it, records on the ledger.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use salus_datasets::derivation::{PatientRow, derive};
use salus_datasets::fhir::{Import, ImportError, Limits, import_in_steps};
use salus_protocol::day::Day;
use salus_protocol::profile::Profile;

use super::report::ImportedReport;
use super::steps::Steps;
use crate::desk::{Desk, offered_profile};
use crate::failure::Failure;
use crate::home::{Home, ImportSource, Job, JobId, Name, Outcome};
use crate::output::counted;
use crate::path::record;

/// Records are committed in at most so many runs, between which the job can be stopped: each run
/// writes all openings of the custodian anew.
const RUNS: usize = 20;
/// What one import may hold: its memory is the service's own. Ordinarily that is 4 GiB at most, and
/// never more than it unpacks to.
const LIMITS: Limits = Limits {
    line_bytes: 64 << 20,
    document_bytes: 256 << 20,
    expansion: 200,
    total_bytes: 8 << 30,
    facts: 10_000_000,
};
/// A run is of at least so many records.
const SMALLEST_RUN: usize = 256;

/// The folders that a custodian can import: those below its own in the operator's.
pub(in crate::desk) fn folders(desk: &Desk, custodian: &Name) -> Vec<Name> {
    let Some(imports) = &desk.0.jobs.imports else {
        return Vec::new();
    };
    let Ok(entries) = std::fs::read_dir(imports.join(custodian.as_str())) else {
        return Vec::new();
    };
    let folders = entries.filter_map(|entry| {
        let entry = entry.ok()?;
        let name: Name = entry.file_name().to_str()?.parse().ok()?;
        // Not through links: who may write there could else import another custodian's export.
        entry.file_type().ok()?.is_dir().then_some(name)
    });
    let mut folders: Vec<Name> = folders.collect();
    folders.sort();
    folders
}

/// Reads an export, derives rows, and keeps both the rows and a report.
pub(super) fn import(
    steps: &Steps<'_>,
    job: &Job,
    source: &ImportSource,
    profile: &str,
    index_day: Day,
) -> Result<Outcome, Failure> {
    let home = &steps.desk.0.home;
    let profile = offered_profile(profile)?;
    let import = read(steps, &place(steps.desk, job, source)?)?;
    steps.phase("deriving rows", 0)?;
    let derivation = derive(profile, &import, index_day)?;
    let rows = derivation.rows.len();
    let report = ImportedReport::of(&import, &derivation.report);
    home.put_job_report(job, &report)?;
    if !import.report.is_complete() {
        return Ok(Outcome {
            says: "A file broke off, so nothing of this import can be committed.".to_owned(),
            help: Some("The report says which file: export it again.".to_owned()),
        });
    }
    if rows == 0 {
        return Ok(Outcome {
            says: "No row came of it, so there is nothing to commit.".to_owned(),
            help: Some("The report says what was left out, and why.".to_owned()),
        });
    }
    home.put_job_rows(job, derivation.rows)?;
    Ok(Outcome {
        says: format!(
            "{} derived. Nothing is on the ledger yet.",
            counted(rows, "row is", "rows are")
        ),
        help: Some("Read the report, then commit.".to_owned()),
    })
}

/// Where an import reads. A folder must still be among those that the custodian can import.
fn place(desk: &Desk, job: &Job, source: &ImportSource) -> Result<PathBuf, Failure> {
    match (source, &desk.0.jobs.imports) {
        (ImportSource::Upload, _) => Ok(desk.0.home.job_upload(&job.custodian, &job.id)),
        (ImportSource::Folder(name), Some(imports))
            if folders(desk, &job.custodian).contains(name) =>
        {
            let folder = imports.join(job.custodian.as_str()).join(name.as_str());
            refuse_others(&folder)?;
            Ok(folder)
        }
        (ImportSource::Folder(name), _) => Err(Failure::Unknown {
            what: "folder to import",
            name: name.to_string(),
            help: "the operator puts it below the folder of imports".to_owned(),
        }),
    }
}

/// Refuses a folder with anything but files and folders in it: a link may lead to what is not the
/// custodian's, and reading a pipe may never end.
fn refuse_others(folder: &Path) -> Result<(), Failure> {
    let entries = std::fs::read_dir(folder).map_err(Failure::file("list", folder))?;
    for entry in entries {
        let entry = entry.map_err(Failure::file("list", folder))?;
        let kind = entry
            .file_type()
            .map_err(Failure::file("read", entry.path()))?;
        if !kind.is_file() && !kind.is_dir() {
            let name = entry.file_name();
            return Err(Failure::NotPermitted {
                message: format!("{} is a link, or no plain file", name.to_string_lossy()),
                help: "put the file itself into the folder of imports".to_owned(),
            });
        }
    }
    Ok(())
}

fn read(steps: &Steps<'_>, path: &Path) -> Result<Import, Failure> {
    steps.phase("files read", 0)?;
    let mut stopped = Ok(());
    let import = import_in_steps(path, &LIMITS, |read, files| {
        stopped = steps.at(read, files);
        match stopped {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    });
    stopped?;
    import.map_err(|error| match error {
        ImportError::NothingToRead { .. } => Failure::usage(
            "there is no .ndjson or .json file in it",
            "give the files of a FHIR R4 export, plain or gzipped",
        ),
        ImportError::TooLarge { .. } => Failure::usage(
            error.to_string(),
            "import it in several parts, all of a patient in one of them, or let the operator use \
             `salus record issue`",
        ),
        other => other.into(),
    })
}

/// Commits the rows of an import as records.
pub(super) fn commit(
    steps: &Steps<'_>,
    job: &Job,
    import: &JobId,
    profile: &str,
    index_day: Day,
) -> Result<Outcome, Failure> {
    let home = &steps.desk.0.home;
    let profile = offered_profile(profile)?;
    let Some(rows) = home.job_rows(&job.custodian, import)? else {
        return without_rows(job, import);
    };
    let issuer = home.issuer(&job.custodian)?;
    record::check_wallets(home, &issuer, &rows, &BTreeMap::new())?;
    steps.phase("records committed", rows.len())?;
    let mut all = record::Issued::default();
    for run in rows.chunks(rows.len().div_ceil(RUNS).max(SMALLEST_RUN)) {
        let issued = issue(steps.desk, home, &job.custodian, profile, index_day, run)?;
        all.records += issued.records;
        all.already += issued.already;
        all.no_name.extend(issued.no_name);
        steps.steps(run.len())?;
    }
    home.drop_job_rows(&job.custodian, import)?;
    Ok(said(&all))
}

/// The rows go last: a job that began before, and finds none, had committed them all when its process
/// ended.
fn without_rows(job: &Job, import: &JobId) -> Result<Outcome, Failure> {
    if job.tries > 1 {
        let records = usize::try_from(job.progress.total).unwrap_or(usize::MAX);
        let records = counted(records, "record is", "records are");
        return Ok(Outcome {
            says: format!("{records} on the ledger."),
            help: None,
        });
    }
    Err(Failure::Unknown {
        what: "import with rows to commit",
        name: import.to_string(),
        help: "import the export again".to_owned(),
    })
}

/// Commits some rows. Patients' pages change the same wallets, so they wait for this run.
fn issue(
    desk: &Desk,
    home: &Home,
    custodian: &Name,
    profile: &Profile,
    index_day: Day,
    rows: &[PatientRow],
) -> Result<record::Issued, Failure> {
    let _held = desk.hold_changes();
    let mut issuer = home.issuer(custodian)?;
    let ledger = desk.0.node.ledger();
    record::issue(home, ledger, &mut issuer, profile, index_day, rows, || ())
}

fn said(issued: &record::Issued) -> Outcome {
    let mut says = format!(
        "{} on the ledger.",
        counted(issued.records, "record is", "records are")
    );
    if issued.already > 0 {
        says += &format!(
            " {} had one of this profile and day already.",
            issued.already
        );
    }
    let help = (!issued.no_name.is_empty()).then(|| {
        format!(
            "{} left out: their ids can't be names of wallets (letters, digits, `-`, `_`, `.`; at \
             most 64).",
            counted(issued.no_name.len(), "patient is", "patients are")
        )
    });
    Outcome { says, help }
}
