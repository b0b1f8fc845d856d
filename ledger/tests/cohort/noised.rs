//! Releases with noise, which custodians' seeds and the ledger's next day draw together.

use std::sync::LazyLock;

use ed25519_dalek::SigningKey;
use salus_ledger::key::PublicKey;
use salus_ledger::state::{DATASET_NOISE, Event, Rejection, State, TalliesStatement};
use salus_ledger::transaction::*;
use salus_protocol::cohort::Table;
use salus_protocol::noise::{Epsilon, release_noised, uniform};
use salus_protocol::nullifier::StudyId;
use salus_protocol::release::{Released, release};
use salus_prover::cohort::{PublishedPage, Subject};

use crate::custodians::*;
use crate::scene::*;
use crate::world::*;

const NOISE: Noise = Noise {
    epsilon: Epsilon::Half,
    budget: 20,
};

struct Noised {
    before: State,
    /// With the tally; the noise is not drawn yet.
    tallied: State,
    /// On the next day.
    drawn: State,
    study: StudyId,
    side: Side,
    statement: TalliesStatement,
    release: ReleaseCohort,
    attached: Attachments,
}

static NOISED: LazyLock<Noised> = LazyLock::new(Noised::new);

fn study_noised() -> OpenStudy {
    OpenStudy {
        noise: Some(NOISE),
        ..study_of(EVERYONE)
    }
}

fn next_day(state: &State, date: &str) -> State {
    after(state, on_day(day(date)), &checkpoint())
}

fn own(state: &State, study: StudyId, attached: &mut Attachments) -> Side {
    let dataset = (&SCENE.published[..], &SCENE.people[..]);
    side(state, study, &by_sex(), issuer(), dataset, attached)
}

impl Noised {
    fn new() -> Self {
        let mut attached = SCENE.attached.clone();
        let (before, study) = with_study(&SCENE.state, study_noised());
        let side = own(&before, study, &mut attached);
        let transaction = side.transaction.clone();
        let tallied = entered(&before, transaction, &issuer(), &attached).0;
        let drawn = next_day(&tallied, "2024-03-02");
        let statement = drawn
            .tallies_statement(&study, &issuer_key(), &by_sex())
            .unwrap();
        let (release, proof) = released_of(&statement, &side.openings);
        attached.insert(release.proof, proof);
        Self {
            before,
            tallied,
            drawn,
            study,
            side,
            statement,
            release,
            attached,
        }
    }

    fn apply(
        &self,
        state: &State,
        transaction: impl Into<Transaction>,
    ) -> Result<Event, Rejection> {
        let envelope = Envelope::sign(transaction, &state.id(), &issuer());
        state.clone().apply_with(&envelope, &self.attached)
    }

    /// What a release of other openings, or in another statement, meets.
    fn released(&self, state: &State, made: (ReleaseCohort, Vec<u8>)) -> Result<Event, Rejection> {
        let (release, proof) = made;
        let mut attached = self.attached.clone();
        attached.insert(release.proof, proof);
        let envelope = Envelope::sign(release, &state.id(), &issuer());
        state.clone().apply_with(&envelope, &attached)
    }
}

#[test]
fn a_release_carries_the_noise_that_both_draw() {
    let it = &*NOISED;
    let noise = it.statement.noise.as_ref().unwrap();
    let counts: Vec<u64> = it.side.openings.counts.iter().map(|o| o.count).collect();
    assert_eq!(counts, [52, 25, 20, 7]);
    let seeds = it.side.openings.seeds.iter().zip(&noise.offsets);
    let drawn: Vec<u64> = seeds.map(|(s, offset)| uniform(s.seed, *offset)).collect();
    let policy = Policy::STANDARD;
    let expected = release_noised(policy, Epsilon::Half, &counts, &drawn).unwrap();
    assert_eq!(it.release.released, expected);
    let study = it.study;
    let event = it.apply(&it.drawn, it.release.clone()).unwrap();
    assert_eq!(event, Event::CohortAnswered { study, place: 0 });
}

#[test]
fn the_noise_is_drawn_after_the_last_tally() {
    let it = &*NOISED;
    let (study, key) = (it.study, issuer_key());
    refused!(
        it.tallied.tallies_statement(&study, &key, &by_sex()),
        Rejection::NoisePending
    );
    refused!(
        it.apply(&it.tallied, it.release.clone()),
        Rejection::NoisePending
    );
    // The first day after it decides, whatever comes later.
    let later = next_day(&it.drawn, "2024-03-05");
    let again = later.tallies_statement(&study, &key, &by_sex()).unwrap();
    assert_eq!(again.noise, it.statement.noise);
    // Another first day draws other noise, for which this release does not hold.
    let other = next_day(&it.tallied, "2024-03-03");
    let statement = other.tallies_statement(&study, &key, &by_sex()).unwrap();
    assert_ne!(statement.noise, it.statement.noise);
    refused!(
        it.apply(&other, it.release.clone()),
        Rejection::Proof { .. }
    );
    it.released(&other, released_of(&statement, &it.side.openings))
        .unwrap();
}

