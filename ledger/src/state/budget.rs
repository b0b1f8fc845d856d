//! The budget of counts: for each study and custodian, each table once, and not too many.
//! Spec: docs/spec/ledger.md, section "Budget and differencing".

use salus_protocol::cohort::Table;
use salus_protocol::day::Day;
use salus_protocol::nullifier::StudyId;

use super::{CohortAnswer, CountedOver, Dataset, Draw, Rejection, StudyState, TallyState};
use crate::key::PublicKey;

/// The most counts that a study gets from one issuer.
pub const COHORT_ANSWERS: usize = 8;
/// The most that tables with noise may cost a dataset, of all studies, in tenths of epsilon.
pub const DATASET_NOISE: u64 = 100;

/// One count of an issuer for each table, and not too many. A tally that lapsed counts, but its
/// table may be counted again; one that is void does not count.
pub(super) fn check_budget(
    study: StudyId,
    answers: &[CohortAnswer],
    tallies: &[TallyState],
    asked: (&PublicKey, &Table, Day),
) -> Result<(), Rejection> {
    let (issuer, table, day) = asked;
    let alone = |answer: &&CohortAnswer| {
        answer.issuer == *issuer && matches!(answer.over, CountedOver::Dataset(_))
    };
    let answers = answers.iter().filter(alone);
    let own = |tally: &&TallyState| tally.issuer == *issuer && tally.draw != Draw::Void;
    let tallies = tallies.iter().filter(own);
    let counted = answers.clone().map(|answer| &answer.table);
    let standing = tallies.clone().filter(|tally| !tally.has_lapsed(day));
    let mut tables = counted.chain(standing.map(|tally| &tally.table));
    if tables.any(|counted| counted == table) {
        return Err(Rejection::CohortRepeated { study });
    }
    if answers.count() + tallies.count() >= COHORT_ANSWERS {
        let at_most = COHORT_ANSWERS;
        return Err(Rejection::CohortBudget { study, at_most });
    }
    Ok(())
}

/// A table's noise, in tenths of epsilon, is within what the study may spend on an issuer's dataset,
/// and within what all studies may.
pub(super) fn check_noise_budget(
    study: &StudyState,
    dataset: &Dataset,
    issuer: &PublicKey,
    cost: u64,
) -> Result<(), Rejection> {
    let Some(noise) = study.opened.noise else {
        return Ok(());
    };
    let own = |tally: &&TallyState| tally.issuer == *issuer && tally.draw != Draw::Void;
    let own = study.tallies.iter().filter(own);
    let spent = own.map(|tally| tally.cost).sum::<u64>();
    for (spent, at_most) in [
        (spent, noise.budget.into()),
        (dataset.noise_spent(), DATASET_NOISE),
    ] {
        if spent.saturating_add(cost) > at_most {
            return Err(Rejection::NoiseBudget {
                cost,
                spent,
                at_most,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::transaction::{
        AdvanceDay, AttachmentDigest, DatasetDigest, Envelope, TransactionId,
    };
    use ed25519_dalek::SigningKey;
    use salus_protocol::cohort::{Band, Stratifier};
    use salus_protocol::nullifier::LedgerId;

    fn key(number: u8) -> PublicKey {
        PublicKey::of(&SigningKey::from_bytes(&[number; 32]))
    }

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    /// A table of its own for every number.
    fn table(number: u16) -> Table {
        let (low, high) = (number, number + 1);
        let bands = vec![Band { low, high }];
        Table::Strata(vec![Stratifier { field: 0, bands }])
    }

    fn answer(issuer: PublicKey, table: Table) -> CohortAnswer {
        CohortAnswer {
            issuer,
            day: day("2024-03-01"),
            table,
            released: Vec::new(),
            over: CountedOver::Dataset(DatasetDigest::of(&[])),
            proof: AttachmentDigest::of(b""),
            entry: 0,
        }
    }

    fn transaction() -> TransactionId {
        let (day, nonce) = (day("2024-03-01"), [0; 32]);
        let ledger = LedgerId::new([0; 32]);
        let secret = SigningKey::from_bytes(&[1; 32]);
        Envelope::sign(AdvanceDay { day, nonce }, &ledger, &secret).id(&ledger)
    }

    fn tally(issuer: PublicKey, table: Table) -> TallyState {
        TallyState {
            issuer,
            day: day("2024-03-01"),
            table,
            counts: Vec::new(),
            seeds: Vec::new(),
            cost: 0,
            share_key: [0; 32],
            context: [0; 32],
            proof: AttachmentDigest::of(b""),
            id: transaction(),
            entry: 0,
            draw: Draw::None,
            released: None,
        }
    }

    #[test]
    fn an_issuer_has_a_budget_and_answers_a_table_once() {
        let study = StudyId::new([1; 32]);
        let at_most = COHORT_ANSWERS as u16;
        let mut answers: Vec<_> = (2..at_most).map(|n| answer(key(1), table(n))).collect();
        let mut tallies = vec![tally(key(1), table(1))];
        let check = |answers: &[_], tallies: &[_], issuer: u8, n, on| {
            let asked = (&key(issuer), &table(n), day(on));
            check_budget(study, answers, tallies, asked)
        };
        let first = "2024-03-01";
        assert_eq!(check(&answers, &tallies, 1, at_most, first), Ok(()));
        let repeated = Err(Rejection::CohortRepeated { study });
        assert_eq!(check(&answers, &tallies, 1, 3, first), repeated);
        // A tally's table is free again once it has lapsed, but not once it is released.
        assert_eq!(check(&answers, &tallies, 1, 1, "2024-03-15"), repeated);
        assert_eq!(check(&answers, &tallies, 1, 1, "2024-03-16"), Ok(()));
        tallies[0].released = Some(9);
        assert_eq!(check(&answers, &tallies, 1, 1, "2024-03-16"), repeated);
        answers.push(answer(key(1), table(at_most)));
        let spent = Err(Rejection::CohortBudget {
            study,
            at_most: COHORT_ANSWERS,
        });
        assert_eq!(check(&answers, &tallies, 1, at_most + 1, first), spent);
        // Another issuer has a budget of its own, and may answer the same tables; what it releases
        // for several custodians is no count of its own.
        let over = CountedOver::Tallies(vec![5, 6]);
        answers.push(CohortAnswer {
            over,
            ..answer(key(2), table(3))
        });
        assert_eq!(check(&answers, &tallies, 2, 3, first), Ok(()));
    }
}
