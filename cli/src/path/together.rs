//! Answers in two steps, by several custodians or with noise: each tallies and shares, one of them
//! releases the sum.

use std::path::Path;

use pasta_curves::Fp;
use salus_ledger::engine::{Attachment, Ledger, Submission};
use salus_ledger::key::PublicKey;
use salus_ledger::state::{TalliesStatement, TallyState, tally_proof_bytes};
use salus_ledger::transaction::{CellCommitment, Envelope, Transaction};
use salus_protocol::cohort::Table;
use salus_protocol::nullifier::StudyId;
use salus_protocol::release::Released;
use salus_prover::cohort::{ShareError, ShareKey, ShareSecret, TallyOpenings, add_up};
use salus_prover::noised_release::{
    ProveNoisedReleaseError, ProveSeedsError, SeedOpening, prove_noised_release, prove_seeds,
};
use salus_prover::release::prove_release;
use serde::{Deserialize, Serialize};

use super::count::{Answered, Counting, submit_proof};
use super::submit;
use crate::failure::Failure;
use crate::home::{Home, Issuer, KeptTally};

/// A tally that entered.
#[derive(Debug)]
pub(crate) struct Tallied {
    pub(crate) study: StudyId,
    pub(crate) records: usize,
    pub(crate) proof_bytes: usize,
    pub(crate) entry: u64,
    /// Custodians whose tallies are still missing.
    pub(crate) missing: Vec<PublicKey>,
    /// Whether the release waits for the ledger's next day, which draws the noise.
    pub(crate) noised: bool,
}

/// A custodian's share of an answer, sealed to the one that releases it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShareFile {
    pub(crate) study: StudyId,
    /// The release's context, in hexadecimal.
    pub(crate) release: String,
    pub(crate) from: PublicKey,
    pub(crate) to: PublicKey,
    /// In hexadecimal.
    pub(crate) sealed: String,
}

/// Counts in so many parts, proves and submits a tally; its openings stay in the home.
pub(crate) fn tally(
    home: &Home,
    ledger: &Ledger,
    issuer: &Issuer,
    counting: &Counting,
    parts: usize,
    step: impl Fn() -> Result<(), Failure>,
) -> Result<Tallied, Failure> {
    super::cohort::forget(home, ledger, issuer)?;
    let statement = &counting.statement;
    let counted = counting.count(home, issuer, parts, step)?;
    let secret = ShareSecret::random()?;
    let noised = ledger
        .state()?
        .study(&statement.study)
        .is_some_and(|s| s.opened.noise.is_some());
    let seeds: Vec<SeedOpening> = counted
        .counts
        .iter()
        .take(if noised { counted.counts.len() } else { 0 })
        .map(|_| SeedOpening::draw())
        .collect::<Result<_, _>>()?;
    let seed_proof = if noised {
        Some(prove_seeds(&statement.context, &seeds)?)
    } else {
        None
    };
    let proof = tally_proof_bytes(&counted.proof, seed_proof.as_ref());
    let counts = counted.counts.iter().copied().map(CellCommitment::new);
    let of_seeds = seeds
        .iter()
        .enumerate()
        .filter_map(|(cell, seed)| seed.commitment(cell));
    let transaction = statement.tally(
        counts.collect(),
        of_seeds.map(CellCommitment::new).collect(),
        *secret.key().as_bytes(),
        &proof,
    );
    // First the openings: without them the tally could never be released.
    let openings = TallyOpenings {
        counts: counted.openings,
        seeds,
    };
    home.put_tally(
        issuer,
        &transaction.proof,
        &KeptTally::of(&openings, &secret),
    )?;
    let envelope = Envelope::sign(transaction, &ledger.state()?.id(), issuer.key.key());
    let proof_bytes = proof.len();
    let receipt = submit_proof(home, ledger, issuer, counting, envelope, proof)?;
    let state = ledger.state()?;
    let study = state.study(&statement.study);
    let missing = study.map_or_else(Vec::new, |study| {
        let standing = study.standing_tallies(&statement.question.table, statement.question.day);
        let there: Vec<_> = standing.map(|tally| tally.issuer).collect();
        let all = study.opened.together.iter().copied();
        all.filter(|key| !there.contains(key)).collect()
    });
    Ok(Tallied {
        study: statement.study,
        records: counting.records(),
        proof_bytes,
        entry: receipt.entry,
        missing,
        noised,
    })
}

