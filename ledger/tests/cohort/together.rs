//! Several custodians counted together: tallies, and one release of their sum.

use std::sync::LazyLock;

use ed25519_dalek::SigningKey;
use salus_ledger::key::PublicKey;
use salus_ledger::state::{Event, Rejection, State, TalliesStatement, release_context};
use salus_ledger::transaction::*;
use salus_protocol::cohort::Table;
use salus_protocol::nullifier::StudyId;
use salus_protocol::release::Released;
use salus_prover::cohort::TallyOpenings;

use crate::custodians::*;
use crate::scene::*;
use crate::world::*;

struct Together {
    /// With both datasets published and the study approved, before any tally.
    before: State,
    /// With both tallies.
    tallied: State,
    study: StudyId,
    sides: [Side; 2],
    statement: TalliesStatement,
    openings: TallyOpenings,
    release: ReleaseCohort,
    attached: Attachments,
}

static TOGETHER: LazyLock<Together> = LazyLock::new(Together::new);

fn study_together() -> OpenStudy {
    let mut together = vec![issuer_key(), PublicKey::of(&stranger())];
    together.sort();
    OpenStudy {
        together,
        ..study_of(EVERYONE)
    }
}

impl Together {
    fn new() -> Self {
        let mut attached = SCENE.attached.clone();
        let people = second_people();
        let (state, page) = with_second(SCENE.state.clone(), &people, &mut attached);
        let (before, study) = with_study(&state, study_together());
        let first = (&SCENE.published[..], &SCENE.people[..]);
        let second = (std::slice::from_ref(&page), &people[..]);
        let sides = [(issuer(), first), (stranger(), second)]
            .map(|(key, dataset)| side(&before, study, &by_sex(), key, dataset, &mut attached));
        let mut tallied = before.clone();
        for side in &sides {
            tallied = entered(&tallied, side.transaction.clone(), &side.key, &attached).0;
        }
        let statement = tallied
            .tallies_statement(&study, &issuer_key(), &by_sex())
            .unwrap();
        let openings = combined(&statement, &sides);
        let (release, proof) = released_of(&statement, &openings);
        attached.insert(release.proof, proof);
        Self {
            before,
            tallied,
            study,
            sides,
            statement,
            openings,
            release,
            attached,
        }
    }

    fn apply(
        &self,
        state: &State,
        transaction: impl Into<Transaction>,
        key: &SigningKey,
    ) -> Result<Event, Rejection> {
        let envelope = Envelope::sign(transaction, &state.id(), key);
        let mut after = state.clone();
        let result = after.apply_with(&envelope, &self.attached);
        assert!(result.is_ok() || after == *state);
        result
    }

    fn release(&self, change: impl Fn(&mut ReleaseCohort)) -> Result<Event, Rejection> {
        let mut release = self.release.clone();
        change(&mut release);
        self.apply(&self.tallied, release, &issuer())
    }

    fn tally(&self, state: &State) -> Result<Event, Rejection> {
        self.apply(state, self.sides[0].transaction.clone(), &issuer())
    }
}

#[test]
fn the_sum_is_released_and_nothing_else() {
    let it = &*TOGETHER;
    let counts =
        |side: &Side| -> Vec<u64> { side.openings.counts.iter().map(|o| o.count).collect() };
    assert_eq!(counts(&it.sides[0]), [52, 25, 20, 7]);
    assert_eq!(counts(&it.sides[1]), [9, 6, 3, 0]);
    for (cell, opening) in it.openings.counts.iter().enumerate() {
        assert_eq!(opening.commitment(cell), Some(it.statement.counts[cell]));
    }
    // 61: 31, 23 and 7; the 23 hide the 7.
    let expected = [
        Released::Count(60),
        Released::Count(30),
        Released::Suppressed,
        Released::Suppressed,
    ];
    assert_eq!(it.release.released, expected);
    let study = it.study;
    let event = it.release(|_| ()).unwrap();
    assert_eq!(event, Event::CohortAnswered { study, place: 0 });
    // Either custodian may hand it in.
    it.apply(&it.tallied, it.release.clone(), &stranger())
        .unwrap();
}

#[test]
fn a_study_counts_its_custodians_alone_or_together() {
    let it = &*TOGETHER;
    let alone = SubmitCohort {
        study: it.study,
        ..SCENE.answer.clone()
    };
    refused!(
        it.apply(&it.before, alone, &issuer()),
        Rejection::AnsweredInTwoSteps { .. }
    );
    let (state, study) = with_study(&SCENE.state, study_of(MEN));
    let tally = SubmitTally {
        study,
        ..it.sides[0].transaction.clone()
    };
    refused!(
        it.apply(&state, tally, &issuer()),
        Rejection::AnsweredAtOnce { .. }
    );
    let release = ReleaseCohort {
        study,
        ..it.release.clone()
    };
    refused!(
        it.apply(&state, release, &issuer()),
        Rejection::AnsweredAtOnce { .. }
    );
}

