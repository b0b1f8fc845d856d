//! Moments: when something entered the ledger, as its own heads say.

use salus_ledger::state::State;

/// When an entry entered the ledger.
#[derive(Debug)]
pub(super) struct Moment {
    /// The entry's index.
    pub(super) entry: u64,
    /// The height in which it stands, once that is sealed, and the ledger's day then.
    pub(super) height: Option<(u64, String)>,
}

impl Moment {
    pub(super) fn of(state: &State, entry: u64) -> Self {
        let head = state.head_over(entry).map(|(_, head)| {
            let day = head.day.map(|day| day.to_string());
            (head.height, day.unwrap_or_else(|| "not set".to_owned()))
        });
        Self {
            entry,
            height: head,
        }
    }
}
