//! Jobs: long work that a custodian asked for, as it is kept between starts of the service.
//!
//! Lives here: what was asked, how far it is, how it ended, and what an import leaves for the step
//! after it. Never here: the work itself, or when it is done.

use std::fmt;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::str::FromStr;

use jiff::Timestamp;
use salus_datasets::derivation::PatientRow;
use salus_protocol::day::Day;
use salus_protocol::row::Row;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;

use super::{Home, Name, Role};
use crate::failure::Failure;

const FOLDER: &str = "jobs";
const JOB: &str = "job.json";
const ROWS: &str = "rows.json";
const REPORT: &str = "report.json";
const UPLOAD: &str = "upload";

/// A text that is no job's name.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[error("a job's name is {} hexadecimal digits", JobId::LENGTH)]
pub(crate) struct JobIdError;

/// A job's name: when it was asked for, then chance. Sorted, they are in the order asked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct JobId(String);

impl JobId {
    const LENGTH: usize = 24;

    pub(crate) fn random() -> Result<Self, Failure> {
        let mut chance = [0u8; 6];
        getrandom::fill(&mut chance)?;
        let now = Timestamp::now().as_millisecond().max(0);
        Ok(Self(format!("{now:012x}{}", hex::encode(chance))))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for JobId {
    type Err = JobIdError;

    fn from_str(text: &str) -> Result<Self, JobIdError> {
        let digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if text.len() == Self::LENGTH && text.bytes().all(digit) {
            Ok(Self(text.to_owned()))
        } else {
            Err(JobIdError)
        }
    }
}

impl TryFrom<String> for JobId {
    type Error = JobIdError;

    fn try_from(text: String) -> Result<Self, JobIdError> {
        text.parse()
    }
}

impl From<JobId> for String {
    fn from(id: JobId) -> Self {
        id.0
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a job does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Work {
    /// Reads an export and derives rows, for a report. Nothing enters the ledger.
    Import {
        source: ImportSource,
        profile: String,
        #[schema(value_type = String)]
        index_day: Day,
    },
    /// Commits the rows of an import as records.
    Commit {
        /// The job that imported them.
        #[schema(value_type = String)]
        import: JobId,
        profile: String,
        #[schema(value_type = String)]
        index_day: Day,
    },
    /// Publishes the pages of a dataset that are not current.
    Publish {
        profile: String,
        #[schema(value_type = String)]
        index_day: Day,
    },
    /// Counts for a study, and answers it or, where it asks for that, tallies.
    Count {
        /// The study's id on the ledger.
        study: String,
        /// The study's title, for those who look at the job.
        title: String,
        table: CountedTable,
    },
}

/// From where an import reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ImportSource {
    /// A folder of this name, below the custodian's in the one that the operator named.
    Folder(Name),
    /// The files that came with the job.
    Upload,
}

/// In which shape a study is counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CountedTable {
    /// The total alone.
    Count,
    /// Also who is left after each group of the query.
    Attrition,
    /// Also the total divided by a field or two of the study's profile, each written as `sex`,
    /// `bmi.latest=25,30` or, of a date, in completed years at the index day, `birth=40,65`.
    Strata(Vec<String>),
}

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Standing {
    Waiting,
    Running,
    Done,
    Failed,
    Cancelled,
    /// Given up, since the process ended each time while it ran.
    Interrupted,
}

impl Standing {
    /// Whether nothing more will be done.
    pub(crate) const fn is_over(self) -> bool {
        !matches!(self, Self::Waiting | Self::Running)
    }
}

/// What a running job is at: `done` of `total` in this phase.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Progress {
    /// Such as "pages published".
    pub(crate) phase: String,
    pub(crate) done: u64,
    /// 0 where that is not known.
    pub(crate) total: u64,
}

/// How a job ended, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Outcome {
    pub(crate) says: String,
    /// What to do now, if anything.
    pub(crate) help: Option<String>,
}

