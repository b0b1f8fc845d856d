//! Issuers and boards: who governance has registered.

use std::collections::BTreeMap;

use super::{Event, Rejection, State};
use crate::key::PublicKey;
use crate::transaction::{RegisterBoard, RegisterIssuer, Title};

/// A registered issuer or board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// Its name.
    pub name: Title,
    /// Index of the log entry that registered it.
    pub entry: u64,
}

impl State {
    /// An issuer's name, or its key where none is registered.
    #[must_use]
    pub fn issuer_name(&self, key: &PublicKey) -> String {
        name(&self.issuers, key)
    }

    /// A board's name, or its key where none is registered.
    #[must_use]
    pub fn board_name(&self, key: &PublicKey) -> String {
        name(&self.boards, key)
    }

    pub(super) fn check_issuer(
        &self,
        t: &RegisterIssuer,
        signer: PublicKey,
    ) -> Result<(), Rejection> {
        self.governed(signer)?;
        if self.issuers.contains_key(&t.key) {
            return Err(Rejection::IssuerKnown { key: t.key });
        }
        Ok(())
    }

    pub(super) fn register_issuer(
        &mut self,
        t: &RegisterIssuer,
        signer: PublicKey,
    ) -> Result<Event, Rejection> {
        self.check_issuer(t, signer)?;
        let (name, entry) = (t.name.clone(), self.entries);
        self.issuers.insert(t.key, Party { name, entry });
        Ok(Event::IssuerRegistered { key: t.key })
    }

    pub(super) fn check_board(
        &self,
        t: &RegisterBoard,
        signer: PublicKey,
    ) -> Result<(), Rejection> {
        self.governed(signer)?;
        if self.boards.contains_key(&t.key) {
            return Err(Rejection::BoardKnown { key: t.key });
        }
        Ok(())
    }

    pub(super) fn register_board(
        &mut self,
        t: &RegisterBoard,
        signer: PublicKey,
    ) -> Result<Event, Rejection> {
        self.check_board(t, signer)?;
        let (name, entry) = (t.name.clone(), self.entries);
        self.boards.insert(t.key, Party { name, entry });
        Ok(Event::BoardRegistered { key: t.key })
    }
}

fn name(parties: &BTreeMap<PublicKey, Party>, key: &PublicKey) -> String {
    let party = parties.get(key);
    party.map_or_else(|| key.to_string(), |party| party.name.to_string())
}
