//! The record commitment as constraints. Spec: docs/spec/records.md.

use salus_protocol::poseidon::Domain;
use salus_protocol::record::Record as Opening;

use crate::poseidon;
use crate::r1cs::{Label, Num, System};
use crate::row::Row;

const LABEL: Label = Label {
    name: "record.commitment",
    index: 0,
};
/// Blocks hashed first.
const FIRST: usize = 12;

/// A record in the circuit.
pub(crate) struct Record {
    pub(crate) row: Row,
    pub(crate) edition: Num,
    pub(crate) commitment: Num,
}

impl Record {
    pub(crate) fn new(system: &mut System, opening: &Opening, subject: &Num) -> Self {
        let row = Row::new(system, opening.row.blocks());
        let edition = system.witness(opening.edition.element());
        let salt = system.witness(opening.salt.element());
        let first = poseidon::hash(system, LABEL, Domain::RowBlocks, &row.blocks[..FIRST]);
        let mut inputs = vec![first];
        inputs.extend_from_slice(&row.blocks[FIRST..]);
        inputs.extend([edition.clone(), subject.clone(), salt]);
        let commitment = poseidon::hash(system, LABEL, Domain::Record, &inputs);
        Self {
            row,
            edition,
            commitment,
        }
    }
}
