//! Tallies whose counts are not those of the question over the published columns.

use pasta_curves::group::Curve;
use pasta_curves::group::ff::Field;
use pasta_curves::{EqAffine, Fp};
use salus_protocol::cohort::{Factor, Plan, Table};
use salus_protocol::release::{COUNT_BOUND, DisclosurePolicy, Shape, TableError};
use salus_verifier::cohort::generators::Generators;
use salus_verifier::cohort::linear::LinearError;
use salus_verifier::cohort::opening::OpeningError;
use salus_verifier::cohort::polynomial::{eq_table, powers};
use salus_verifier::cohort::program::{Program, scalar};
use salus_verifier::cohort::publication::Publication;
use salus_verifier::cohort::sumcheck::Reduced;
use salus_verifier::cohort::tally::{
    self as checks, Begun, Products, TallyError, TallyProof, TallyStatement, Weights,
    absorb_products,
};

use crate::cohort::publication::{PublishedPage, Subject, publish};
use crate::cohort::secret::Secrets;
use crate::cohort::slots::{FactorValues, Inverses};
use crate::cohort::sumcheck::Mask;
use crate::cohort::tally::{Committed, TallyInput, TallyPage, TallyProver, count};
use crate::cohort::tally_sum::TallySum;
use crate::cohort::tests::scene;
use crate::cohort::{opening, sumcheck};
use crate::release::{CountOpening, ProveReleaseError, prove_release};

const SUM: &str = "the sumcheck's sum is the claimed one";
const END: &str = "the sumcheck ends in the factors' values";
const PAIR: &str = "a pair's product is that of its factors";
const OUTER: &str = "an outer product is that of its parts";
const COUNT: &str = "a count is known";

const VECTOR: TallyError = TallyError::Opening(OpeningError::Vector);
const VALUE: TallyError = TallyError::Opening(OpeningError::Value);

/// The linear proof fails at an equation between points.
fn points(name: &'static str) -> TallyError {
    LinearError::Points { name }.into()
}

/// The one thing in which the prover of a tally is not honest after its columns and counts.
#[derive(Clone, Copy, PartialEq)]
enum Lie {
    None,
    /// The sumcheck is of so many less than the committed count.
    Less(u64),
    /// The first pair of factors is committed as one more.
    Pair,
    /// The first outer product is committed as one more.
    Outer,
    /// An outer product is committed so that the sumcheck ends where it has to.
    OuterThatMends,
    /// The first factor's value is committed as one more.
    Factor,
    /// The same, and the columns are said to have that value.
    FactorAndVector,
}

/// Published pages with a plan, and the factors' values in them.
struct Scene {
    plan: Plan,
    program: Program,
    subjects: Vec<Vec<Subject>>,
    published: Vec<PublishedPage>,
    values: Vec<FactorValues>,
    inverses: Inverses,
}

impl Scene {
    fn new(pages: usize) -> Self {
        let plan = scene::plan(Table::Attrition);
        let layout = scene::layout();
        let subjects = vec![scene::subjects(12); pages];
        let publish = |s: &Vec<Subject>| publish(&scene::page(s), s, &layout).unwrap();
        Self {
            program: Program::of(&plan),
            published: subjects.iter().map(publish).collect(),
            values: subjects
                .iter()
                .map(|s| FactorValues::of(&plan, s).unwrap())
                .collect(),
            plan,
            subjects,
            inverses: Inverses::new(),
        }
    }

    /// The place of the auxiliary column of a name among the factors.
    fn auxiliary(&self, name: &str) -> usize {
        let found = self.plan.auxiliaries.iter().find(|a| a.name == name);
        found.unwrap().factor as usize
    }

    /// Openings of the counts that the factors' values come to.
    fn openings(&self, values: &[FactorValues]) -> Vec<CountOpening> {
        let blinding = || Secrets::new().unwrap().scalar();
        count(&self.program, values)
            .into_iter()
            .map(|count| CountOpening {
                count,
                blinding: blinding(),
            })
            .collect()
    }

