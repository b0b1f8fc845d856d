//! The home's ledger: its file, the key that signs its checkpoints, and the last checkpoint seen.

use std::io::ErrorKind;
use std::path::PathBuf;

use salus_ledger::engine::{Ledger, LedgerError};
use salus_ledger::log::SignedCheckpoint;
use salus_ledger::transaction::{Envelope, Genesis, LedgerName};

use super::{Home, Party};
use crate::failure::Failure;

const FOLDER: &str = "ledger";
const FILE: &str = "ledger.redb";
const CHECKPOINT: &str = "checkpoint.json";
/// Beside the ledger's folder: whoever replaces that should not replace this.
const SEEN: [&str; 2] = ["seen", "checkpoint"];

/// What a command wants of the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

impl Home {
    /// Where the ledger is kept.
    pub(crate) fn ledger_path(&self) -> PathBuf {
        self.path(&[FOLDER, FILE])
    }

    /// Founds this home's ledger, with new governance and checkpoint keys.
    pub(crate) fn found_ledger(
        &self,
        name: LedgerName,
        accepts_insecure_keys: bool,
    ) -> Result<Ledger, Failure> {
        let path = self.ledger_path();
        if path.exists() {
            return Err(Failure::Exists {
                what: "a ledger",
                path,
                help: "it is never overwritten: name another directory with --home".to_owned(),
            });
        }
        let governance = Party::new("governance")?;
        let operator = Party::new("operator")?;
        let mut nonce = [0u8; 32];
        getrandom::fill(&mut nonce)?;
        let genesis = Genesis {
            name,
            governance: governance.key.public(),
            checkpoint: operator.key.public(),
            accepts_insecure_keys,
            nonce,
        };
        // The keys first: a ledger without them could never be written again.
        self.put_governance(&governance)?;
        self.write(&[FOLDER, CHECKPOINT], &operator, true)?;
        let id = genesis.ledger_id();
        let envelope = Envelope::sign(genesis, &id, governance.key.key());
        Ok(Ledger::create(&path, &envelope, operator.key.key())?)
    }

    /// The key that signs the ledger's checkpoints and moves its day.
    pub(crate) fn operator(&self) -> Result<Party, Failure> {
        self.find_operator()?.ok_or_else(|| Failure::NotPermitted {
            message: format!(
                "the ledger's checkpoint key is not in {}",
                self.root().display()
            ),
            help: "only the ledger's operator can write it; `salus ledger init` founds a new one"
                .to_owned(),
        })
    }

    /// The same, if it is here.
    pub(super) fn find_operator(&self) -> Result<Option<Party>, Failure> {
        super::file::read_json(&self.path(&[FOLDER, CHECKPOINT]), "a signing key")
    }

    /// Opens the ledger that this home works with: its own, or its replica of a node's, brought up
    /// to date. What is submitted to a replica is handed in to the node.
    pub(crate) fn ledger(&self, access: Access) -> Result<Ledger, Failure> {
        match self.asked_node()? {
            Some(node) => self.replica(node),
            None => self.own_ledger(access),
        }
    }

    /// Opens this home's own ledger. One that does not continue what an earlier command saw, such as an
    /// older copy of its file, is refused.
    pub(crate) fn own_ledger(&self, access: Access) -> Result<Ledger, Failure> {
        let path = self.ledger_path();
        if !path.exists() {
            return Err(Failure::NoLedger {
                home: self.root().to_owned(),
            });
        }
        let ledger = match access {
            Access::Read => Ledger::open(&path, None)?,
            Access::Write => Ledger::open(&path, Some(self.operator()?.key.key()))?,
        };
        self.see(&ledger)?;
        Ok(ledger)
    }

    /// Compares a ledger with the last checkpoint seen, and keeps the one that it has now.
    pub(super) fn see(&self, ledger: &Ledger) -> Result<(), Failure> {
        let path = self.path(&SEEN);
        let seen = match std::fs::read_to_string(&path) {
            Ok(text) => Some(SignedCheckpoint::new(text)),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(Failure::file("read", path)(error)),
        };
        if let Some(seen) = &seen {
            let not_continued = |error: LedgerError| Failure::Invalid {
                message: error.to_string(),
                help: format!(
                    "restore the latest copy of the ledger; if it was replaced on purpose, remove {}",
                    path.display()
                ),
            };
            ledger.check_extends(seen).map_err(not_continued)?;
        }
        match ledger.checkpoint()? {
            Some(now) if seen.is_none_or(|seen| seen.as_str() != now.as_str()) => {
                super::write_atomically(&path, now.as_str().as_bytes(), false)
            }
            _ => Ok(()),
        }
    }
}
