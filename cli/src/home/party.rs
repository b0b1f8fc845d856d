//! Parties that only sign: governance, the ledger's operator, ethics boards.

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

const BOARDS: &str = "boards";
const FILE: &str = "board.json";
const GOVERNANCE: [&str; 2] = ["governance", "governance.json"];

impl Party {
    pub(crate) fn new(title: &str) -> Result<Self, Failure> {
        Ok(Self {
            title: title.to_owned(),
            key: SigningSecret::random()?,
        })
    }
}

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

    /// An ethics board.
    pub(crate) fn board(&self, name: &Name) -> Result<Party, Failure> {
        self.read(
            &[BOARDS, name.as_str(), FILE],
            "an ethics board's key",
            || Failure::Unknown {
                what: "ethics board",
                name: name.to_string(),
                help: format!(
                    "`salus board list` shows those here; `salus board new {name}` makes one"
                ),
            },
        )
    }

    pub(crate) fn put_board(&self, name: &Name, party: &Party) -> Result<(), Failure> {
        self.write(&[BOARDS, name.as_str(), FILE], party, true)
    }

    pub(crate) fn has_board(&self, name: &Name) -> bool {
        self.path(&[BOARDS, name.as_str(), FILE]).exists()
    }

    pub(crate) fn board_names(&self) -> Result<Vec<String>, Failure> {
        self.names(BOARDS)
    }
}
