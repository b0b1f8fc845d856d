//! Proofs in which one point or scalar is another valid one: each is refused, and so none is
//! without a meaning.

use pasta_curves::group::Curve;
use pasta_curves::{EqAffine, Fp};
use salus_verifier::cohort::generators::Generators;
use salus_verifier::cohort::linear::LinearProof;
use salus_verifier::cohort::opening::OpeningProof;
use salus_verifier::cohort::publication::Publication;
use salus_verifier::cohort::sumcheck::SumcheckProof;
use salus_verifier::cohort::tally::TallyProof;

use super::scene::{Scene, plain};

/// Of scalars and of columns, every so many are altered; of a proof's points each.
const STEP: usize = 17;

/// One element of a proof.
enum Part<'a> {
    Point(&'a mut EqAffine),
    Scalar(&'a mut Fp),
}

impl Part<'_> {
    fn alter(self) {
        match self {
            Part::Point(point) => *point = (Generators::get().value + *point).to_affine(),
            Part::Scalar(scalar) => *scalar += Fp::one(),
        }
    }
}

fn points(points: &mut [EqAffine]) -> impl Iterator<Item = Part<'_>> {
    points.iter_mut().map(Part::Point)
}

fn scalars(scalars: &mut [Fp]) -> impl Iterator<Item = Part<'_>> {
    scalars.iter_mut().map(Part::Scalar)
}

fn sumcheck(proof: &mut SumcheckProof) -> Vec<Part<'_>> {
    let rounds = proof.rounds.iter_mut().flat_map(|round| scalars(round));
    let ends = [Part::Point(&mut proof.mask), Part::Scalar(&mut proof.sum)];
    ends.into_iter().chain(rounds).collect()
}

fn opening(proof: &mut OpeningProof) -> Vec<Part<'_>> {
    let single = [
        Part::Point(&mut proof.vector_mask),
        Part::Point(&mut proof.value_mask),
        Part::Scalar(&mut proof.value),
        Part::Scalar(&mut proof.vector_blinding),
        Part::Scalar(&mut proof.value_blinding),
    ];
    let sides = proof.foldings.iter_mut().flat_map(|sides| points(sides));
    let folded = scalars(&mut proof.folded);
    single.into_iter().chain(sides).chain(folded).collect()
}

fn linear(proof: &mut LinearProof) -> Vec<Part<'_>> {
    points(&mut proof.point_masks)
        .chain(scalars(&mut proof.scalar_masks))
        .chain(scalars(&mut proof.answers))
        .collect()
}

fn of_tally(proof: &mut TallyProof) -> Vec<Part<'_>> {
    let auxiliaries = proof.auxiliaries.iter_mut().flat_map(|page| points(page));
    auxiliaries
        .chain(sumcheck(&mut proof.sumcheck))
        .chain(points(&mut proof.factors))
        .chain(points(&mut proof.pairs))
        .chain(points(&mut proof.outers))
        .chain(opening(&mut proof.opening))
        .chain(linear(&mut proof.linear))
        .collect()
}

fn of_publication(publication: &mut Publication) -> Vec<Part<'_>> {
    let proof = &mut publication.proof;
    let own = [&mut proof.symbol, &mut proof.square, &mut proof.number];
    own.into_iter()
        .map(Part::Point)
        .chain(sumcheck(&mut proof.sumcheck))
        .chain(opening(&mut proof.opening))
        .chain(linear(&mut proof.linear))
        .collect()
}

/// The places of all points, and of some scalars.
fn sample(parts: &[Part<'_>]) -> Vec<usize> {
    let taken = |(i, part): &(usize, &Part<'_>)| matches!(part, Part::Point(_)) || i % STEP == 0;
    parts
        .iter()
        .enumerate()
        .filter(taken)
        .map(|(i, _)| i)
        .collect()
}

#[test]
fn every_part_of_a_tally_matters() {
    let scene = Scene::new(20, 13);
    let plan = scene.plan(&plain());
    let tally = scene.tally(&plan);
    for place in sample(&of_tally(&mut tally.proof.clone())) {
        let mut proof = tally.proof.clone();
        of_tally(&mut proof).swap_remove(place).alter();
        assert_ne!(proof, tally.proof);
        let verified = scene.verify_proof(&plan, &tally.counts, &proof);
        assert!(verified.is_err(), "part {place}");
    }
}

#[test]
fn every_part_of_a_publication_matters() {
    let scene = Scene::new(20, 14);
    let honest = &scene.published[0].publication;
    for place in sample(&of_publication(&mut honest.clone())) {
        let mut publication = honest.clone();
        of_publication(&mut publication).swap_remove(place).alter();
        let verified = publication.verify(&scene.pages[0]);
        assert!(verified.is_err(), "part {place}");
    }
    for column in (0..honest.columns.len()).step_by(STEP * STEP) {
        let mut publication = honest.clone();
        Part::Point(&mut publication.columns[column]).alter();
        let verified = publication.verify(&scene.pages[0]);
        assert!(verified.is_err(), "column {column}");
    }
}
