//! What proofs weigh, and which generators they stand on. A change here changes the format.

use pasta_curves::EqAffine;
use pasta_curves::group::GroupEncoding;
use salus_verifier::cohort::generators::Generators;
use salus_verifier::cohort::linear::LinearProof;
use sha2::{Digest, Sha256};

use super::scene::{Scene, plain};

#[test]
fn proofs_have_their_sizes() {
    let scene = Scene::in_pages(40, 20, 16);
    let publication = &scene.published[0].publication;
    let columns = 64 * publication.columns.len();
    assert_eq!(publication.to_bytes().len() - 128 - columns, 27_104);
    let shape = |proof: &LinearProof| {
        let equations = [proof.point_masks.len(), proof.scalar_masks.len()];
        (equations, proof.answers.len())
    };
    assert_eq!(shape(&publication.proof.linear), ([7, 1], 224));
    let plan = scene.plan(&plain());
    let two_pages = scene.tally(&plan).proof.to_bytes().len();
    let scene = Scene::new(20, 16);
    let tally = scene.tally(&plan);
    let bytes = tally.proof.to_bytes().len();
    assert_eq!((bytes, shape(&tally.proof.linear)), (22_976, ([26, 1], 91)));
    // A second page adds its auxiliary columns, a round, and the mask's coefficients for it.
    let added = plan.auxiliaries.len() + 4 + 4;
    assert_eq!(two_pages, bytes + 32 * added);
}

#[test]
fn generators_are_these() {
    let generators = Generators::get();
    let mut hasher = Sha256::new();
    let single = [generators.ones, generators.value, generators.blinding];
    let all = generators
        .slots
        .iter()
        .chain(&single)
        .chain(&generators.counts);
    let mut seen = std::collections::HashSet::new();
    for point in all {
        hasher.update(point.to_bytes());
        assert!(seen.insert(point.to_bytes()));
        assert_ne!(*point, EqAffine::default());
    }
    assert_eq!(
        hex::encode(hasher.finalize()),
        "8f4219c6c705f387be29c58f83e8991bf740b3f70c26967ed959e5086dff026c"
    );
}
