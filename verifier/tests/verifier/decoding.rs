//! Any input is decoded or refused, never a panic; what is decoded is encoded the same.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use salus_verifier::{KEY_BYTES, PROOF_BYTES, Proof, Setup, VerifyingKey, snarkjs};

use crate::circuit::{NAME, Prover, statement};

fn decode_all(bytes: &[u8]) {
    if let Ok(proof) = Proof::from_bytes(bytes) {
        assert_eq!(proof.to_bytes(), bytes);
    }
    if let Ok(key) = VerifyingKey::from_bytes(NAME, Setup::Ceremony, bytes) {
        assert_eq!(key.to_bytes(), bytes);
    }
    if let Ok(proof) = borsh::from_slice::<Proof>(bytes) {
        assert_eq!(borsh::to_vec(&proof).unwrap(), bytes);
    }
    if let Ok(key) = borsh::from_slice::<VerifyingKey>(bytes) {
        assert_eq!(borsh::to_vec(&key).unwrap(), bytes);
    }
}

fn read_all(text: &str) {
    let _ = Proof::from_hex(text);
    let _ = serde_json::from_str::<Proof>(text);
    let _ = serde_json::from_str::<VerifyingKey>(text);
    if let Ok(key) = snarkjs::read_key(text, NAME, Setup::Ceremony) {
        snarkjs::read_key(&snarkjs::write_key(&key), NAME, Setup::Ceremony).unwrap();
    }
    if let Ok(proof) = snarkjs::read_proof(text) {
        assert_eq!(
            snarkjs::read_proof(&snarkjs::write_proof(&proof)).unwrap(),
            proof
        );
    }
    let _ = snarkjs::read_signals(text);
}

/// Good inputs to be damaged: bytes and texts.
fn samples() -> (Vec<Vec<u8>>, Vec<String>) {
    let mut prover = Prover::new(1);
    let (key, statement) = (prover.verifying_key(), statement(1));
    let proof = prover.prove(&statement);
    let bytes = vec![
        proof.to_bytes().to_vec(),
        key.to_bytes().to_vec(),
        borsh::to_vec(&key).unwrap(),
    ];
    let texts = vec![
        serde_json::to_string(&proof).unwrap(),
        serde_json::to_string(&key).unwrap(),
        snarkjs::write_key(&key),
        snarkjs::write_proof(&proof),
        snarkjs::write_signals(&statement),
    ];
    (bytes, texts)
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in vec(any::<u8>(), 0..700)) {
        decode_all(&bytes);
        read_all(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn arbitrary_bytes_of_the_right_length_never_panic(mut bytes in vec(any::<u8>(), KEY_BYTES)) {
        bytes[224..232].copy_from_slice(&9u64.to_le_bytes());
        decode_all(&bytes);
        decode_all(&bytes[..PROOF_BYTES]);
    }

    #[test]
    fn arbitrary_text_never_panics(text in any::<String>()) {
        read_all(&text);
    }
}

#[test]
fn damaged_input_never_panics() {
    let (bytes, texts) = samples();
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let damage = (any::<Index>(), any::<Index>(), any::<u8>(), 0u8..3);
    runner
        .run(&damage, |(which, place, byte, kind)| {
            let damaged = |bytes: &[u8]| {
                let mut bytes = bytes.to_vec();
                let place = place.index(bytes.len());
                match kind {
                    0 => bytes[place] = byte,
                    1 => bytes.insert(place, byte),
                    _ => drop(bytes.remove(place)),
                }
                bytes
            };
            let sample: &Vec<u8> = which.get(&bytes);
            decode_all(&damaged(sample));
            let sample: &String = which.get(&texts);
            let text = damaged(sample.as_bytes());
            read_all(&String::from_utf8_lossy(&text));
            Ok(())
        })
        .unwrap();
}
