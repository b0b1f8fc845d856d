//! Each rule for cohort answers but those for proofs, with only that wrong.

use salus_ledger::key::PublicKey;
use salus_ledger::state::{Rejection, State};
use salus_ledger::transaction::*;
use salus_protocol::cohort::{Band, Stratifier, Table};
use salus_protocol::nullifier::StudyId;
use salus_protocol::release::Released;

use crate::scene::*;
use crate::world::*;

fn statement(state: &State, study: StudyId, table: &Table) -> Result<(), Rejection> {
    state
        .cohort_statement(&study, &issuer_key(), table)
        .map(drop)
}

#[test]
fn the_unchanged_answer_enters() {
    SCENE.apply(&SCENE.state, SCENE.answer.clone()).unwrap();
}

#[test]
fn a_study_must_take_answers() {
    let scene = &*SCENE;
    let good = || scene.answer.clone();
    let study = StudyId::new([9; 32]);
    refused!(
        scene.apply(&scene.state, SubmitCohort { study, ..good() }),
        Rejection::StudyUnknown { .. }
    );
    let study = scene.study;
    let closed = after(&scene.state, CloseStudy { study }, &sponsor());
    refused!(scene.apply(&closed, good()), Rejection::StudyClosed { .. });
    let day = day("2025-01-01");
    let late = after(&scene.state, on_day(day), &checkpoint());
    refused!(scene.apply(&late, good()), Rejection::StudyExpired { .. });
    let open = OpenStudy {
        approvals_needed: 2,
        ..study_of(EVERYONE)
    };
    let (proposed, study) = with_study(&scene.state, open);
    refused!(
        scene.apply(&proposed, SubmitCohort { study, ..good() }),
        Rejection::StudyNotApproved { missing: 1, .. }
    );
}

#[test]
fn a_study_s_policy_is_no_weaker_than_the_standard() {
    for (suppress_up_to, round_to) in [(9, 5), (10, 4), (0, 1)] {
        let policy = Policy {
            suppress_up_to,
            round_to,
        };
        let open = OpenStudy {
            policy,
            ..study_of(EVERYONE)
        };
        let envelope = Envelope::sign(open, &SCENE.id(), &sponsor());
        refused!(
            SCENE.state.clone().apply(&envelope),
            Rejection::PolicyTooWeak { .. }
        );
    }
}

#[test]
fn the_answer_is_for_the_ledger_s_day() {
    let day = day("2024-03-02");
    let next = after(&SCENE.state, on_day(day), &checkpoint());
    refused!(
        SCENE.apply(&next, SCENE.answer.clone()),
        Rejection::AnswerDay { .. }
    );
}

#[test]
fn only_an_issuer_with_records_answers() {
    let scene = &*SCENE;
    let envelope = Envelope::sign(scene.answer.clone(), &scene.id(), &stranger());
    refused!(
        scene.state.clone().apply_with(&envelope, &scene.attached),
        Rejection::IssuerUnknown { .. }
    );
    let (name, key) = (Title::new("Other").unwrap(), PublicKey::of(&stranger()));
    let mut other = after(&scene.state, RegisterIssuer { name, key }, &governance());
    refused!(
        other.apply_with(&envelope, &scene.attached),
        Rejection::DatasetEmpty { .. }
    );
}

#[test]
fn every_page_is_published_and_current() {
    let scene = &*SCENE;
    refused!(
        scene.apply(&scene.half, scene.answer.clone()),
        Rejection::PageUnpublished { page: 1 }
    );
    let (index, sequence) = (3, 1);
    let revoked = after(
        &scene.state,
        RevokeConsent { index, sequence },
        &subject(index),
    );
    refused!(
        scene.apply(&revoked, scene.answer.clone()),
        Rejection::PageStale { page: 0 }
    );
    let committed = after(&scene.state, commit(900_000, row(70_002)), &issuer());
    refused!(
        scene.apply(&committed, scene.answer.clone()),
        Rejection::PageStale { page: 1 }
    );
}

