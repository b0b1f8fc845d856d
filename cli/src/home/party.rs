//! Parties that sign: governance, and whom it registers, issuers and ethics boards.

use salus_ledger::key::PublicKey;
use serde::{Deserialize, Serialize};

use super::{Home, Name, SigningSecret};
use crate::failure::Failure;

/// Someone with a name and a signing key.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Party {
    /// The name as the ledger shows it.
    pub(crate) title: String,
    /// Signs.
    pub(crate) key: SigningSecret,
}

impl Party {
    pub(crate) fn new(title: &str) -> Result<Self, Failure> {
        Ok(Self {
            title: title.to_owned(),
            key: SigningSecret::random()?,
        })
    }
}

/// What governance registers a party as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Issuer,
    Board,
}

impl Role {
    /// What such a party is called.
    pub(crate) const fn noun(self) -> &'static str {
        match self {
            Self::Issuer => "issuer",
            Self::Board => "ethics board",
        }
    }

    /// The command that is about such parties.
    const fn command(self) -> &'static str {
        match self {
            Self::Issuer => "issuer",
            Self::Board => "board",
        }
    }

    /// The folder of all such parties.
    pub(crate) const fn folder(self) -> &'static str {
        match self {
            Self::Issuer => "issuers",
            Self::Board => "boards",
        }
    }

    const fn file(self) -> &'static str {
        match self {
            Self::Issuer => "issuer.json",
            Self::Board => "board.json",
        }
    }
}

const GOVERNANCE: [&str; 2] = ["governance", "governance.json"];

impl Home {
    /// The governance of this home's ledger.
    pub(crate) fn governance(&self) -> Result<Party, Failure> {
        self.read(&GOVERNANCE, "a signing key", || Failure::NotPermitted {
            message: format!("the governance key is not in {}", self.root().display()),
            help: "ask whoever founded the ledger; `salus ledger init` makes one with a new ledger"
                .to_owned(),
        })
    }

    pub(crate) fn put_governance(&self, party: &Party) -> Result<(), Failure> {
        self.write(&GOVERNANCE, party, true)
    }

    /// A party of this home.
    pub(crate) fn party(&self, role: Role, name: &Name) -> Result<Party, Failure> {
        let missing = || {
            let command = role.command();
            Failure::Unknown {
                what: role.noun(),
                name: name.to_string(),
                help: format!(
                    "`salus {command} list` shows those here; `salus {command} new {name}` makes \
                     one"
                ),
            }
        };
        self.find_party(role, name)?.ok_or_else(missing)
    }

    /// The key of a party: given itself, or by its name in this home.
    pub(crate) fn party_key(&self, role: Role, text: &str) -> Result<PublicKey, Failure> {
        if let Ok(key) = text.parse::<PublicKey>() {
            return Ok(key);
        }
        let name = text.parse::<Name>().map_err(|error| {
            let help = format!("give the {}'s name or its key", role.noun());
            Failure::usage(error.to_string(), help)
        })?;
        Ok(self.party(role, &name)?.key.public())
    }

    /// A party of this home, if there is one of this name.
    pub(crate) fn find_party(&self, role: Role, name: &Name) -> Result<Option<Party>, Failure> {
        let path = self.path(&[role.folder(), name.as_str(), role.file()]);
        super::file::read_json(&path, "a party's signing key")
    }

    pub(crate) fn put_party(&self, role: Role, name: &Name, party: &Party) -> Result<(), Failure> {
        self.write(&[role.folder(), name.as_str(), role.file()], party, true)
    }

    /// The names of all parties of a role, in order.
    pub(crate) fn party_names(&self, role: Role) -> Result<Vec<Name>, Failure> {
        let names = self.names(role.folder())?;
        Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
    }
}
