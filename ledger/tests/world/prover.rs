//! A toy circuit with eight public inputs, each squared: it shows nothing about them, but its
//! proofs and keys are real, so the ledger's checks of them are exercised.

use std::sync::LazyLock;

use ark_bn254::{Bn254, Fr};
use ark_groth16::{Groth16, ProvingKey};
use ark_relations::gr1cs::{ConstraintSynthesizer, ConstraintSystemRef, SynthesisError, Variable};
use ark_relations::lc;
use ark_serialize::CanonicalSerialize;
use ark_snark::SNARK;
use ark_std::rand::SeedableRng;
use ark_std::rand::rngs::StdRng;
use salus_ledger::transaction::{ELIGIBILITY_CIRCUIT, SubmitEligibility};
use salus_protocol::nullifier::StudyId;
use salus_protocol::statement::{PUBLIC_INPUTS, Statement};
use salus_verifier::{PROOF_BYTES, Setup, VerifyingKey};

struct Squares([Fr; PUBLIC_INPUTS]);

impl ConstraintSynthesizer<Fr> for Squares {
    fn generate_constraints(self, cs: ConstraintSystemRef<Fr>) -> Result<(), SynthesisError> {
        for value in self.0 {
            let input: Variable = cs.new_input_variable(|| Ok(value))?;
            let square = cs.new_witness_variable(|| Ok(value * value))?;
            cs.enforce_r1cs_constraint(|| lc!() + input, || lc!() + input, || lc!() + square)?;
        }
        Ok(())
    }
}

/// Seeded: the toy's secrets need no hiding.
fn rng() -> StdRng {
    StdRng::seed_from_u64(7)
}

static KEYS: LazyLock<(ProvingKey<Bn254>, VerifyingKey)> = LazyLock::new(|| {
    let circuit = Squares([Fr::from(1u64); PUBLIC_INPUTS]);
    let (proving, verifying) =
        Groth16::<Bn254>::circuit_specific_setup(circuit, &mut rng()).unwrap();
    let setup = Setup::InsecureDevelopment;
    (
        proving,
        VerifyingKey::new(ELIGIBILITY_CIRCUIT, setup, verifying).unwrap(),
    )
});

pub(crate) fn verifying_key() -> &'static VerifyingKey {
    &KEYS.1
}

pub(crate) fn prove(statement: &Statement) -> [u8; PROOF_BYTES] {
    let circuit = Squares(statement.public_inputs());
    let proof = Groth16::<Bn254>::prove(&KEYS.0, circuit, &mut rng()).unwrap();
    let mut bytes = Vec::new();
    proof.serialize_compressed(&mut bytes).unwrap();
    salus_verifier::Proof::from_bytes(&bytes)
        .unwrap()
        .to_bytes()
}

/// An answer that says, and proves, a statement.
pub(crate) fn answer(study: StudyId, statement: Statement) -> SubmitEligibility {
    SubmitEligibility {
        study,
        key: verifying_key().id(),
        statement,
        proof: prove(&statement),
    }
}
