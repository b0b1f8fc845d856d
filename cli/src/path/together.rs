//! Answers by several custodians: each tallies and shares, one of them releases the sum.

use std::path::Path;

use pasta_curves::Fp;
use salus_ledger::engine::{Attachment, Ledger, Submission};
use salus_ledger::key::PublicKey;
use salus_ledger::state::{TalliesStatement, TallyState};
use salus_ledger::transaction::{CountCommitment, Envelope};
use salus_protocol::cohort::Table;
use salus_protocol::nullifier::StudyId;
use salus_prover::cohort::{ShareError, ShareKey, ShareSecret, add_up};
use salus_prover::release::{CountOpening, prove_release};
use serde::{Deserialize, Serialize};

use super::count::{Answered, Counting};
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
    step: impl Fn(),
) -> Result<Tallied, Failure> {
    let statement = &counting.statement;
    let counted = counting.count(home, issuer, parts, step)?;
    let secret = ShareSecret::random()?;
    let proof = counted.proof.to_bytes();
    let counts = counted.counts.iter().copied().map(CountCommitment::new);
    let transaction = statement.tally(counts.collect(), *secret.key().as_bytes(), &proof);
    // First the openings: without them the tally could never be released.
    let kept = KeptTally::of(&counted.openings, &secret);
    home.put_tally(issuer, &transaction.proof, &kept)?;
    let envelope = Envelope::sign(transaction, &ledger.state()?.id(), issuer.key.key());
    let proof_bytes = proof.len();
    let receipt = submit(
        ledger,
        Submission::with(envelope, Attachment::CohortProof(proof)),
    )?;
    home.drop_parts_of(issuer, &statement.context)?;
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
    })
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
    let openings = kept.openings()?;
    let numbers: Vec<Fp> = openings
        .iter()
        .flat_map(|opening| [Fp::from(opening.count), opening.blinding])
        .collect();
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
    let statement = ledger.state()?.tallies_statement(study, table)?;
    let (_, kept) = own(home, issuer, &statement)?;
    let mut tallies = statement.tallies.iter();
    let receiver = tallies.find(|tally| tally.issuer == *to);
    let receiver = receiver.ok_or_else(|| Failure::Unknown {
        what: "custodian of this release",
        name: to.to_string(),
        help: "a share goes to one of the custodians whom the study counts together".to_owned(),
    })?;
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
    let statement = ledger.state()?.tallies_statement(study, table)?;
    let (_, kept) = own(home, issuer, &statement)?;
    let openings = add_openings(issuer, &statement, &kept, shares)?;
    let (released, proof) = prove_release(
        statement.context,
        statement.policy,
        statement.shape,
        &openings,
    )?;
    let proof = proof.to_bytes();
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
) -> Result<Vec<CountOpening>, Failure> {
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
    let cells = statement.counts.len();
    let sums = add_up(2 * cells, &all)?;
    let (pairs, _) = sums.as_chunks::<2>();
    let mut openings = Vec::with_capacity(cells);
    for (cell, [count, blinding]) in pairs.iter().enumerate() {
        let opening = CountOpening::from_sums(count, blinding)
            .filter(|opening| opening.commitment(cell) == Some(statement.counts[cell]));
        openings.push(opening.ok_or_else(|| Failure::Invalid {
            message: format!("the shares don't add up to the tallies: cell {cell} is another count"),
            help: "a custodian's share is false, or was made with another copy of the ledger: let \
                   all make their shares anew, or tally again"
                .to_owned(),
        })?);
    }
    Ok(openings)
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
