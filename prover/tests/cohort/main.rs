//! Publications and tallies: what verifies, and what must not.
#![allow(clippy::unwrap_used)]

mod altered;
mod bytes;
mod publications;
mod scene;
mod sizes;
mod statements;

use salus_protocol::cohort::{Band, Stratifier, Table};
use salus_protocol::query::Criterion;
use salus_verifier::cohort::publication::Publication;
use salus_verifier::cohort::tally::TallyProof;
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