#[test]
fn only_named_custodians_tally_and_release() {
    let it = &*TOGETHER;
    let third = board(7);
    let (name, key) = (Title::new("Third").unwrap(), PublicKey::of(&third));
    let with_third = |state| {
        after(
            state,
            RegisterIssuer {
                name: name.clone(),
                key,
            },
            &governance(),
        )
    };
    let tally = it.sides[0].transaction.clone();
    refused!(
        it.apply(&with_third(&it.before), tally, &third),
        Rejection::NotCustodianOfStudy { .. }
    );
    let release = it.release.clone();
    refused!(
        it.apply(&with_third(&it.tallied), release, &third),
        Rejection::NotCustodianOfStudy { .. }
    );
}

#[test]
fn custodians_are_two_or_more_registered_ones_in_order() {
    let it = &*TOGETHER;
    let open = |change: fn(&mut Vec<PublicKey>)| {
        let mut study = study_together();
        change(&mut study.together);
        it.apply(&it.before, study, &sponsor())
    };
    for change in [
        (|keys| keys.truncate(1)) as fn(&mut Vec<PublicKey>),
        |keys| keys.reverse(),
        |keys| keys.push(keys[1]),
    ] {
        refused!(open(change), Rejection::TogetherList { .. });
    }
    refused!(
        open(|keys| {
            keys.push(PublicKey::of(&board(9)));
            keys.sort();
        }),
        Rejection::IssuerUnknown { .. }
    );
}

#[test]
fn a_tally_enters_under_the_rules_for_answers() {
    let it = &*TOGETHER;
    it.tally(&it.before).unwrap();
    refused!(it.tally(&it.tallied), Rejection::Replayed { .. });
    let again = SubmitTally {
        share_key: [1; 32],
        ..it.sides[0].transaction.clone()
    };
    refused!(
        it.apply(&it.tallied, again, &issuer()),
        Rejection::CohortRepeated { .. }
    );
    let (index, sequence) = (3, 1);
    let revoke = RevokeConsent { index, sequence };
    let revoked = after(&it.before, revoke, &subject(index));
    refused!(it.tally(&revoked), Rejection::PageStale { page: 0 });
    let next = on_day(day("2024-03-02"));
    let next = after(&it.before, next, &checkpoint());
    refused!(it.tally(&next), Rejection::AnswerDay { .. });
    let mut missing = it.attached.clone();
    missing.remove(&it.sides[0].transaction.proof);
    let envelope = Envelope::sign(it.sides[0].transaction.clone(), &it.before.id(), &issuer());
    refused!(
        it.before.clone().apply_with(&envelope, &missing),
        Rejection::AttachmentMissing { .. }
    );
}

#[test]
fn a_tally_has_a_share_key_of_its_own() {
    let it = &*TOGETHER;
    let with = |share_key| {
        let own = it.sides[0].transaction.clone();
        it.apply(&it.before, SubmitTally { share_key, ..own }, &issuer())
    };
    with([9; 32]).unwrap();
    // The points of small order 1, 2 and 4: whoever agrees with them agrees on nothing secret.
    let mut one = [0; 32];
    one[0] = 1;
    for small in [[0; 32], one] {
        refused!(with(small), Rejection::ShareKey);
    }
    let (first, _) = entered(
        &it.before,
        it.sides[1].transaction.clone(),
        &stranger(),
        &it.attached,
    );
    let copied = SubmitTally {
        share_key: it.sides[1].transaction.share_key,
        ..it.sides[0].transaction.clone()
    };
    refused!(it.apply(&first, copied, &issuer()), Rejection::ShareKey);
}

#[test]
fn a_tally_of_other_counts_or_another_custodian_is_refused() {
    let it = &*TOGETHER;
    let own = it.sides[0].transaction.clone();
    let mut swapped = own.clone();
    swapped.counts.swap(1, 2);
    let mut foreign = own.clone();
    foreign.counts.clone_from(&it.sides[1].transaction.counts);
    let mut proof = own.clone();
    proof.proof = it.sides[1].transaction.proof;
    for changed in [swapped, foreign, proof] {
        refused!(
            it.apply(&it.before, changed, &issuer()),
            Rejection::Proof { .. }
        );
    }
    // Nor does a tally's proof make an answer of the custodian's own: it has no release.
    let (state, study) = with_study(&SCENE.state, study_of(MEN));
    let answer = SubmitCohort {
        study,
        proof: own.proof,
        ..SCENE.answer.clone()
    };
    refused!(it.apply(&state, answer, &issuer()), Rejection::Proof { .. });
}