/// A job as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Job {
    pub(crate) id: JobId,
    pub(crate) custodian: Name,
    pub(crate) work: Work,
    /// Seconds since 1970.
    pub(crate) asked_at: i64,
    pub(crate) standing: Standing,
    pub(crate) progress: Progress,
    /// Grows with every change.
    pub(crate) revision: u64,
    /// How often it was begun.
    pub(crate) tries: u32,
    /// The ledger's entries when it was first begun: what it enters comes after.
    pub(crate) entries_before: Option<u64>,
    pub(crate) cancel_asked: bool,
    pub(crate) outcome: Option<Outcome>,
}

impl Job {
    /// A job that waits.
    pub(crate) fn new(custodian: Name, work: Work) -> Result<Self, Failure> {
        Ok(Self {
            id: JobId::random()?,
            custodian,
            work,
            asked_at: Timestamp::now().as_second(),
            standing: Standing::Waiting,
            progress: Progress::default(),
            revision: 0,
            tries: 0,
            entries_before: None,
            cancel_asked: false,
            outcome: None,
        })
    }
}

/// A row that an import derived, kept until it is committed.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptRow {
    patient: String,
    row: Row,
}

impl Home {
    /// Where the queue of all jobs is kept; its folder is made, for its owner only.
    pub(crate) fn queue_path(&self) -> Result<PathBuf, Failure> {
        let folder = self.path(&[FOLDER]);
        super::file::make_folder(&folder, true).map_err(Failure::file("make", &folder))?;
        Ok(folder.join("queue.sqlite"))
    }

    /// The folder of a custodian's jobs, which is made if need be; the custodian must be one of this
    /// home.
    pub(crate) fn jobs_path(&self, custodian: &Name) -> Result<PathBuf, Failure> {
        self.party(Role::Issuer, custodian)?;
        let folder = self.path(&[Role::Issuer.folder(), custodian.as_str(), FOLDER]);
        super::file::make_folder(&folder, true).map_err(Failure::file("make", &folder))?;
        Ok(folder)
    }

    /// A job of a custodian, if there is one of this name.
    pub(crate) fn find_job(&self, custodian: &Name, id: &JobId) -> Result<Option<Job>, Failure> {
        super::file::read_json(&self.job_path(custodian, id, JOB), "a job")
    }

    pub(crate) fn put_job(&self, job: &Job) -> Result<(), Failure> {
        self.put_beside(&job.custodian, &job.id, JOB, job)
    }

    /// The names of a custodian's jobs, in the order asked.
    pub(crate) fn job_ids(&self, custodian: &Name) -> Result<Vec<JobId>, Failure> {
        let folder = format!("{}/{custodian}/{FOLDER}", Role::Issuer.folder());
        let names = self.names(&folder)?;
        Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
    }

    /// A custodian's jobs, the newest first.
    pub(crate) fn jobs(&self, custodian: &Name) -> Result<Vec<Job>, Failure> {
        let mut jobs = Vec::new();
        for id in self.job_ids(custodian)?.iter().rev() {
            jobs.extend(self.find_job(custodian, id)?);
        }
        Ok(jobs)
    }

    /// Removes a job and all that it kept.
    pub(crate) fn remove_job(&self, custodian: &Name, id: &JobId) -> Result<(), Failure> {
        remove_folder(self.job_path(custodian, id, ""))
    }

    /// Keeps the rows of an import.
    pub(crate) fn put_job_rows(&self, job: &Job, rows: Vec<PatientRow>) -> Result<(), Failure> {
        let kept = rows
            .into_iter()
            .map(|PatientRow { patient, row }| KeptRow { patient, row });
        let kept: Vec<KeptRow> = kept.collect();
        self.put_beside(&job.custodian, &job.id, ROWS, &kept)
    }

    /// The rows of an import; none where they were committed, or never kept.
    pub(crate) fn job_rows(
        &self,
        custodian: &Name,
        id: &JobId,
    ) -> Result<Option<Vec<PatientRow>>, Failure> {
        let path = self.job_path(custodian, id, ROWS);
        let kept: Option<Vec<KeptRow>> = super::file::read_json(&path, "an import's rows")?;
        Ok(kept.map(|kept| {
            let rows = kept
                .into_iter()
                .map(|KeptRow { patient, row }| PatientRow { patient, row });
            rows.collect()
        }))
    }

