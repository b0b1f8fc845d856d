//! Proofs of cohort answers hold for their very statement: nothing in it can be changed.

use salus_ledger::key::PublicKey;
use salus_ledger::state::{CohortStatement, Rejection, cohort_context};
use salus_ledger::transaction::*;
use salus_protocol::cohort::Table;
use salus_protocol::release::Released;

use crate::scene::*;
use crate::world::*;

fn proof() -> &'static [u8] {
    &SCENE.attached[&SCENE.answer.proof]
}

#[test]
fn released_values_and_commitments_can_t_be_changed() {
    let scene = &*SCENE;
    let mut answer = scene.answer.clone();
    answer.released[0] = Released::Count(55);
    refused!(scene.apply(&scene.state, answer), Rejection::Proof { .. });
    let mut answer = scene.answer.clone();
    answer.released[2] = Released::Count(20);
    refused!(scene.apply(&scene.state, answer), Rejection::Proof { .. });
    let mut answer = scene.answer.clone();
    answer.counts.swap(1, 2);
    refused!(scene.apply(&scene.state, answer), Rejection::Proof { .. });
}

#[test]
fn altered_proofs_are_refused() {
    let scene = &*SCENE;
    let mut longer = proof().to_vec();
    longer.push(0);
    let mut between = proof().to_vec();
    between.insert(0, 0);
    // A bit of the tally, of the circuit's proof and of the link.
    let flipped = [1, 2, 3].map(|part| {
        let mut bytes = proof().to_vec();
        let at = match part {
            1 => 100,
            2 => bytes.len() - 2_000,
            _ => bytes.len() - 32,
        };
        bytes[at] ^= 1;
        bytes
    });
    let cut = [&proof()[..100], &proof()[1..], &longer, &between, &[]];
    for bytes in cut.into_iter().chain(flipped.iter().map(Vec::as_slice)) {
        refused!(
            scene.verify(&scene.statement, &scene.answer, bytes),
            Rejection::Proof { .. }
        );
    }
}

#[test]
fn another_study_s_answer_is_no_answer() {
    // A study that asks the very same, over the very same publications.
    let again = OpenStudy {
        title: Title::new("Again").unwrap(),
        ..study_of(EVERYONE)
    };
    let (state, study) = with_study(&SCENE.state, again);
    let answer = SubmitCohort {
        study,
        ..SCENE.answer.clone()
    };
    refused!(SCENE.apply(&state, answer), Rejection::Proof { .. });
}

#[test]
fn another_day_s_answer_is_no_answer() {
    let day = day("2024-03-02");
    let state = after(&SCENE.state, on_day(day), &checkpoint());
    let answer = SubmitCohort {
        day,
        ..SCENE.answer.clone()
    };
    refused!(SCENE.apply(&state, answer), Rejection::Proof { .. });
}

#[test]
fn another_table_s_answer_is_no_answer() {
    let mut answer = SCENE.answer.clone();
    answer.table = Table::Count;
    answer.counts.truncate(1);
    answer.released.truncate(1);
    refused!(SCENE.apply(&SCENE.state, answer), Rejection::Proof { .. });
}

#[test]
fn proofs_are_of_one_ledger_and_issuer() {
    let scene = &*SCENE;
    let good = &scene.statement;
    scene.verify(good, &scene.answer, proof()).unwrap();
    let dataset = DatasetDigest::of(&good.pages);
    let context =
        |ledger, issuer| cohort_context(&ledger, &issuer, &good.study, &good.question, &dataset);
    assert_eq!(context(scene.id(), issuer_key()), good.context);
    let other = salus_protocol::nullifier::LedgerId::new([8; 32]);
    for context in [
        context(other, issuer_key()),
        context(scene.id(), PublicKey::of(&stranger())),
    ] {
        let statement = CohortStatement {
            context,
            ..good.clone()
        };
        refused!(
            scene.verify(&statement, &scene.answer, proof()),
            Rejection::Proof { .. }
        );
    }
}

#[test]
fn a_release_under_a_weaker_policy_is_refused() {
    let scene = &*SCENE;
    let policy = Policy {
        suppress_up_to: 5,
        round_to: 1,
    };
    let weak = CohortStatement {
        policy,
        ..scene.statement.clone()
    };
    let (answer, proof) = release_of(&weak, &scene.tally);
    assert_eq!(answer.released[3], Released::Count(7));
    scene.verify(&weak, &answer, &proof).unwrap();
    let mut attached = scene.attached.clone();
    attached.insert(answer.proof, proof);
    refused!(
        scene.apply_with(&scene.state, answer, &attached),
        Rejection::Proof { .. }
    );
}