/// Checks the signatures of all that says who gets to read a share: the custodians' registration,
/// the study, and the tallies with their keys. Opening a ledger believes what its own key signed;
/// whoever has that key could else put keys of its own in the others' place.
fn check_signed(ledger: &Ledger, statement: &TalliesStatement) -> Result<(), Failure> {
    let (id, governance, study, parties) = {
        let state = ledger.state()?;
        let party = |tally: &TallyState| state.issuers().get(&tally.issuer).map(|p| p.entry);
        let parties: Vec<_> = statement.tallies.iter().map(party).collect();
        let study = state.study(&statement.study).map(|study| study.entry);
        (state.id(), state.genesis().governance, study, parties)
    };
    let signed = |entry: Option<u64>, check: &dyn Fn(&Envelope) -> bool| {
        let envelope = entry.map(|entry| ledger.entry(entry)).transpose()?;
        let envelope = envelope.and_then(|bytes| Envelope::from_bytes(&bytes).ok());
        match envelope {
            Some(envelope) if envelope.is_signed_for(&id) && check(&envelope) => Ok(()),
            _ => Err(forged(entry)),
        }
    };
    signed(study, &|envelope| {
        matches!(envelope.transaction(), Transaction::OpenStudy(t) if t.sponsor == envelope.signer())
            && envelope.id(&id).as_bytes() == statement.study.as_bytes()
    })?;
    for (tally, party) in statement.tallies.iter().zip(parties) {
        signed(party, &|envelope| {
            envelope.signer() == governance
                && matches!(envelope.transaction(), Transaction::RegisterIssuer(t) if t.key == tally.issuer)
        })?;
        signed(Some(tally.entry), &|envelope| {
            envelope.signer() == tally.issuer
                && matches!(envelope.transaction(), Transaction::SubmitTally(t)
                    if t.share_key == tally.share_key && t.study == statement.study)
        })?;
    }
    Ok(())
}

fn forged(entry: Option<u64>) -> Failure {
    let entry = entry.map_or_else(|| "an entry".to_owned(), |entry| format!("entry {entry}"));
    Failure::Invalid {
        message: format!("{entry} of the ledger is not signed by whom it must be"),
        help: "give nobody a share: this ledger's file was not made by its rules".to_owned(),
    }
}

/// An issuer's own tally in a release, with its openings.
fn own<'a>(
    home: &Home,
    issuer: &Issuer,
    statement: &'a TalliesStatement,
) -> Result<(&'a TallyState, KeptTally), Failure> {
    let key = issuer.key.public();
    let mut tallies = statement.tallies.iter();
    let tally = tallies.find(|tally| tally.issuer == key);
    let tally = tally.ok_or_else(|| Failure::NotPermitted {
        message: format!("{} has no tally in this release", issuer.title),
        help: "a study names the custodians whom it counts together: `salus study show`".to_owned(),
    })?;
    Ok((tally, home.tally(issuer, &tally.proof)?))
}

/// The masked numbers of an issuer's openings.
fn masked(statement: &TalliesStatement, kept: &KeptTally) -> Result<Vec<Fp>, Failure> {
    let numbers = kept.openings()?.numbers();
    let keys: Vec<ShareKey> = statement.tallies.iter().map(key_of).collect();
    Ok(kept.secret()?.mask(&statement.context, &keys, &numbers)?)
}

const fn key_of(tally: &TallyState) -> ShareKey {
    ShareKey::from_bytes(tally.share_key)
}

