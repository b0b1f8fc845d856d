//! The randomness that halo2 draws, so that the prover knows by what it blinded its first columns.
//!
//! halo2 does not tell how it blinded a column, and a link has to. So it draws from a
//! generator with a fresh secret seed, from which the same draws are made again.

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng;
use halo2_proofs::pasta::Fp;
use halo2_proofs::pasta::group::ff::Field;
use zeroize::Zeroizing;

/// The draws of one proof. The seed is as secret as the counts, and used once.
pub(crate) struct Draws {
    seed: Zeroizing<[u8; 32]>,
}

/// By what halo2 blinded one column.
pub(crate) struct ColumnBlinding<const ROWS: usize> {
    /// What its last rows hold.
    pub(crate) rows: [Fp; ROWS],
    /// The multiple of the blinding generator in its commitment.
    pub(crate) blind: Fp,
}

impl Draws {
    /// Draws from a new seed of the operating system.
    pub(crate) fn new() -> Result<Self, getrandom::Error> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *seed)?;
        Ok(Self { seed })
    }

    /// The generator, at its start.
    pub(crate) fn generator(&self) -> ChaCha20Rng {
        ChaCha20Rng::from_seed(*self.seed)
    }

    /// The blinding of each column, of a circuit that has so many columns of advice and random rows. halo2 draws
    /// the last rows of all columns first, and then a blind for each.
    pub(crate) fn columns<const COLUMNS: usize, const ROWS: usize>(
        &self,
    ) -> [ColumnBlinding<ROWS>; COLUMNS] {
        let mut generator = self.generator();
        let mut columns = std::array::from_fn(|_| ColumnBlinding {
            rows: std::array::from_fn(|_| Fp::random(&mut generator)),
            blind: Fp::zero(),
        });
        for column in &mut columns {
            column.blind = Fp::random(&mut generator);
        }
        columns
    }
}

impl<const ROWS: usize> Drop for ColumnBlinding<ROWS> {
    fn drop(&mut self) {
        self.rows.fill(Fp::zero());
        self.blind = Fp::zero();
    }
}
