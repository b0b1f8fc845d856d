//! Proves linear statements. Spec: docs/spec/cohort.md, section "Building blocks".

use pasta_curves::group::Curve;
use pasta_curves::{Eq as Vesta, EqAffine, Fp};
use salus_verifier::cohort::Transcript;
use salus_verifier::cohort::linear::{LinearProof, LinearStatement, PointEquation};

use super::secret::Secrets;
use super::vesta::multiexp;

/// Proves knowledge of `secrets`, which satisfy the statement.
pub(crate) fn prove(
    statement: &LinearStatement,
    secrets: &[Fp],
    random: &mut Secrets,
    transcript: &mut Transcript,
) -> LinearProof {
    let masks = random.scalars(statement.secrets);
    let images: Vec<Vesta> = statement
        .points
        .iter()
        .map(|equation| image(statement, equation, &masks))
        .collect();
    let mut point_masks = vec![EqAffine::default(); images.len()];
    Vesta::batch_normalize(&images, &mut point_masks);
    let scalar_masks: Vec<Fp> = statement
        .scalars
        .iter()
        .map(|equation| equation.terms.iter().map(|(c, s)| c * masks[s.0]).sum())
        .collect();
    statement.absorb(transcript);
    transcript.points(b"point masks", &point_masks);
    transcript.scalars(b"scalar masks", &scalar_masks);
    let challenge = transcript.challenge(b"linear");
    let answers: Vec<Fp> = secrets
        .iter()
        .zip(&masks)
        .map(|(secret, mask)| challenge * secret + mask)
        .collect();
    transcript.scalars(b"answers", &answers);
    // The verifier's batching challenge, so that both transcripts stay alike.
    transcript.challenge(b"batch");
    LinearProof {
        point_masks,
        scalar_masks,
        answers,
    }
}

/// An equation's sum for given secrets. Terms on one base are added up first.
fn image(statement: &LinearStatement, equation: &PointEquation, secrets: &[Fp]) -> Vesta {
    let mut by_base = std::collections::BTreeMap::<usize, Fp>::new();
    for term in &equation.terms {
        *by_base.entry(term.base.0).or_insert_with(Fp::zero) +=
            term.coefficient * secrets[term.secret.0];
    }
    let (scalars, points): (Vec<_>, Vec<_>) = by_base
        .into_iter()
        .map(|(base, scalar)| (scalar, statement.bases[base]))
        .unzip();
    multiexp(&scalars, &points)
}
