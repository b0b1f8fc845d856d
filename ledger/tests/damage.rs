//! A ledger file that was cut off or altered is reported, or was not harmed: never wrong data,
//! never a panic.
#![allow(clippy::unwrap_used)]

mod power;
mod world;

use power::Disk;
use proptest::prelude::*;
use salus_ledger::engine::{Ledger, LedgerError};
use salus_ledger::state::State;
use std::sync::LazyLock;
use world::session;

/// The bytes of a ledger file after the session, and the state in it.
static FILE: LazyLock<(Vec<u8>, State)> = LazyLock::new(|| {
    let disk = Disk::default();
    let genesis = world::genesis(true);
    let ledger = Ledger::create_on(disk.clone(), &genesis, &world::checkpoint()).unwrap();
    for batch in session::batches() {
        ledger.submit_many(batch).unwrap();
    }
    let state = ledger.state().unwrap().clone();
    drop(ledger);
    (disk.bytes(), state)
});

/// Opens altered bytes: an error is fine, and so is the very state; anything else is not.
fn open(bytes: Vec<u8>, what: &str) -> bool {
    let Ok(ledger) = Ledger::open_on(Disk::holding(bytes), None) else {
        return true;
    };
    let same = *ledger.state().unwrap() == FILE.1;
    assert!(same, "{what}: another state was opened");
    match ledger.contact(session::contact().digest()) {
        Ok(bytes) => assert_eq!(bytes, session::contact(), "{what}"),
        Err(LedgerError::Attachment(_) | LedgerError::Damaged { .. } | LedgerError::Store(_)) => {}
        Err(other) => panic!("{what}: {other}"),
    }
    false
}

#[test]
fn a_file_cut_off_anywhere_is_reported() {
    let bytes = &FILE.0;
    for length in (0..bytes.len())
        .step_by(4096)
        .chain([1, 63, 64, 319, 4095, bytes.len() - 1])
    {
        let reported = open(bytes[..length].to_vec(), &format!("cut to {length} bytes"));
        assert!(
            reported,
            "a file cut to {length} of {} bytes opened",
            bytes.len()
        );
    }
}

#[test]
fn the_untouched_file_opens() {
    assert!(!open(FILE.0.clone(), "untouched"));
}

#[test]
fn bits_of_the_header_flipped_one_by_one() {
    let mut reported = 0;
    for bit in 0..320 * 8 {
        let mut bytes = FILE.0.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        reported += usize::from(open(bytes, &format!("bit {bit} flipped")));
    }
    println!("{reported} of 2560 flips reported");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn bytes_changed_anywhere(place in any::<prop::sample::Index>(), by in 1u8..) {
        // Where there is something: most of the file is empty space.
        let used: Vec<usize> = (0..FILE.0.len()).filter(|at| FILE.0[*at] != 0).collect();
        let at = used[place.index(used.len())];
        let mut bytes = FILE.0.clone();
        bytes[at] ^= by;
        open(bytes, &format!("byte {at} changed by {by}"));
    }

    #[test]
    fn a_page_of_noise(place in any::<prop::sample::Index>(), noise in any::<[u8; 32]>()) {
        let page = place.index(FILE.0.len() / 4096) * 4096;
        let mut bytes = FILE.0.clone();
        for (byte, noise) in bytes[page..page + 4096].iter_mut().zip(noise.iter().cycle()) {
            *byte = *noise;
        }
        open(bytes, &format!("page at {page} overwritten"));
    }
}
