//! The eligibility circuit: one for every query and profile of 64 fields and 16 criteria.
//!
//! It shows `salus_protocol::eligibility`, constraint by constraint.
//! Spec: docs/spec/eligibility.md.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use ark_relations::gr1cs::{ConstraintSynthesizer, ConstraintSystemRef, SynthesisError};
use salus_protocol::eligibility::Witness;
use salus_protocol::statement::Statement;

use crate::r1cs::{Assignment, Fr, Label, Num, Shape, System};
use crate::{consent, nullifier, query, record, registry};

mod blank;

/// The circuit's name, as keys and audit bundles state it.
pub const NAME: &str = "salus.v1.eligibility-64x16";

/// The values of a statement and witness in the circuit.
///
/// Any witness has values; [`Assignment::broken`] names the constraints that they break, and is
/// empty exactly if the witness shows the statement.
#[must_use]
pub fn assign(statement: &Statement, witness: &Witness) -> Assignment {
    System::assign(|system| synthesize(system, &statement.public_inputs(), witness))
}

/// The values as a cheating prover would make them: see [`System::assign_forced`].
#[must_use]
pub fn assign_forced(
    statement: &Statement,
    witness: &Witness,
    forced: BTreeMap<usize, Fr>,
) -> Assignment {
    let inputs = statement.public_inputs();
    System::assign_forced(forced, |system| synthesize(system, &inputs, witness))
}

/// The circuit's constraints.
#[must_use]
pub fn shape() -> &'static Shape {
    static SHAPE: LazyLock<Shape> = LazyLock::new(|| {
        let (statement, witness) = blank::blank();
        System::shape(|system| synthesize(system, &statement.public_inputs(), &witness))
    });
    &SHAPE
}

fn synthesize(system: &mut System, inputs: &[Fr; 8], witness: &Witness) {
    let [
        root,
        digest,
        scope,
        nullifier,
        day,
        purpose,
        institution,
        contact,
    ] = inputs.map(|input| system.input(input));

    let secret = system.witness(witness.secret.expose_element());
    let subject = nullifier::subject_key(system, &secret);
    let record = record::Record::new(system, &witness.record, &subject);
    query::enforce(
        system,
        &witness.query,
        &record.row,
        &record.edition,
        &digest,
    );

    let study = consent::Study {
        day: &day,
        purpose: &purpose,
        institution: &institution,
        scope: &scope,
    };
    let consent = consent::enforce(system, &witness.consent, &study);
    registry::enforce_membership(
        system,
        &witness.membership,
        &record.commitment,
        &consent,
        &root,
    );
    nullifier::enforce(system, &secret, &scope, &nullifier);
    bind(system, "contact", &contact);
    bind(system, "institution", &institution);
}

/// Squares an input on which nothing else depends: the contact always, the institution where the
/// consent names none. The key has a point of its own for every input anyhow; this is a second
/// line, so that no value of theirs goes unused in the constraints.
fn bind(system: &mut System, name: &'static str, input: &Num) {
    system.product(Label { name, index: 0 }, input, input);
}

/// The circuit for arkworks' key generation.
#[derive(Debug, Clone, Copy)]
pub struct Circuit;

impl ConstraintSynthesizer<Fr> for Circuit {
    fn generate_constraints(self, system: ConstraintSystemRef<Fr>) -> Result<(), SynthesisError> {
        // Key generation reads no values.
        let shape = shape();
        let blank = vec![Fr::from(0u64); shape.instance_len + shape.witness_len];
        shape.write_into(&system, &blank)
    }
}
