//! Blindings and masks: random scalars from the operating system's randomness.
//!
//! Seeds are wiped after use; the scalars drawn from them, and the generator's state, are not.

use pasta_curves::Fp;
use pasta_curves::group::ff::FromUniformBytes;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use zeroize::Zeroizing;

/// The seed of one publication of one page, from which its columns' blindings follow. Whoever has
/// it and the columns' commitments can test guesses of what is in them: keep it as the rows.
#[derive(Clone, PartialEq, Eq)]
pub struct PageSeed(Zeroizing<[u8; 32]>);

impl PageSeed {
    /// A new seed from the operating system.
    ///
    /// # Errors
    /// When the operating system gives no randomness.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *seed)?;
        Ok(Self(seed))
    }

    /// A seed kept by its custodian.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes to keep.
    #[must_use]
    pub fn reveal(&self) -> [u8; 32] {
        *self.0
    }

    /// The blinding of a column.
    pub(crate) fn blinding(&self, column: u32) -> Fp {
        expand(&self.0, column)
    }
}

impl std::fmt::Debug for PageSeed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PageSeed(redacted)")
    }
}

/// The scalar at a place of what a seed expands to: from a ChaCha20 stream of its own.
pub(crate) fn expand(seed: &[u8; 32], place: u32) -> Fp {
    let mut stream = ChaCha20Rng::from_seed(*seed);
    stream.set_stream(u64::from(place));
    scalar(&mut stream)
}

/// Draws random scalars for one proof.
pub(crate) struct Secrets(ChaCha20Rng);

impl Secrets {
    /// Seeded by the operating system.
    pub(crate) fn new() -> Result<Self, getrandom::Error> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *seed)?;
        Ok(Self(ChaCha20Rng::from_seed(*seed)))
    }

    pub(crate) fn scalar(&mut self) -> Fp {
        scalar(&mut self.0)
    }

    pub(crate) fn scalars(&mut self, count: usize) -> Vec<Fp> {
        (0..count).map(|_| self.scalar()).collect()
    }
}

fn scalar(stream: &mut ChaCha20Rng) -> Fp {
    let mut wide = Zeroizing::new([0; 64]);
    stream.fill_bytes(&mut *wide);
    Fp::from_uniform_bytes(&wide)
}
