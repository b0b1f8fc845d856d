//! Ed25519 by the strict rules, in both.

use salus_ledger::key::{PublicKey, Signature};
use serde_json::json;

use crate::process::script;
use crate::world::key;

/// A key, a signature and a message in one, as the script takes them.
struct Signed([u8; 32], [u8; 64], Vec<u8>);

impl Signed {
    fn bytes(&self) -> Vec<u8> {
        [&self.0[..], &self.1, &self.2].concat()
    }

    fn holds(&self) -> bool {
        let signature = Signature::from_bytes(self.1);
        PublicKey::from_bytes(&self.0).is_ok_and(|key| key.verifies(&self.2, &signature))
    }
}

/// Encodings of points of small order, and second encodings.
fn strange_points() -> Vec<[u8; 32]> {
    let mut points = Vec::new();
    let known = [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ];
    for text in known {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).unwrap();
        points.push(bytes);
        bytes[31] |= 0x80;
        points.push(bytes);
    }
    points
}

fn cases() -> Vec<Signed> {
    let mut cases = Vec::new();
    for number in 0..8 {
        let secret = key(9, number);
        let message = format!("message {number}").into_bytes();
        let signature = *Signature::sign(&secret, &message).as_bytes();
        let public = *PublicKey::of(&secret).as_bytes();
        cases.push(Signed(public, signature, message.clone()));
        for bit in (0..512).step_by(7) {
            let mut flipped = signature;
            flipped[bit / 8] ^= 1 << (bit % 8);
            cases.push(Signed(public, flipped, message.clone()));
        }
        // The scalar plus the group's order.
        let mut aliased = signature;
        let order = hex::decode("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
        let mut carry = 0;
        for (byte, add) in aliased[32..].iter_mut().zip(order.unwrap()) {
            let sum = u16::from(*byte) + u16::from(add) + carry;
            (*byte, carry) = ((sum & 0xff) as u8, sum >> 8);
        }
        cases.push(Signed(public, aliased, message.clone()));
        for point in strange_points() {
            let mut nonce = [0; 64];
            nonce[..32].copy_from_slice(&point);
            cases.push(Signed(public, nonce, message.clone()));
            cases.push(Signed(point, signature, message.clone()));
            cases.push(Signed(point, nonce, message.clone()));
        }
    }
    cases
}

#[test]
fn the_script_takes_the_same_signatures() {
    let Some(mut script) = script() else { return };
    let cases = cases();
    let bytes: Vec<_> = cases.iter().map(Signed::bytes).collect();
    let found = script.reads("signatures", &bytes);
    let expected: Vec<_> = cases.iter().map(Signed::holds).collect();
    assert_eq!(found, expected);
    assert_eq!(expected.iter().filter(|holds| **holds).count(), 8);
}

/// One that holds only up to a point of small order, which other verifiers take.
#[test]
fn neither_clears_the_cofactor() {
    let Some(mut script) = script() else { return };
    let made = script.ask(&json!({ "ask": "torsioned" }));
    let bytes = hex::decode(made.as_str().unwrap()).unwrap();
    assert_eq!(
        script.reads("signatures", std::slice::from_ref(&bytes)),
        [false]
    );
    let key = PublicKey::from_bytes(bytes[..32].try_into().unwrap()).unwrap();
    let signature = Signature::from_bytes(bytes[32..96].try_into().unwrap());
    assert!(!key.verifies(&bytes[96..], &signature));
}
