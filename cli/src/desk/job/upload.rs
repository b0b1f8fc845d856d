//! Uploads: the files of an export, written to the disk as they arrive, within limits.
#![allow(clippy::disallowed_types)] // what axum refuses of them becomes a problem here

use std::future::Future;
use std::path::Path;
use std::time::Duration;

use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::StatusCode;
use axum::response::Redirect;
use salus_node::Problem;
use salus_protocol::day::Day;
use tempfile::TempDir;
use tokio::fs::OpenOptions;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;
use utoipa::ToSchema;

use super::ask::dataset;
use super::form::job_page;
use super::{Desk, problem};
use crate::desk::seat::{Custodian, Seat};
use crate::failure::Failure;
use crate::home::{Home, ImportSource, Job, Name, Work};

/// The most bytes of one upload, all files together. Larger exports go through the folder of imports.
const MOST_BYTES: u64 = 1 << 30;
/// The most files of one upload.
const MOST_FILES: usize = 200;
/// The longest value of a field that is no file, in bytes.
const LONGEST_FIELD: usize = 200;
/// How long an upload may take: less than a connection lives, so that its sender is told.
const LONGEST: Duration = Duration::from_secs(9 * 60);
/// How long an upload may stand still.
const PATIENCE: Duration = Duration::from_secs(30);
/// Uploads that have not arrived yet are in folders of such names.
const ARRIVING: &str = ".arriving-";

/// What a form brought: its files are in the folder.
struct Arrived {
    profile: String,
    index_day: Day,
}

/// An upload's parts, still to be read. Whatever else is sent is a problem.
pub(super) struct Parts(pub(super) Multipart);

impl<S: Send + Sync> FromRequest<S> for Parts {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let parts = Multipart::from_request(request, state).await;
        let parts = parts.map_err(|error| Problem::form(error.body_text()))?;
        Ok(Self(parts))
    }
}

/// What an upload is made of; of its files the names matter too.
#[derive(Debug, ToSchema)]
#[expect(
    dead_code,
    reason = "it describes a form, whose fields are read one by one"
)]
pub(super) struct UploadForm {
    /// One of the profiles that Salus ships.
    profile: String,
    /// The day as of which rows are derived, such as `2025-01-31`.
    index_day: String,
    /// NDJSON or Bundles, plain or gzipped: at most 200 files, 1 GiB together.
    #[schema(value_type = Vec<String>, format = Binary)]
    files: Vec<Vec<u8>>,
}

pub(super) async fn upload(
    Seat { desk, name, .. }: Seat<Custodian>,
    Parts(form): Parts,
) -> Result<Redirect, Problem> {
    Ok(job_page(&receive(&desk, name, form).await?))
}

/// Receives an upload, and asks to import it. Whether there is room for it is asked before anything of
/// it is read.
pub(super) async fn receive(desk: &Desk, name: Name, form: Multipart) -> Result<Job, Problem> {
    let _place = desk.0.jobs.uploads.take(&name).ok_or_else(Problem::busy)?;
    desk.check_room(&name).await?;
    let path = desk.0.home.jobs_path(&name).map_err(problem)?;
    // Removed when this ends otherwise than well, also when the client goes away.
    let folder = tempfile::Builder::new().prefix(ARRIVING).tempdir_in(&path);
    let folder = folder.map_err(|error| problem(Failure::file("make a folder in", path)(error)))?;
    let arrived = timeout(LONGEST, read(form, folder.path())).await;
    let arrived = arrived.unwrap_or_else(|_| Err(Problem::slow()))?;
    let work = Work::Import {
        source: ImportSource::Upload,
        profile: arrived.profile,
        index_day: arrived.index_day,
    };
    let job = Job::new(name, work).map_err(problem)?;
    let placed = desk.place(job, move |home, job| bring(home, job, folder));
    placed.await
}

