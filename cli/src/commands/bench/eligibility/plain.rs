//! The same circuit proven by ark-groth16 as it comes.

use ark_bn254::Bn254;
use ark_groth16::{Groth16, PreparedVerifyingKey, Proof, ProvingKey};
use ark_relations::gr1cs::{ConstraintSynthesizer, ConstraintSystemRef, SynthesisError};
use ark_snark::SNARK;
use ark_std::rand::SeedableRng;
use ark_std::rand::rngs::StdRng;
use rayon::prelude::*;
use salus_circuits::eligibility::{Circuit, assign, shape};
use salus_circuits::r1cs::Fr;
use salus_protocol::statement::Statement;

use super::broken;
use super::scene::Pair;
use crate::failure::Failure;

/// A proof as ark-groth16 makes it.
pub(super) type PlainProof = Proof<Bn254>;

/// A key of ark-groth16's own.
pub(super) struct Plain {
    proving: ProvingKey<Bn254>,
    verifying: PreparedVerifyingKey<Bn254>,
}

/// The circuit with its values: what ark-groth16 synthesises for each proof.
struct Assigned(Vec<Fr>);

impl ConstraintSynthesizer<Fr> for Assigned {
    fn generate_constraints(self, system: ConstraintSystemRef<Fr>) -> Result<(), SynthesisError> {
        shape().write_into(&system, &self.0)
    }
}

impl Plain {
    pub(super) fn set_up() -> Result<Self, Failure> {
        let (proving, verifying) =
            Groth16::<Bn254>::circuit_specific_setup(Circuit, &mut rng()?).map_err(broken)?;
        Ok(Self {
            proving,
            verifying: ark_groth16::prepare_verifying_key(&verifying),
        })
    }

    pub(super) fn prove(&self, (statement, witness): &Pair) -> Result<PlainProof, Failure> {
        let assigned = Assigned(assign(statement, witness).variables);
        Groth16::<Bn254>::prove(&self.proving, assigned, &mut rng()?).map_err(broken)
    }

    /// Many, side by side.
    pub(super) fn prove_many(&self, pairs: &[Pair]) -> Result<Vec<PlainProof>, Failure> {
        pairs.par_iter().map(|pair| self.prove(pair)).collect()
    }

    pub(super) fn verify(&self, statement: &Statement, proof: &PlainProof) -> Result<(), Failure> {
        let inputs = statement.public_inputs();
        let valid = Groth16::<Bn254>::verify_proof(&self.verifying, proof, &inputs);
        if valid.map_err(broken)? {
            Ok(())
        } else {
            Err(broken("ark-groth16 made a proof that does not verify"))
        }
    }
}

fn rng() -> Result<StdRng, Failure> {
    let mut seed = [0u8; 32];
    getrandom::fill(&mut seed)?;
    Ok(StdRng::from_seed(seed))
}
