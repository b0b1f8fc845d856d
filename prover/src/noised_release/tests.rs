#![allow(clippy::unwrap_used)]
use super::*;
use Released::{Count, Suppressed};
use halo2_proofs::pasta::Eq as Vesta;
use halo2_proofs::pasta::group::ff::PrimeField;
use salus_protocol::noise::{NoiseTable, UNIFORM_BOUND, offset};
use salus_protocol::release::MAX_CELLS;
use salus_verifier::cohort::linear::LinearError;
use salus_verifier::noised_release::{CIRCUIT_PROOF_BYTES, verify_noised_release};

mod bytes;
mod seeds;

use crate::release::random;

const STANDARD: DisclosurePolicy = DisclosurePolicy::STANDARD;
const CONTEXT: [u8; 32] = [7; 32];

/// A table with its openings.
#[derive(Clone)]
struct Scene {
    shape: Shape,
    epsilon: Epsilon,
    offsets: Vec<u64>,
    counts: Vec<CountOpening>,
    seeds: Vec<SeedOpening>,
}

impl Scene {
    fn new(shape: Shape, epsilon: Epsilon, counts: &[u64]) -> Self {
        let open = |&count: &u64| CountOpening {
            count,
            blinding: random().unwrap(),
        };
        let cells = counts.len();
        Self {
            shape,
            epsilon,
            offsets: (0..cells)
                .map(|cell| offset(&[5; 32], &CONTEXT, cell))
                .collect(),
            counts: counts.iter().map(open).collect(),
            seeds: (0..cells).map(|_| SeedOpening::draw().unwrap()).collect(),
        }
    }

    /// The same with seeds that give this noise.
    fn with_noise(mut self, noise: &[i32]) -> Self {
        let rows = NoiseTable::of(self.epsilon).rows();
        for (cell, noise) in noise.iter().enumerate() {
            let row = rows.iter().find(|row| row.noise == *noise).unwrap();
            let wanted = row.threshold + row.span / 2;
            self.seeds[cell].seed = (wanted + UNIFORM_BOUND - self.offsets[cell]) % UNIFORM_BOUND;
        }
        self
    }

    fn statement(&self) -> NoisedReleaseStatement {
        let openings = Openings::of(&self.counts, &self.seeds);
        let uniform: Vec<_> = openings
            .seeds
            .iter()
            .zip(&self.offsets)
            .map(|(&seed, &offset)| uniform(seed, offset))
            .collect();
        let counts = self.counts.iter().enumerate();
        let seeds = self.seeds.iter().enumerate();
        NoisedReleaseStatement {
            context: CONTEXT,
            policy: STANDARD,
            shape: self.shape,
            epsilon: self.epsilon,
            commitments: counts.map(|(k, o)| o.commitment(k).unwrap()).collect(),
            seeds: seeds.map(|(k, o)| o.commitment(k).unwrap()).collect(),
            offsets: self.offsets.clone(),
            released: release_noised(STANDARD, self.epsilon, &openings.counts, &uniform).unwrap(),
        }
    }

    fn prove(&self) -> Result<(Vec<Released>, NoisedReleaseProof), ProveNoisedReleaseError> {
        let (offsets, counts, seeds) = (&self.offsets, &self.counts, &self.seeds);
        prove_noised_release(
            CONTEXT,
            STANDARD,
            self.shape,
            self.epsilon,
            offsets,
            counts,
            seeds,
        )
    }

    /// A proof by someone who proves whatever is asked, with these counts and seeds in the circuit.
    fn force(&self, statement: &NoisedReleaseStatement) -> NoisedReleaseProof {
        let openings = Openings::of(&self.counts, &self.seeds);
        let instance = statement.instance().unwrap();
        let witness = Witness::new(&instance, &openings.counts, &openings.seeds);
        prove(statement, &instance, witness, &openings).unwrap()
    }
}

/// A small table and its proof, to change.
fn attrition() -> (Scene, NoisedReleaseStatement, NoisedReleaseProof) {
    let scene = Scene::new(Shape::Attrition, Epsilon::Half, &[100, 42, 3]);
    let scene = scene.with_noise(&[4, -1, 2]);
    let statement = scene.statement();
    let (released, proof) = scene.prove().unwrap();
    assert_eq!(released, [Count(105), Count(40), Suppressed]);
    assert_eq!(released, statement.released);
    verify_noised_release(&statement, &proof).unwrap();
    (scene, statement, proof)
}

