//! Consistency of two logs, and two signed checkpoints.

use salus_ledger::key::PublicKey;
use salus_ledger::log::{Checkpoint, CheckpointKey, LogHash, LogTree, Origin};
use salus_ledger::transaction::LedgerName;
use salus_protocol::nullifier::LedgerId;
use serde_json::{Value, json};

use crate::process::{Script, script};
use crate::world::{checkpoint, stranger};

fn tree(size: u64, different: u64) -> LogTree {
    let mut tree = LogTree::new();
    (0..size).for_each(|at| tree.append(format!("{at}{}", u64::from(at == different)).as_bytes()));
    tree
}

const NOWHERE: u64 = u64::MAX;

fn head(size: u64, different: u64) -> Value {
    json!({ "size": size, "root": tree(size, different).root().to_string() })
}

fn path(old: u64, new: u64) -> Vec<String> {
    let proof = tree(new, NOWHERE).consistency(old, new).unwrap();
    proof.path.iter().map(LogHash::to_string).collect()
}

#[test]
fn consistency_of_every_two_sizes() {
    let Some(mut script) = script() else { return };
    let mut consistent = |from: &Value, to: &Value, path: &[String]| {
        script.ask(&json!({ "ask": "consistent", "from": from, "to": to, "path": path })) == true
    };
    for new in 1..=20 {
        for old in 1..=new {
            let path = path(old, new);
            let (from, to) = (head(old, NOWHERE), head(new, NOWHERE));
            assert!(consistent(&from, &to, &path), "{old} {new}");
            assert!(!consistent(&head(old, old - 1), &to, &path), "{old} {new}");
            assert!(!consistent(&from, &head(new, 0), &path), "{old} {new}");
            let longer = [&path[..], &["00".repeat(32)]].concat();
            assert!(!consistent(&from, &to, &longer), "{old} {new}");
            if let Some((_, shorter)) = path.split_last() {
                assert!(!consistent(&from, &to, shorter), "{old} {new}");
            }
        }
    }
}

/// A signed checkpoint of so many entries.
fn signed(size: u64, different: u64) -> String {
    let origin = Origin::of(&LedgerName::new("a.b").unwrap(), &LedgerId::new([7; 32]));
    let root = tree(size, different).root();
    let signed = Checkpoint { size, root }
        .sign(&origin, &checkpoint())
        .unwrap();
    signed.as_str().to_owned()
}

fn outcome(script: &mut Script, texts: [String; 2], path: Option<Vec<String>>) -> String {
    let key = PublicKey::of(&checkpoint()).to_string();
    let answer =
        script.ask(&json!({ "ask": "checkpoints", "texts": texts, "key": key, "path": path }));
    answer["outcome"].as_str().unwrap().to_owned()
}

#[test]
fn two_checkpoints_are_compared() {
    let Some(mut script) = script() else { return };
    let mut said = |one, other, path| outcome(&mut script, [one, other], path);
    let (old, new) = (signed(9, NOWHERE), signed(20, NOWHERE));
    let proof = Some(path(9, 20));
    assert_eq!(said(old.clone(), new.clone(), None), "not-checked");
    assert_eq!(said(old.clone(), new.clone(), proof.clone()), "passed");
    assert_eq!(
        said(new.clone(), old.clone(), proof.clone()),
        "passed",
        "in any order"
    );
    assert_eq!(said(signed(9, 3), new.clone(), proof.clone()), "failed");
    assert_eq!(said(old.clone(), signed(20, 15), proof.clone()), "failed");
    assert_eq!(said(old.clone(), old.clone(), None), "passed");
    assert_eq!(
        said(signed(9, 3), old.clone(), None),
        "failed",
        "two logs of one size"
    );
    assert_eq!(
        said(
            old.replacen("\n9\n", "\n8\n", 1),
            new.clone(),
            proof.clone()
        ),
        "failed"
    );
    assert_eq!(said(String::new(), new.clone(), None), "failed");
    let junk = Some(vec!["zz".to_owned()]);
    assert_eq!(said(old.clone(), new.clone(), junk), "failed");
    // The key as signed-note's tools write it.
    let origin = Origin::of(&LedgerName::new("a.b").unwrap(), &LedgerId::new([7; 32]));
    let noted = CheckpointKey::new(origin, PublicKey::of(&checkpoint())).to_string();
    let mut keyed = |key: String| {
        let question =
            json!({ "ask": "checkpoints", "texts": [old, new], "key": key, "path": proof });
        script.ask(&question)["outcome"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(keyed(noted.clone()), "passed");
    assert_eq!(keyed(noted.replace('+', " ")), "failed");
    assert_eq!(keyed(String::new()), "failed");
    let answer = script.ask(&json!({
        "ask": "checkpoints", "texts": [old, new],
        "key": PublicKey::of(&stranger()).to_string(), "path": proof,
    }));
    assert_eq!(answer["outcome"], "failed", "another key");
}
