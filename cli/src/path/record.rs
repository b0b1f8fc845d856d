//! Records: derived rows become signed records in wallets and commitments on the ledger.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use salus_datasets::derivation::PatientRow;
use salus_ledger::engine::{Ledger, Submission};
use salus_ledger::transaction::{AmendRecord, CommitRecord, Envelope, EraseRecord};
use salus_protocol::day::Day;
use salus_protocol::profile::{Edition, Profile};
use salus_protocol::record::Record;
use salus_protocol::row::Row;

use super::hand_over::RecordRequest;
use super::{Places, submit_many};
use crate::failure::Failure;
use crate::home::{Holding, Home, IssuedRecord, Issuer, Name, SigningSecret, Wallet};

/// What became of the rows given to [`issue`].
#[derive(Debug, Default)]
pub(crate) struct Issued {
    /// Records committed.
    pub(crate) records: usize,
    /// Patients who already have a standing record of this edition by this issuer.
    pub(crate) already: usize,
    /// Patients whose id is no name of a wallet.
    pub(crate) no_name: Vec<String>,
}

/// A record ready to be committed.
struct Fresh {
    /// The subject's wallet, where this home holds it.
    wallet: Option<Wallet>,
    issued: IssuedRecord,
}

/// Makes a record of each row, puts it into the patient's wallet (made if there is none), and
/// commits it. Openings are on the disk before the ledger knows of them.
pub(crate) fn issue(
    home: &Home,
    ledger: &Ledger,
    issuer: &mut Issuer,
    profile: &Profile,
    index_day: Day,
    rows: &[PatientRow],
    step: impl Fn() + Sync,
) -> Result<Issued, Failure> {
    let requests = BTreeMap::new();
    issue_for(
        home,
        ledger,
        issuer,
        (profile, index_day),
        rows,
        &requests,
        step,
    )
}

/// The same, where some patients asked for their record from homes of their own: these records
/// hold the keys of the request, and no wallet here has them.
pub(crate) fn issue_for(
    home: &Home,
    ledger: &Ledger,
    issuer: &mut Issuer,
    (profile, index_day): (&Profile, Day),
    rows: &[PatientRow],
    requests: &BTreeMap<Name, RecordRequest>,
    step: impl Fn() + Sync,
) -> Result<Issued, Failure> {
    let edition = Edition::of(&profile.hash(), index_day);
    let mut outcome = Issued::default();
    let standing = standing_patients(ledger, issuer, edition)?;
    let mut wanted: Vec<(Name, &Row)> = Vec::new();
    for row in rows {
        match row.patient.parse::<Name>() {
            Ok(name) if standing.contains(name.as_str()) => outcome.already += 1,
            Ok(name) => wanted.push((name, &row.row)),
            Err(_) => outcome.no_name.push(row.patient.clone()),
        }
    }
    let fresh: Vec<(Fresh, Submission)> = wanted
        .into_par_iter()
        .map(|(name, row)| {
            let of = (profile, index_day, edition);
            let fresh = match requests.get(&name) {
                Some(request) => requested(of, name, row, request)?,
                None => fresh(home, issuer, of, name, row)?,
            };
            if let Some(wallet) = &fresh.wallet {
                home.put_wallet(wallet)?;
            }
            let submission = commit(ledger, issuer, &fresh.issued)?;
            step();
            Ok((fresh, submission))
        })
        .collect::<Result<_, Failure>>()?;
    let (fresh, submissions): (Vec<_>, Vec<_>) = fresh.into_iter().unzip();
    issuer.records.extend(fresh.into_iter().map(|f| f.issued));
    home.put_issuer_records(issuer)?;
    for result in submit_many(ledger, &submissions)? {
        result?;
        outcome.records += 1;
    }
    Ok(outcome)
}

/// Patients with a standing record of this edition.
fn standing_patients(
    ledger: &Ledger,
    issuer: &Issuer,
    edition: Edition,
) -> Result<BTreeSet<String>, Failure> {
    let places = Places::of(&*ledger.state()?);
    let stands = |r: &&IssuedRecord| {
        r.record.edition == edition && places.find(&r.record.commitment()).is_some()
    };
    let standing = issuer.records.iter().filter(stands);
    Ok(standing.map(|r| r.patient.to_string()).collect())
}

