//! The real snarkjs on our files, and ours on the real snarkjs's.
//!
//! `npm ci --prefix tests/tools` installs it; `SALUS_SNARKJS` names another one. Without it these
//! tests say so and are skipped.

#![allow(clippy::unwrap_used)]

#[path = "../verifier/circuit.rs"]
mod circuit;
mod iden3_file;
#[path = "../../../tests/tools/skip.rs"]
mod skip;
mod tool;

use ark_bn254::Fr;
use ark_ff::{BigInteger, PrimeField};
use ark_relations::gr1cs::{ConstraintSynthesizer, ConstraintSystem};
use circuit::{EightInputs, NAME, Prover, statement};
use salus_verifier::snarkjs::{self, SnarkjsError};
use salus_verifier::{KeyError, KeyPolicy, Proof, Setup, verify};
use serde_json::{Value, json};
use tool::{Files, Tool};

/// A key, a proof and signals of ours, as files that snarkjs reads.
struct Ours {
    prover: Prover,
    files: Files,
}

impl Ours {
    fn new(tool: Tool) -> Self {
        let mut prover = Prover::new(1);
        let files = Files::new(tool);
        files.write("key.json", &snarkjs::write_key(&prover.verifying_key()));
        files.write(
            "proof.json",
            &snarkjs::write_proof(&prover.prove(&statement(1))),
        );
        files.write("public.json", &snarkjs::write_signals(&statement(1)));
        Self { prover, files }
    }

    fn accepted(&self, public: &str, proof: &str) -> bool {
        self.files
            .run(&["groth16", "verify", "key.json", public, proof])
    }
}

#[test]
fn snarkjs_accepts_our_proofs() {
    let Some(tool) = Tool::find() else { return };
    let mut ours = Ours::new(tool);
    assert!(ours.accepted("public.json", "proof.json"));
    let other = statement(2);
    ours.files
        .write("public.json", &snarkjs::write_signals(&other));
    ours.files.write(
        "proof.json",
        &snarkjs::write_proof(&ours.prover.prove(&other)),
    );
    assert!(ours.accepted("public.json", "proof.json"));
}

#[test]
fn snarkjs_refuses_our_proofs_changed() {
    let Some(tool) = Tool::find() else { return };
    let mut ours = Ours::new(tool);
    let proof = ours.prover.prove(&statement(1));
    let mut negated = proof.as_ark().clone();
    negated.c = -negated.c;
    let negated = snarkjs::write_proof(&Proof::try_from(negated).unwrap());
    let foreign = snarkjs::write_proof(&ours.prover.prove(&statement(2)));
    for tampered in [negated, foreign] {
        ours.files.write("tampered.json", &tampered);
        assert!(!ours.accepted("public.json", "tampered.json"));
    }
    let mut off_curve: Value = serde_json::from_str(&snarkjs::write_proof(&proof)).unwrap();
    off_curve["pi_a"] = json!(["1", "1", "1"]);
    ours.files.write("tampered.json", &off_curve.to_string());
    assert!(!ours.accepted("public.json", "tampered.json"));
}

#[test]
fn snarkjs_refuses_our_signals_changed() {
    let Some(tool) = Tool::find() else { return };
    let ours = Ours::new(tool);
    let inputs = statement(1).public_inputs();
    let texts = inputs.map(|input| input.to_string());
    let mut changed = texts.clone();
    changed[3] = (inputs[3] + Fr::from(1u64)).to_string();
    ours.files
        .write("changed.json", &json!(changed).to_string());
    assert!(!ours.accepted("changed.json", "proof.json"));
    // The same element in another form: refused there, and here before any pairing.
    let mut aliased = inputs[3].into_bigint();
    aliased.add_with_carry(&Fr::MODULUS);
    let mut changed = texts;
    changed[3] = aliased.to_string();
    ours.files
        .write("changed.json", &json!(changed).to_string());
    assert!(!ours.accepted("changed.json", "proof.json"));
    let refused = snarkjs::read_signals(&json!(changed).to_string());
    assert!(matches!(refused, Err(SnarkjsError::Number { .. })));
}

/// snarkjs sets up and proves the same circuit; we read and verify what it wrote.
#[test]
fn we_accept_what_snarkjs_made() {
    let Some(tool) = Tool::find() else { return };
    let files = Files::new(tool);
    let statement = statement(1);
    let system = ConstraintSystem::new_ref();
    EightInputs::of(&statement)
        .generate_constraints(system.clone())
        .unwrap();
    system.finalize();
    files.write_bytes("circuit.r1cs", &iden3_file::r1cs(&system));
    files.write_bytes("witness.wtns", &iden3_file::wtns(&system));
    for step in [
        "powersoftau new bn128 5 first.ptau",
        "powersoftau contribute first.ptau second.ptau -e=entropy",
        "powersoftau prepare phase2 second.ptau final.ptau",
        "groth16 setup circuit.r1cs final.ptau unfinished.zkey",
        "zkey export verificationkey unfinished.zkey unfinished.json",
        "zkey contribute unfinished.zkey final.zkey -e=entropy",
        "zkey export verificationkey final.zkey key.json",
        "groth16 prove final.zkey witness.wtns proof.json public.json",
        "groth16 verify key.json public.json proof.json",
    ] {
        assert!(
            files.run(&step.split(' ').collect::<Vec<_>>()),
            "snarkjs {step}"
        );
    }

    // Without a contribution gamma is delta, and anyone can forge.
    let unfinished = snarkjs::read_key(&files.read("unfinished.json"), NAME, Setup::Ceremony);
    assert!(matches!(
        unfinished,
        Err(SnarkjsError::Key(KeyError::GammaIsDelta))
    ));

    let key_json = files.read("key.json");
    let key = snarkjs::read_key(&key_json, NAME, Setup::InsecureDevelopment).unwrap();
    let proof_json = files.read("proof.json");
    let proof = snarkjs::read_proof(&proof_json).unwrap();
    let signals = snarkjs::read_signals(&files.read("public.json")).unwrap();
    assert_eq!(signals, statement.public_inputs());
    let trusted = key
        .trusted(KeyPolicy::AllowInsecureDevelopmentKeys)
        .unwrap();
    verify(&trusted, &statement, &proof).unwrap();
    verify(&trusted, &circuit::statement(2), &proof).unwrap_err();

    let value = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert_eq!(value(&snarkjs::write_key(&key)), value(&key_json));
    assert_eq!(value(&snarkjs::write_proof(&proof)), value(&proof_json));
}
