//! Publications and tallies: what verifies, and what must not.
#![allow(clippy::unwrap_used)]

mod altered;
mod bytes;
mod parts;
mod publications;
mod scene;
mod sizes;
mod statements;

use pasta_curves::Fp;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use salus_protocol::cohort::{Band, Monomial, Plan, Stratifier, Table};
use salus_protocol::query::Criterion;
use salus_verifier::cohort::program::{Evaluated, Program, scalar};
use salus_verifier::cohort::publication::Publication;
use salus_verifier::cohort::tally::{TallyProof, TallyStatement};
use scene::{Scene, between, plain, question};

#[test]
fn a_publication_verifies_and_has_one_encoding() {
    let scene = Scene::new(37, 1);
    let publication = &scene.published[0].publication;
    publication.verify(&scene.pages[0]).unwrap();
    let bytes = publication.to_bytes();
    assert_eq!(&Publication::from_bytes(&bytes).unwrap(), publication);
    assert!(Publication::from_bytes(&bytes[1..]).is_err());
    let mut longer = bytes;
    longer.push(0);
    assert!(Publication::from_bytes(&longer).is_err());
}

#[test]
fn a_tally_is_the_relation_s_count() {
    let scene = Scene::new(300, 2);
    for question in questions() {
        let plan = scene.plan(&question);
        let tally = scene.tally(&plan);
        let counts: Vec<u64> = tally.openings.iter().map(|o| o.count).collect();
        assert_eq!(counts, scene.expected(&question));
        scene.verify(&plan, &tally).unwrap();
        let bytes = tally.proof.to_bytes();
        assert_eq!(
            TallyProof::from_bytes(&bytes, &plan, 1).unwrap(),
            tally.proof
        );
    }
}

#[test]
fn several_pages_are_one_tally() {
    let scene = Scene::new(4096 * 4 + 100, 3);
    for (page, published) in scene.pages.iter().zip(&scene.published) {
        published.publication.verify(page).unwrap();
    }
    let question = plain();
    let plan = scene.plan(&question);
    let tally = scene.tally(&plan);
    let counts: Vec<u64> = tally.openings.iter().map(|o| o.count).collect();
    assert_eq!(counts, scene.expected(&question));
    assert!(counts[0] > 1_000);
    scene.verify(&plan, &tally).unwrap();
}

/// Every product that the plan has stands in the program, and nothing else.
#[test]
fn a_program_is_its_plan() {
    let mut random = ChaCha20Rng::seed_from_u64(5);
    for question in questions() {
        let plan = Plan::new(&scene::layout(), &question).unwrap();
        let program = Program::of(&plan);
        let factors: Vec<Fp> = (0..plan.factors.len())
            .map(|_| Fp::from(random.next_u64()) * Fp::from(random.next_u64()))
            .collect();
        let mut values = Evaluated::default();
        program.evaluate(&factors, &mut values);
        let expected = |monomials: &[Monomial]| -> Fp {
            let product = |m: &Monomial| {
                let factors = m.factors.iter().map(|f| factors[*f as usize]);
                scalar(m.coefficient) * factors.product::<Fp>()
            };
            monomials.iter().map(product).sum()
        };
        let constraints = plan.constraints.iter().zip(&program.constraints);
        for (constraint, arranged) in constraints {
            assert_eq!(
                values.sum(arranged),
                expected(&constraint.monomials),
                "{}",
                constraint.name
            );
        }
        for (cell, arranged) in plan.cells.iter().zip(&program.cells) {
            assert_eq!(values.sum(arranged), expected(&cell.monomials));
        }
    }
}

/// Were a constraint to share its weight with the total, a constraint that is the same constant in
/// every slot would make up for a total that is wrong by it.
#[test]
fn no_constraint_shares_its_weight_with_a_cell() {
    let scene = Scene::new(5, 6);
    let publications = scene.publications();
    for question in questions() {
        let plan = scene.plan(&question);
        let statement = TallyStatement {
            context: scene::CONTEXT,
            plan: &plan,
            pages: &publications,
            counts: &[],
        };
        let weights = statement.begin(&[]).weights;
        assert_eq!(weights.constraints.len(), plan.constraints.len());
        let distinct = |weight: &Fp| !weights.cells.contains(weight);
        assert!(weights.constraints.iter().all(distinct));
    }
}

fn any_of(mut criteria: Vec<Criterion>, at_least: u8) -> Vec<Criterion> {
    let last = criteria.len() - 1;
    for (i, criterion) in criteria.iter_mut().enumerate() {
        criterion.opens_group = i == 0;
        criterion.at_least = if i == last { at_least } else { 0 };
    }
    criteria
}

/// One question of each form.
fn questions() -> Vec<salus_protocol::cohort::Question> {
    let difference = [
        Criterion::carrier(3, true),
        Criterion {
            field: 4,
            minus_previous: true,
            opens_group: false,
            start: 65_536 - 2_000,
            length: 22_000,
            if_none: true,
            at_least: 1,
        },
    ];
    let outside = Criterion {
        start: 65_536 + 401,
        length: (1 << 17) - 102,
        if_none: true,
        ..between(3, 300, 400)
    };
    let three = vec![
        between(0, 1, 1),
        between(2, 100, 400),
        between(3, 257, 1_999),
    ];
    let strata = |stratifiers: &[(u8, &[(u16, u16)])]| {
        let bands = |bands: &[(u16, u16)]| {
            bands
                .iter()
                .map(|(low, high)| Band {
                    low: *low,
                    high: *high,
                })
                .collect()
        };
        let one = |(field, of): &(u8, &[(u16, u16)])| Stratifier {
            field: *field,
            bands: bands(of),
        };
        Table::Strata(stratifiers.iter().map(one).collect())
    };
    vec![
        plain(),
        question(&three, Table::Attrition),
        question(&any_of(three.clone(), 1), Table::Count),
        question(&any_of(three, 2), Table::Count),
        question(&difference, Table::Count),
        // Both ends share a high digit, so the bit is a product and no more: what is left of
        // "n less the bits" is a constant.
        question(&[between(3, 300, 400)], Table::Attrition),
        question(
            &any_of(vec![outside, between(4, 300, 400)], 1),
            Table::Count,
        ),
        question(&[between(1, 18, 75)], strata(&[(3, &[(300, 400)])])),
        question(
            &[between(1, 18, 75)],
            strata(&[(0, &[(0, 0), (1, 1)]), (2, &[(1, 100), (101, 300)])]),
        ),
        question(
            &[between(1, 18, 75)],
            strata(&[(3, &[(1, 300), (301, 2_800)])]),
        ),
    ]
}
