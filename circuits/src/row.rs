//! Rows as constraints: picking a field out of 16 blocks of four.
//!
//! Only picked blocks are cut into bits; the others are bound by the record commitment alone.
//! Spec: docs/spec/eligibility.md, section "Row".

use ark_ff::{BigInteger, PrimeField};
use salus_protocol::row::{BLOCKS, FIELDS_PER_BLOCK};

use crate::r1cs::{Fr, Label, Num, System, number};

/// Bits of one field.
const FIELD_BITS: usize = 16;

/// The row's blocks.
pub(crate) struct Row {
    pub(crate) blocks: Vec<Num>,
}

impl Row {
    pub(crate) fn new(system: &mut System, blocks: [Fr; BLOCKS]) -> Self {
        Self {
            blocks: blocks
                .into_iter()
                .map(|block| system.witness(block))
                .collect(),
        }
    }

    /// The number in the field whose position `position` writes in six bits, lowest first.
    pub(crate) fn field(&self, system: &mut System, criterion: usize, position: &[Num]) -> Num {
        let bit = Label {
            name: "row.bit",
            index: criterion,
        };
        let pick = Label {
            name: "row.pick",
            index: criterion,
        };
        let (in_block, block) = position.split_at(2);

        let index = place(block);
        let picked = self.blocks.get(index).map_or(Fr::from(0u64), Num::value);
        let bits = system.bits(bit, picked, FIELD_BITS * FIELDS_PER_BLOCK);
        system.choose_into(pick, block, &self.blocks, &number(&bits));

        let fields: Vec<Num> = bits.chunks_exact(FIELD_BITS).map(number).collect();
        let low = system.select(pick, &in_block[0], &fields[0], &fields[1]);
        let high = system.select(pick, &in_block[0], &fields[2], &fields[3]);
        system.select(pick, &in_block[1], &low, &high)
    }
}

/// The place that bits write, lowest first.
fn place(bits: &[Num]) -> usize {
    bits.iter()
        .enumerate()
        .map(|(i, bit)| usize::from(bit.value().into_bigint().get_bit(0)) << i)
        .sum()
}