    /// Proves with these values and counts, and has the proof verified.
    fn outcome(
        &self,
        values: &[FactorValues],
        openings: &[CountOpening],
        lie: Lie,
    ) -> Result<(), TallyError> {
        let commitment = |(cell, o): (usize, &CountOpening)| o.commitment(cell).unwrap();
        let counts: Vec<_> = openings.iter().enumerate().map(commitment).collect();
        self.outcome_of(values, openings, &counts, lie)
    }

    fn outcome_of(
        &self,
        values: &[FactorValues],
        openings: &[CountOpening],
        counts: &[EqAffine],
        lie: Lie,
    ) -> Result<(), TallyError> {
        let pages: Vec<TallyPage<'_>> = self
            .published
            .iter()
            .zip(&self.subjects)
            .map(|(published, subjects)| TallyPage {
                publication: &published.publication,
                seed: &published.seed,
                subjects,
            })
            .collect();
        let publications: Vec<&Publication> = pages.iter().map(|page| page.publication).collect();
        let statement = TallyStatement {
            context: [7; 32],
            plan: &self.plan,
            pages: &publications,
            counts,
        };
        let prover = TallyProver {
            input: &TallyInput {
                context: [7; 32],
                plan: &self.plan,
                pages: &pages,
            },
            statement: statement.clone(),
            program: &self.program,
            pages: values,
            openings,
            inverses: &self.inverses,
        };
        course(&prover, lie).verify(&statement)
    }
}

/// The prover's course once more, with its lie.
fn course(prover: &TallyProver<'_>, lie: Lie) -> TallyProof {
    let random = &mut Secrets::new().unwrap();
    let blindings = prover.auxiliary_blindings(random);
    let mut auxiliaries = prover.commit_auxiliaries(&blindings);
    // Only the statement's pages have auxiliary columns in a proof.
    auxiliaries.truncate(prover.statement.pages.len());
    let Begun {
        mut transcript,
        weights,
    } = prover.statement.begin(&auxiliaries);
    let shape = checks::shape(prover.pages.len());
    let mask = Mask::random(shape, random);
    let less = if let Lie::Less(by) = lie { by } else { 0 };
    let counts = prover.openings.iter().map(|o| o.count - less);
    let claim = counts
        .zip(&weights.cells)
        .map(|(c, w)| w * Fp::from(c))
        .sum();
    let mut sum = TallySum::new(
        prover.program,
        &weights,
        prover.pages,
        prover.inverses,
        claim,
    );
    let mut verifier = transcript.clone();
    let (messages, reduced) = sumcheck::prove(&mut sum, claim, &mask, &mut transcript);
    assert_eq!(messages.reduce(shape, &mut verifier).unwrap(), reduced);
    let mut factors = sum.values();
    if matches!(lie, Lie::Factor | Lie::FactorAndVector) {
        factors[0] += Fp::one();
    }
    let mut committed = prover.commit_values(factors, random);
    lie_in_products(prover, lie, &mut committed, &weights, &mask, &reduced);
    let [factors, pairs, outers] = prover.commitments(&committed);
    let products = Products {
        mask: &messages.mask,
        factors: &factors,
        pairs: &pairs,
        outers: &outers,
    };
    let batch = absorb_products(&products, &mut transcript);
    let mut opened = prover.opened(&sum, &batch, &reduced, &blindings, &committed);
    let at = eq_table(&reduced.point[checks::page_bits(prover.pages.len())..]);
    if lie == Lie::FactorAndVector {
        // The batch's first weight is 1, so one more is missing.
        opened.vector[0] += at[0].invert().unwrap();
    }
    let parts = factors.iter().zip(&batch);
    let value = parts.map(|(point, weight)| *point * weight).sum();
    let opening = opening::prove_value(&opened, &value, &at, random, &mut transcript);
    let (statement, _) = checks::linear_statement(
        prover.program,
        prover.statement.counts,
        &products,
        &weights,
        shape,
        &reduced,
    );
    let secrets = prover.linear_secrets(&committed, &mask, &weights, &reduced);
    let linear = crate::cohort::linear::prove(&statement, &secrets, random, &mut transcript);
    TallyProof {
        auxiliaries,
        sumcheck: messages,
        factors,
        pairs,
        outers,
        opening,
        linear,
    }
}

