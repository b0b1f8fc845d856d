//! A simulator: a tally's proof made from the statement alone, by who chooses the challenges.
//!
//! The verifier's equations are stated here once more, for given challenges, because its own
//! transcript can't be programmed. So simulated is everything that a tally's prover sends
//! (sumcheck, commitments, opening, linear proof), and checked is every equation but how
//! challenges follow from messages. That the real messages have the simulated ones' distribution
//! is shown by the spec's argument; its one condition, that the mask has as much freedom as the
//! messages, is tested here.

use halo2_proofs::arithmetic::best_multiexp;
use pasta_curves::group::ff::Field;
use pasta_curves::group::{Curve, Group};
use pasta_curves::{Eq as Vesta, EqAffine, Fp};
use salus_protocol::cohort::{PAGE, Table};
use salus_verifier::cohort::Transcript;
use salus_verifier::cohort::generators::Generators;
use salus_verifier::cohort::linear::{LinearProof, LinearStatement};
use salus_verifier::cohort::opening::{Combination, FOLDINGS, OpeningProof};
use salus_verifier::cohort::polynomial::{eq_table, interpolate, powers};
use salus_verifier::cohort::program::Program;
use salus_verifier::cohort::sumcheck::{Reduced, Shape, SumcheckProof};
use salus_verifier::cohort::tally::{self as checks, Products, TallyStatement, Weights};

use crate::cohort::columns::normalized;
use crate::cohort::linear;
use crate::cohort::opening::{self, Opened};
use crate::cohort::publication::publish;
use crate::cohort::secret::Secrets;
use crate::cohort::sumcheck::Mask;
use crate::cohort::tests::scene;

fn points(count: usize, random: &mut Secrets) -> Vec<EqAffine> {
    let value = Generators::get().value;
    let points: Vec<Vesta> = (0..count).map(|_| value * random.scalar()).collect();
    normalized(&points)
}

