//! Hand-overs: the files that a subject and a custodian give each other when each has a home of
//! its own.
//!
//! A subject asks for a record with a request, which holds public keys only. The custodian gives
//! the openings of the records that it issued, and the subject those of its consents. Openings are
//! all that a reader of such a file needs to know what is in a record, so files are readable by
//! their owner only; the way between the two is theirs. No private key is ever in one.

use std::collections::BTreeMap;
use std::path::Path;

use salus_ledger::key::PublicKey;
use salus_ledger::state::State;
use salus_protocol::consent::{Consent, ConsentCommitment};
use salus_protocol::day::Day;
use salus_protocol::nullifier::SubjectKey;
use salus_protocol::record::Record;
use salus_protocol::row_commitment::RowCommitment;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::Places;
use super::consent::in_force;
use crate::failure::Failure;
use crate::home::{
    Holding, Home, Issuer, Name, SigningSecret, Wallet, read_json, write_atomically,
};

/// A file that one party gives another.
pub(crate) trait HandOver: Serialize + DeserializeOwned {
    /// Names the file's format and version.
    const FORMAT: &'static str;
    /// What it is, in words.
    const WHAT: &'static str;

    /// Writes it, readable by its owner only.
    fn write(&self, path: &Path) -> Result<(), Failure> {
        let file = Tagged {
            format: Self::FORMAT.to_owned(),
            content: self,
        };
        let text = serde_json::to_vec_pretty(&file).map_err(std::io::Error::from)?;
        write_atomically(path, &Zeroizing::new(text), true)
    }