/// Seals an issuer's share to the custodian that releases.
pub(crate) fn share(
    home: &Home,
    ledger: &Ledger,
    issuer: &Issuer,
    to: &PublicKey,
    (study, table): (&StudyId, &Table),
) -> Result<ShareFile, Failure> {
    let key = issuer.key.public();
    let statement = ledger.state()?.tallies_statement(study, &key, table)?;
    check_signed(ledger, &statement)?;
    let (_, kept) = own(home, issuer, &statement)?;
    let mut tallies = statement.tallies.iter();
    let receiver = tallies.find(|tally| tally.issuer == *to);
    let receiver = receiver.ok_or_else(|| Failure::Unknown {
        what: "custodian of this release",
        name: to.to_string(),
        help: "a share goes to one of the custodians whom the study counts together".to_owned(),
    })?;
    super::cohort::forget(home, ledger, issuer)?;
    let masked = masked(&statement, &kept)?;
    let secret = kept.secret()?;
    let sealed = secret.seal(&statement.context, &key_of(receiver), &masked)?;
    Ok(ShareFile {
        study: *study,
        release: hex::encode(statement.context),
        from: issuer.key.public(),
        to: *to,
        sealed: hex::encode(sealed),
    })
}

/// Adds up the shares, and proves and submits what the policy makes of the sum.
pub(crate) fn release(
    home: &Home,
    ledger: &Ledger,
    issuer: &Issuer,
    (study, table): (&StudyId, &Table),
    shares: &[ShareFile],
) -> Result<Answered, Failure> {
    let key = issuer.key.public();
    let statement = ledger.state()?.tallies_statement(study, &key, table)?;
    check_signed(ledger, &statement)?;
    let (_, kept) = own(home, issuer, &statement)?;
    let openings = add_openings(issuer, &statement, &kept, shares)?;
    let (released, proof) = prove(&statement, &openings)?;
    let transaction = statement.transaction(released.clone(), &proof);
    let envelope = Envelope::sign(transaction, &ledger.state()?.id(), issuer.key.key());
    let proof_bytes = proof.len();
    let receipt = submit(
        ledger,
        Submission::with(envelope, Attachment::CohortProof(proof)),
    )?;
    super::cohort::forget(home, ledger, issuer)?;
    Ok(Answered {
        study: *study,
        released,
        records: records(ledger, &statement)?,
        proof_bytes,
        entry: receipt.entry,
    })
}

/// Slots of all datasets that a release counts.
fn records(ledger: &Ledger, statement: &TalliesStatement) -> Result<usize, Failure> {
    let state = ledger.state()?;
    let study = state.study(&statement.study);
    let edition = study.map(|study| study.opened.query.edition());
    let slots = |tally: &TallyState| Some(state.dataset(&tally.issuer, &edition?)?.records().len());
    Ok(statement.tallies.iter().filter_map(slots).sum())
}

/// The openings of the tallies' sums, from the own openings and the others' shares.
fn add_openings(
    issuer: &Issuer,
    statement: &TalliesStatement,
    kept: &KeptTally,
    shares: &[ShareFile],
) -> Result<TallyOpenings, Failure> {
    let own_key = issuer.key.public();
    let secret = kept.secret()?;
    let mut all = vec![masked(statement, kept)?];
    for tally in statement.tallies.iter().filter(|t| t.issuer != own_key) {
        let share = shares.iter().find(|share| share.from == tally.issuer);
        let share = share.ok_or_else(|| Failure::NotPermitted {
            message: format!("the share of custodian {} is missing", tally.issuer),
            help:
                "`salus cohort share STUDY --issuer NAME --to YOU --out FILE` makes it; give all \
                   files"
                    .to_owned(),
        })?;
        all.push(opened(statement, &secret, tally, share)?);
    }
    let seeds = statement
        .noise
        .as_ref()
        .map_or(&[][..], |noise| &noise.seeds);
    let sums = add_up(2 * (statement.counts.len() + seeds.len()), &all)?;
    TallyOpenings::of_sums(&statement.counts, seeds, &sums).ok_or_else(|| Failure::Invalid {
        message: "the shares don't add up to what the tallies on the ledger hold".to_owned(),
        help: "a custodian's share is false, or was made with another copy of the ledger: let all \
               make their shares anew, or tally again"
            .to_owned(),
    })
}

