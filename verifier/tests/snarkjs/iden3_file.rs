//! A constraint system and its witness in the binary files that snarkjs reads: `.r1cs`, `.wtns`.

use ark_bn254::Fr;
use ark_ff::{BigInteger, PrimeField};
use ark_relations::gr1cs::{ConstraintSystemRef, R1CS_PREDICATE_LABEL};

fn file(magic: &[u8; 4], version: u32, sections: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = magic.to_vec();
    bytes.extend(version.to_le_bytes());
    bytes.extend((sections.len() as u32).to_le_bytes());
    for (kind, section) in (1u32..).zip(sections) {
        bytes.extend(kind.to_le_bytes());
        bytes.extend((section.len() as u64).to_le_bytes());
        bytes.extend(section);
    }
    bytes
}

/// The length of an element and the modulus, which both files begin with.
fn field() -> Vec<u8> {
    let mut bytes = 32u32.to_le_bytes().to_vec();
    bytes.extend(Fr::MODULUS.to_bytes_le());
    bytes
}

/// The constraints.
pub(crate) fn r1cs(system: &ConstraintSystemRef<Fr>) -> Vec<u8> {
    let matrices = &system.to_matrices().unwrap()[R1CS_PREDICATE_LABEL];
    let (public, private) = (
        system.num_instance_variables(),
        system.num_witness_variables(),
    );
    let wires = (public + private) as u32;
    let mut header = field();
    // Wires, outputs, public inputs (all but the constant), private inputs.
    for number in [wires, 0, public as u32 - 1, private as u32] {
        header.extend(number.to_le_bytes());
    }
    header.extend(u64::from(wires).to_le_bytes());
    header.extend((system.num_constraints() as u32).to_le_bytes());

    let mut constraints = Vec::new();
    for row in 0..system.num_constraints() {
        for matrix in matrices {
            constraints.extend((matrix[row].len() as u32).to_le_bytes());
            for (coefficient, wire) in &matrix[row] {
                constraints.extend((*wire as u32).to_le_bytes());
                constraints.extend(coefficient.into_bigint().to_bytes_le());
            }
        }
    }
    let labels = (0..u64::from(wires)).flat_map(u64::to_le_bytes).collect();
    file(b"r1cs", 1, &[header, constraints, labels])
}

/// The witness, public inputs first.
pub(crate) fn wtns(system: &ConstraintSystemRef<Fr>) -> Vec<u8> {
    let mut values = system.instance_assignment().unwrap();
    values.extend(system.witness_assignment().unwrap());
    let mut header = field();
    header.extend((values.len() as u32).to_le_bytes());
    let values = values
        .iter()
        .flat_map(|value| value.into_bigint().to_bytes_le());
    file(b"wtns", 2, &[header, values.collect()])
}
