//! Honest tallies, held up as tallies of something else.

use pasta_curves::EqAffine;
use salus_protocol::cohort::{Layout, Question, Table};
use salus_protocol::day::Day;
use salus_prover::cohort::{TallyInput, TallyPage, tally};
use salus_verifier::cohort::opening::OpeningError;
use salus_verifier::cohort::publication::Publication;
use salus_verifier::cohort::tally::{TallyError, TallyStatement};

use super::scene::{CONTEXT, Scene, between, plain, question};

/// Where a tally fails when its transcript is another one: at the first equation.
const OTHER_STATEMENT: TallyError = TallyError::Opening(OpeningError::Value);
/// Where it fails when only the linear combinations of columns are others.
const OTHER_COLUMNS: TallyError = TallyError::Opening(OpeningError::Vector);

/// Questions that differ from the plain one in one thing, and have polynomials of its shape.
fn neighbours() -> Vec<Question> {
    let wider = [between(1, 18, 76), between(4, 5_000, 50_000)];
    let elsewhere = [between(1, 18, 75), between(3, 500, 2_000)];
    let mut covering = plain();
    covering.masks.covering = 0b101;
    let mut denying = plain();
    denying.masks.denying = 0b0100;
    let mut later = plain();
    later.day = Day::from_number(50_001).unwrap();
    vec![
        question(&wider, Table::Count),
        question(&elsewhere, Table::Count),
        covering,
        denying,
        later,
    ]
}

#[test]
fn a_tally_is_of_one_question() {
    let scene = Scene::new(60, 6);
    let plan = scene.plan(&plain());
    let tally = scene.tally(&plan);
    for neighbour in neighbours() {
        let mut other = scene.plan(&neighbour);
        let error = scene.verify(&other, &tally).unwrap_err();
        assert_eq!(error, OTHER_STATEMENT);
        // Were the question not bound by its digest, its polynomials would still be others.
        other.question = plan.question;
        let error = scene.verify(&other, &tally).unwrap_err();
        assert_eq!(error, OTHER_COLUMNS);
    }
    let mut attrition = plain();
    attrition.table = Table::Attrition;
    let error = scene.verify(&scene.plan(&attrition), &tally).unwrap_err();
    assert_eq!(error, TallyError::Shape { what: "counts" });
}

#[test]
fn a_tally_is_of_one_layout() {
    let mut scene = Scene::in_pages(40, 20, 17);
    let plan = scene.plan(&plain());
    let tally = scene.tally(&plan);
    let mut highest = *scene.layout.highest();
    highest.swap(0, 1);
    scene.published[1].publication.layout = Layout::new(highest);
    let error = scene.verify(&plan, &tally).unwrap_err();
    assert_eq!(error, TallyError::Layout { page: 1 });
}

#[test]
fn a_tally_is_of_one_context() {
    let scene = Scene::new(20, 7);
    let plan = scene.plan(&plain());
    let tally = scene.tally(&plan);
    let mut context = CONTEXT;
    context[0] ^= 1;
    let statement = TallyStatement {
        context,
        plan: &plan,
        pages: &scene.publications(),
        counts: &tally.counts,
    };
    assert_eq!(tally.proof.verify(&statement).unwrap_err(), OTHER_STATEMENT);
}

#[test]
fn a_tally_is_of_one_dataset() {
    let (scene, other) = (Scene::new(20, 8), Scene::new(20, 9));
    let plan = scene.plan(&plain());
    let tally = scene.tally(&plan);
    assert_eq!(other.verify(&plan, &tally).unwrap_err(), OTHER_STATEMENT);
    // The same rows, published anew.
    let again = Scene::new(20, 8);
    assert_eq!(again.verify(&plan, &tally).unwrap_err(), OTHER_STATEMENT);
}

#[test]
fn a_tally_has_its_own_counts() {
    let scene = Scene::new(20, 10);
    let mut attrition = plain();
    attrition.table = Table::Attrition;
    let plan = scene.plan(&attrition);
    let (tally, another) = (scene.tally(&plan), scene.tally(&plan));
    let refused = |counts: &[EqAffine]| {
        let verified = scene.verify_proof(&plan, counts, &tally.proof);
        verified.unwrap_err()
    };
    assert_eq!(refused(&another.counts), OTHER_STATEMENT);
    let mut swapped = tally.counts.clone();
    swapped.swap(1, 2);
    assert_eq!(refused(&swapped), OTHER_STATEMENT);
    let fewer = refused(&tally.counts[1..]);
    assert_eq!(fewer, TallyError::Shape { what: "counts" });
}

#[test]
fn a_tally_is_of_all_pages_in_order() {
    let scene = Scene::in_pages(60, 20, 11);
    let plan = scene.plan(&plain());
    let tally = scene.tally(&plan);
    scene.verify(&plan, &tally).unwrap();
    let publications = scene.publications();
    let refused = |places: &[usize]| {
        let pages: Vec<&Publication> = places.iter().map(|place| publications[*place]).collect();
        let statement = TallyStatement {
            context: CONTEXT,
            plan: &plan,
            pages: &pages,
            counts: &tally.counts,
        };
        tally.proof.verify(&statement).unwrap_err()
    };
    assert_eq!(refused(&[0, 2, 1]), OTHER_STATEMENT);
    assert_eq!(refused(&[0, 1, 1]), OTHER_STATEMENT);
    for places in [&[0, 1][..], &[0, 1, 2, 2], &[0, 1, 2, 0]] {
        assert_eq!(refused(places), TallyError::Shape { what: "pages" });
    }
    assert_eq!(refused(&[]), TallyError::Empty);
}

/// The prover itself leaves pages out, takes one twice, or adds auxiliary columns for padding.
#[test]
fn a_tally_of_other_pages_is_refused() {
    let scene = Scene::in_pages(60, 20, 12);
    let plan = scene.plan(&plain());
    let tally_of = |places: &[usize]| {
        let page = |place: &usize| TallyPage {
            publication: &scene.published[*place].publication,
            seed: &scene.published[*place].seed,
            subjects: &scene.subjects[*place],
        };
        let pages: Vec<TallyPage<'_>> = places.iter().map(page).collect();
        let input = TallyInput {
            context: CONTEXT,
            plan: &plan,
            pages: &pages,
        };
        tally(&input).unwrap()
    };
    let pages = TallyError::Shape { what: "pages" };
    assert_eq!(scene.verify(&plan, &tally_of(&[0, 1])).unwrap_err(), pages);
    let twice = tally_of(&[0, 1, 2, 2]);
    assert_eq!(scene.verify(&plan, &twice).unwrap_err(), pages);
    // Four pages need as many rounds as three, so the rest of the shape is the same.
    let mut cut = twice;
    cut.proof.auxiliaries.truncate(3);
    assert_eq!(scene.verify(&plan, &cut).unwrap_err(), OTHER_STATEMENT);
    let mut padded = tally_of(&[0, 1]);
    let first = padded.proof.auxiliaries[0].clone();
    padded.proof.auxiliaries.push(first);
    assert!(scene.verify(&plan, &padded).is_err());
    let swapped = tally_of(&[1, 0, 2]);
    let error = scene.verify(&plan, &swapped).unwrap_err();
    assert_eq!(error, OTHER_STATEMENT);
}
