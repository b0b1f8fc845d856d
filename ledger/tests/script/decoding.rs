//! Canonical decoding: what Rust reads the script reads, and what one refuses so does the other.

use salus_ledger::log::{Entry, RegistryHead};
use salus_ledger::transaction::*;
use salus_protocol::cohort::{Band, Stratifier, Table};
use salus_protocol::field::Fr;
use salus_protocol::noise::Epsilon;
use salus_protocol::nullifier::{LedgerId, StudyId};
use salus_protocol::purpose::Research;
use salus_protocol::registry::Root;
use salus_protocol::release::Released;
use salus_verifier::{Proof, Setup, VerifyingKey};

use crate::process::{Script, script};
use crate::world::*;

/// Entries with every kind of transaction in them.
fn entries() -> Vec<Vec<u8>> {
    let genesis = genesis(true);
    let Transaction::Genesis(founding) = genesis.transaction() else {
        panic!("{genesis:?}")
    };
    let id = founding.ledger_id();
    let mut entries = vec![genesis.to_bytes()];
    for submission in session::batches().iter().flatten() {
        entries.push(submission.envelope.to_bytes());
    }
    let mut sign = |transaction: Transaction| {
        entries.push(Envelope::sign(transaction, &id, &issuer()).to_bytes());
    };
    let AcceptKey { id: key, .. } = AcceptKey::of(prover::verifying_key());
    let study = StudyId::new(*key.as_bytes());
    let bands = vec![Band { low: 1, high: 9 }, Band { low: 12, high: 12 }];
    let table = Table::Strata(vec![Stratifier { field: 3, bands }]);
    let counts = vec![CellCommitment::new(row(7).point()); 3];
    let (dataset, proof) = (DatasetDigest::of(&[]), AttachmentDigest::of(b"proof"));
    let day = today();
    sign(open_noised().into());
    sign(CloseStudy { study }.into());
    let (record, row) = (commit_record(9).record, row(9));
    let (index, sequence) = (1, 2);
    sign(Transaction::AmendRecord(AmendRecord {
        index,
        sequence,
        record,
        row,
    }));
    let highest = std::array::from_fn(|at| at as u16);
    let edition = query().edition();
    sign(Transaction::PublishPage(PublishPage {
        edition,
        page: 3,
        highest,
        publication: proof,
    }));
    let released = vec![
        Released::Count(50),
        Released::Suppressed,
        Released::Count(0),
    ];
    sign(Transaction::SubmitCohort(SubmitCohort {
        study,
        day,
        table: table.clone(),
        dataset,
        counts: counts.clone(),
        released: released.clone(),
        proof,
    }));
    sign(Transaction::SubmitTally(SubmitTally {
        study,
        day,
        table,
        dataset,
        counts: counts.clone(),
        seeds: counts,
        share_key: [4; 32],
        proof,
    }));
    let tallies = vec![7, u64::MAX];
    sign(Transaction::ReleaseCohort(ReleaseCohort {
        study,
        table: Table::Attrition,
        tallies,
        released,
        proof,
    }));
    for day in [None, Some(today())] {
        let (root, revised) = (Root::new(Fr::from(5u64)), u64::MAX);
        let head = RegistryHead {
            height: 3,
            first: 9,
            root,
            day,
            revised,
        };
        entries.push(Entry::Head(head).to_bytes());
    }
    entries
}

/// A study with what the world's has not: a disease, noise, custodians counted together.
fn open_noised() -> OpenStudy {
    let mut study = open_study();
    study.purpose.research = Research::Disease(salus_protocol::consent::DiseaseArea::LungCancer);
    study.noise = Some(Noise {
        epsilon: Epsilon::Half,
        budget: 20,
    });
    study.together = study.boards.clone();
    study
}

/// Asserts that both read the same of these.
fn same(script: &mut Script, what: &str, many: &[Vec<u8>], reads: impl Fn(&[u8]) -> bool) -> usize {
    let found = script.reads(what, many);
    let mut read = 0;
    for (bytes, found) in many.iter().zip(found) {
        assert_eq!(found, reads(bytes), "{what}: {}", hex::encode(bytes));
        read += usize::from(found);
    }
    read
}

/// Copies of some bytes: cut off, with more at the end, and with changed bytes.
fn altered(bytes: &[u8], step: usize) -> Vec<Vec<u8>> {
    let mut altered = vec![bytes[..bytes.len() - 1].to_vec(), [bytes, &[0]].concat()];
    for at in (0..bytes.len()).step_by(step) {
        for value in [bytes[at] ^ 1, bytes[at] ^ 0x80, 0, 0xff] {
            let mut changed = bytes.to_vec();
            changed[at] = value;
            altered.push(changed);
        }
    }
    altered
}

