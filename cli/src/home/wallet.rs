//! Wallets: a subject's secret and the openings of own records and consents.
//!
//! Where a record stands in the registry is not kept: it is found on the ledger by the record's
//! commitment. So a wallet is written before the ledger, and no crash loses an opening.

use salus_protocol::consent::Consent;
use salus_protocol::day::Day;
use salus_protocol::nullifier::{SubjectKey, SubjectSecret};
use salus_protocol::record::Record;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{Home, Name, SigningSecret, secret};
use crate::failure::Failure;

const FOLDER: &str = "wallets";
const FILE: &str = "wallet.json";

/// A subject's wallet.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wallet {
    /// Its name in this home.
    pub(crate) name: Name,
    #[serde(serialize_with = "write_secret", deserialize_with = "read_secret")]
    secret: SubjectSecret,
    /// The records, oldest first.
    pub(crate) holdings: Vec<Holding>,
    /// Keys of records that were asked for and have not come.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) requested: Vec<SigningSecret>,
}

/// A record in a wallet.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Holding {
    /// Who issued it.
    pub(crate) issuer: String,
    /// The profile's name.
    pub(crate) profile: String,
    /// The index day.
    pub(crate) index_day: Day,
    /// The opening.
    pub(crate) record: Record,
    /// Grants and revokes consent for this record, and for no other.
    pub(crate) key: SigningSecret,
    /// Openings of the consents given, oldest first. The one in force is the one on the ledger.
    pub(crate) consents: Vec<Consent>,
}

impl Wallet {
    /// A new wallet with a secret of its own.
    pub(crate) fn new(name: Name) -> Result<Self, Failure> {
        Ok(Self {
            name,
            secret: SubjectSecret::random()?,
            holdings: Vec::new(),
            requested: Vec::new(),
        })
    }

    /// The key that issuers put into the subject's records.
    pub(crate) fn subject_key(&self) -> SubjectKey {
        self.secret.key()
    }

    /// The secret, for proving.
    pub(crate) const fn secret(&self) -> &SubjectSecret {
        &self.secret
    }
}

impl Home {
    /// A wallet of this home.
    pub(crate) fn wallet(&self, name: &Name) -> Result<Wallet, Failure> {
        self.find_wallet(name)?.ok_or_else(|| Failure::Unknown {
            what: "wallet",
            name: name.to_string(),
            help: format!(
                "`salus wallet list` shows those here; `salus wallet new {name}` makes one"
            ),
        })
    }

    /// A wallet of this home, if there is one of this name.
    pub(crate) fn find_wallet(&self, name: &Name) -> Result<Option<Wallet>, Failure> {
        let path = self.path(&[FOLDER, name.as_str(), FILE]);
        super::file::read_json(&path, "a wallet")
    }

    pub(crate) fn put_wallet(&self, wallet: &Wallet) -> Result<(), Failure> {
        self.write(&[FOLDER, wallet.name.as_str(), FILE], wallet, true)
    }

    /// The names of all wallets, in order.
    pub(crate) fn wallet_names(&self) -> Result<Vec<Name>, Failure> {
        let names = self.names(FOLDER)?;
        Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
    }
}

fn write_secret<S: Serializer>(value: &SubjectSecret, s: S) -> Result<S::Ok, S::Error> {
    secret::bytes::serialize(value.expose_bytes(), s)
}

fn read_secret<'de, D: Deserializer<'de>>(d: D) -> Result<SubjectSecret, D::Error> {
    let bytes = secret::bytes::deserialize(d)?;
    SubjectSecret::from_bytes(&bytes).map_err(de::Error::custom)
}