/// Moves what arrived into the job's folder.
fn bring(home: &Home, job: &Job, folder: TempDir) -> Result<(), Failure> {
    // The job's folder first: what is moved there must have a place.
    home.put_job(job)?;
    let to = home.job_upload(&job.custodian, &job.id);
    let moved = std::fs::rename(folder.path(), &to).map_err(Failure::file("write", to));
    moved.or_else(|failure| {
        home.remove_job(&job.custodian, &job.id)?;
        Err(failure)
    })
}

/// Removes what an earlier process was still receiving.
pub(super) fn sweep(home: &Home, custodian: &Name) -> Result<(), Failure> {
    let path = home.jobs_path(custodian)?;
    let entries = std::fs::read_dir(&path).map_err(Failure::file("list", &path))?;
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with(ARRIVING) {
            let path = entry.path();
            std::fs::remove_dir_all(&path).map_err(Failure::file("remove", path))?;
        }
    }
    Ok(())
}

async fn read(mut form: Multipart, folder: &Path) -> Result<Arrived, Problem> {
    let (mut profile, mut index_day) = (None, None);
    let (mut bytes, mut files) = (0u64, 0usize);
    while let Some(field) = in_time(form.next_field()).await? {
        match field.name() {
            Some("profile") => profile = Some(text(field).await?),
            Some("index_day") => index_day = Some(text(field).await?),
            Some("files") => {
                files += 1;
                if files > MOST_FILES {
                    return Err(refused(format!("more than {MOST_FILES} files")));
                }
                write(field, folder, &mut bytes).await?;
            }
            other => return Err(refused(format!("the form has no field {other:?}"))),
        }
    }
    if files == 0 {
        return Err(refused("no file came with it"));
    }
    let (profile, index_day) = (profile.unwrap_or_default(), index_day.unwrap_or_default());
    let (profile, index_day) = dataset(&profile, &index_day).map_err(problem)?;
    Ok(Arrived { profile, index_day })
}

async fn text(mut field: Field<'_>) -> Result<String, Problem> {
    let mut bytes = Vec::new();
    while let Some(chunk) = in_time(field.chunk()).await? {
        if bytes.len() + chunk.len() > LONGEST_FIELD {
            return Err(refused("a field is too long"));
        }
        bytes.extend_from_slice(&chunk);
    }
    String::from_utf8(bytes).map_err(|_| refused("a field is not UTF-8"))
}

/// Writes a file. Its name must be one that stays in the folder, and no other file's.
async fn write(mut field: Field<'_>, folder: &Path, bytes: &mut u64) -> Result<(), Problem> {
    let name = field.file_name().unwrap_or_default();
    let name: Name = name
        .parse()
        .map_err(|error| refused(format!("a file's name: {error}")))?;
    let path = folder.join(name.as_str());
    let failed = |error: std::io::Error| problem(Failure::file("write", &path)(error));
    let opened = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&path)
        .await;
    let mut file = match opened {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            return Err(refused(format!("two files are named {name}")));
        }
        opened => opened.map_err(failed)?,
    };
    while let Some(chunk) = in_time(field.chunk()).await? {
        *bytes += chunk.len() as u64;
        if *bytes > MOST_BYTES {
            return Err(Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "BodyTooLarge",
                "Too much at once",
                "an upload is at most 1 GiB: let the operator put a larger export into the folder \
                 of imports",
            ));
        }
        file.write_all(&chunk).await.map_err(failed)?;
    }
    // Not only handed over: a job that begins after a restart reads it.
    file.sync_all().await.map_err(failed)
}

fn refused(what: impl Into<String>) -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "Form",
        "Not as it must be",
        format!(
            "{}; send profile, index_day and the files of a FHIR export",
            what.into()
        ),
    )
}

/// The next of what arrives, unless nothing does.
async fn in_time<T>(next: impl Future<Output = Result<T, MultipartError>>) -> Result<T, Problem> {
    let next = timeout(PATIENCE, next).await.map_err(|_| Problem::slow())?;
    next.map_err(|_| refused("the upload broke off, or is no form"))
}