fn lie_in_products(
    prover: &TallyProver<'_>,
    lie: Lie,
    committed: &mut Committed,
    weights: &Weights,
    mask: &Mask,
    reduced: &Reduced,
) {
    let value = |committed: &Committed| {
        checks::last_value(prover.program, weights, &reduced.point, &committed.values)
    };
    match lie {
        Lie::Pair => committed.values.pairs[0] += Fp::one(),
        Lie::Outer => committed.values.outers[0] += Fp::one(),
        Lie::OuterThatMends => {
            let shape = checks::shape(prover.pages.len());
            let functional = shape.point_functional(&reduced.point);
            let terms = functional.iter().zip(&mask.coefficients);
            let masked: Fp = terms.map(|(by, a)| by * a).sum();
            let missing = reduced.last - reduced.rho * masked - value(committed);
            assert_ne!(missing, Fp::zero());
            let before = value(committed);
            committed.values.outers[0] += Fp::one();
            let each = (value(committed) - before).invert().unwrap();
            committed.values.outers[0] += missing * each - Fp::one();
        }
        _ => {}
    }
}

#[test]
fn the_honest_course_verifies() {
    for pages in [1, 3] {
        let scene = Scene::new(pages);
        let openings = scene.openings(&scene.values);
        let counts: Vec<u64> = openings.iter().map(|o| o.count).collect();
        assert!(counts.iter().all(|c| *c > 0) && counts[0] < counts[1]);
        scene.outcome(&scene.values, &openings, Lie::None).unwrap();
    }
}

#[test]
fn a_count_of_one_more_is_refused() {
    let scene = Scene::new(1);
    let mut openings = scene.openings(&scene.values);
    openings.iter_mut().for_each(|o| o.count += 1);
    let outcome = |lie| scene.outcome(&scene.values, &openings, lie).unwrap_err();
    let sum = LinearError::Scalar { name: SUM }.into();
    assert_eq!(outcome(Lie::Less(1)), sum);
    assert_eq!(outcome(Lie::None), points(END));
}

/// Cells are weighted by powers of a challenge: one more here and one less there is no way out.
#[test]
fn a_count_moved_to_another_cell_is_refused() {
    let scene = Scene::new(1);
    let mut openings = scene.openings(&scene.values);
    openings[0].count += 1;
    openings[1].count -= 1;
    let error = scene.outcome(&scene.values, &openings, Lie::None);
    assert_eq!(error.unwrap_err(), points(END));
}

#[test]
fn a_count_in_another_cell_s_generator_is_refused() {
    let scene = Scene::new(1);
    let openings = scene.openings(&scene.values);
    let generators = Generators::get();
    let mut counts: Vec<EqAffine> = openings
        .iter()
        .enumerate()
        .map(|(cell, o)| o.commitment(cell).unwrap())
        .collect();
    let value = generators.counts[1] * Fp::from(openings[0].count);
    counts[0] = (value + generators.blinding * openings[0].blinding).to_affine();
    let error = scene.outcome_of(&scene.values, &openings, &counts, Lie::None);
    assert_eq!(error.unwrap_err(), points(COUNT));
}

/// Values in which one auxiliary of the first slot where it is `from` is `to`.
fn altered(scene: &Scene, name: &str, from: i32, to: i32) -> Vec<FactorValues> {
    let mut values = scene.values.clone();
    let column = &mut values[0].numbers[scene.auxiliary(name)];
    let slot = column.iter().position(|number| *number == from).unwrap();
    column[slot] = to;
    values
}

#[test]
fn a_match_that_is_none_is_refused() {
    let scene = Scene::new(1);
    let before = scene.openings(&scene.values)[0].count;
    for (from, to) in [(0, 1), (1, 0)] {
        let values = altered(&scene, "match.is-zero", from, to);
        let openings = scene.openings(&values);
        assert_eq!(openings[0].count + from as u64, before + to as u64);
        let outcome = |lie| scene.outcome(&values, &openings, lie).unwrap_err();
        assert_eq!(outcome(Lie::None), points(END));
        // What is missing at the end can't be hidden in a product either.
        assert_eq!(outcome(Lie::OuterThatMends), points(OUTER));
    }
}