#[test]
fn entries_are_read_alike() {
    let Some(mut script) = script() else { return };
    let entries = entries();
    let reads = |bytes: &[u8]| Entry::from_bytes(bytes).is_ok();
    assert_eq!(same(&mut script, "entries", &entries, reads), entries.len());
    for entry in &entries {
        // The shapes are in the first bytes; what is long is keys, numbers and proofs.
        let step = if entry.len() > 400 { 7 } else { 3 };
        same(&mut script, "entries", &altered(entry, step), reads);
    }
}

#[test]
fn titles_and_names_are_read_alike() {
    let Some(mut script) = script() else { return };
    let genesis = genesis(true);
    let Transaction::Genesis(founding) = genesis.transaction() else {
        panic!("{genesis:?}")
    };
    let (name, key) = (Title::new("Title").unwrap(), founding.governance);
    let id = founding.ledger_id();
    let board = Envelope::sign(RegisterBoard { name, key }, &id, &governance()).to_bytes();
    let titled = |text: &str| {
        let mut bytes = board[..2].to_vec();
        bytes.extend((text.len() as u32).to_le_bytes());
        bytes.extend(text.as_bytes());
        bytes.extend(&board[2 + 4 + "Title".len()..]);
        bytes
    };
    let texts = [
        "",
        " a",
        "a ",
        "a b",
        "a\u{a0}",
        "\u{2003}a",
        "\u{feff}a",
        "a\u{feff}",
        "\u{85}a",
        "a\u{7f}b",
        "a\u{200e}b",
        "a\u{202e}b",
        "a\u{2066}b",
        "a\u{200b}b",
        "\u{61c}",
        "é",
        "مستشفى 1",
        "😀",
        "a\tb",
    ];
    let mut many: Vec<_> = texts.iter().map(|text| titled(text)).collect();
    many.extend([
        titled(&"a".repeat(200)),
        titled(&"a".repeat(201)),
        titled(&"é".repeat(101)),
    ]);
    let mut not_text = titled("ab");
    not_text[6] = 0xff;
    many.push(not_text);
    same(&mut script, "entries", &many, |bytes| {
        Entry::from_bytes(bytes).is_ok()
    });
}

/// Every byte of some criteria of a compiled query, with numbers at the ends of what it may hold.
#[test]
fn criteria_are_read_alike() {
    let Some(mut script) = script() else { return };
    let study = open_study();
    let texts = 4 + study.title.as_str().len() + 4 + study.query_text.len();
    // Two choices before, then profile, index day and edition after the texts.
    let criteria = 2 + texts + 32 + 2 + 32;
    let entry = Envelope::sign(study, &LedgerId::new([1; 32]), &sponsor()).to_bytes();
    let mut many = vec![entry.clone()];
    for at in [0, 1, 2, 15].map(|place| criteria + 13 * place) {
        for byte in at..at + 13 {
            for value in [0, 1, 2, 3, 4, 15, 16, 17, 63, 64, 0xff] {
                let mut changed = entry.clone();
                changed[byte] = value;
                many.push(changed);
            }
        }
    }
    // Two in one group, of which one, two or three must hold; or the first says how many.
    for (first, second) in [(0, 1), (0, 2), (0, 3), (1, 1), (0, 0)] {
        let mut changed = entry.clone();
        changed[criteria + 12] = first;
        changed[criteria + 13 + 11] = 0;
        changed[criteria + 13 + 12] = second;
        many.push(changed);
    }
    let reads = |bytes: &[u8]| Entry::from_bytes(bytes).is_ok();
    let read = same(&mut script, "entries", &many, reads);
    assert!(
        read > 20 && read < many.len() / 2,
        "{read} of {}",
        many.len()
    );
}

/// Adds a number to one of 32 bytes, both least significant first; none where it needs more bits
/// than `bits`.
fn add(bytes: &[u8], number: &[u8], bits: u32) -> Option<[u8; 32]> {
    let mut sum = [0; 32];
    let mut carry = 0;
    for (at, byte) in sum.iter_mut().enumerate() {
        let digit = u16::from(bytes[at]) + u16::from(number[at]) + carry;
        (*byte, carry) = ((digit & 0xff) as u8, digit >> 8);
    }
    (carry == 0 && u32::from(sum[31]) < 1 << (bits - 248)).then_some(sum)
}

