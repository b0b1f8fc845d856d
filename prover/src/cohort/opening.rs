//! Proves openings. Spec: docs/spec/cohort.md, section "Building blocks".

use pasta_curves::group::Curve;
use pasta_curves::{Eq as Vesta, EqAffine, Fp};
use salus_protocol::cohort::PAGE;
use salus_verifier::cohort::Transcript;
use salus_verifier::cohort::generators::Generators;
use salus_verifier::cohort::opening::{FOLDINGS, OpeningProof, block_weights};

use super::secret::Secrets;
use super::vesta::multiexp;

/// A vector with the blindings of its commitment and of its value's.
pub(crate) struct Opened {
    pub(crate) vector: Vec<Fp>,
    pub(crate) vector_blinding: Fp,
    pub(crate) value_blinding: Fp,
}

/// Proves that the vector's inner product with `a` is the committed value.
pub(crate) fn prove(
    opened: &Opened,
    a: &[Fp],
    random: &mut Secrets,
    transcript: &mut Transcript,
) -> OpeningProof {
    let generators = Generators::get();
    let (value, blinding) = (generators.value, generators.blinding);
    let committed = value * inner(&opened.vector, a) + blinding * opened.value_blinding;
    prove_value(opened, &committed, a, random, transcript)
}

/// Proves that the vector's inner product with `a` is what `committed` holds. Where it is not, the
/// proof does not verify.
pub(crate) fn prove_value(
    opened: &Opened,
    committed: &Vesta,
    a: &[Fp],
    random: &mut Secrets,
    transcript: &mut Transcript,
) -> OpeningProof {
    let generators = Generators::get();
    let (value, blinding) = (generators.value, generators.blinding);
    let masks = random.scalars(PAGE);
    let (r, s) = (random.scalar(), random.scalar());
    let vector_mask = multiexp(&masks, &generators.slots) + blinding * r;
    let value_mask = value * inner(&masks, a) + blinding * s;
    let (vector_mask, value_mask) = (vector_mask.to_affine(), value_mask.to_affine());
    transcript.curve_points(b"opened value", &[*committed]);
    transcript.points(b"opening masks", &[vector_mask, value_mask]);
    let challenge = transcript.challenge(b"opening");
    let answer: Vec<Fp> = opened
        .vector
        .iter()
        .zip(&masks)
        .map(|(x, mask)| challenge * x + mask)
        .collect();
    let vector_blinding = challenge * opened.vector_blinding + r;
    let value_blinding = challenge * opened.value_blinding + s;
    let product = inner(&answer, a);
    transcript.scalars(
        b"opening answers",
        &[product, vector_blinding, value_blinding],
    );
    let base = transcript.challenge(b"opening base");
    let (foldings, folded) = fold(answer, a.to_vec(), base, |sides| {
        transcript.points(b"folding", sides);
        transcript.challenge(b"folding")
    });
    transcript.scalars(b"folded", &folded);
    OpeningProof {
        vector_mask,
        value_mask,
        value: product,
        vector_blinding,
        value_blinding,
        foldings,
        folded,
    }
}

/// Halves the answer again and again, each time with a challenge. The generators are not folded: each side is a sum over the
/// original ones, block by block.
pub(crate) fn fold(
    mut answer: Vec<Fp>,
    mut a: Vec<Fp>,
    base: Fp,
    mut challenge: impl FnMut(&[EqAffine; 2]) -> Fp,
) -> ([[EqAffine; 2]; FOLDINGS], Vec<Fp>) {
    let generators = Generators::get();
    let mut foldings = [[EqAffine::default(); 2]; FOLDINGS];
    let mut challenges = Vec::with_capacity(FOLDINGS);
    for sides in &mut foldings {
        let half = answer.len() / 2;
        let weights = block_weights(&challenges);
        let side = |scalars: &[Fp], offset: usize, product: Fp| {
            let mut all = vec![base * product];
            let mut points = vec![generators.value];
            for (block, weight) in weights.iter().enumerate() {
                let from = block * 2 * half + offset;
                all.extend(scalars.iter().map(|scalar| scalar * weight));
                points.extend_from_slice(&generators.slots[from..from + half]);
            }
            multiexp(&all, &points).to_affine()
        };
        let (low, high) = answer.split_at(half);
        let (a_low, a_high) = a.split_at(half);
        *sides = rayon::join(
            || side(low, half, inner(low, a_high)),
            || side(high, 0, inner(high, a_low)),
        )
        .into();
        let c = challenge(sides);
        answer = low.iter().zip(high).map(|(l, h)| l + c * h).collect();
        a = a_low.iter().zip(a_high).map(|(l, h)| c * l + h).collect();
        challenges.push(c);
    }
    (foldings, answer)
}

fn inner(a: &[Fp], b: &[Fp]) -> Fp {
    a.iter().zip(b).fold(Fp::zero(), |sum, (a, b)| sum + a * b)
}
