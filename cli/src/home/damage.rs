//! Damage: files of a home that can't be read or are not what they should be.

use super::{Home, Role};
use crate::failure::Failure;

/// What a look at a home's files found.
#[derive(Debug, Default)]
pub(crate) struct Damage {
    /// Files and folders that are as they should be.
    pub(crate) sound: usize,
    /// What is wrong with the others; each names its file.
    pub(crate) damaged: Vec<Failure>,
}

impl Damage {
    /// Notes what reading something gave.
    fn note<T>(&mut self, read: Result<T, Failure>) -> Option<T> {
        match read {
            Ok(value) => {
                self.sound += 1;
                Some(value)
            }
            Err(failure) => {
                self.damaged.push(failure);
                None
            }
        }
    }
}

impl Home {
    /// Reads what the parties of this home keep: keys, wallets, records, consents, short names, jobs
    /// with their rows. Not the ledger, which `salus ledger verify` checks, nor the proving key.
    pub(crate) fn damage(&self) -> Damage {
        let mut found = Damage::default();
        if self.path(&["governance"]).exists() {
            found.note(self.governance());
        }
        for name in found.note(self.wallet_names()).unwrap_or_default() {
            found.note(self.wallet(&name));
        }
        for name in found.note(self.sponsor_names()).unwrap_or_default() {
            found.note(self.sponsor(&name));
        }
        for name in found
            .note(self.party_names(Role::Board))
            .unwrap_or_default()
        {
            found.note(self.party(Role::Board, &name));
        }
        for name in found
            .note(self.party_names(Role::Issuer))
            .unwrap_or_default()
        {
            if let Some(issuer) = found.note(self.issuer(&name)) {
                found.note(self.consents_of(&issuer));
            }
            for id in found.note(self.job_ids(&name)).unwrap_or_default() {
                found.note(self.find_job(&name, &id));
                found.note(self.job_rows(&name, &id));
            }
        }
        found.note(self.study_names());
        found
    }
}
