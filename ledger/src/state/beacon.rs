//! Beacons: numbers that nobody knew before the ledger's day changed, for noise.
//!
//! A beacon is the digest of the beacon before, the latest head, and the entry that changes the day
//! with its signature. Only the checkpoint key can make that signature, so nobody else can compute a
//! beacon, or choose one by choosing what else is on the ledger; and who holds the checkpoint key
//! does not know the seeds. Spec: docs/spec/ledger.md, section "In two steps".

use sha2::{Digest, Sha256};

use super::{Admitted, State};
use crate::log::RegistryHead;

/// The beacon of a change of the day.
pub(super) fn next(
    before: &[(u64, [u8; 32])],
    head: Option<&RegistryHead>,
    change: &Admitted,
) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(b"salus/v1/day-beacon\0");
    hasher.update(before.last().map_or([0; 32], |(_, beacon)| *beacon));
    let head = head.map(borsh::to_vec).transpose();
    hasher.update(
        head.expect("writing to memory does not fail")
            .unwrap_or_default(),
    );
    hasher.update(change.digest());
    hasher.finalize().into()
}

impl State {
    /// What the first change of the day after an entry drew.
    pub(super) fn beacon_after(&self, entry: u64) -> Option<[u8; 32]> {
        let place = self.beacons.partition_point(|(at, _)| *at <= entry);
        self.beacons.get(place).map(|(_, beacon)| *beacon)
    }
}