    /// Whether an import's rows wait to be committed.
    pub(crate) fn has_job_rows(&self, custodian: &Name, id: &JobId) -> bool {
        self.job_path(custodian, id, ROWS).is_file()
    }

    /// Destroys the rows of an import.
    pub(crate) fn drop_job_rows(&self, custodian: &Name, id: &JobId) -> Result<(), Failure> {
        let path = self.job_path(custodian, id, ROWS);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(Failure::file("remove", path)(error))
            }
            _ => Ok(()),
        }
    }

    /// Keeps what an import reports.
    pub(crate) fn put_job_report(&self, job: &Job, report: &impl Serialize) -> Result<(), Failure> {
        self.put_beside(&job.custodian, &job.id, REPORT, report)
    }

    /// What an import reported.
    pub(crate) fn job_report<T: DeserializeOwned>(
        &self,
        custodian: &Name,
        id: &JobId,
    ) -> Result<Option<T>, Failure> {
        let path = self.job_path(custodian, id, REPORT);
        super::file::read_json(&path, "an import's report")
    }

    /// The folder of the files that came with a job.
    pub(crate) fn job_upload(&self, custodian: &Name, id: &JobId) -> PathBuf {
        self.job_path(custodian, id, UPLOAD)
    }

    /// Destroys the files that came with a job.
    pub(crate) fn drop_job_upload(&self, custodian: &Name, id: &JobId) -> Result<(), Failure> {
        remove_folder(self.job_upload(custodian, id))
    }

    fn put_beside(
        &self,
        custodian: &Name,
        id: &JobId,
        file: &str,
        value: &impl Serialize,
    ) -> Result<(), Failure> {
        let issuers = Role::Issuer.folder();
        let path = [issuers, custodian.as_str(), FOLDER, id.as_str(), file];
        self.write(&path, value, true)
    }

    fn job_path(&self, custodian: &Name, id: &JobId, file: &str) -> PathBuf {
        let issuers = Role::Issuer.folder();
        self.path(&[issuers, custodian.as_str(), FOLDER, id.as_str(), file])
    }
}

fn remove_folder(path: PathBuf) -> Result<(), Failure> {
    match std::fs::remove_dir_all(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(Failure::file("remove", path)(error))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_jobs_name_is_no_path() {
        assert!(JobId::random().unwrap().as_str().parse::<JobId>().is_ok());
        for bad in [
            "",
            "..",
            "0123",
            "../../../governance/key",
            "0123456789ABCDEF01234567",
        ] {
            assert!(bad.parse::<JobId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_job_is_kept_with_its_rows_and_removed_with_all() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::new(folder.path());
        let custodian: Name = "hospital".parse().unwrap();
        let index_day = "2025-01-01".parse().unwrap();
        let work = || Work::Import {
            source: ImportSource::Upload,
            profile: "general".to_owned(),
            index_day,
        };
        let first = Job::new(custodian.clone(), work()).unwrap();
        home.put_job(&first).unwrap();
        assert_eq!(
            home.find_job(&custodian, &first.id).unwrap(),
            Some(first.clone())
        );
        assert!(home.job_rows(&custodian, &first.id).unwrap().is_none());
        let row = PatientRow {
            patient: "p".to_owned(),
            row: Row::new([7; 64]),
        };
        home.put_job_rows(&first, vec![row.clone()]).unwrap();
        assert!(home.has_job_rows(&custodian, &first.id));
        let back = home.job_rows(&custodian, &first.id).unwrap().unwrap();
        assert_eq!((back[0].patient.as_str(), &back[0].row), ("p", &row.row));
        home.drop_job_rows(&custodian, &first.id).unwrap();
        home.drop_job_rows(&custodian, &first.id).unwrap();
        assert!(!home.has_job_rows(&custodian, &first.id));
        assert_eq!(home.jobs(&custodian).unwrap().len(), 1);
        home.remove_job(&custodian, &first.id).unwrap();
        home.remove_job(&custodian, &first.id).unwrap();
        assert!(home.jobs(&custodian).unwrap().is_empty());
    }
}
