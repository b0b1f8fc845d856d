//! The state directory: what each party keeps between commands.
//!
//! On one machine it holds everybody's things side by side; in a real deployment each party has a
//! home of its own, and only the ledger is shared.
//!
//! | path | whose | what |
//! |---|---|---|
//! | `ledger/` | operator | the ledger's file, the checkpoint key |
//! | `governance/` | governance | the key that registers issuers and boards |
//! | `issuers/NAME/` | custodian | signing key, openings of the records issued and of tallies, seeds of publications, parts of counts; jobs asked for at its desk, with imported rows until they are committed |
//! | `jobs/` | operator | the queue of all custodians' jobs |
//! | `wallets/NAME/` | subject | secret, openings of own records and consents |
//! | `boards/NAME/` | ethics board | signing key |
//! | `sponsors/NAME/` | sponsor | signing key, inbox secret |
//! | `studies/NAME.json` | anyone | a short name for a study on the ledger |
//! | `keys/` | anyone | proving and verifying key |
//! | `replica/` | anyone | a checked copy of the ledger that a node keeps, and which ledger and node these are |
//! | `seen/checkpoint` | anyone | the last checkpoint that was seen of the ledger |
//!
//! Secret files have mode 0600. Every file is written whole or not at all.

mod damage;
mod file;
mod issuer;
mod job;
pub(crate) mod keys;
mod ledger;
mod name;
mod part;
mod party;
mod publication;
mod replica;
mod secret;
mod sponsor;
mod study;
mod tally;
mod wallet;

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::failure::Failure;
use crate::node::NodeAddress;

pub(crate) use damage::Damage;
pub(crate) use file::{read_json, write_atomically};
pub(crate) use issuer::{IssuedRecord, Issuer};
pub(crate) use job::{CountedTable, ImportSource, Job, JobId, Outcome, Progress, Standing, Work};
pub(crate) use ledger::Access;
pub(crate) use name::Name;
pub(crate) use part::PartsFolder;
pub(crate) use party::{Party, Role};
pub(crate) use replica::Followed;
pub(crate) use secret::SigningSecret;
pub(crate) use sponsor::Sponsor;
pub(crate) use study::StudyName;
pub(crate) use tally::KeptTally;
pub(crate) use wallet::{Holding, Wallet};

/// A state directory.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    root: PathBuf,
    /// The node that a command was told to ask.
    node: Option<NodeAddress>,
}

impl Home {
    pub(crate) fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            node: None,
        }
    }

    /// The directory.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    fn path(&self, parts: &[&str]) -> PathBuf {
        parts
            .iter()
            .fold(self.root.clone(), |path, part| path.join(part))
    }

    /// Reads a JSON file that must be there; `missing` says what to do where it is not.
    fn read<T: DeserializeOwned>(
        &self,
        parts: &[&str],
        what: &'static str,
        missing: impl FnOnce() -> Failure,
    ) -> Result<T, Failure> {
        let path = self.path(parts);
        file::read_json(&path, what)?.ok_or_else(missing)
    }

    /// Writes a JSON file, readable by its owner only if it holds a secret.
    fn write(&self, parts: &[&str], value: &impl Serialize, secret: bool) -> Result<(), Failure> {
        file::write_json(&self.path(parts), value, secret)
    }

    /// Removes all files of a folder but those of these names.
    fn keep_only(&self, folder: &[&str], kept: &[String]) -> Result<(), Failure> {
        // Also what a process that died was writing, whose names begin with a dot.
        for name in self.all_names(&folder.join("/"))? {
            if !kept.contains(&name) {
                let path = self.path(folder).join(name);
                std::fs::remove_file(&path).map_err(Failure::file("remove", &path))?;
            }
        }
        Ok(())
    }

    /// The names of the entries of a folder, in order; none where there is no such folder.
    fn names(&self, folder: &str) -> Result<Vec<String>, Failure> {
        let mut names = self.all_names(folder)?;
        names.retain(|name| !name.starts_with('.'));
        Ok(names)
    }

    /// The same with hidden ones.
    fn all_names(&self, folder: &str) -> Result<Vec<String>, Failure> {
        let path = self.path(&[folder]);
        let entries = match std::fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(Failure::file("list", path)(error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(Failure::file("list", &path))?;
            names.extend(entry.file_name().into_string());
        }
        names.sort();
        Ok(names)
    }
}
