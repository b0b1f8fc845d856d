//! The eligibility circuit proven for real, with a development key made here.
#![allow(clippy::unwrap_used)]

#[path = "../../circuits/tests/eligibility/scene.rs"]
#[allow(dead_code)]
mod scene;

use std::sync::LazyLock;

use salus_circuits::eligibility::{Circuit, NAME};
use salus_protocol::consent::{Grant, Permission, Terms};
use salus_protocol::eligibility::Violation;
use salus_protocol::field::Fr;
use salus_protocol::nullifier::Nullifier;
use salus_protocol::registry::Root;
use salus_protocol::statement::{ContactDigest, InstitutionCode, Statement};
use salus_prover::eligibility::{
    EligibilityError, EligibilityProver, EligibilityProverError, insecure_development_key, matrices,
};
use salus_prover::groth16::{Matrices, Preparation};
use salus_prover::key::ProvingKey;
use salus_verifier::{KeyPolicy, PROOF_BYTES, TrustedKey, verify, verify_batch};
use scene::{Scene, day};

static KEY: LazyLock<ProvingKey> = LazyLock::new(|| insecure_development_key().unwrap());
static PROVER: LazyLock<EligibilityProver> =
    LazyLock::new(|| EligibilityProver::new(&KEY, Preparation::Tables).unwrap());

fn trusted() -> TrustedKey {
    KEY.verifying()
        .trusted(KeyPolicy::AllowInsecureDevelopmentKeys)
        .unwrap()
}

#[test]
fn a_proof_verifies_for_its_statement_and_no_other() {
    let scene = Scene::new();
    let statement = scene.statement();
    let proof = PROVER.prove(&statement, &scene.witness()).unwrap();
    assert_eq!(proof.to_bytes().len(), PROOF_BYTES);
    let key = trusted();
    let verified = verify(&key, &statement, &proof).unwrap();
    assert_eq!(verified.statement(), &statement);
    assert_eq!(verified.key_id(), KEY.id());

    let one = Fr::from(1u64);
    let mut other_study = Scene::new();
    other_study.purpose.for_profit = true;
    let others = [
        Statement {
            root: Root::new(statement.root.element() + one),
            ..statement
        },
        Statement {
            query: salus_protocol::query::QueryDigest::new(one),
            ..statement
        },
        Statement {
            scope: salus_protocol::nullifier::Scope::new(one),
            ..statement
        },
        Statement {
            nullifier: Nullifier::new(statement.nullifier.element() + one),
            ..statement
        },
        Statement {
            day: day("2026-11-21"),
            ..statement
        },
        Statement {
            purpose: other_study.statement().purpose,
            ..statement
        },
        Statement {
            institution: InstitutionCode::new(one),
            ..statement
        },
        Statement {
            contact: ContactDigest::of(b"somebody else's"),
            ..statement
        },
    ];
    for other in others {
        assert!(verify(&key, &other, &proof).is_err(), "{other:?}");
    }
}

#[test]
fn who_cannot_prove_is_told_why() {
    let mut count_only = Scene::new();
    count_only.consent.terms = Terms::none()
        .permit(Permission::GeneralResearch)
        .grant(Grant::Counted);
    let mut no_match = Scene::new();
    no_match.row[13] = 0;
    for (scene, expected) in [
        (count_only, Violation::Grant),
        (no_match, Violation::Criteria),
    ] {
        let result = PROVER.prove(&scene.statement(), &scene.witness());
        assert!(matches!(result, Err(EligibilityError::Violation(v)) if v == expected));
    }
}

#[test]
fn many_at_once_and_in_order() {
    let pairs: Vec<_> = (0..6)
        .map(|index| {
            let scene = Scene {
                index,
                ..Scene::new()
            };
            let mut pair = (scene.statement(), scene.witness());
            if index == 3 {
                pair.0.nullifier = Nullifier::new(Fr::from(5u64));
            }
            pair
        })
        .collect();
    let proofs = PROVER.prove_many(&pairs, || ());
    let key = trusted();
    let mut good = Vec::new();
    for (i, (result, (statement, _))) in proofs.into_iter().zip(&pairs).enumerate() {
        match result {
            Ok(proof) => {
                verify(&key, statement, &proof).unwrap();
                good.push((*statement, proof));
            }
            Err(EligibilityError::Violation(Violation::Nullifier)) => assert_eq!(i, 3),
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(good.len(), 5);
    assert_eq!(verify_batch(&key, &good).unwrap().len(), 5);
}

#[test]
fn two_proofs_of_one_statement_share_nothing() {
    let scene = Scene::new();
    let (statement, witness) = (scene.statement(), scene.witness());
    let first = PROVER.prove(&statement, &witness).unwrap().to_bytes();
    let second = PROVER.prove(&statement, &witness).unwrap().to_bytes();
    for part in [0..32, 32..96, 96..128] {
        assert_ne!(first[part.clone()], second[part]);
    }
}

#[test]
fn a_key_for_other_constraints_is_refused() {
    let mut rows = matrices().unwrap().rows();
    for side in &mut rows {
        side.pop();
    }
    let (all, instance) = (matrices().unwrap(), 9);
    let fewer = Matrices::new(rows, instance, all.width() - instance).unwrap();
    let key = ProvingKey::insecure_development(NAME, &fewer).unwrap();
    assert!(matches!(
        EligibilityProver::new(&key, Preparation::Quick),
        Err(EligibilityProverError::OtherCircuit { .. })
    ));
}

#[test]
fn arkworks_sees_the_same_circuit() {
    let by_arkworks = Matrices::of(Circuit).unwrap();
    assert_eq!(
        by_arkworks.with_sparse_b().digest(),
        matrices().unwrap().digest()
    );
    assert_eq!(matrices().unwrap().domain(), 1 << 13);
}

#[test]
fn an_insecure_key_must_be_allowed() {
    assert!(KEY.verifying().trusted(KeyPolicy::CeremonyOnly).is_err());
}
