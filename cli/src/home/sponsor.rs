//! Sponsors: who opens studies and reads their inbox.

use salus_protocol::contact::InboxSecret;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{Home, Name, SigningSecret, secret};
use crate::failure::Failure;

const FOLDER: &str = "sponsors";
const FILE: &str = "sponsor.json";

/// A sponsor's own things.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sponsor {
    /// Signs studies.
    pub(crate) key: SigningSecret,
    /// Opens contacts.
    #[serde(serialize_with = "write_inbox", deserialize_with = "read_inbox")]
    pub(crate) inbox: InboxSecret,
}

impl Home {
    /// A sponsor of this home.
    pub(crate) fn sponsor(&self, name: &Name) -> Result<Sponsor, Failure> {
        self.find_sponsor(name)?.ok_or_else(|| Failure::Unknown {
            what: "sponsor",
            name: name.to_string(),
            help: "`salus study open --sponsor NAME` makes one; `salus study list` names those of \
                   studies"
                .to_owned(),
        })
    }

    /// A sponsor of this home, made with fresh keys if there is none of this name.
    pub(crate) fn sponsor_or_new(&self, name: &Name) -> Result<Sponsor, Failure> {
        if let Some(sponsor) = self.find_sponsor(name)? {
            return Ok(sponsor);
        }
        let sponsor = Sponsor {
            key: SigningSecret::random()?,
            inbox: InboxSecret::random(),
        };
        self.write(&[FOLDER, name.as_str(), FILE], &sponsor, true)?;
        Ok(sponsor)
    }

    /// The names of all sponsors, in order.
    pub(crate) fn sponsor_names(&self) -> Result<Vec<Name>, Failure> {
        let names = self.names(FOLDER)?;
        Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
    }

    fn find_sponsor(&self, name: &Name) -> Result<Option<Sponsor>, Failure> {
        let path = self.path(&[FOLDER, name.as_str(), FILE]);
        super::file::read_json(&path, "a sponsor's keys")
    }
}

fn write_inbox<S: Serializer>(inbox: &InboxSecret, s: S) -> Result<S::Ok, S::Error> {
    secret::bytes::serialize(inbox.expose_bytes(), s)
}

fn read_inbox<'de, D: Deserializer<'de>>(d: D) -> Result<InboxSecret, D::Error> {
    let bytes = secret::bytes::deserialize(d)?;
    InboxSecret::from_bytes(&bytes).map_err(de::Error::custom)
}