fn refused_by_circuit(statement: &NoisedReleaseStatement, proof: &NoisedReleaseProof) {
    let error = verify_noised_release(statement, proof).unwrap_err();
    assert!(matches!(error, NoisedReleaseError::Circuit(_)), "{error}");
}

fn refused_by_link(statement: &NoisedReleaseStatement, proof: &NoisedReleaseProof) {
    let error = verify_noised_release(statement, proof).unwrap_err();
    let points = matches!(error, NoisedReleaseError::Link(LinearError::Points { .. }));
    assert!(points, "{error}");
}

#[test]
fn every_shape_and_epsilon_is_proven_and_verified() {
    let full = [vec![63 * 64 / 2], (1..64).collect()].concat();
    for (shape, epsilon, counts) in [
        (Shape::Single, Epsilon::One, vec![1_234]),
        (Shape::Single, Epsilon::Tenth, vec![0]),
        (Shape::Attrition, Epsilon::Half, vec![5_000, 400, 12, 3, 0]),
        (Shape::Partition, Epsilon::Tenth, full),
        (
            Shape::Attrition,
            Epsilon::One,
            vec![(1 << 26) - 1; MAX_CELLS],
        ),
    ] {
        let scene = Scene::new(shape, epsilon, &counts);
        let (released, proof) = scene.prove().unwrap();
        let statement = scene.statement();
        assert_eq!(released, statement.released);
        let proof = NoisedReleaseProof::from_bytes(&proof.to_bytes()).unwrap();
        verify_noised_release(&statement, &proof).unwrap();
    }
}

/// If this fails, halo2 draws in another order: `draws.rs` has to follow it.
#[test]
fn halo2_draws_as_expected() {
    let scene = Scene::new(Shape::Attrition, Epsilon::One, &[42, 7]);
    let statement = scene.statement();
    let openings = Openings::of(&scene.counts, &scene.seeds);
    let instance = statement.instance().unwrap();
    let draws = Draws::new().unwrap();
    let circuit = Circuit::new(Witness::new(&instance, &openings.counts, &openings.seeds));
    let columns = instance.columns();
    let circuit = prove_circuit(&PROVING_KEY, Fp::one(), &columns, circuit, &draws).unwrap();
    let link = |draws: &Draws| {
        let mut transcript = Transcript::new(b"test");
        prove_link(&mut transcript, &circuit, &statement, &openings, draws)
    };
    assert!(link(&draws).is_ok());
    let error = link(&Draws::new().unwrap()).unwrap_err();
    assert!(matches!(error, ProveNoisedReleaseError::Draws));
}

#[test]
fn custodians_openings_add_up() {
    let scenes = [30, 45, 2].map(|count| Scene::new(Shape::Single, Epsilon::One, &[count]));
    let counts = scenes.each_ref().map(|scene| scene.counts[0].clone());
    let seeds = scenes.each_ref().map(|scene| scene.seeds[0].clone());
    let joint = Scene {
        counts: vec![CountOpening::sum(&counts).unwrap()],
        seeds: vec![SeedOpening::sum(&seeds).unwrap()],
        ..scenes[0].clone()
    };
    let mut statement = joint.statement();
    let sum = |points: [EqAffine; 3]| {
        let points = points.into_iter().map(Vesta::from);
        points.sum::<Vesta>().to_affine()
    };
    let parts = scenes.each_ref().map(Scene::statement);
    statement.commitments = vec![sum(parts.each_ref().map(|part| part.commitments[0]))];
    statement.seeds = vec![sum(parts.each_ref().map(|part| part.seeds[0]))];
    let (released, proof) = joint.prove().unwrap();
    assert_eq!(released, statement.released);
    verify_noised_release(&statement, &proof).unwrap();
    let most = SeedOpening {
        seed: u64::MAX,
        blinding: Fp::one(),
    };
    assert!(SeedOpening::sum(&[most, seeds[0].clone()]).is_none());
}

#[test]
fn sums_of_256_seeds_are_proven() {
    let mut scene = Scene::new(Shape::Single, Epsilon::Half, &[20]);
    scene.seeds[0].seed = 256 * (UNIFORM_BOUND - 1);
    let (_, proof) = scene.prove().unwrap();
    verify_noised_release(&scene.statement(), &proof).unwrap();
    scene.seeds[0].seed = (1 << SUM_BITS) - scene.offsets[0];
    let error = scene.prove().unwrap_err();
    assert!(matches!(
        error,
        ProveNoisedReleaseError::SeedTooLarge { cell: 0 }
    ));
    refused_by_circuit(&scene.statement(), &scene.force(&scene.statement()));
}

