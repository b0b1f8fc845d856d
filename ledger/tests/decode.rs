//! Decoders: any bytes give a value with those very bytes, or an error; never a panic.
#![allow(clippy::unwrap_used)]

mod world;

use proptest::prelude::*;
use salus_ledger::audit::{self, Expectations};
use salus_ledger::log::{Entry, MAX_ENTRY_BYTES, SignedCheckpoint};
use salus_ledger::replay;
use salus_ledger::state::State;
use salus_ledger::transaction::*;
use salus_protocol::nullifier::LedgerId;
use salus_verifier::KeyPolicy;
use world::kinds::{cohort, every_kind};
use world::{genesis, row, session};

/// Transactions of every kind, as bytes.
fn good() -> Vec<Vec<u8>> {
    every_kind().iter().map(Envelope::to_bytes).collect()
}

fn decodes_to_itself_or_not_at_all(bytes: &[u8]) {
    if let Ok(entry) = Entry::from_bytes(bytes) {
        assert_eq!(entry.to_bytes(), bytes);
    }
    let _ = Envelope::from_bytes(bytes);
}

#[test]
fn every_transaction_has_one_encoding() {
    for bytes in good() {
        assert_eq!(Envelope::from_bytes(&bytes).unwrap().to_bytes(), bytes);
        let mut longer = bytes.clone();
        longer.push(0);
        assert!(Entry::from_bytes(&longer).is_err(), "trailing bytes");
        for length in 0..bytes.len() {
            assert!(
                Entry::from_bytes(&bytes[..length]).is_err(),
                "cut to {length}"
            );
        }
    }
    assert!(Entry::from_bytes(&vec![0; MAX_ENTRY_BYTES + 1]).is_err());
}

#[test]
fn commitments_and_elements_are_canonical() {
    // The modulus of BN254's scalar field: a second encoding of zero.
    let modulus =
        hex::decode("30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001").unwrap();
    let commit = session::batches()[1][0].envelope.to_bytes();
    // Entry tag, transaction tag, then the record commitment and the row commitment.
    let mut element = commit.clone();
    element[2..34].copy_from_slice(&modulus);
    assert!(Entry::from_bytes(&element).is_err());
    let mut point = commit.clone();
    point[34..66].copy_from_slice(&[0xff; 32]);
    assert!(Entry::from_bytes(&point).is_err());
    point[34..66].copy_from_slice(&[0; 32]);
    assert!(
        Entry::from_bytes(&point).is_err(),
        "the identity hides nothing"
    );
    // Entry tag, transaction tag, study, day, a table of strata with one field and two bands, the
    // dataset's digest, and how many commitments there are.
    let answer = cohort()[1].to_bytes();
    let at = 2 + 32 + 2 + (1 + 4 + 1 + 4 + 2 * 4) + 32 + 4;
    assert_eq!(answer[at..at + 32], row(1).to_bytes());
    for wrong in [[0; 32], [0xff; 32]] {
        let mut count = answer.clone();
        count[at..at + 32].copy_from_slice(&wrong);
        assert!(Entry::from_bytes(&count).is_err());
    }
    let mut key = commit;
    key[66..98].copy_from_slice(&[0; 32]);
    assert!(Entry::from_bytes(&key).is_err(), "a key of small order");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn noise(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        decodes_to_itself_or_not_at_all(&bytes);
    }

    #[test]
    fn tagged_noise(tag in 0u8..17, bytes in prop::collection::vec(any::<u8>(), 0..700)) {
        decodes_to_itself_or_not_at_all(&[&[0, tag][..], &bytes].concat());
    }

    #[test]
    fn changed_transactions(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let all = good();
        let mut bytes = all[which.index(all.len())].clone();
        for (place, value) in changes {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        decodes_to_itself_or_not_at_all(&bytes);
        if let Ok(envelope) = Envelope::from_bytes(&bytes) {
            let mut state = State::found(&genesis(true)).unwrap();
            if !all.contains(&bytes) {
                prop_assert!(state.apply(&envelope).is_err(), "a changed transaction entered");
            }
        }
        let _ = replay::replay([genesis(true).to_bytes(), bytes], &());
    }

    #[test]
    fn checkpoints_of_noise(text in "(?s).{0,300}") {
        let state = State::found(&genesis(true)).unwrap();
        prop_assert!(SignedCheckpoint::new(text).verify(&state.checkpoint_key()).is_err());
    }

    #[test]
    fn bundles_of_noise(text in "(?s).{0,300}") {
        let expected = Expectations {
            ledger: LedgerId::new([0; 32]),
            checkpoint_key: None,
            keys: KeyPolicy::CeremonyOnly,
        };
        prop_assert!(audit::verify(text.as_bytes(), &expected).is_err());
    }
}