/// Refuses rows whose records would go into a wallet of this home that holds another issuer's: two
/// custodians' patients may have the same id. Who asked for the record from elsewhere is passed over.
pub(crate) fn check_wallets(
    home: &Home,
    issuer: &Issuer,
    rows: &[PatientRow],
    requests: &BTreeMap<Name, RecordRequest>,
) -> Result<(), Failure> {
    let own: BTreeSet<_> = issuer.records.iter().map(|issued| issued.subject).collect();
    for row in rows {
        let Ok(name) = row.patient.parse::<Name>() else {
            continue;
        };
        if requests.contains_key(&name) {
            continue;
        }
        // One of this issuer's own may be of a commit that was cut off.
        let is_own = |h: &Holding| own.contains(&h.key.public()) || h.issuer == issuer.title;
        if let Some(wallet) = home.find_wallet(&name)?
            && !wallet.holdings.iter().all(is_own)
        {
            return Err(Failure::NotPermitted {
                message: format!(
                    "the wallet {name} of this home holds records of another custodian"
                ),
                help:
                    "who has the same id there may be somebody else: let the patient ask for the \
                       record with `salus wallet request`; or, where ids are known to be of the \
                       same people, use `salus record issue --same-people`"
                        .to_owned(),
            });
        }
    }
    Ok(())
}

fn requested(
    (profile, index_day, edition): (&Profile, Day, Edition),
    patient: Name,
    row: &Row,
    request: &RecordRequest,
) -> Result<Fresh, Failure> {
    let issued = IssuedRecord {
        patient,
        profile: profile.name().to_owned(),
        index_day,
        record: Record::new(edition, row.clone(), request.subject)?,
        subject: request.key,
    };
    Ok(Fresh {
        wallet: None,
        issued,
    })
}

fn fresh(
    home: &Home,
    issuer: &Issuer,
    (profile, index_day, edition): (&Profile, Day, Edition),
    name: Name,
    row: &Row,
) -> Result<Fresh, Failure> {
    let mut wallet = match home.find_wallet(&name)? {
        Some(wallet) => wallet,
        None => Wallet::new(name.clone())?,
    };
    let record = Record::new(edition, row.clone(), wallet.subject_key())?;
    let key = SigningSecret::random()?;
    let issued = IssuedRecord {
        patient: name,
        profile: profile.name().to_owned(),
        index_day,
        record: record.clone(),
        subject: key.public(),
    };
    wallet.holdings.push(Holding {
        issuer: issuer.title.clone(),
        profile: profile.name().to_owned(),
        index_day,
        record,
        key,
        consents: Vec::new(),
    });
    Ok(Fresh {
        wallet: Some(wallet),
        issued,
    })
}

fn commit(ledger: &Ledger, issuer: &Issuer, issued: &IssuedRecord) -> Result<Submission, Failure> {
    let transaction = CommitRecord {
        record: issued.record.commitment(),
        row: issued.record.row_commitment(),
        edition: issued.record.edition,
        subject: issued.subject,
    };
    let id = ledger.state()?.id();
    Ok(Envelope::sign(transaction, &id, issuer.key.key()).into())
}

/// What became of the rows given to [`amend`].
#[derive(Debug, Default)]
pub(crate) struct Amended {
    /// Records replaced.
    pub(crate) amended: usize,
    /// Records whose row is as it was.
    pub(crate) unchanged: usize,
    /// Rows of patients without a standing record of this edition by this issuer.
    pub(crate) without_record: usize,
}

