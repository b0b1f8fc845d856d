//! A small circuit with a statement's number of public inputs, for tests and benches of the
//! verifier alone: w_0 is secret, w_i = w_(i-1) · (x_i + i), and w_8 is another witness.

use ark_bn254::{Bn254, Fr};
use ark_groth16::{Groth16, ProvingKey};
use ark_relations::gr1cs::{
    ConstraintSynthesizer, ConstraintSystemRef, LinearCombination, SynthesisError, Variable,
};
use ark_snark::SNARK;
use ark_std::rand::SeedableRng;
use ark_std::rand::rngs::StdRng;
use salus_protocol::day::Day;
use salus_protocol::nullifier::{Nullifier, Scope};
use salus_protocol::purpose::PurposeCode;
use salus_protocol::query::QueryDigest;
use salus_protocol::registry::Root;
use salus_protocol::statement::{ContactDigest, InstitutionCode, PUBLIC_INPUTS, Statement};
use salus_verifier::{Proof, Setup, VerifyingKey};

/// The name under which the tests' keys are known.
pub(crate) const NAME: &str = "eight-inputs";

/// The circuit with its assignment.
pub(crate) struct EightInputs {
    inputs: [Fr; PUBLIC_INPUTS],
    secret: Fr,
}

impl EightInputs {
    /// A statement's inputs and some secret: every statement has a witness.
    pub(crate) fn of(statement: &Statement) -> Self {
        Self {
            inputs: statement.public_inputs(),
            secret: Fr::from(7u64),
        }
    }
}

impl ConstraintSynthesizer<Fr> for EightInputs {
    fn generate_constraints(self, cs: ConstraintSystemRef<Fr>) -> Result<(), SynthesisError> {
        let mut value = self.secret;
        let mut before = cs.new_witness_variable(|| Ok(value))?;
        for (place, input) in self.inputs.into_iter().enumerate() {
            let shift = Fr::from(place as u64 + 1);
            let x = cs.new_input_variable(|| Ok(input))?;
            value *= input + shift;
            let after = cs.new_witness_variable(|| Ok(value))?;
            let factor = LinearCombination(vec![(Fr::from(1u64), x), (shift, Variable::One)]);
            cs.enforce_r1cs_constraint(
                || LinearCombination::from(before),
                || factor,
                || LinearCombination::from(after),
            )?;
            before = after;
        }
        Ok(())
    }
}

/// A key pair for the circuit, and a source of proofs.
pub(crate) struct Prover {
    proving_key: ProvingKey<Bn254>,
    rng: StdRng,
}

impl Prover {
    /// A setup from a seed.
    pub(crate) fn new(seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let any = EightInputs::of(&statement(1));
        let (proving_key, _) = Groth16::<Bn254>::circuit_specific_setup(any, &mut rng)
            .expect("the circuit can be set up");
        Self { proving_key, rng }
    }

    /// The verifying key.
    pub(crate) fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey::new(
            NAME,
            Setup::InsecureDevelopment,
            self.proving_key.vk.clone(),
        )
        .expect("an honest key is accepted")
    }

    /// A proof of a statement.
    pub(crate) fn prove(&mut self, statement: &Statement) -> Proof {
        let circuit = EightInputs::of(statement);
        let proof = Groth16::<Bn254>::prove(&self.proving_key, circuit, &mut self.rng)
            .expect("every statement can be proven");
        Proof::try_from(proof).expect("an honest proof is accepted")
    }
}

/// A statement whose eight values all depend on a number, and all differ.
pub(crate) fn statement(number: u16) -> Statement {
    let value = |place: u64| Fr::from(1_000_000 * place + u64::from(number));
    Statement {
        root: Root::new(value(1)),
        query: QueryDigest::new(value(2)),
        scope: Scope::new(value(3)),
        nullifier: Nullifier::new(value(4)),
        day: Day::from_number(number).expect("the number is a day"),
        purpose: PurposeCode::new(value(6)),
        institution: InstitutionCode::new(value(7)),
        contact: ContactDigest::new(-value(8)),
    }
}