#[test]
fn the_answer_names_the_publications_in_order() {
    let scene = &*SCENE;
    let with = |change: fn(&mut Vec<AttachmentDigest>)| {
        let mut pages = scene.statement.pages.clone();
        change(&mut pages);
        let dataset = DatasetDigest::of(&pages);
        let answer = scene.answer.clone();
        scene.apply(&scene.state, SubmitCohort { dataset, ..answer })
    };
    refused!(with(|pages| pages.reverse()), Rejection::DatasetOther);
    refused!(
        with(|pages| pages[1] = AttachmentDigest::of(b"another")),
        Rejection::DatasetOther
    );
    refused!(with(|pages| pages.truncate(1)), Rejection::DatasetOther);
    refused!(with(|pages| pages.push(pages[0])), Rejection::DatasetOther);
}

#[test]
fn the_table_is_well_formed_and_filled() {
    let scene = &*SCENE;
    let bands = vec![Band { low: 2, high: 1 }];
    let broken = Table::Strata(vec![Stratifier { field: 1, bands }]);
    for table in [broken, Table::Strata(Vec::new())] {
        let answer = SubmitCohort {
            table,
            ..scene.answer.clone()
        };
        refused!(scene.apply(&scene.state, answer), Rejection::Table { .. });
    }
    let mut answer = scene.answer.clone();
    answer.released.push(Released::Count(0));
    refused!(
        scene.apply(&scene.state, answer),
        Rejection::CohortCells {
            found: 5,
            expected: 4
        }
    );
    let mut answer = scene.answer.clone();
    answer.counts.pop();
    refused!(
        scene.apply(&scene.state, answer),
        Rejection::CohortCells {
            found: 4,
            expected: 3
        }
    );
    let mut answer = scene.answer.clone();
    answer.counts.pop();
    answer.released.pop();
    refused!(
        scene.apply(&scene.state, answer),
        Rejection::CohortCells {
            found: 3,
            expected: 4
        }
    );
}

#[test]
fn an_answer_needs_its_attachments() {
    let scene = &*SCENE;
    for digest in [scene.answer.proof, scene.statement.pages[1]] {
        let mut attached = scene.attached.clone();
        let bytes = attached.remove(&digest).unwrap();
        refused!(
            scene.apply_with(&scene.state, scene.answer.clone(), &attached),
            Rejection::AttachmentMissing { .. }
        );
        attached.insert(digest, bytes[1..].to_vec());
        refused!(
            scene.apply_with(&scene.state, scene.answer.clone(), &attached),
            Rejection::AttachmentAltered { .. }
        );
    }
}

#[test]
fn a_table_is_answered_once() {
    let state = SCENE.answered();
    refused!(
        SCENE.apply(&state, SCENE.answer.clone()),
        Rejection::Replayed { .. }
    );
    // Another day does not help, nor other publications.
    let day = day("2024-03-02");
    let next = after(&state, on_day(day), &checkpoint());
    refused!(
        statement(&next, SCENE.study, &by_sex()),
        Rejection::CohortRepeated { .. }
    );
    statement(&next, SCENE.study, &Table::Count).unwrap();
}

#[test]
fn a_near_repeat_by_another_study_is_refused() {
    let scene = &*SCENE;
    let (state, near) = with_study(&scene.answered(), study_of(WOMEN));
    refused!(
        statement(&state, near, &Table::Count),
        Rejection::CohortNear { study } if study == scene.study
    );
    // Before the other answer it is not.
    let (state, near) = with_study(&scene.state, study_of(WOMEN));
    statement(&state, near, &Table::Count).unwrap();
    // Under another policy: what one suppresses and the other rounds would bound the count.
    let policy = Policy {
        suppress_up_to: 50,
        round_to: 5,
    };
    let stricter = OpenStudy {
        policy,
        ..study_of(EVERYONE)
    };
    let (state, study) = with_study(&scene.answered(), stricter);
    refused!(
        statement(&state, study, &Table::Count),
        Rejection::CohortPolicy { study } if study == scene.study
    );
    // The same query, and one that has nothing in common.
    let again = OpenStudy {
        title: Title::new("Again").unwrap(),
        ..study_of(EVERYONE)
    };
    for open in [again, study_of(MEN)] {
        let (state, study) = with_study(&scene.answered(), open);
        statement(&state, study, &by_sex()).unwrap();
    }
}