#[test]
fn a_release_without_its_noise_is_refused() {
    let it = &*NOISED;
    let plain = TalliesStatement {
        noise: None,
        ..it.statement.clone()
    };
    let made = released_of(&plain, &it.side.openings);
    plain.verify(&made.0.released, &made.1).unwrap();
    refused!(it.released(&it.drawn, made), Rejection::Proof { .. });
    // Nor with the exact counts' values in the noisy proof.
    let counts: Vec<u64> = it.side.openings.counts.iter().map(|o| o.count).collect();
    let mut exact = it.release.clone();
    exact.released = release(Policy::STANDARD, it.statement.shape, &counts).unwrap();
    if exact.released == it.release.released {
        exact.released[0] = Released::Count(0);
    }
    refused!(it.apply(&it.drawn, exact), Rejection::Proof { .. });
}

#[test]
fn seeds_are_those_of_the_tally() {
    let it = &*NOISED;
    let mut other = it.side.openings.clone();
    other.seeds.swap(0, 1);
    let made = released_of(&it.statement, &other);
    refused!(it.released(&it.drawn, made), Rejection::Proof { .. });
    let tally = |change: fn(&mut SubmitTally)| {
        let mut tally = it.side.transaction.clone();
        change(&mut tally);
        it.apply(&it.before, tally)
    };
    tally(|_| ()).unwrap();
    refused!(tally(|t| t.seeds.clear()), Rejection::CohortCells { .. });
    refused!(tally(|t| t.seeds.swap(0, 1)), Rejection::Proof { .. });
    refused!(
        tally(|t| t.seeds.clone_from(&t.counts)),
        Rejection::Proof { .. }
    );
    // Nor do they serve twice, in a tally that is new in all else.
    let again = OpenStudy {
        title: Title::new("Again").unwrap(),
        ..study_noised()
    };
    let (state, study) = with_study(&it.tallied, again);
    let reused = SubmitTally {
        study,
        share_key: [9; 32],
        ..it.side.transaction.clone()
    };
    refused!(it.apply(&state, reused), Rejection::SeedReused);
    // A study without noise takes no seeds.
    let (state, study) = with_study(&SCENE.state, study_of(MEN));
    let seeded = SubmitTally {
        study,
        ..it.side.transaction.clone()
    };
    refused!(it.apply(&state, seeded), Rejection::AnsweredAtOnce { .. });
    let answer = SubmitCohort {
        study: it.study,
        ..SCENE.answer.clone()
    };
    refused!(
        it.apply(&it.before, answer),
        Rejection::AnsweredInTwoSteps { .. }
    );
}

#[test]
fn noise_is_spent_from_a_budget() {
    let it = &*NOISED;
    // Strata cost twice epsilon: 10 tenths.
    let dataset = |state: &State| {
        state
            .dataset(&issuer_key(), &edition())
            .unwrap()
            .noise_spent()
    };
    assert_eq!((dataset(&it.before), dataset(&it.tallied)), (0, 10));
    let with_budget = |state: &State, budget| {
        let noise = Some(Noise { budget, ..NOISE });
        let title = Title::new(format!("Budget {budget}")).unwrap();
        let open = OpenStudy {
            noise,
            title,
            ..study_of(EVERYONE)
        };
        with_study(state, open)
    };
    let ask = |state: &State, study: StudyId, table: &Table| {
        state
            .cohort_statement(&study, &issuer_key(), table)
            .map(drop)
    };
    let (state, study) = with_budget(&SCENE.state, 9);
    refused!(
        ask(&state, study, &by_sex()),
        Rejection::NoiseBudget {
            cost: 10,
            spent: 0,
            at_most: 9
        }
    );
    ask(&state, study, &Table::Count).unwrap();
    // An attrition of three cells costs 15, and 10 of 20 are spent.
    refused!(
        ask(&it.tallied, it.study, &Table::Attrition),
        Rejection::NoiseBudget {
            cost: 15,
            spent: 10,
            at_most: 20
        }
    );
    ask(&it.tallied, it.study, &Table::Count).unwrap();
    // A tally that lapsed is spent all the same.
    let lapsed = next_day(&it.tallied, "2024-03-20");
    ask(&lapsed, it.study, &by_sex()).unwrap();
    refused!(
        ask(&lapsed, it.study, &Table::Attrition),
        Rejection::NoiseBudget { spent: 10, .. }
    );
    // All studies together.
    let (mut state, mut attached) = (SCENE.state.clone(), SCENE.attached.clone());
    for number in 0..10 {
        let (opened, study) = with_budget(&state, 100 + number);
        let side = own(&opened, study, &mut attached);
        state = entered(&opened, side.transaction, &issuer(), &attached).0;
    }
    assert_eq!(dataset(&state), DATASET_NOISE);
    let (state, study) = with_budget(&state, 200);
    refused!(
        ask(&state, study, &Table::Count),
        Rejection::NoiseBudget {
            cost: 5,
            spent: 100,
            at_most: DATASET_NOISE
        }
    );
    let nothing = OpenStudy {
        noise: Some(Noise { budget: 0, ..NOISE }),
        ..study_of(EVERYONE)
    };
    let envelope = Envelope::sign(nothing, &SCENE.id(), &sponsor());
    refused!(SCENE.state.clone().apply(&envelope), Rejection::NoiseTerms);
}

