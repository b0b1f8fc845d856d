//! Issuers and boards: who governance has registered.

use std::collections::btree_map::Entry;

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
    pub(super) fn register_issuer(
        &mut self,
        t: &RegisterIssuer,
        signer: PublicKey,
    ) -> Result<Event, Rejection> {
        self.governed(signer)?;
        match self.issuers.entry(t.key) {
            Entry::Occupied(_) => Err(Rejection::IssuerKnown { key: t.key }),
            Entry::Vacant(slot) => {
                slot.insert(Party {
                    name: t.name.clone(),
                    entry: self.entries,
                });
                Ok(Event::IssuerRegistered { key: t.key })
            }
        }
    }

    pub(super) fn register_board(
        &mut self,
        t: &RegisterBoard,
        signer: PublicKey,
    ) -> Result<Event, Rejection> {
        self.governed(signer)?;
        match self.boards.entry(t.key) {
            Entry::Occupied(_) => Err(Rejection::BoardKnown { key: t.key }),
            Entry::Vacant(slot) => {
                slot.insert(Party {
                    name: t.name.clone(),
                    entry: self.entries,
                });
                Ok(Event::BoardRegistered { key: t.key })
            }
        }
    }
}