    /// Reads it.
    fn read(path: &Path) -> Result<Self, Failure> {
        let missing = || Failure::Unknown {
            what: Self::WHAT,
            name: path.display().to_string(),
            help: "name the file that the other party gave you".to_owned(),
        };
        let file: Tagged<Self> = read_json(path, Self::WHAT)?.ok_or_else(missing)?;
        if file.format == Self::FORMAT {
            Ok(file.content)
        } else {
            Err(Failure::Malformed {
                path: path.to_owned(),
                what: Self::WHAT,
                problem: format!("its format is not {}", Self::FORMAT),
            })
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tagged<T> {
    format: String,
    content: T,
}

/// A subject's request for one record: the keys that belong into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecordRequest {
    /// The subject's key.
    pub(crate) subject: SubjectKey,
    /// The key that will grant and revoke consent for the record, made for it alone.
    pub(crate) key: PublicKey,
}

impl HandOver for RecordRequest {
    const FORMAT: &'static str = "salus/v1/record-request";
    const WHAT: &'static str = "a request for a record";
}

/// Openings of records, from their issuer to their subject.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct HandedRecords(pub(crate) Vec<HandedRecord>);

/// The opening of one record.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HandedRecord {
    /// The profile's name.
    profile: String,
    /// The index day.
    index_day: Day,
    /// The opening.
    record: Record,
    /// The subject's key for this record.
    key: PublicKey,
}

impl HandOver for HandedRecords {
    const FORMAT: &'static str = "salus/v1/handed-records";
    const WHAT: &'static str = "a file of handed records";
}

/// Openings of consents, from their subject to the issuer of the records that they are about.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct HandedConsents(pub(crate) Vec<Consent>);

impl HandOver for HandedConsents {
    const FORMAT: &'static str = "salus/v1/handed-consents";
    const WHAT: &'static str = "a file of handed consents";
}

/// Makes a key for a record that does not exist yet, keeps it in the wallet, and asks for the record.
pub(crate) fn request(home: &Home, wallet: &mut Wallet) -> Result<RecordRequest, Failure> {
    let key = SigningSecret::random()?;
    let request = RecordRequest {
        subject: wallet.subject_key(),
        key: key.public(),
    };
    wallet.requested.push(key);
    home.put_wallet(wallet)?;
    Ok(request)
}

/// The openings of a patient's standing records by an issuer.
pub(crate) fn records_of(
    state: &State,
    issuer: &Issuer,
    patient: &Name,
) -> Result<HandedRecords, Failure> {
    let places = Places::of(state);
    let theirs = issuer.records.iter().filter(|issued| {
        issued.patient == *patient && places.find(&issued.record.commitment()).is_some()
    });
    let handed: Vec<_> = theirs
        .map(|issued| HandedRecord {
            profile: issued.profile.clone(),
            index_day: issued.index_day,
            record: issued.record.clone(),
            key: issued.subject,
        })
        .collect();
    if handed.is_empty() {
        return Err(Failure::Unknown {
            what: "standing record of a patient",
            name: patient.to_string(),
            help: format!(
                "`salus record list --issuer {}` shows the patients",
                issuer.name
            ),
        });
    }
    Ok(HandedRecords(handed))
}

/// Puts records into a wallet, each after a check that it is the wallet's own, is on the ledger and
/// can be used. Returns how many are new.
pub(crate) fn accept(
    home: &Home,
    state: &State,
    wallet: &mut Wallet,
    handed: HandedRecords,
) -> Result<usize, Failure> {
    let places = Places::of(state);
    let mut added = 0;
    for handed in handed.0 {
        let commitment = handed.record.commitment();
        let held = |holding: &Holding| holding.record.commitment() == commitment;
        if wallet.holdings.iter().any(held) {
            continue;
        }
        let holding = checked(state, &places, wallet, handed)?;
        let key = holding.key.public();
        wallet.holdings.push(holding);
        wallet.requested.retain(|secret| secret.public() != key);
        added += 1;
    }
    home.put_wallet(wallet)?;
    Ok(added)
}

fn checked(
    state: &State,
    places: &Places,
    wallet: &Wallet,
    handed: HandedRecord,
) -> Result<Holding, Failure> {
    let wrong = |problem: &str| Failure::Invalid {
        message: format!("the record is refused: {problem}"),
        help: "ask the custodian who issued it for another".to_owned(),
    };
    if handed.record.subject != wallet.subject_key() {
        return Err(wrong("it is of another subject than this wallet's"));
    }
    let known = places.find(&handed.record.commitment());
    let known = known.and_then(|index| state.record(index));
    let known = known.ok_or_else(|| wrong("the ledger's registry does not hold it"))?;
    let row = known.faces.map(|faces| faces.row);
    if row != Some(handed.record.row_commitment()) {
        return Err(wrong(
            "its row is not the one that the ledger has for cohort counts",
        ));
    }
    if known.edition != handed.record.edition || known.subject != handed.key {
        return Err(wrong("the ledger has another edition or key for it"));
    }
    let of_holdings = wallet.holdings.iter().map(|holding| &holding.key);
    let mut own = wallet.requested.iter().chain(of_holdings);
    let key = own.find(|secret| secret.public() == known.subject);
    let key = key.ok_or_else(|| {
        wrong("the key that may grant its consent was not made by this wallet (`salus wallet request`)")
    })?;
    Ok(Holding {
        issuer: state.issuer_name(&known.issuer),
        profile: handed.profile,
        index_day: handed.index_day,
        record: handed.record,
        key: key.clone(),
        consents: Vec::new(),
    })
}

/// The openings of a wallet's consents in force, for records of one issuer only: another's are none
/// of its business.
pub(crate) fn consents_for(state: &State, wallet: &Wallet, issuer: &PublicKey) -> HandedConsents {
    let places = Places::of(state);
    let consents = wallet.holdings.iter().filter_map(|holding| {
        let (index, consent) = in_force(state, &places, holding)?;
        let by_issuer = state.record(index)?.issuer == *issuer;
        by_issuer.then(|| consent.clone())
    });
    HandedConsents(consents.collect())
}

/// Keeps consents for an issuer, each after a check that it is in force for one of its records.
/// Returns how many are new.
pub(crate) fn keep_consents(
    home: &Home,
    state: &State,
    issuer: &Issuer,
    handed: HandedConsents,
) -> Result<usize, Failure> {
    let mut kept = home.consents_of(issuer)?;
    let before = kept.len();
    let current = consents_on_ledger(state, issuer);
    for consent in handed.0 {
        let commitment = consent.commitment();
        if current.get(&commitment) != Some(&consent.row_commitment()) {
            return Err(Failure::Invalid {
                message: format!(
                    "a consent is refused: no record by {} has it on the ledger",
                    issuer.name
                ),
                help: "it may have been replaced or revoked: ask the subject for the present one"
                    .to_owned(),
            });
        }
        if kept.iter().all(|known| known.commitment() != commitment) {
            kept.push(consent);
        }
    }
    let added = kept.len() - before;
    home.put_consents_of(issuer, &kept)?;
    forget_consents(home, state, issuer)?;
    Ok(added)
}

/// Both commitments of the consents that an issuer's records have.
fn consents_on_ledger(
    state: &State,
    issuer: &Issuer,
) -> BTreeMap<ConsentCommitment, RowCommitment> {
    let key = issuer.key.public();
    let own = state.records().iter().filter(|record| record.issuer == key);
    own.filter_map(|record| record.consent).collect()
}

/// Destroys the consents kept for an issuer that no record of its has any more.
pub(crate) fn forget_consents(home: &Home, state: &State, issuer: &Issuer) -> Result<(), Failure> {
    let mut kept = home.consents_of(issuer)?;
    let before = kept.len();
    let current = consents_on_ledger(state, issuer);
    kept.retain(|consent| current.contains_key(&consent.commitment()));
    if kept.len() < before {
        home.put_consents_of(issuer, &kept)?;
    }
    Ok(())
}
