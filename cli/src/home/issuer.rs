//! Issuers: custodians with their signing key and the openings of the records they issued.

use salus_ledger::key::PublicKey;
use salus_protocol::consent::Consent;
use salus_protocol::day::Day;
use salus_protocol::record::Record;
use serde::{Deserialize, Serialize};

use super::{Home, Name, Party, Role, SigningSecret};
use crate::failure::Failure;

const RECORDS: &str = "records.json";
/// Openings of consents that subjects handed over.
const CONSENTS: &str = "consents.json";

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

impl Home {
    /// An issuer of this home, with its records.
    pub(crate) fn issuer(&self, name: &Name) -> Result<Issuer, Failure> {
        let Party { title, key } = self.party(Role::Issuer, name)?;
        let records = self.path(&[Role::Issuer.folder(), name.as_str(), RECORDS]);
        Ok(Issuer {
            name: name.clone(),
            title,
            key,
            records: super::file::read_json(&records, "an issuer's records")?.unwrap_or_default(),
        })
    }

    pub(crate) fn put_issuer_records(&self, issuer: &Issuer) -> Result<(), Failure> {
        let path = [Role::Issuer.folder(), issuer.name.as_str(), RECORDS];
        self.write(&path, &issuer.records, true)
    }

    /// The openings of consents that subjects handed over to an issuer.
    pub(crate) fn consents_of(&self, issuer: &Issuer) -> Result<Vec<Consent>, Failure> {
        let path = self.path(&[Role::Issuer.folder(), issuer.name.as_str(), CONSENTS]);
        Ok(super::file::read_json(&path, "an issuer's consents")?.unwrap_or_default())
    }

    pub(crate) fn put_consents_of(
        &self,
        issuer: &Issuer,
        consents: &[Consent],
    ) -> Result<(), Failure> {
        let path = [Role::Issuer.folder(), issuer.name.as_str(), CONSENTS];
        self.write(&path, &consents, true)
    }
}
