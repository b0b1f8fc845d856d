//! Proofs of releases: counts and their openings in, released values and their proof out.
//!
//! Spec: docs/spec/cohort.md, section "Release".

use std::sync::LazyLock;

use halo2_proofs::pasta::group::ff::FromUniformBytes;
use halo2_proofs::pasta::group::{Curve, GroupEncoding};
use halo2_proofs::pasta::{EqAffine, Fp};
use halo2_proofs::plonk::{Circuit as Halo2Circuit, ProvingKey, create_proof, keygen_pk};
use halo2_proofs::transcript::{Blake2bWrite, Challenge255, Transcript as _};
use merlin::Transcript;
use salus_circuits::release::{
    ADVICE_COLUMNS, COUNT_COLUMN, Circuit, Instance, InstanceError, Witness,
};
use salus_protocol::release::{DisclosurePolicy, Released, Shape, TableError, release};
use salus_verifier::release::generators::{
    RANDOM_ROWS, count_generators, in_own_pool, parameters, verifying_key,
};
use salus_verifier::release::link::{Link, challenge, images, weights};
use salus_verifier::release::{
    ReleaseError, ReleaseProof, ReleaseProofError, ReleaseStatement, scalar,
};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::draws::Draws;

/// Why a release can't be proven.
#[derive(Debug, Error)]
pub enum ProveReleaseError {
    /// The counts are no table that can be released.
    #[error(transparent)]
    Table(#[from] TableError),
    /// What the policy makes of the counts is not what can be proven: a defect of this program.
    #[error("the released values can't be proven: {0}")]
    Instance(#[from] InstanceError),
    /// The statement is not consistent: a defect of this program.
    #[error("the release's statement is refused: {0}")]
    Statement(ReleaseError),
    /// No randomness.
    #[error("the operating system gives no randomness: {0}")]
    Randomness(#[from] getrandom::Error),
    /// halo2 refused.
    #[error("the release circuit can't be proven: {0}")]
    Circuit(#[from] halo2_proofs::plonk::Error),
    /// halo2 blinded the column of counts in another way than this program expects.
    #[error(
        "the halo2 library blinds columns in another order: use the version that this program names"
    )]
    Draws,
    /// halo2's proof has another length.
    #[error(transparent)]
    Proof(#[from] ReleaseProofError),
}

/// The opening of a commitment to a count.
#[derive(Clone)]
pub struct CountOpening {
    /// The exact count.
    pub count: u64,
    /// The multiple of the blinding generator.
    pub blinding: Fp,
}

impl CountOpening {
    /// The commitment that this opens, as the count of this cell. None from the 65th cell on.
    #[must_use]
    pub fn commitment(&self, cell: usize) -> Option<EqAffine> {
        let generators = count_generators();
        let value = generators.values.get(cell)?;
        Some((value * Fp::from(self.count) + generators.blinding * self.blinding).to_affine())
    }

    /// The opening of the sum of the commitments that these open, all of the same cell: of counts by
    /// several custodians, or in several datasets. None if the counts' sum exceeds 64 bits.
    #[must_use]
    pub fn sum(openings: &[Self]) -> Option<Self> {
        let counts = openings.iter().map(|opening| opening.count);
        Some(Self {
            count: counts.into_iter().try_fold(0, u64::checked_add)?,
            blinding: openings.iter().map(|opening| opening.blinding).sum(),
        })
    }
}

impl Drop for CountOpening {
    fn drop(&mut self) {
        self.count = 0;
        self.blinding = Fp::zero();
    }
}

impl std::fmt::Debug for CountOpening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CountOpening(redacted)")
    }
}

/// Field elements that are wiped when dropped.
pub(crate) struct Secrets(pub(crate) Vec<Fp>);

impl Drop for Secrets {
    fn drop(&mut self) {
        self.0.fill(Fp::zero());
    }
}

static PROVING_KEY: LazyLock<ProvingKey<EqAffine>> = LazyLock::new(|| {
    let key = in_own_pool(|| keygen_pk(parameters(), verifying_key().clone(), &Circuit::default()));
    key.expect("the circuit is fixed and has a key")
});

/// Applies the policy to the counts, and proves what is released of them.
///
/// `context` is the digest of the answer that the release is part of.
///
/// # Errors
/// [`ProveReleaseError`] when the counts are no table of this shape, or the operating system
/// gives no randomness.
pub fn prove_release(
    context: [u8; 32],
    policy: DisclosurePolicy,
    shape: Shape,
    openings: &[CountOpening],
) -> Result<(Vec<Released>, ReleaseProof), ProveReleaseError> {
    let counts: Zeroizing<Vec<u64>> = Zeroizing::new(openings.iter().map(|o| o.count).collect());
    let released = release(policy, shape, &counts)?;
    let commitment = |(cell, opening): (usize, &CountOpening)| opening.commitment(cell);
    let statement = ReleaseStatement {
        context,
        policy,
        shape,
        commitments: openings.iter().enumerate().filter_map(commitment).collect(),
        released,
    };
    let instance = statement.instance().map_err(ProveReleaseError::Statement)?;
    let witness = Witness::new(&instance, &counts);
    let proof = prove(&statement, &instance, witness, openings)?;
    Ok((statement.released, proof))
}

/// Proves a statement with a witness. Of a false statement, the proof does not verify.
fn prove(
    statement: &ReleaseStatement,
    instance: &Instance,
    witness: Witness,
    openings: &[CountOpening],
) -> Result<ReleaseProof, ProveReleaseError> {
    let mut transcript = statement.transcript();
    let bound = scalar(&mut transcript, b"statement");
    let draws = Draws::new()?;
    let circuit = prove_circuit(
        &PROVING_KEY,
        bound,
        &instance.columns(),
        Circuit::new(witness),
        &draws,
    )?;
    transcript.append_message(b"circuit proof", &circuit);
    let link = prove_link(&mut transcript, &circuit, openings, &draws)?;
    Ok(ReleaseProof::new(circuit, link)?)
}

/// halo2's proof of a circuit of this size. `bound` is the first thing that its transcript absorbs.
pub(crate) fn prove_circuit<C: Halo2Circuit<Fp>>(
    key: &ProvingKey<EqAffine>,
    bound: Fp,
    instance: &[Vec<Fp>],
    circuit: C,
    draws: &Draws,
) -> Result<Vec<u8>, halo2_proofs::plonk::Error> {
    let columns: Vec<&[Fp]> = instance.iter().map(Vec::as_slice).collect();
    let mut writer = Blake2bWrite::<_, EqAffine, Challenge255<EqAffine>>::init(Vec::new());
    writer.common_scalar(bound)?;
    create_proof(
        parameters(),
        key,
        &[circuit],
        &[&columns],
        draws.generator(),
        &mut writer,
    )?;
    Ok(writer.finalize())
}

/// Proves that the circuit's column of counts and the commitments hold the same counts.
fn prove_link(
    transcript: &mut Transcript,
    circuit: &[u8],
    openings: &[CountOpening],
    draws: &Draws,
) -> Result<Link, ProveReleaseError> {
    let weights = weights(transcript, openings.len());
    let [blinding, ..] = draws.columns::<ADVICE_COLUMNS, RANDOM_ROWS>();
    const { assert!(COUNT_COLUMN == 0) };
    let salts = openings
        .iter()
        .zip(&weights)
        .map(|(opening, weight)| opening.blinding * weight);
    let counts = openings.iter().map(|opening| Fp::from(opening.count));
    let secrets = counts
        .chain(blinding.rows)
        .chain([blinding.blind, salts.sum()]);
    let secrets = Secrets(secrets.collect());
    let [column, _] = images(&weights, &secrets.0);
    if circuit.first_chunk() != Some(&column.to_affine().to_bytes()) {
        return Err(ProveReleaseError::Draws);
    }
    let masks = Secrets(
        (0..secrets.0.len())
            .map(|_| random())
            .collect::<Result<_, _>>()?,
    );
    let announcements = images(&weights, &masks.0).map(|image| image.to_affine());
    let e = challenge(transcript, &announcements);
    let answer = |(mask, secret): (&Fp, &Fp)| mask + e * secret;
    let answers = masks.0.iter().zip(&secrets.0).map(answer).collect();
    Ok(Link {
        announcements,
        answers,
    })
}

/// A field element from the operating system.
pub(crate) fn random() -> Result<Fp, getrandom::Error> {
    let mut wide = Zeroizing::new([0; 64]);
    getrandom::fill(&mut *wide)?;
    Ok(Fp::from_uniform_bytes(&wide))
}

#[cfg(test)]
mod tests;