/// Replaces the records whose rows have changed. Consents stay.
pub(crate) fn amend(
    home: &Home,
    ledger: &Ledger,
    issuer: &mut Issuer,
    edition: Edition,
    rows: &[PatientRow],
) -> Result<Amended, Failure> {
    let mut outcome = Amended::default();
    let mut submissions = Vec::new();
    let places = Places::of(&*ledger.state()?);
    let mut added = Vec::new();
    for row in rows {
        let before = issuer.records.iter().rev().find(|r| {
            r.patient.as_str() == row.patient
                && r.record.edition == edition
                && places.find(&r.record.commitment()).is_some()
        });
        let Some(before) = before else {
            outcome.without_record += 1;
            continue;
        };
        if before.record.row == row.row {
            outcome.unchanged += 1;
            continue;
        }
        let record = Record::new(edition, row.row.clone(), before.record.subject)?;
        let after = IssuedRecord {
            record,
            ..before.clone()
        };
        hand_over(home, before, &after)?;
        submissions.push(amendment(ledger, issuer, &places, before, &after)?);
        added.push(after);
    }
    issuer.records.extend(added);
    home.put_issuer_records(issuer)?;
    for result in submit_many(ledger, &submissions)? {
        result?;
        outcome.amended += 1;
    }
    Ok(outcome)
}

/// Puts the new opening beside the old one in the wallet that holds it, if this home does.
fn hand_over(home: &Home, before: &IssuedRecord, after: &IssuedRecord) -> Result<(), Failure> {
    let Some(mut wallet) = home.find_wallet(&before.patient)? else {
        return Ok(());
    };
    let commitment = before.record.commitment();
    let held = wallet
        .holdings
        .iter()
        .find(|h| h.record.commitment() == commitment)
        .cloned();
    if let Some(held) = held {
        wallet.holdings.push(Holding {
            record: after.record.clone(),
            ..held
        });
    }
    home.put_wallet(&wallet)
}

fn amendment(
    ledger: &Ledger,
    issuer: &Issuer,
    places: &Places,
    before: &IssuedRecord,
    after: &IssuedRecord,
) -> Result<Submission, Failure> {
    let state = ledger.state()?;
    let index = places.find(&before.record.commitment()).unwrap_or_default();
    let transaction = AmendRecord {
        index,
        sequence: state.record(index).map_or(0, |r| r.sequence),
        record: after.record.commitment(),
        row: after.record.row_commitment(),
    };
    Ok(Envelope::sign(transaction, &state.id(), issuer.key.key()).into())
}

/// Erases a patient's records by an issuer: on the ledger, then the openings of issuer and wallet.
/// Without its salts, what is left on the ledger says nothing.
pub(crate) fn erase(
    home: &Home,
    ledger: &Ledger,
    issuer: &mut Issuer,
    patient: &Name,
) -> Result<usize, Failure> {
    let places = Places::of(&*ledger.state()?);
    let mut submissions = Vec::new();
    {
        let state = ledger.state()?;
        for issued in issuer.records.iter().filter(|r| r.patient == *patient) {
            if let Some(index) = places.find(&issued.record.commitment()) {
                let sequence = state.record(index).map_or(0, |r| r.sequence);
                let transaction = EraseRecord { index, sequence };
                let envelope = Envelope::sign(transaction, &state.id(), issuer.key.key());
                submissions.push(Submission::from(envelope));
            }
        }
    }
    let known = issuer.records.iter().any(|r| r.patient == *patient);
    if !known {
        return Err(Failure::Unknown {
            what: "record of a patient",
            name: patient.to_string(),
            help: format!(
                "`salus record list --issuer {}` shows the patients",
                issuer.name
            ),
        });
    }
    for result in submit_many(ledger, &submissions)? {
        result?;
    }
    let gone: BTreeSet<_> = issuer
        .records
        .iter()
        .filter(|r| r.patient == *patient)
        .map(|r| r.record.commitment())
        .collect();
    issuer.records.retain(|r| r.patient != *patient);
    home.put_issuer_records(issuer)?;
    super::cohort::forget(home, ledger, issuer)?;
    super::hand_over::forget_consents(home, &*ledger.state()?, issuer)?;
    if let Some(mut wallet) = home.find_wallet(patient)? {
        wallet
            .holdings
            .retain(|h| !gone.contains(&h.record.commitment()));
        home.put_wallet(&wallet)?;
    }
    Ok(submissions.len())
}
