//! Consent: granted and revoked by wallets, each with the key of the record that it is about.

use std::collections::BTreeMap;

use rayon::prelude::*;
use salus_datasets::fhir::consent::Wish;
use salus_ledger::engine::{Ledger, Submission};
use salus_ledger::state::State;
use salus_ledger::transaction::{Envelope, GrantConsent, RevokeConsent};
use salus_protocol::consent::Consent;
use salus_protocol::record::Salt;
use salus_protocol::registry::RecordIndex;
use salus_protocol::row_commitment::RowSalt;

use super::{Places, submit_many};
use crate::failure::Failure;
use crate::home::{Holding, Home, Wallet};

/// A wallet with what its subject wants.
pub(crate) struct Granting {
    pub(crate) wallet: Wallet,
    pub(crate) wish: Wish,
}

/// Grants consent for every standing record of each wallet. Returns how many consents were
/// granted. Openings are on the disk before the ledger knows of them.
pub(crate) fn grant(
    home: &Home,
    ledger: &Ledger,
    grantings: Vec<Granting>,
    step: impl Fn() + Sync,
) -> Result<usize, Failure> {
    let state = ledger.state()?;
    let places = Places::of(&state);
    let submissions: Vec<Vec<Submission>> = grantings
        .into_par_iter()
        .map(|granting| {
            let submissions = grant_one(home, &state, &places, granting)?;
            step();
            Ok(submissions)
        })
        .collect::<Result<_, Failure>>()?;
    // A writer waits for whoever holds the state.
    drop(state);
    let submissions = submissions.concat();
    for result in submit_many(ledger, &submissions)? {
        result?;
    }
    Ok(submissions.len())
}

fn grant_one(
    home: &Home,
    state: &State,
    places: &Places,
    Granting { mut wallet, wish }: Granting,
) -> Result<Vec<Submission>, Failure> {
    let mut submissions = Vec::new();
    for holding in &mut wallet.holdings {
        let Some(index) = places.find(&holding.record.commitment()) else {
            continue;
        };
        let consent = salted(&wish)?;
        let transaction = GrantConsent {
            index,
            sequence: sequence(state, index),
            consent: consent.commitment(),
            row: consent.row_commitment(),
        };
        holding.consents.push(consent);
        let envelope = Envelope::sign(transaction, &state.id(), holding.key.key());
        submissions.push(envelope.into());
    }
    home.put_wallet(&wallet)?;
    Ok(submissions)
}

/// The consent of a wish, with fresh salts.
fn salted(wish: &Wish) -> Result<Consent, getrandom::Error> {
    Ok(Consent {
        terms: wish.terms,
        from: wish.from,
        until: wish.until,
        institution: wish.institution.clone(),
        project: wish.project,
        salt: Salt::random()?,
        row_salt: RowSalt::random()?,
    })
}

/// What a wallet's consents on the ledger allow on the ledger's day or later, with the place of the
/// record that each is of.
pub(crate) fn standing_wishes(state: &State, wallet: &Wallet) -> Vec<(RecordIndex, Wish)> {
    let places = Places::of(state);
    let mut wishes = Vec::new();
    for holding in &wallet.holdings {
        let Some((index, consent)) = in_force(state, &places, holding) else {
            continue;
        };
        let lapsed = state.day().is_some_and(|day| consent.until < day);
        if !lapsed {
            wishes.push((index, Wish::from(consent)));
        }
    }
    wishes
}

/// Revokes consent for every record of a wallet that has one. Returns how many were revoked.
pub(crate) fn revoke(ledger: &Ledger, wallets: &[Wallet]) -> Result<usize, Failure> {
    let mut submissions: Vec<Submission> = Vec::new();
    {
        let state = ledger.state()?;
        // By the record's key alone: an amended record may be one whose opening the wallet was
        // never given, and its consent must be revocable all the same. Where the wallet has the
        // openings of both, before and after, they have one key.
        let holdings = wallets.iter().flat_map(|wallet| &wallet.holdings);
        let keys: BTreeMap<_, _> = holdings.map(|h| (h.key.public(), &h.key)).collect();
        let consented = (0..)
            .zip(state.records())
            .filter(|(_, record)| record.consent.is_some());
        for (index, record) in consented {
            if let Some(key) = keys.get(&record.subject) {
                let sequence = record.sequence;
                let transaction = RevokeConsent { index, sequence };
                let envelope = Envelope::sign(transaction, &state.id(), key.key());
                submissions.push(envelope.into());
            }
        }
    }
    for result in submit_many(ledger, &submissions)? {
        result?;
    }
    Ok(submissions.len())
}

/// Where a record stands, and the opening of the consent that the ledger has for it, if any.
pub(crate) fn in_force<'a>(
    state: &State,
    places: &Places,
    holding: &'a Holding,
) -> Option<(RecordIndex, &'a Consent)> {
    let index = places.find(&holding.record.commitment())?;
    let (commitment, _) = state.record(index)?.consent?;
    let consent = holding
        .consents
        .iter()
        .find(|consent| consent.commitment() == commitment)?;
    Some((index, consent))
}

fn sequence(state: &State, index: RecordIndex) -> u32 {
    state.record(index).map_or(0, |record| record.sequence)
}
