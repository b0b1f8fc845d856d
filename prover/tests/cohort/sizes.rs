//! What proofs weigh, and which generators they stand on. A change here changes the format.

use pasta_curves::EqAffine;
use pasta_curves::group::GroupEncoding;
use salus_verifier::cohort::generators::Generators;
use sha2::{Digest, Sha256};

use super::scene::{Scene, plain};

#[test]
fn proofs_have_their_sizes() {
    let scene = Scene::in_pages(40, 20, 16);
    let publication = &scene.published[0].publication;
    let columns = 64 * publication.columns.len();
    let linear = &publication.proof.linear;
    assert_eq!(publication.to_bytes().len() - 128 - columns, 0);
    assert_eq!(linear.point_masks.len(), 7);
    assert_eq!(linear.scalar_masks.len(), 1);
    assert_eq!(linear.answers.len(), 0);
    let plan = scene.plan(&plain());
    let two_pages = scene.tally(&plan).proof.to_bytes().len();
    let scene = Scene::new(20, 16);
    let tally = scene.tally(&plan);
    let linear = &tally.proof.linear;
    assert_eq!(tally.proof.to_bytes().len(), 0);
    assert_eq!(linear.point_masks.len(), 0);
    assert_eq!(linear.scalar_masks.len(), 1);
    assert_eq!(linear.answers.len(), 0);
    // A second page adds its auxiliary columns, a round, and the mask's coefficients for it.
    let added = plan.auxiliaries.len() + 4 + 4;
    assert_eq!(two_pages, tally.proof.to_bytes().len() + 32 * added);
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
    assert_eq!(hex::encode(hasher.finalize()), "");
}
