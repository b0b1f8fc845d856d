//! Inclusion: an entry, its place and its path, in both.

use salus_ledger::log::{InclusionProof, LogHash, LogTree};
use serde_json::{Value, json};

use crate::process::script;

const SIZES: u64 = 12;

/// Proofs of every place in logs of every size, and each with one thing wrong.
fn proofs(size: u64) -> (LogTree, Vec<InclusionProof>) {
    let mut tree = LogTree::new();
    (0..size).for_each(|at| tree.append(&[at as u8]));
    let mut proofs = Vec::new();
    for index in 0..size {
        let proof = tree.inclusion(index, size).unwrap();
        for other in [0, 1, index + 1, index ^ 1, index + size, size, 1 << 40] {
            proofs.push(InclusionProof {
                index: other,
                ..proof.clone()
            });
        }
        for other in [0, 1, size - 1, size + 1, 2 * size, 1 << 40] {
            proofs.push(InclusionProof {
                size: other,
                ..proof.clone()
            });
        }
        let mut longer = proof.clone();
        longer.path.push(LogHash::new([0; 32]));
        proofs.push(longer);
        let mut doubled = proof.clone();
        doubled.path.extend(proof.path.last().copied());
        proofs.push(doubled);
        let mut shorter = proof.clone();
        shorter.path.pop();
        proofs.push(shorter);
        let mut reversed = proof.clone();
        reversed.path.reverse();
        proofs.push(reversed);
        proofs.push(proof);
    }
    (tree, proofs)
}

#[test]
fn the_script_takes_the_same_proofs() {
    let Some(mut script) = script() else { return };
    for size in 1..=SIZES {
        let (tree, proofs) = proofs(size);
        let root = tree.root();
        let mut good = 0;
        for leaf in 0..size {
            let leaf = [leaf as u8];
            let text = |proof: &InclusionProof| serde_json::to_value(proof).unwrap();
            let many: Vec<Value> = proofs.iter().map(text).collect();
            let found = script.ask(&json!({
                "ask": "included", "entry": hex::encode(leaf), "root": root.to_string(), "proofs": many,
            }));
            let expected: Vec<bool> = proofs
                .iter()
                .map(|p| p.verify(&leaf, &root).is_ok())
                .collect();
            good += expected.iter().filter(|holds| **holds).count();
            assert_eq!(found, json!(expected), "an entry of {size}");
        }
        assert!(good as u64 >= size);
    }
}
