//! Beacons: numbers that nobody knew before the ledger's day changed, for noise.
//!
//! A beacon is the digest of the beacon before, the latest head, and the entry that changes the day
//! with its nonce and signature. Only the checkpoint key can make that signature, so nobody else can
//! compute a beacon, or choose one by choosing what else is on the ledger; and who holds the
//! checkpoint key does not know the seeds. Spec: docs/spec/ledger.md, section "In two steps".

use sha2::{Digest, Sha256};

use crate::log::RegistryHead;

/// The beacon of a change of the day, whose envelope has this digest.
pub(super) fn next(before: &[u8; 32], head: Option<&RegistryHead>, change: &[u8; 32]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(b"salus/v1/day-beacon\0");
    hasher.update(before);
    let head = head.map(borsh::to_vec).transpose();
    let head = head.expect("writing to memory does not fail");
    hasher.update(head.unwrap_or_default());
    hasher.update(change);
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use salus_protocol::field::Fr;
    use salus_protocol::registry::Root;

    fn head(height: u64) -> RegistryHead {
        RegistryHead {
            height,
            first: 3,
            root: Root::new(Fr::from(5u64)),
            day: None,
            revised: 0,
        }
    }

    #[test]
    fn each_part_makes_another_beacon_and_one_is_pinned() {
        let beacon = next(&[1; 32], Some(&head(2)), &[3; 32]);
        for other in [
            next(&[0; 32], Some(&head(2)), &[3; 32]),
            next(&[1; 32], Some(&head(1)), &[3; 32]),
            next(&[1; 32], None, &[3; 32]),
            next(&[1; 32], Some(&head(2)), &[2; 32]),
        ] {
            assert_ne!(beacon, other);
        }
        assert_eq!(
            hex::encode(beacon),
            "b124854e1978688d3afc8e15f3f6e027afaa01dec0fa5fb9ce302ba2ed042bf0"
        );
    }
}
