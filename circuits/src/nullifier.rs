//! Subject key and nullifier as constraints.
//! Spec: docs/spec/primitives.md, section "Subject key and nullifier".

use salus_protocol::poseidon::Domain;

use crate::poseidon;
use crate::r1cs::{Label, Num, System};

/// The subject's key, from the secret.
pub(crate) fn subject_key(system: &mut System, secret: &Num) -> Num {
    let label = Label {
        name: "subject.key",
        index: 0,
    };
    poseidon::hash(
        system,
        label,
        Domain::SubjectKey,
        std::slice::from_ref(secret),
    )
}

/// Demands that `nullifier` is the secret's in `scope`.
pub(crate) fn enforce(system: &mut System, secret: &Num, scope: &Num, nullifier: &Num) {
    let hashed = poseidon::hash(
        system,
        Label {
            name: "nullifier.hash",
            index: 0,
        },
        Domain::Nullifier,
        &[secret.clone(), scope.clone()],
    );
    system.equal(
        Label {
            name: "nullifier",
            index: 0,
        },
        &hashed,
        nullifier,
    );
}
