//! Proofs of noised releases: counts, seeds and their openings in, released values and their proof out.
//!
//! Lives here: seeds, the proof that commitments to them can be opened, and that of a release. Never here: what a
//! proof must show (`salus_verifier::noised_release`), or where offsets come from.
//! Spec: docs/spec/cohort.md, section "Noise".

mod seeds;

use std::sync::LazyLock;

use halo2_proofs::arithmetic::best_multiexp;
use halo2_proofs::pasta::group::{Curve, GroupEncoding};
use halo2_proofs::pasta::{EqAffine, Fp};
use halo2_proofs::plonk::{ProvingKey, keygen_pk};
use salus_circuits::noised_release::{
    ADVICE_COLUMNS, COUNT_COLUMN, Circuit, Instance, SEED_COLUMN, Witness,
};
use salus_protocol::noise::{Epsilon, release_noised, uniform};
use salus_protocol::release::{DisclosurePolicy, Released, Shape, TableError};
use salus_verifier::cohort::Transcript;
use salus_verifier::cohort::linear::LinearProof;
use salus_verifier::noised_release::generators::{
    RANDOM_ROWS, random_row_generators, verifying_key,
};
use salus_verifier::noised_release::link;
use salus_verifier::noised_release::{
    NoisedReleaseError, NoisedReleaseProof, NoisedReleaseProofError, NoisedReleaseStatement,
};
use salus_verifier::release::generators::{count_generators, in_own_pool, parameters};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::cohort::linear;
use crate::cohort::secret::Secrets as Masks;
use crate::draws::{ColumnBlinding, Draws};
use crate::release::{CountOpening, Secrets, prove_circuit};

pub use seeds::{ProveSeedsError, SeedOpening, prove_seeds};

/// A sum of seeds and an offset is below two to the power of this, or can't be proven.
const SUM_BITS: u32 = 63;

/// Why a noised release can't be proven.
#[derive(Debug, Error)]
pub enum ProveNoisedReleaseError {
    /// The counts are no table that can be released.
    #[error(transparent)]
    Table(#[from] TableError),
    /// Each cell has one count, one seed and one offset.
    #[error("{counts} counts, {seeds} seeds and {offsets} offsets: each cell needs one of each")]
    Cells {
        /// The number of counts.
        counts: usize,
        /// The number of seeds.
        seeds: usize,
        /// The number of offsets.
        offsets: usize,
    },
    /// A sum of seeds is out of range.
    #[error(
        "the seed of cell {cell} is too large: a seed is below 2^54, and a sum of seeds of at most 256 of them"
    )]
    SeedTooLarge {
        /// Which cell, from 0.
        cell: usize,
    },
    /// The statement is not consistent: an offset of 2^54 or more, or a defect of this program.
    #[error("the noised release's statement is refused: {0}")]
    Statement(NoisedReleaseError),
    /// No randomness.
    #[error("the operating system gives no randomness: {0}")]
    Randomness(#[from] getrandom::Error),
    /// halo2 refused.
    #[error("the noised release circuit can't be proven: {0}")]
    Circuit(#[from] halo2_proofs::plonk::Error),
    /// halo2 blinded the columns of counts and seeds in another way than this program expects.
    #[error(
        "the halo2 library blinds columns in another order: use the version that this program names"
    )]
    Draws,
    /// halo2's proof has another length.
    #[error(transparent)]
    Proof(#[from] NoisedReleaseProofError),
}

static PROVING_KEY: LazyLock<ProvingKey<EqAffine>> = LazyLock::new(|| {
    let key = in_own_pool(|| keygen_pk(parameters(), verifying_key().clone(), &Circuit::default()));
    key.expect("the circuit is fixed and has a key")
});

/// Adds to the counts the noise that seeds and offsets give, applies the policy, and proves what is released.
///
/// `context` is the digest of the answer that the release is part of. Destroy the seeds after use: who has
/// them knows the noise, and under other offsets they give related noise.
///
/// # Errors
/// [`ProveNoisedReleaseError`] when counts, seeds and offsets are no table of this shape, or the operating system
/// gives no randomness.
pub fn prove_noised_release(
    context: [u8; 32],
    policy: DisclosurePolicy,
    shape: Shape,
    epsilon: Epsilon,
    offsets: &[u64],
    counts: &[CountOpening],
    seeds: &[SeedOpening],
) -> Result<(Vec<Released>, NoisedReleaseProof), ProveNoisedReleaseError> {
    let openings = Openings::new(shape, offsets, counts, seeds)?;
    let uniform: Vec<_> = openings
        .seeds
        .iter()
        .zip(offsets)
        .map(|(&seed, &offset)| uniform(seed, offset))
        .collect();
    let uniform = Zeroizing::new(uniform);
    let statement = NoisedReleaseStatement {
        context,
        policy,
        shape,
        epsilon,
        commitments: counts
            .iter()
            .enumerate()
            .filter_map(|(cell, count)| count.commitment(cell))
            .collect(),
        seeds: seeds
            .iter()
            .enumerate()
            .filter_map(|(cell, seed)| seed.commitment(cell))
            .collect(),
        offsets: offsets.to_vec(),
        released: release_noised(policy, epsilon, &openings.counts, &uniform)?,
    };
    let instance = statement
        .instance()
        .map_err(ProveNoisedReleaseError::Statement)?;
    let witness = Witness::new(&instance, &openings.counts, &openings.seeds);
    let proof = prove(&statement, &instance, witness, &openings)?;
    Ok((statement.released, proof))
}