/// Two custodians' datasets, and a study that counts them together with noise.
struct Both {
    state: State,
    study: StudyId,
    page: PublishedPage,
    people: Vec<Subject>,
    attached: Attachments,
}

impl Both {
    fn new() -> Self {
        let mut attached = SCENE.attached.clone();
        let people = second_people();
        let (state, page) = with_second(SCENE.state.clone(), &people, &mut attached);
        let mut together = vec![issuer_key(), PublicKey::of(&stranger())];
        together.sort();
        let open = OpenStudy {
            together,
            ..study_noised()
        };
        let (state, study) = with_study(&state, open);
        Self {
            state,
            study,
            page,
            people,
            attached,
        }
    }

    /// Counts, and enters the tally.
    fn tally(&mut self, key: SigningKey) -> Side {
        let dataset = if PublicKey::of(&key) == issuer_key() {
            (&SCENE.published[..], &SCENE.people[..])
        } else {
            (std::slice::from_ref(&self.page), &self.people[..])
        };
        let (study, table) = (self.study, Table::Count);
        let own = side(&self.state, study, &table, key, dataset, &mut self.attached);
        let tally = own.transaction.clone();
        self.state = entered(&self.state, tally, &own.key, &self.attached).0;
        own
    }

    fn statement(&self) -> Result<TalliesStatement, Rejection> {
        let (study, table) = (self.study, Table::Count);
        self.state.tallies_statement(&study, &issuer_key(), &table)
    }

    fn spent(&self) -> u64 {
        let dataset = self.state.dataset(&issuer_key(), &edition());
        dataset.unwrap().noise_spent()
    }
}

/// Else the last of them could choose its seed when it knows the first draw and the others' seeds.
#[test]
fn tallies_of_different_days_share_no_draw() {
    let mut both = Both::new();
    let first = both.tally(issuer());
    assert_eq!(both.spent(), 5);
    both.state = next_day(&both.state, "2024-03-02");
    // The day drew nothing, so nothing is spent, and nothing can be released of it.
    assert_eq!(both.spent(), 0);
    refused!(both.statement(), Rejection::TallyMissing { .. });
    both.tally(stranger());
    refused!(
        both.statement(),
        Rejection::TallyMissing { key, .. } if key == issuer_key()
    );
    // Its custodian tallies anew, with seeds of its own again.
    let again = SubmitTally {
        day: day("2024-03-02"),
        ..first.transaction.clone()
    };
    let envelope = Envelope::sign(again, &both.state.id(), &issuer());
    let mut state = both.state.clone();
    refused!(
        state.apply_with(&envelope, &both.attached),
        Rejection::ShareKey
    );
    both.tally(issuer());
    refused!(both.statement(), Rejection::NoisePending);
    both.state = next_day(&both.state, "2024-03-03");
    let noise = both.statement().unwrap().noise.unwrap();
    // A later day changes nothing.
    both.state = next_day(&both.state, "2024-03-04");
    assert_eq!(both.statement().unwrap().noise, Some(noise));
    assert_eq!(both.spent(), 5);
}

#[test]
fn custodians_together_draw_one_noise() {
    let mut both = Both::new();
    let sides = vec![both.tally(issuer()), both.tally(stranger())];
    let Both {
        state,
        study,
        mut attached,
        ..
    } = both;
    let state = next_day(&state, "2024-03-02");
    let statement = state
        .tallies_statement(&study, &issuer_key(), &Table::Count)
        .unwrap();
    let openings = combined(&statement, &sides);
    assert_eq!(openings.counts[0].count, 61);
    let seeds = sides.iter().map(|side| side.openings.seeds[0].seed);
    let noise = statement.noise.as_ref().unwrap();
    let drawn = uniform(seeds.sum(), noise.offsets[0]);
    let expected = release_noised(Policy::STANDARD, Epsilon::Half, &[61], &[drawn]).unwrap();
    let (release, proof) = released_of(&statement, &openings);
    assert_eq!(release.released, expected);
    attached.insert(release.proof, proof);
    entered(&state, release, &stranger(), &attached);
}
