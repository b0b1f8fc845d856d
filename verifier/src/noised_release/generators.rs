//! The noised release circuit's verifying key, and halo2's generators that its link needs besides those of
//! [`crate::release::generators`]: both circuits have the same parameters.

use std::sync::LazyLock;

use halo2_proofs::pasta::EqAffine;
use halo2_proofs::plonk::{VerifyingKey, keygen_vk};
use salus_circuits::noised_release::{Circuit, ROWS_LOG2};

use crate::release::generators::{in_own_pool, last_rows, parameters};

/// How many of a column's last rows halo2 fills at random in this circuit.
pub const RANDOM_ROWS: usize = 12;

// One set of parameters serves both circuits.
const _: () = assert!(ROWS_LOG2 == salus_circuits::release::ROWS_LOG2);

static VERIFYING_KEY: LazyLock<VerifyingKey<EqAffine>> = LazyLock::new(|| {
    let key = in_own_pool(|| keygen_vk(parameters(), &Circuit::default()));
    key.expect("the circuit is fixed and has a key")
});

static RANDOM_ROW_GENERATORS: LazyLock<[EqAffine; RANDOM_ROWS]> = LazyLock::new(last_rows);

/// The noised release circuit's verifying key.
#[must_use]
pub fn verifying_key() -> &'static VerifyingKey<EqAffine> {
    &VERIFYING_KEY
}

/// halo2's generators of the rows that it fills at random.
#[must_use]
pub fn random_row_generators() -> &'static [EqAffine; RANDOM_ROWS] {
    &RANDOM_ROW_GENERATORS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::generators::{count_generators, random_rows_of_halo2};

    #[test]
    fn random_rows_are_as_many_as_halo2_says() {
        assert_eq!(random_rows_of_halo2::<Circuit>(), RANDOM_ROWS);
        let shared = &count_generators().random_rows;
        assert!(random_row_generators().ends_with(shared));
    }
}
