//! Issuers: custodians with their signing key and the openings of the records they issued.

use salus_ledger::key::PublicKey;
use salus_protocol::day::Day;
use salus_protocol::record::Record;
use serde::{Deserialize, Serialize};

use super::{Home, Name, SigningSecret};
use crate::failure::Failure;

const FOLDER: &str = "issuers";
const KEY: &str = "issuer.json";
const RECORDS: &str = "records.json";

/// An issuer's own things.
#[derive(Debug)]
pub(crate) struct Issuer {
    /// Its name in this home.
    pub(crate) name: Name,
    /// Its name on the ledger.
    pub(crate) title: String,
    /// Signs its records.
    pub(crate) key: SigningSecret,
    /// The openings of the records it issued.
    pub(crate) records: Vec<IssuedRecord>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    title: String,
    key: SigningSecret,
}

/// A record as its issuer keeps it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct IssuedRecord {
    /// The patient's id in the source.
    pub(crate) patient: Name,
    /// The profile's name.
    pub(crate) profile: String,
    /// The index day.
    pub(crate) index_day: Day,
    /// The opening.
    pub(crate) record: Record,
    /// The subject's key for this record.
    pub(crate) subject: PublicKey,
}

impl Issuer {
    pub(crate) fn new(name: Name, title: &str) -> Result<Self, Failure> {
        Ok(Self {
            name,
            title: title.to_owned(),
            key: SigningSecret::random()?,
            records: Vec::new(),
        })
    }
}

impl Home {
    /// An issuer of this home.
    pub(crate) fn issuer(&self, name: &Name) -> Result<Issuer, Failure> {
        let path = [FOLDER, name.as_str(), KEY];
        let file: KeyFile = self.read(&path, "an issuer's key", || Failure::Unknown {
            what: "issuer",
            name: name.to_string(),
            help: format!(
                "`salus issuer list` shows those here; `salus issuer new {name}` makes one"
            ),
        })?;
        let records = self.path(&[FOLDER, name.as_str(), RECORDS]);
        Ok(Issuer {
            name: name.clone(),
            title: file.title,
            key: file.key,
            records: super::file::read_json(&records, "an issuer's records")?.unwrap_or_default(),
        })
    }

    pub(crate) fn put_issuer_key(&self, issuer: &Issuer) -> Result<(), Failure> {
        let file = KeyFile {
            title: issuer.title.clone(),
            key: issuer.key.clone(),
        };
        self.write(&[FOLDER, issuer.name.as_str(), KEY], &file, true)
    }

    pub(crate) fn put_issuer_records(&self, issuer: &Issuer) -> Result<(), Failure> {
        let path = [FOLDER, issuer.name.as_str(), RECORDS];
        self.write(&path, &issuer.records, true)
    }

    pub(crate) fn has_issuer(&self, name: &Name) -> bool {
        self.path(&[FOLDER, name.as_str(), KEY]).exists()
    }

    pub(crate) fn issuer_names(&self) -> Result<Vec<String>, Failure> {
        self.names(FOLDER)
    }
}