#[test]
fn two_proofs_of_one_statement_share_nothing() {
    let (scene, ..) = attrition();
    let prove = || scene.prove().unwrap().1.to_bytes();
    let (one, other) = (prove(), prove());
    assert!(one.chunks(32).zip(other.chunks(32)).all(|(a, b)| a != b));
}

#[test]
fn a_false_released_value_does_not_verify() {
    let (scene, mut statement, _) = attrition();
    statement.released[1] = Count(45);
    refused_by_circuit(&statement, &scene.force(&statement));
    // The count as it is, without its noise.
    statement.released[1] = Count(40);
    statement.released[0] = Count(100);
    refused_by_circuit(&statement, &scene.force(&statement));
}

#[test]
fn another_offset_does_not_verify() {
    let (scene, statement, proof) = attrition();
    for cell in 0..3 {
        let mut other = statement.clone();
        other.offsets[cell] ^= 1;
        refused_by_circuit(&other, &proof);
    }
    // An offset that brings other noise, with a proof made for it.
    let mut other = statement.clone();
    other.offsets[0] = (other.offsets[0] + UNIFORM_BOUND / 2) % UNIFORM_BOUND;
    refused_by_circuit(&other, &scene.force(&other));
    other.offsets[0] = UNIFORM_BOUND;
    assert!(matches!(
        verify_noised_release(&other, &proof),
        Err(NoisedReleaseError::Instance(_))
    ));
}

#[test]
fn another_epsilon_policy_shape_or_context_does_not_verify() {
    let (_, statement, proof) = attrition();
    let changes: [fn(&mut NoisedReleaseStatement); 4] = [
        |statement| statement.epsilon = Epsilon::One,
        |statement| statement.policy.suppress_up_to = 11,
        |statement| statement.shape = Shape::Partition,
        |statement| statement.context[0] ^= 1,
    ];
    for change in changes {
        let mut other = statement.clone();
        change(&mut other);
        refused_by_circuit(&other, &proof);
    }
}

#[test]
fn commitments_to_other_numbers_do_not_verify() {
    // The circuit is told of a count, or of a seed, of which the same is released.
    let (scene, statement, _) = attrition();
    let mut told = scene.clone();
    told.counts[1].count = 43;
    assert_eq!(told.statement().released, statement.released);
    refused_by_link(&statement, &told.force(&statement));
    let mut told = scene;
    told.seeds[2].seed = (told.seeds[2].seed + 1) % UNIFORM_BOUND;
    assert_eq!(told.statement().released, statement.released);
    refused_by_link(&statement, &told.force(&statement));
}

/// A proof by someone who tells the circuit of these numbers, and answers the link with the committed ones, by
/// challenges that follow from the circuit's proof or do not.
fn tell(
    told: &Scene,
    committed: &Scene,
    statement: &NoisedReleaseStatement,
    bound_to_circuit: bool,
) -> NoisedReleaseProof {
    let openings = Openings::of(&told.counts, &told.seeds);
    let instance = statement.instance().unwrap();
    let witness = Witness::new(&instance, &openings.counts, &openings.seeds);
    let mut transcript = statement.transcript();
    let bound = transcript.challenge(b"statement");
    let draws = Draws::new().unwrap();
    let (columns, circuit) = (instance.columns(), Circuit::new(witness));
    let circuit = prove_circuit(&PROVING_KEY, bound, &columns, circuit, &draws).unwrap();
    if bound_to_circuit {
        transcript.bytes(b"circuit proof", &circuit);
    }
    let weights = link::weights(&mut transcript, openings.counts.len());
    let [counts, seeds, ..] = draws.columns::<ADVICE_COLUMNS, RANDOM_ROWS>();
    let columns = [
        column(&openings.counts, &counts),
        column(&openings.seeds, &seeds),
    ];
    let committed = Openings::of(&committed.counts, &committed.seeds);
    let secrets = link_secrets(&committed, &counts, &seeds, &weights);
    let shown = link::weighted(&weights, columns, statement);
    let mut masks = Masks::new().unwrap();
    let link = linear::prove(&shown, &secrets.0, &mut masks, &mut transcript);
    NoisedReleaseProof::new(circuit, link).unwrap()
}