fn inner(a: &[Fp], b: &[Fp]) -> Fp {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The answers' images in each equation of a statement.
fn images(statement: &LinearStatement, answers: &[Fp]) -> (Vec<Vesta>, Vec<Fp>) {
    let point = |terms: &[salus_verifier::cohort::linear::PointTerm]| -> Vesta {
        let scalars: Vec<Fp> = terms
            .iter()
            .map(|t| t.coefficient * answers[t.secret.0])
            .collect();
        let bases: Vec<EqAffine> = terms.iter().map(|t| statement.bases[t.base.0]).collect();
        best_multiexp(&scalars, &bases)
    };
    let scalar = |terms: &[(Fp, salus_verifier::cohort::linear::Secret)]| -> Fp {
        terms
            .iter()
            .map(|(by, secret)| by * answers[secret.0])
            .sum()
    };
    (
        statement.points.iter().map(|e| point(&e.terms)).collect(),
        statement.scalars.iter().map(|e| scalar(&e.terms)).collect(),
    )
}

/// The linear proof's equations, for a given challenge.
fn linear_holds(statement: &LinearStatement, proof: &LinearProof, challenge: Fp) -> bool {
    let (points, scalars) = images(statement, &proof.answers);
    let mut shown = statement.points.iter().zip(&proof.point_masks).zip(&points);
    let mut known = statement
        .scalars
        .iter()
        .zip(&proof.scalar_masks)
        .zip(&scalars);
    shown.all(|((e, mask), image)| e.target * challenge + *mask == *image)
        && known.all(|((e, mask), image)| e.target * challenge + mask == *image)
}

/// A linear proof of any statement, true or not, for a given challenge.
fn simulate_linear(
    statement: &LinearStatement,
    challenge: Fp,
    random: &mut Secrets,
) -> LinearProof {
    let answers = random.scalars(statement.secrets);
    let (points, scalars) = images(statement, &answers);
    let targets = statement.points.iter().zip(points);
    let masks: Vec<Vesta> = targets
        .map(|(e, image)| image - e.target * challenge)
        .collect();
    let known = statement.scalars.iter().zip(scalars);
    LinearProof {
        point_masks: normalized(&masks),
        scalar_masks: known
            .map(|(e, image)| image - e.target * challenge)
            .collect(),
        answers,
    }
}

/// The challenges of an opening.
struct Challenges {
    answer: Fp,
    base: Fp,
    folds: [Fp; FOLDINGS],
}

impl Challenges {
    fn random(random: &mut Secrets) -> Self {
        Self {
            answer: random.scalar(),
            base: random.scalar(),
            folds: std::array::from_fn(|_| random.scalar()),
        }
    }

    /// Those that follow from an opening's messages.
    fn of(proof: &OpeningProof, value: &Vesta, mut transcript: Transcript) -> Self {
        transcript.curve_points(b"opened value", &[*value]);
        transcript.points(b"opening masks", &[proof.vector_mask, proof.value_mask]);
        let answer = transcript.challenge(b"opening");
        let sent = [proof.value, proof.vector_blinding, proof.value_blinding];
        transcript.scalars(b"opening answers", &sent);
        let base = transcript.challenge(b"opening base");
        let folds = proof.foldings.map(|sides| {
            transcript.points(b"folding", &sides);
            transcript.challenge(b"folding")
        });
        Self {
            answer,
            base,
            folds,
        }
    }
}

/// The opening's equations, for given challenges: generators folded one by one, as on paper.
fn opening_holds(
    proof: &OpeningProof,
    [vector, value]: [Vesta; 2],
    a: &[Fp],
    challenges: &Challenges,
) -> bool {
    let generators = Generators::get();
    let shown = generators.value * proof.value + generators.blinding * proof.value_blinding;
    if value * challenges.answer + proof.value_mask != shown {
        return false;
    }
    let mut left = vector * challenges.answer + proof.vector_mask
        - generators.blinding * proof.vector_blinding
        + generators.value * (proof.value * challenges.base);
    let mut bases: Vec<Vesta> = generators.slots.iter().map(|g| Vesta::from(*g)).collect();
    let mut a = a.to_vec();
    for ([low, high], c) in proof.foldings.iter().zip(challenges.folds) {
        left = left * c + *low + *high * c.square();
        let half = bases.len() / 2;
        for k in 0..half {
            bases[k] = bases[k] * c + bases[half + k];
            a[k] = a[k] * c + a[half + k];
        }
        bases.truncate(half);
        a.truncate(half);
    }
    let folded = best_multiexp(&proof.folded, &normalized(&bases));
    left == folded + generators.value * (challenges.base * inner(&proof.folded, &a))
}

/// An opening of any two points, for given challenges.
fn simulate_opening(
    [vector, value]: [Vesta; 2],
    a: &[Fp],
    challenges: &Challenges,
    random: &mut Secrets,
) -> OpeningProof {
    let generators = Generators::get();
    let answer = random.scalars(PAGE);
    let (vector_blinding, value_blinding) = (random.scalar(), random.scalar());
    let product = inner(&answer, a);
    let vector_mask = best_multiexp(&answer, &generators.slots)
        + generators.blinding * vector_blinding
        - vector * challenges.answer;
    let value_mask = generators.value * product + generators.blinding * value_blinding
        - value * challenges.answer;
    let mut folds = challenges.folds.iter();
    let (foldings, folded) = opening::fold(answer, a.to_vec(), challenges.base, |_| {
        *folds.next().unwrap()
    });
    OpeningProof {
        vector_mask: vector_mask.to_affine(),
        value_mask: value_mask.to_affine(),
        value: product,
        vector_blinding,
        value_blinding,
        foldings,
        folded,
    }
}

/// The sumcheck's messages drawn at random, and where they lead at given challenges.
fn simulate_sumcheck(shape: Shape, random: &mut Secrets) -> (SumcheckProof, Reduced) {
    let messages = SumcheckProof {
        mask: points(1, random)[0],
        sum: random.scalar(),
        rounds: (0..shape.variables)
            .map(|_| random.scalars(shape.degree))
            .collect(),
    };
    let point = random.scalars(shape.variables);
    let rounds = messages.rounds.iter().zip(&point);
    let last = rounds.fold(messages.sum, |claim, (round, challenge)| {
        let mut values = round.clone();
        values.insert(1, claim - round[0]);
        interpolate(&values, *challenge)
    });
    let reduced = Reduced {
        point,
        rho: random.scalar(),
        first: messages.sum,
        last,
    };
    (messages, reduced)
}

#[test]
fn a_simulated_tally_satisfies_every_equation() {
    let mut random = Secrets::new().unwrap();
    let plan = scene::plan(Table::Attrition);
    let program = Program::of(&plan);
    // Nobody knows what is behind these columns and counts, the simulator least.
    let subjects = scene::subjects(2);
    let published = publish(&scene::page(&subjects), &subjects, &plan.layout).unwrap();
    let mut publication = published.publication;
    publication.columns = points(plan.layout.columns() as usize, &mut random);
    let counts = points(plan.cells.len(), &mut random);
    let statement = TallyStatement {
        context: [7; 32],
        plan: &plan,
        pages: &[&publication],
        counts: &counts,
    };
    let shape = checks::shape(1);
    let auxiliaries = vec![points(plan.auxiliaries.len(), &mut random)];
    let weights = Weights {
        cells: powers(random.scalar(), plan.cells.len()),
        constraints: powers(random.scalar(), plan.constraints.len()),
        corner: random.scalars(shape.variables),
    };
    let (messages, reduced) = simulate_sumcheck(shape, &mut random);
    let factors = points(program.factors, &mut random);
    let pairs = points(program.pairs.len(), &mut random);
    let outers = points(program.outers.len(), &mut random);
    let products = Products {
        mask: &messages.mask,
        factors: &factors,
        pairs: &pairs,
        outers: &outers,
    };
    let batch = powers(random.scalar(), program.factors);
    let vector = statement.folded(&auxiliaries, &reduced.point, &batch).sum();
    let value = best_multiexp(&batch, &factors);
    let at = eq_table(&reduced.point);
    let challenges = Challenges::random(&mut random);
    let opening = simulate_opening([vector, value], &at, &challenges, &mut random);
    assert!(opening_holds(&opening, [vector, value], &at, &challenges));
    let (linear, _) =
        checks::linear_statement(&program, &counts, &products, &weights, shape, &reduced);
    let challenge = random.scalar();
    let proof = simulate_linear(&linear, challenge, &mut random);
    assert!(linear_holds(&linear, &proof, challenge));
    // At other challenges it is worth nothing: to prove, one must not choose them.
    let other = Challenges::random(&mut random);
    assert!(!opening_holds(&opening, [vector, value], &at, &other));
    assert!(!linear_holds(&linear, &proof, random.scalar()));
}

/// The equations stated here are the verifier's: real proofs satisfy them, changed ones do not.
#[test]
fn real_openings_satisfy_the_equations() {
    let mut random = Secrets::new().unwrap();
    let generators = Generators::get();
    let opened = Opened {
        vector: random.scalars(PAGE),
        vector_blinding: random.scalar(),
        value_blinding: random.scalar(),
    };
    let a = random.scalars(PAGE);
    let blinding = generators.blinding;
    let vector =
        best_multiexp(&opened.vector, &generators.slots) + blinding * opened.vector_blinding;
    let value = generators.value * inner(&opened.vector, &a) + blinding * opened.value_blinding;
    let transcript = Transcript::new(b"test");
    let mut proof = opening::prove(&opened, &a, &mut random, &mut transcript.clone());
    let combination = Combination {
        scalars: vec![Fp::one()],
        points: vec![vector.to_affine()],
    };
    let verify = |proof: &OpeningProof| {
        let ours = Challenges::of(proof, &value, transcript.clone());
        let theirs = proof.verify(&combination, &a, &value, &mut transcript.clone());
        assert_eq!(
            opening_holds(proof, [vector, value], &a, &ours),
            theirs.is_ok()
        );
        theirs.is_ok()
    };
    assert!(verify(&proof));
    proof.folded[17] += Fp::one();
    assert!(!verify(&proof));
}

#[test]
fn real_linear_proofs_satisfy_the_equations() {
    let mut random = Secrets::new().unwrap();
    let mut statement = LinearStatement::default();
    let bases: Vec<_> = points(3, &mut random)
        .into_iter()
        .map(|point| statement.base(point))
        .collect();
    let secrets = statement.several(3);
    let known = random.scalars(3);
    let terms: Vec<_> = secrets.iter().copied().zip(bases).collect();
    let target = best_multiexp(&known, &statement.bases);
    statement.point("a point", target.to_affine(), &terms);
    let transcript = Transcript::new(b"test");
    let mut proof = linear::prove(&statement, &known, &mut random, &mut transcript.clone());
    let verify = |proof: &LinearProof| {
        let mut ours = transcript.clone();
        statement.absorb(&mut ours);
        ours.points(b"point masks", &proof.point_masks);
        ours.scalars(b"scalar masks", &proof.scalar_masks);
        let challenge = ours.challenge(b"linear");
        let theirs = proof.verify(&statement, &mut transcript.clone());
        assert_eq!(linear_holds(&statement, proof, challenge), theirs.is_ok());
        theirs.is_ok()
    };
    assert!(verify(&proof));
    proof.answers[1] += Fp::one();
    assert!(!verify(&proof));
}

/// What a mask adds to the messages: its sum, then in each round its values at 0, 2, 3, ...
fn masked(mask: &Mask, shape: Shape, point: &[Fp]) -> Vec<Fp> {
    let mut messages = vec![mask.sum()];
    for variable in 0..shape.variables {
        let at = (0..=shape.degree as u64).filter(|t| *t != 1);
        messages.extend(at.map(|t| mask.round(&point[..variable], Fp::from(t))));
    }
    messages
}

fn rank(mut rows: Vec<Vec<Fp>>) -> usize {
    let mut rank = 0;
    for column in 0..rows[0].len() {
        let Some(pivot) = (rank..rows.len()).find(|r| rows[*r][column] != Fp::zero()) else {
            continue;
        };
        rows.swap(rank, pivot);
        let inverse = rows[rank][column].invert().unwrap();
        let (above, below) = rows.split_at_mut(rank + 1);
        for row in below {
            let by = row[column] * inverse;
            row.iter_mut()
                .zip(&above[rank])
                .for_each(|(x, pivot)| *x -= by * pivot);
        }
        rank += 1;
    }
    rank
}

/// At any challenges, the mask's coefficients map one to one to what it adds to the messages, so
/// uniform coefficients make uniform messages, whatever the sum is of.
#[test]
fn the_mask_hides_every_message() {
    let mut random = Secrets::new().unwrap();
    for shape in [checks::shape(1), checks::shape(5)] {
        let point = random.scalars(shape.variables);
        let count = shape.mask_coefficients();
        let rows: Vec<Vec<Fp>> = (0..count)
            .map(|i| {
                let mut unit = vec![Fp::zero(); count];
                unit[i] = Fp::one();
                masked(&Mask::of(shape, unit, Fp::zero()), shape, &point)
            })
            .collect();
        assert!(rows.iter().all(|row| row.len() == count));
        assert_eq!(rank(rows), count);
    }
}

/// The identity is no image of a simulated proof by mere luck of a test that compares nothing.
#[test]
fn the_equations_refuse_nothing_at_all() {
    let zero = Vesta::identity();
    let mut random = Secrets::new().unwrap();
    let challenges = Challenges::random(&mut random);
    let a = random.scalars(PAGE);
    let mut proof = simulate_opening([zero, zero], &a, &challenges, &mut random);
    assert!(opening_holds(&proof, [zero, zero], &a, &challenges));
    proof.value += Fp::one();
    assert!(!opening_holds(&proof, [zero, zero], &a, &challenges));
}
