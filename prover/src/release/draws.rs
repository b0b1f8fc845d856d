//! The randomness that halo2 draws, so that the prover knows by what it blinded the counts.
//!
//! halo2 does not tell how it blinded a column, and the link has to. So it draws from a
//! generator with a fresh secret seed, from which the same draws are made again.

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng;
use halo2_proofs::pasta::Fp;
use halo2_proofs::pasta::group::ff::Field;
use salus_circuits::release::{ADVICE_COLUMNS, COUNT_COLUMN};
use salus_verifier::release::generators::RANDOM_ROWS;
use zeroize::Zeroizing;

/// The draws of one proof. The seed is as secret as the counts, and used once.
pub(super) struct Draws {
    seed: Zeroizing<[u8; 32]>,
}

impl Draws {
    /// Draws from a new seed of the operating system.
    pub(super) fn new() -> Result<Self, getrandom::Error> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *seed)?;
        Ok(Self { seed })
    }

    /// The generator, at its start.
    pub(super) fn generator(&self) -> ChaCha20Rng {
        ChaCha20Rng::from_seed(*self.seed)
    }

    /// The last rows of the column of counts, and its blind. halo2 draws the last rows of all columns first, and then
    /// a blind for each.
    pub(super) fn count_column(&self) -> ([Fp; RANDOM_ROWS], Fp) {
        let mut generator = self.generator();
        let mut rows = [[Fp::zero(); RANDOM_ROWS]; ADVICE_COLUMNS];
        for value in rows.as_flattened_mut() {
            *value = Fp::random(&mut generator);
        }
        let mut blinds = [Fp::zero(); ADVICE_COLUMNS];
        for blind in &mut blinds {
            *blind = Fp::random(&mut generator);
        }
        (rows[COUNT_COLUMN], blinds[COUNT_COLUMN])
    }
}