#[test]
fn a_release_is_of_one_tally_of_each() {
    let it = &*TOGETHER;
    let (one, _) = entered(
        &it.before,
        it.sides[0].transaction.clone(),
        &issuer(),
        &it.attached,
    );
    refused!(
        one.tallies_statement(&it.study, &issuer_key(), &by_sex()),
        Rejection::TallyMissing { key, .. } if key == PublicKey::of(&stranger())
    );
    refused!(
        it.release(|r| r.tallies.truncate(1)),
        Rejection::TallyMissing { .. }
    );
    refused!(it.release(|r| r.tallies.reverse()), Rejection::TallyOrder);
    refused!(
        it.release(|r| r.tallies.push(r.tallies[1])),
        Rejection::TallyOrder
    );
    refused!(
        it.release(|r| r.tallies[1] += 1),
        Rejection::TallyUnknown { .. }
    );
    refused!(
        it.release(|r| r.table = Table::Count),
        Rejection::TallyUnknown { .. }
    );
    refused!(
        it.release(|r| r.released.truncate(3)),
        Rejection::CohortCells {
            found: 3,
            expected: 4
        }
    );
}

#[test]
fn a_tally_is_released_once_and_in_time() {
    let it = &*TOGETHER;
    let (after_release, _) = entered(&it.tallied, it.release.clone(), &issuer(), &it.attached);
    refused!(
        it.apply(&after_release, it.release.clone(), &stranger()),
        Rejection::TallyUnknown { .. }
    );
    refused!(
        it.apply(&after_release, it.sides[0].transaction.clone(), &issuer()),
        Rejection::Replayed { .. }
    );
    let on = |date| after(&it.tallied, on_day(day(date)), &checkpoint());
    it.apply(&on("2024-03-15"), it.release.clone(), &issuer())
        .unwrap();
    let lapsed = on("2024-03-16");
    refused!(
        it.apply(&lapsed, it.release.clone(), &issuer()),
        Rejection::TallyUnknown { .. }
    );
    // The table may be counted anew then.
    lapsed
        .cohort_statement(&it.study, &issuer_key(), &by_sex())
        .unwrap();
}

#[test]
fn a_release_holds_for_its_very_sum() {
    let it = &*TOGETHER;
    refused!(
        it.release(|r| r.released[0] = Released::Count(65)),
        Rejection::Proof { .. }
    );
    refused!(
        it.release(|r| r.released[3] = Released::Count(5)),
        Rejection::Proof { .. }
    );
    // One custodian's own counts, proven well in the release's context.
    let (own, proof) = released_of(&it.statement, &it.sides[0].openings);
    let mut attached = it.attached.clone();
    attached.insert(own.proof, proof.clone());
    let envelope = Envelope::sign(own, &it.tallied.id(), &issuer());
    refused!(
        it.tallied.clone().apply_with(&envelope, &attached),
        Rejection::Proof { .. }
    );
    // The right sums in another context: of tallies at other places of the log.
    let mut tallies = it.statement.tallies.clone();
    tallies[0].entry += 1;
    let context = release_context(
        &it.tallied.id(),
        &it.study,
        &by_sex(),
        &tallies.iter().collect::<Vec<_>>(),
    );
    let other = TalliesStatement {
        context,
        ..it.statement.clone()
    };
    let (release, proof) = released_of(&other, &it.openings);
    refused!(
        it.statement.verify(&release.released, &proof),
        Rejection::Proof { .. }
    );
    other.verify(&release.released, &proof).unwrap();
}

#[test]
fn the_same_question_of_other_custodians_is_refused() {
    let it = &*TOGETHER;
    // Alone after together, and together after alone.
    let own = OpenStudy {
        title: Title::new("Alone").unwrap(),
        ..study_of(EVERYONE)
    };
    let (state, alone) = with_study(&it.tallied, own);
    refused!(
        state.cohort_statement(&alone, &issuer_key(), &Table::Count),
        Rejection::CohortCircle { study } if study == it.study
    );
    let (state, _) = entered(&it.before, SCENE.answer.clone(), &issuer(), &it.attached);
    refused!(
        state.cohort_statement(&it.study, &issuer_key(), &Table::Count),
        Rejection::CohortCircle { study } if study == SCENE.study
    );
    // The same circle may be asked again, in a study of its own.
    let again = OpenStudy {
        title: Title::new("Again").unwrap(),
        ..study_together()
    };
    let (state, again) = with_study(&it.tallied, again);
    state
        .cohort_statement(&again, &issuer_key(), &by_sex())
        .unwrap();
}