#[test]
fn a_match_with_another_inverse_is_refused() {
    let scene = Scene::new(1);
    let column = &scene.values[0].numbers[scene.auxiliary("match.inverse")];
    let some = *column.iter().find(|number| **number != 0).unwrap();
    for (from, to) in [(some, some + 1), (some, 0)] {
        let values = altered(&scene, "match.inverse", from, to);
        let openings = scene.openings(&values);
        let error = scene.outcome(&values, &openings, Lie::None);
        assert_eq!(error.unwrap_err(), points(END));
    }
}

/// Where the value is 0, any inverse will do: it says nothing, and changes nothing.
#[test]
fn a_match_needs_no_certain_inverse_of_zero() {
    let scene = Scene::new(1);
    let matches = &scene.values[0].numbers[scene.auxiliary("match.is-zero")];
    let slot = matches.iter().position(|z| *z == 1).unwrap();
    let mut values = scene.values.clone();
    values[0].numbers[scene.auxiliary("match.inverse")][slot] = 5;
    let openings = scene.openings(&values);
    scene.outcome(&values, &openings, Lie::None).unwrap();
}

#[test]
fn products_of_other_values_are_refused() {
    let scene = Scene::new(1);
    let openings = scene.openings(&scene.values);
    let outcome = |lie| scene.outcome(&scene.values, &openings, lie).unwrap_err();
    assert_eq!(outcome(Lie::Pair), points(PAIR));
    assert_eq!(outcome(Lie::Outer), points(OUTER));
}

#[test]
fn factors_of_other_values_are_refused() {
    let scene = Scene::new(1);
    let openings = scene.openings(&scene.values);
    let outcome = |lie| scene.outcome(&scene.values, &openings, lie).unwrap_err();
    assert_eq!(outcome(Lie::Factor), VALUE);
    assert_eq!(outcome(Lie::FactorAndVector), VECTOR);
}

/// A published column's factor that is another in one slot: all is well but for the commitment.
#[test]
fn a_factor_of_another_column_is_refused() {
    let scene = Scene::new(1);
    let forms = scene.plan.factors.iter().enumerate();
    let form = |factor: &Factor| matches!(factor, Factor::Form(form) if !form.terms.is_empty());
    let (place, _) = forms.clone().find(|(_, f)| form(f)).unwrap();
    let mut values = scene.values.clone();
    // In a slot without a subject nothing is recorded, and nothing matches.
    values[0].numbers[place][4_000] += 1;
    let openings = scene.openings(&values);
    let error = scene.outcome(&values, &openings, Lie::None).unwrap_err();
    assert_eq!(error, VECTOR);
}

/// Three pages are rounded up to four. A fourth one full of matches satisfies every constraint,
/// but nothing is committed for it.
#[test]
fn a_page_of_padding_counts_nobody() {
    let scene = Scene::new(3);
    let mut values = scene.values.clone();
    values.push(values[0].clone());
    let openings = scene.openings(&values);
    assert_eq!(
        openings[0].count * 3,
        scene.openings(&scene.values)[0].count * 4
    );
    let error = scene.outcome(&values, &openings, Lie::None).unwrap_err();
    assert_eq!(error, VECTOR);
}

/// Counts are committed modulo the group's order, which is far above 2^64. So two counts never
/// have one commitment, c + order is no number that can be written down as a count, and a
/// "negative" one is none that a release takes.
#[test]
fn a_count_has_one_meaning() {
    assert!(powers(Fp::from(2), 65)[64] - Fp::from(u64::MAX) == Fp::one());
    assert_eq!(scalar(-1) + Fp::one(), Fp::zero());
    let large = [u64::from(COUNT_BOUND), u64::MAX];
    for count in large {
        let blinding = Fp::from(3);
        let one = CountOpening { count, blinding };
        let policy = DisclosurePolicy::STANDARD;
        let error = prove_release([0; 32], policy, Shape::Single, &[one]).unwrap_err();
        let expected = TableError::TooLarge {
            cell: 0,
            found: count,
        };
        assert!(matches!(error, ProveReleaseError::Table(e) if e == expected));
    }
}
