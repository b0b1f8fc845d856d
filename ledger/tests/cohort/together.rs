//! Several custodians counted together: tallies, and one release of their sum.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use pasta_curves::Fp;
use salus_ledger::key::PublicKey;
use salus_ledger::state::{Event, Rejection, State, TalliesStatement, release_context};
use salus_ledger::transaction::*;
use salus_protocol::cohort::{Layout, PAGE, Table};
use salus_protocol::nullifier::StudyId;
use salus_protocol::release::Released;
use salus_protocol::row::{FIELDS, Row};
use salus_protocol::row_commitment::{RowCommitment, RowSalt};
use salus_prover::cohort::{
    Counted, PublishedPage, ShareSecret, Subject, add_up, count_part, join, publish,
};
use salus_prover::release::{CountOpening, prove_release};

use crate::scene::*;
use crate::world::*;

/// The first record of the second hospital has the index after those of the first.
const FIRST: u32 = PAGE as u32 + 1;

/// One custodian's side of the answer.
struct Side {
    key: ed25519_dalek::SigningKey,
    counted: Counted,
    secret: ShareSecret,
    transaction: SubmitTally,
}

struct Together {
    /// With both datasets published and the study approved, before any tally.
    before: State,
    /// With both tallies.
    tallied: State,
    study: StudyId,
    sides: [Side; 2],
    statement: TalliesStatement,
    openings: Vec<CountOpening>,
    release: ReleaseCohort,
    attached: BTreeMap<AttachmentDigest, Vec<u8>>,
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

/// Six women and three men, all to be counted.
fn second_people() -> Vec<Subject> {
    let person = |number: usize| {
        let mut values = [0u16; FIELDS];
        (values[0], values[1]) = (30_000, if number < 6 { 1 } else { 2 });
        let consent = consent_of(number);
        Subject {
            record: Some((Row::new(values), RowSalt::random().unwrap())),
            consent: Some((consent.row(), consent.row_salt.clone())),
        }
    };
    (0..9).map(person).collect()
}

/// The state after one transaction with its attachment.
fn entered(
    state: &State,
    transaction: impl Into<Transaction>,
    key: &ed25519_dalek::SigningKey,
    attached: &BTreeMap<AttachmentDigest, Vec<u8>>,
) -> (State, Event) {
    let mut state = state.clone();
    let envelope = Envelope::sign(transaction, &state.id(), key);
    let event = state.apply_with(&envelope, attached).unwrap();
    (state, event)
}

/// The second hospital and its people, committed, consenting and published.
fn with_second(
    mut state: State,
    people: &[Subject],
    attached: &mut BTreeMap<AttachmentDigest, Vec<u8>>,
) -> (State, PublishedPage) {
    let (name, key) = (
        Title::new("Rural Hospital").unwrap(),
        PublicKey::of(&stranger()),
    );
    state = after(&state, RegisterIssuer { name, key }, &governance());
    for (index, person) in (FIRST..).zip(people) {
        let (row, salt) = person.record.as_ref().unwrap();
        let commit = commit(index, RowCommitment::of_record(row, salt));
        state = after(&state, commit, &stranger());
        let (row, salt) = person.consent.as_ref().unwrap();
        let grant = GrantConsent {
            index,
            sequence: 0,
            consent: consent(u64::from(index)),
            row: RowCommitment::of_consent(row, salt),
        };
        state = after(&state, grant, &subject(index));
    }
    let page = state.page(&key, &edition(), 0).unwrap();
    let page = publish(&page, people, &Layout::of_profile(&small())).unwrap();
    let transaction = PublishPage::of(edition(), 0, &page.publication);
    attached.insert(transaction.publication, page.publication.to_bytes());
    (entered(&state, transaction, &stranger(), attached).0, page)
}

/// Counts for a table, in two parts where there are two pages.
fn side(
    state: &State,
    study: StudyId,
    table: &Table,
    key: ed25519_dalek::SigningKey,
    (published, people): (&[PublishedPage], &[Subject]),
    attached: &mut BTreeMap<AttachmentDigest, Vec<u8>>,
) -> Side {
    let statement = state
        .cohort_statement(&study, &PublicKey::of(&key), table)
        .unwrap();
    let pages = opened(published, people);
    let parts = pages.iter().enumerate().map(|(first, page)| {
        let page = std::slice::from_ref(page);
        count_part(&statement.context, &statement.plan, first, page).unwrap()
    });
    let counted = join(pages.len(), parts.collect()).unwrap();
    let secret = ShareSecret::random().unwrap();
    let proof = counted.proof.to_bytes();
    let counts = counted.counts.iter().copied().map(CountCommitment::new);
    let transaction = statement.tally(counts.collect(), *secret.key().as_bytes(), &proof);
    attached.insert(transaction.proof, proof);
    Side {
        key,
        counted,
        secret,
        transaction,
    }
}

/// What the combiner learns: the sums of all openings, from shares.
fn combined(statement: &TalliesStatement, sides: &[Side; 2]) -> Vec<CountOpening> {
    let keys: Vec<_> = sides.iter().map(|side| side.secret.key()).collect();
    let masked = sides.iter().map(|side| {
        let openings = side.counted.openings.iter();
        let numbers: Vec<Fp> = openings
            .flat_map(|o| [Fp::from(o.count), o.blinding])
            .collect();
        side.secret
            .mask(&statement.context, &keys, &numbers)
            .unwrap()
    });
    let sums = add_up(2 * statement.counts.len(), &masked.collect::<Vec<_>>()).unwrap();
    let (pairs, _) = sums.as_chunks::<2>();
    let opening = |[count, blinding]: &[Fp; 2]| {
        let count = (0..1000).find(|n| Fp::from(*n) == *count).unwrap();
        let blinding = *blinding;
        CountOpening { count, blinding }
    };
    pairs.iter().map(opening).collect()
}

fn released_of(
    statement: &TalliesStatement,
    openings: &[CountOpening],
) -> (ReleaseCohort, Vec<u8>) {
    let (released, proof) = prove_release(
        statement.context,
        statement.policy,
        statement.shape,
        openings,
    )
    .unwrap();
    let proof = proof.to_bytes();
    (statement.transaction(released, &proof), proof)
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
        let statement = tallied.tallies_statement(&study, &by_sex()).unwrap();
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
        key: &ed25519_dalek::SigningKey,
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
        |side: &Side| -> Vec<u64> { side.counted.openings.iter().map(|o| o.count).collect() };
    assert_eq!(counts(&it.sides[0]), [52, 25, 20, 7]);
    assert_eq!(counts(&it.sides[1]), [9, 6, 3, 0]);
    for (cell, opening) in it.openings.iter().enumerate() {
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
        Rejection::CountedTogether { .. }
    );
    let (state, study) = with_study(&SCENE.state, study_of(MEN));
    let tally = SubmitTally {
        study,
        ..it.sides[0].transaction.clone()
    };
    refused!(
        it.apply(&state, tally, &issuer()),
        Rejection::CountedAlone { .. }
    );
    let release = ReleaseCohort {
        study,
        ..it.release.clone()
    };
    refused!(
        it.apply(&state, release, &issuer()),
        Rejection::CountedAlone { .. }
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
    let next = AdvanceDay {
        day: day("2024-03-02"),
    };
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
        one.tallies_statement(&it.study, &by_sex()),
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
    let on = |date| after(&it.tallied, AdvanceDay { day: day(date) }, &checkpoint());
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
    let (own, proof) = released_of(&it.statement, &it.sides[0].counted.openings);
    let mut attached = it.attached.clone();
    attached.insert(own.proof, proof.clone());
    let envelope = Envelope::sign(own, &it.tallied.id(), &issuer());
    refused!(
        it.tallied.clone().apply_with(&envelope, &attached),
        Rejection::Proof { .. }
    );
    // The right sums in another context: of tallies with one share key exchanged.
    let mut tallies = it.statement.tallies.clone();
    tallies[0].share_key = [1; 32];
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