/// What a prover knows of a table, cell by cell. Wiped when dropped.
struct Openings {
    counts: Zeroizing<Vec<u64>>,
    seeds: Zeroizing<Vec<u64>>,
    /// The salts of commitments to counts, then of those to seeds.
    salts: Secrets,
}

impl Openings {
    fn new(
        shape: Shape,
        offsets: &[u64],
        counts: &[CountOpening],
        seeds: &[SeedOpening],
    ) -> Result<Self, ProveNoisedReleaseError> {
        if counts.len() != seeds.len() || counts.len() != offsets.len() {
            return Err(ProveNoisedReleaseError::Cells {
                counts: counts.len(),
                seeds: seeds.len(),
                offsets: offsets.len(),
            });
        }
        shape.check_cells(counts.len())?;
        let fits = |sum: Option<u64>| sum.is_some_and(|sum| sum >> SUM_BITS == 0);
        let mut sums = seeds
            .iter()
            .zip(offsets)
            .map(|(s, o)| s.seed.checked_add(*o));
        if let Some(cell) = sums.position(|sum| !fits(sum)) {
            return Err(ProveNoisedReleaseError::SeedTooLarge { cell });
        }
        Ok(Self::of(counts, seeds))
    }

    fn of(counts: &[CountOpening], seeds: &[SeedOpening]) -> Self {
        let salts = counts.iter().map(|count| count.blinding);
        let salts = salts.chain(seeds.iter().map(|seed| seed.blinding));
        Self {
            counts: Zeroizing::new(counts.iter().map(|count| count.count).collect()),
            seeds: Zeroizing::new(seeds.iter().map(|seed| seed.seed).collect()),
            salts: Secrets(salts.collect()),
        }
    }
}

/// Proves a statement with a witness. Of a false statement, the proof does not verify.
fn prove(
    statement: &NoisedReleaseStatement,
    instance: &Instance,
    witness: Witness,
    openings: &Openings,
) -> Result<NoisedReleaseProof, ProveNoisedReleaseError> {
    let mut transcript = statement.transcript();
    let bound = transcript.challenge(b"statement");
    let draws = Draws::new()?;
    let circuit = Circuit::new(witness);
    let circuit = prove_circuit(&PROVING_KEY, bound, &instance.columns(), circuit, &draws)?;
    transcript.bytes(b"circuit proof", &circuit);
    let link = prove_link(&mut transcript, &circuit, statement, openings, &draws)?;
    Ok(NoisedReleaseProof::new(circuit, link)?)
}

/// Proves that the circuit's first two columns and the commitments hold the same counts and seeds.
fn prove_link(
    transcript: &mut Transcript,
    circuit: &[u8],
    statement: &NoisedReleaseStatement,
    openings: &Openings,
    draws: &Draws,
) -> Result<LinearProof, ProveNoisedReleaseError> {
    let [counts, seeds, ..] = draws.columns::<ADVICE_COLUMNS, RANDOM_ROWS>();
    const { assert!(COUNT_COLUMN == 0 && SEED_COLUMN == 1) };
    let columns = [
        column(&openings.counts, &counts),
        column(&openings.seeds, &seeds),
    ];
    if !circuit.starts_with(columns.map(|column| column.to_bytes()).as_flattened()) {
        return Err(ProveNoisedReleaseError::Draws);
    }
    let weights = link::weights(transcript, openings.counts.len());
    let secrets = link_secrets(openings, &counts, &seeds, &weights);
    let shown = link::weighted(&weights, columns, statement);
    let mut masks = Masks::new()?;
    Ok(linear::prove(&shown, &secrets.0, &mut masks, transcript))
}

/// The link's secrets, in its order.
fn link_secrets(
    openings: &Openings,
    counts: &ColumnBlinding<RANDOM_ROWS>,
    seeds: &ColumnBlinding<RANDOM_ROWS>,
    weights: &[Fp],
) -> Secrets {
    let salts = openings.salts.0.iter().zip(weights);
    let numbers = openings.counts.iter().chain(openings.seeds.iter());
    let secrets = numbers
        .map(|&number| Fp::from(number))
        .chain(counts.rows)
        .chain([counts.blind])
        .chain(seeds.rows)
        .chain([seeds.blind, salts.map(|(salt, weight)| salt * weight).sum()]);
    Secrets(secrets.collect())
}

/// halo2's commitment to a column that holds these numbers in its first rows.
fn column(numbers: &[u64], blinding: &ColumnBlinding<RANDOM_ROWS>) -> EqAffine {
    let generators = count_generators();
    let numbers = numbers.iter().map(|&number| Fp::from(number));
    let held = numbers.chain(blinding.rows).chain([blinding.blind]);
    let held = Secrets(held.collect());
    let cells = held.0.len() - RANDOM_ROWS - 1;
    let bases = [
        &generators.values[..cells],
        random_row_generators(),
        &[generators.blinding],
    ];
    best_multiexp(&held.0, &bases.concat()).to_affine()
}

#[cfg(test)]
mod tests;
