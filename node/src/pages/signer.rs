//! Signers: whose key signed an entry, where the ledger's state says.

use salus_ledger::key::PublicKey;
use salus_ledger::state::State;

/// Who signed, as pages show it.
#[derive(Debug)]
pub(super) struct Signer {
    /// The name that the ledger has for the key, if it has one.
    pub(super) name: Option<String>,
    /// The key.
    pub(super) key: String,
}

impl Signer {
    pub(super) fn of(state: &State, key: &PublicKey) -> Self {
        Self {
            name: name(state, key),
            key: key.to_string(),
        }
    }
}

/// Keys of patients have no name here, nor are any wanted: each is for one record or one answer.
fn name(state: &State, key: &PublicKey) -> Option<String> {
    let genesis = state.genesis();
    let registered = [state.issuers(), state.boards()];
    let mut registered = registered.into_iter().filter_map(|known| known.get(key));
    if let Some(party) = registered.next() {
        return Some(party.name.to_string());
    }
    if *key == genesis.governance {
        return Some("governance".to_owned());
    }
    (*key == genesis.checkpoint).then(|| "the ledger’s operator".to_owned())
}