/// A coordinate plus the field's modulus is a second encoding, where it has room.
#[test]
fn second_encodings_of_coordinates_are_refused() {
    let Some(mut script) = script() else { return };
    let vesta = hex::decode("0100000021eb468cdda89409fc98462200000000000000000000000000000040");
    let commit = Envelope::sign(commit_record(9), &LedgerId::new([1; 32]), &issuer()).to_bytes();
    let row = 34..66;
    let sum = add(&commit[row.clone()], &vesta.unwrap(), 256).unwrap();
    let mut aliased = commit.clone();
    aliased[row].copy_from_slice(&sum);
    let reads = |bytes: &[u8]| Entry::from_bytes(bytes).is_ok();
    assert_eq!(same(&mut script, "entries", &[commit, aliased], reads), 1);

    let modulus = hex::decode("47fd7cd8168c203c8dca7168916a81975d588181b64550b829a031e1724e6430");
    let modulus = modulus.unwrap();
    let mut aliased = Vec::new();
    for number in 1..=4 {
        let proof = proof(number);
        for at in [0, 32, 64, 96] {
            // The flags are in the top bits of what ends a point.
            let flags = if at == 32 { 0 } else { proof[at + 31] & 0xc0 };
            let mut plain = proof[at..at + 32].to_vec();
            plain[31] &= !flags;
            let Some(mut sum) = add(&plain, &modulus, 254) else {
                continue;
            };
            sum[31] |= flags;
            let mut other = proof.clone();
            other[at..at + 32].copy_from_slice(&sum);
            aliased.push(other);
        }
    }
    assert!(aliased.len() > 2, "{} have room", aliased.len());
    let reads = |bytes: &[u8]| Proof::from_bytes(bytes).is_ok();
    assert_eq!(same(&mut script, "proofs", &aliased, reads), 0);
}

/// A proof of what person `number` says.
fn proof(number: u64) -> Vec<u8> {
    let said = forged::said(LedgerId::new([1; 32]), &StudyId::new([2; 32]), number);
    prover::prove(&said).to_vec()
}

#[test]
fn proofs_are_read_alike() {
    let Some(mut script) = script() else { return };
    let proofs: Vec<_> = (1..=3).map(proof).collect();
    let reads = |bytes: &[u8]| Proof::from_bytes(bytes).is_ok();
    assert_eq!(same(&mut script, "proofs", &proofs, reads), 3);
    let mut read = 0;
    for proof in &proofs {
        // Half of all first coordinates are of points; of the second group's points hardly any
        // is in the group.
        let mut changed = altered(proof, 2);
        // The script's proofs are cut to 128 bytes by the entry they stand in.
        changed.drain(..2);
        for at in [31, 95, 127] {
            for flags in [0x40, 0x80, 0xc0] {
                let mut flagged = proof.clone();
                flagged[at] ^= flags;
                changed.push(flagged);
            }
        }
        for range in [0..32, 32..96, 96..128] {
            for value in [0, 0xff] {
                let mut blank = proof.clone();
                blank[range.clone()].fill(value);
                changed.push(blank);
            }
        }
        read += same(&mut script, "proofs", &changed, reads);
    }
    assert!(
        read > 50,
        "{read} were proofs, so points of both signs were read"
    );
}

#[test]
fn verifying_keys_are_read_alike() {
    let Some(mut script) = script() else { return };
    let good = prover::verifying_key().to_bytes().to_vec();
    let mut keys = vec![good.clone()];
    let part = |from: std::ops::Range<usize>, to: usize| {
        let mut key = good.clone();
        let bytes = good[from].to_vec();
        key[to..to + bytes.len()].copy_from_slice(&bytes);
        key
    };
    // Beta, gamma and delta in each other's place, also negated; two inputs that are one point.
    for (from, to) in [(32, 96), (32, 160), (96, 160), (160, 96)] {
        let mut shared = part(from..from + 64, to);
        keys.push(shared.clone());
        shared[to + 63] ^= 0x80;
        keys.push(shared);
    }
    for (first, second) in [(0, 1), (1, 2), (2, 8)] {
        let (from, to) = (232 + 32 * first, 232 + 32 * second);
        let mut shared = part(from..from + 32, to);
        keys.push(shared.clone());
        shared[to + 31] ^= 0x80;
        keys.push(shared);
    }
    keys.extend(altered(&good, 16).into_iter().skip(2));
    let setup = Setup::InsecureDevelopment;
    let reads = |bytes: &[u8]| VerifyingKey::from_bytes(ELIGIBILITY_CIRCUIT, setup, bytes).is_ok();
    // An input may share the constant's point.
    assert!(same(&mut script, "keys", &keys, reads) > 3);
}
