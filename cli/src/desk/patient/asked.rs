//! What was asked before: the counts in which a patient can have been.

use std::collections::BTreeSet;

use salus_ledger::key::PublicKey;
use salus_ledger::state::{CountedOver, RecordState, State, StudyState};
use salus_protocol::profile::Edition;

use crate::home::Wallet;

/// A record of the patient, as counts meet it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Countable {
    issuer: PublicKey,
    edition: Edition,
    /// A count that entered before this entry can't include it.
    since: u64,
}

impl Countable {
    /// The records of a wallet that a count can ever have included, by their keys: also those that
    /// were amended or erased since.
    pub(super) fn of(state: &State, wallet: &Wallet) -> Vec<Self> {
        let holdings = wallet.holdings.iter();
        let keys: BTreeSet<_> = holdings.map(|holding| holding.key.public()).collect();
        let own = state.records().iter();
        let own = own.filter(|record| keys.contains(&record.subject));
        own.filter_map(Self::record).collect()
    }

    /// A record that never changed had no consent; where the first change was its consent, no count
    /// before that includes it; of others the ledger's state does not say.
    fn record(record: &RecordState) -> Option<Self> {
        let since = match (record.sequence, record.consent_entry) {
            (_, None) => return None,
            (1, Some(entry)) => entry,
            _ => 0,
        };
        Some(Self {
            issuer: record.issuer,
            edition: record.edition,
            since,
        })
    }
}

/// A count that can have included the patient.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Count {
    /// Who counted.
    pub(super) custodian: String,
    /// The day on which consents were valid.
    pub(super) day: String,
    pub(super) entry: u64,
    /// Whether its number is out.
    pub(super) released: bool,
}

/// The counts of a study that can have included one of these records, in their order.
pub(super) fn counts(state: &State, study: &StudyState, own: &[Countable]) -> Vec<Count> {
    let edition = study.opened.query.edition();
    let concerns = |issuer: &PublicKey, entry: u64| {
        own.iter().any(|record| {
            record.edition == edition && record.issuer == *issuer && record.since < entry
        })
    };
    let alone = study.cohort_answers.iter();
    let alone = alone.filter(|answer| matches!(answer.over, CountedOver::Dataset(_)));
    let alone = alone.map(|answer| (answer.issuer, answer.day, answer.entry, true));
    let tallies = study.tallies.iter();
    let tallies = tallies.map(|t| (t.issuer, t.day, t.entry, t.released.is_some()));
    let mut found: Vec<_> = alone
        .chain(tallies)
        .filter(|(issuer, _, entry, _)| concerns(issuer, *entry))
        .collect();
    found.sort_unstable_by_key(|(_, _, entry, _)| *entry);
    let count =
        |(issuer, day, entry, released): (PublicKey, salus_protocol::day::Day, _, _)| Count {
            custodian: state.issuer_name(&issuer),
            day: day.to_string(),
            entry,
            released,
        };
    found.into_iter().map(count).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::home::SigningSecret;
    use salus_datasets::profiles;

    #[test]
    fn a_count_concerns_a_record_from_its_first_consent_on() {
        let mut record = RecordState {
            faces: None,
            issuer: SigningSecret::random().unwrap().public(),
            edition: Edition::of(
                &profiles::shipped()[0].profile.hash(),
                "2025-01-01".parse().unwrap(),
            ),
            subject: SigningSecret::random().unwrap().public(),
            sequence: 0,
            consent: None,
            consent_entry: None,
        };
        let since = |record: &RecordState| Countable::record(record).map(|own| own.since);
        assert_eq!(since(&record), None, "never consented");
        record.sequence = 1;
        assert_eq!(since(&record), None, "amended or erased, never consented");
        record.consent_entry = Some(40);
        assert_eq!(since(&record), Some(40), "its first change was its consent");
        // Of what was before the latest change, the state says nothing: any count may concern it.
        record.sequence = 2;
        assert_eq!(since(&record), Some(0));
    }
}