/// What the policy makes of the sums, and its proof.
fn prove(
    statement: &TalliesStatement,
    openings: &TallyOpenings,
) -> Result<(Vec<Released>, Vec<u8>), Failure> {
    let (context, policy, shape) = (statement.context, statement.policy, statement.shape);
    let Some(noise) = &statement.noise else {
        let (released, proof) = prove_release(context, policy, shape, &openings.counts)?;
        return Ok((released, proof.to_bytes()));
    };
    let (released, proof) = prove_noised_release(
        context,
        policy,
        shape,
        noise.epsilon,
        &noise.offsets,
        &openings.counts,
        &openings.seeds,
    )?;
    Ok((released, proof.to_bytes()))
}

/// Another custodian's masked numbers.
fn opened(
    statement: &TalliesStatement,
    secret: &ShareSecret,
    tally: &TallyState,
    share: &ShareFile,
) -> Result<Vec<Fp>, Failure> {
    if share.study != statement.study || share.release != hex::encode(statement.context) {
        return Err(Failure::usage(
            format!("the share of {} is for another release", share.from),
            "shares are of one study, table and set of tallies: ask for a new one",
        ));
    }
    let sealed = hex::decode(&share.sealed).map_err(|_| ShareError::Sealed)?;
    Ok(secret.open(&statement.context, &key_of(tally), &sealed)?)
}

impl ShareFile {
    /// Reads a file that `salus cohort share` wrote.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let bytes = std::fs::read(path).map_err(Failure::file("read", path))?;
        serde_json::from_slice(&bytes).map_err(|error| Failure::Malformed {
            path: path.to_owned(),
            what: "a share of a cohort answer",
            problem: error.to_string(),
        })
    }
}

impl From<ShareError> for Failure {
    fn from(error: ShareError) -> Self {
        Self::Invalid {
            message: error.to_string(),
            help: "let its custodian make the share anew".to_owned(),
        }
    }
}

impl From<ProveSeedsError> for Failure {
    fn from(error: ProveSeedsError) -> Self {
        match error {
            ProveSeedsError::Randomness(error) => error.into(),
            other => Self::defect(&other),
        }
    }
}

impl From<ProveNoisedReleaseError> for Failure {
    fn from(error: ProveNoisedReleaseError) -> Self {
        match error {
            ProveNoisedReleaseError::Randomness(error) => error.into(),
            other => Self::defect(&other),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use salus_ledger::state::Draw;
    use salus_ledger::transaction::{AttachmentDigest, TransactionId};
    use salus_protocol::release::DisclosurePolicy;

    use super::*;
    use crate::path::study::tests::opened;

    fn id_of(ledger: &Ledger, entry: u64) -> TransactionId {
        let envelope = Envelope::from_bytes(&ledger.entry(entry).unwrap()).unwrap();
        envelope.id(&ledger.state().unwrap().id())
    }

    /// A log that believes what it says could show such tallies; their entries do not.
    #[test]
    fn a_tally_that_its_custodian_did_not_sign_gets_no_share() {
        let query = "cohort \"All\" at 2025-01-01\ninclude all\n  age at least 18 years\n";
        let (_folder, ledger, board, study) = opened(query);
        let (entry, day) = {
            let state = ledger.state().unwrap();
            (state.study(&study).unwrap().entry, state.day().unwrap())
        };
        let tally = TallyState {
            issuer: board.public(),
            day,
            table: Table::Count,
            counts: Vec::new(),
            seeds: Vec::new(),
            cost: 0,
            share_key: [1; 32],
            context: [0; 32],
            proof: AttachmentDigest::of(b""),
            id: id_of(&ledger, entry),
            entry,
            draw: Draw::None,
            released: None,
        };
        let statement = |tallies| TalliesStatement {
            study,
            table: Table::Count,
            tallies,
            policy: DisclosurePolicy::STANDARD,
            shape: Table::Count.shape(),
            counts: Vec::new(),
            noise: None,
            context: [0; 32],
        };
        check_signed(&ledger, &statement(Vec::new())).unwrap();
        let refused = check_signed(&ledger, &statement(vec![tally])).unwrap_err();
        assert!(
            refused.to_string().contains("not signed by whom"),
            "{refused}"
        );
        let other = TalliesStatement {
            study: StudyId::new([7; 32]),
            ..statement(Vec::new())
        };
        assert!(check_signed(&ledger, &other).is_err());
    }
}