#[test]
fn columns_of_other_numbers_do_not_verify() {
    let (scene, statement, _) = attrition();
    let honest = tell(&scene, &scene, &statement, true);
    verify_noised_release(&statement, &honest).unwrap();
    let fails = |told: &Scene| {
        let proof = tell(told, &scene, &statement, true);
        match verify_noised_release(&statement, &proof) {
            Err(NoisedReleaseError::Link(LinearError::Points { name })) => name,
            other => panic!("{other:?}"),
        }
    };
    let mut told = scene.clone();
    told.counts[1].count = 43;
    assert_eq!(told.statement().released, statement.released);
    assert_eq!(fails(&told), "the counts are those of the first column");
    let mut told = scene.clone();
    told.seeds[2].seed = (told.seeds[2].seed + 1) % UNIFORM_BOUND;
    assert_eq!(told.statement().released, statement.released);
    assert_eq!(fails(&told), "the seeds are those of the second column");
}

/// Otherwise weights would be known before columns are chosen, and a count could make up for a seed.
#[test]
fn a_link_that_does_not_follow_from_the_circuits_proof_does_not_verify() {
    let (scene, statement, _) = attrition();
    refused_by_link(&statement, &tell(&scene, &scene, &statement, false));
}

#[test]
fn swapped_counts_do_not_verify() {
    let (scene, mut statement, _) = attrition();
    statement.commitments.swap(0, 1);
    refused_by_link(&statement, &scene.force(&statement));
}

#[test]
fn seeds_of_other_cells_do_not_verify() {
    let (scene, statement, _) = attrition();
    let mut swapped = statement.clone();
    swapped.seeds.swap(0, 1);
    refused_by_link(&swapped, &scene.force(&swapped));
    let mut twice = statement;
    twice.seeds[1] = twice.seeds[0];
    refused_by_link(&twice, &scene.force(&twice));
}

#[test]
fn a_seed_does_not_stand_for_a_count() {
    let (scene, statement, _) = attrition();
    let mut swapped = statement.clone();
    std::mem::swap(&mut swapped.commitments, &mut swapped.seeds);
    refused_by_link(&swapped, &scene.force(&swapped));
    // A shift from a count to the seed of the same cell leaves their plain sum.
    let mut shifted = statement;
    let shift = count_generators().values[0];
    shifted.commitments[0] = (shifted.commitments[0] + shift).to_affine();
    shifted.seeds[0] = (shifted.seeds[0] - shift).to_affine();
    refused_by_link(&shifted, &scene.force(&shifted));
}

#[test]
fn a_commitment_with_something_more_does_not_verify() {
    let (scene, statement, _) = attrition();
    // A generator of another row, and one of the rows that halo2 fills at random.
    for more in [count_generators().values[40], random_row_generators()[3]] {
        let mut other = statement.clone();
        other.seeds[0] = (other.seeds[0] + more).to_affine();
        refused_by_link(&other, &scene.force(&other));
        let mut other = statement.clone();
        other.commitments[2] = (other.commitments[2] + more).to_affine();
        refused_by_link(&other, &scene.force(&other));
    }
}

#[test]
fn another_number_of_cells_does_not_verify() {
    let (_, statement, proof) = attrition();
    let mut fewer = statement.clone();
    fewer.seeds.pop();
    assert!(matches!(
        verify_noised_release(&fewer, &proof),
        Err(NoisedReleaseError::Commitments {
            cells: 3,
            seeds: 2,
            ..
        })
    ));
    let mut more = statement;
    more.commitments.push(more.commitments[0]);
    more.seeds.push(more.seeds[0]);
    more.offsets.push(0);
    more.released.push(Count(0));
    refused_by_circuit(&more, &proof);
}

#[test]
fn what_is_no_table_is_not_proven() {
    let (scene, ..) = attrition();
    let mut uneven = scene.clone();
    uneven.seeds.pop();
    assert!(matches!(
        uneven.prove(),
        Err(ProveNoisedReleaseError::Cells {
            counts: 3,
            seeds: 2,
            offsets: 3
        })
    ));
    let mut large = scene.clone();
    large.counts[0].count = 1 << 26;
    assert!(matches!(
        large.prove(),
        Err(ProveNoisedReleaseError::Table(TableError::TooLarge {
            cell: 0,
            ..
        }))
    ));
    let mut offset = scene.clone();
    offset.offsets[0] = UNIFORM_BOUND;
    assert!(matches!(
        offset.prove(),
        Err(ProveNoisedReleaseError::Statement(_))
    ));
    let single = Scene {
        shape: Shape::Single,
        ..scene
    };
    assert!(matches!(
        single.prove(),
        Err(ProveNoisedReleaseError::Table(_))
    ));
}
