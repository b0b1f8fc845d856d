//! Seeds: a custodian's part in the noise, committed to before the ledger draws its own.

use halo2_proofs::pasta::group::Curve;
use halo2_proofs::pasta::{EqAffine, Fp};
use salus_protocol::noise::UNIFORM_BOUND;
use salus_verifier::noised_release::SeedProof;
use salus_verifier::noised_release::seeds::{SeedsError, seed_statement};
use salus_verifier::release::generators::count_generators;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::cohort::linear;
use crate::cohort::secret::Secrets as Masks;
use crate::release::{Secrets, random};

/// The opening of a commitment to a cell's seed, or to a sum of seeds. As secret as the count: with the public
/// offset, it tells the noise. Wiped when dropped.
#[derive(Clone)]
pub struct SeedOpening {
    /// The seed, below 2^54, or the sum of at most 256 seeds.
    pub seed: u64,
    /// The multiple of the blinding generator.
    pub blinding: Fp,
}

impl SeedOpening {
    /// A new seed from the operating system.
    ///
    /// # Errors
    /// When the operating system gives no randomness.
    pub fn draw() -> Result<Self, getrandom::Error> {
        let mut bytes = Zeroizing::new([0; 8]);
        getrandom::fill(&mut *bytes)?;
        Ok(Self {
            seed: u64::from_le_bytes(*bytes) % UNIFORM_BOUND,
            blinding: random()?,
        })
    }

    /// The commitment that this opens, as the seed of this cell. None from the 65th cell on.
    #[must_use]
    pub fn commitment(&self, cell: usize) -> Option<EqAffine> {
        let generators = count_generators();
        let value = generators.values.get(cell)?;
        Some((value * Fp::from(self.seed) + generators.blinding * self.blinding).to_affine())
    }

    /// The opening of the sum of the commitments that these open, all of the same cell, by several custodians.
    /// None if the seeds' sum exceeds 64 bits.
    #[must_use]
    pub fn sum(openings: &[Self]) -> Option<Self> {
        let mut seeds = openings.iter().map(|opening| opening.seed);
        Some(Self {
            seed: seeds.try_fold(0, u64::checked_add)?,
            blinding: openings.iter().map(|opening| opening.blinding).sum(),
        })
    }
}

impl Drop for SeedOpening {
    fn drop(&mut self) {
        self.seed = 0;
        self.blinding = Fp::zero();
    }
}

impl std::fmt::Debug for SeedOpening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SeedOpening(redacted)")
    }
}

/// Why commitments to seeds can't be proven to open.
#[derive(Debug, Error)]
pub enum ProveSeedsError {
    /// No table has so many cells.
    #[error(transparent)]
    Seeds(#[from] SeedsError),
    /// No randomness.
    #[error("the operating system gives no randomness: {0}")]
    Randomness(#[from] getrandom::Error),
}

/// Proves that the commitments to these seeds, cell by cell, can be opened.
///
/// `context` has to name the custodian and what the seeds are for.
///
/// # Errors
/// [`ProveSeedsError`] when no table has so many cells, or the operating system gives no randomness.
pub fn prove_seeds(
    context: &[u8; 32],
    seeds: &[SeedOpening],
) -> Result<SeedProof, ProveSeedsError> {
    let found = seeds.len();
    let commitments: Option<Vec<_>> = seeds
        .iter()
        .enumerate()
        .map(|(cell, seed)| seed.commitment(cell))
        .collect();
    let commitments = commitments.ok_or(SeedsError::Cells { found })?;
    let (statement, mut transcript) = seed_statement(context, &commitments)?;
    let secrets = seeds
        .iter()
        .flat_map(|opening| [Fp::from(opening.seed), opening.blinding]);
    let secrets = Secrets(secrets.collect());
    let mut masks = Masks::new()?;
    let proof = linear::prove(&statement, &secrets.0, &mut masks, &mut transcript);
    Ok(SeedProof::new(proof))
}
