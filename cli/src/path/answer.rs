//! Answers: who may answer a study, proofs of it, and their way onto the ledger.

use std::path::Path;

use rayon::prelude::*;
use salus_ledger::engine::{Attachment, Ledger, Receipt, Submission};
use salus_ledger::state::{Rejection, State};
use salus_ledger::transaction::{Envelope, SubmitEligibility};
use salus_protocol::consent::Grant;
use salus_protocol::contact::{ContactError, InboxKey, SealedContact};
use salus_protocol::day::Day;
use salus_protocol::eligibility::{Violation, Witness, check};
use salus_protocol::nullifier::{Scope, StudyId};
use salus_protocol::purpose::PurposeCode;
use salus_protocol::query::{CompiledQuery, QueryDigest};
use salus_protocol::statement::{ContactDigest, InstitutionCode, Statement};
use salus_verifier::{KeyId, Proof};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::consent::in_force;
use super::study::CheckedStudy;
use super::{Places, submit_many};
use crate::failure::Failure;
use crate::home::{Holding, Name, Wallet};

/// A study as who answers it sees it, on the ledger's day.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) study: StudyId,
    scope: Scope,
    query: CompiledQuery,
    digest: QueryDigest,
    purpose: PurposeCode,
    institution: InstitutionCode,
    day: Day,
    /// Where contacts go, if the study asks for them.
    inbox: Option<InboxKey>,
}

impl Question {
    /// The question that a study asks.
    pub(crate) fn of(ledger: &Ledger, study: &CheckedStudy) -> Result<Self, Failure> {
        let study = study.study();
        let asks = study.opened.purpose.required().contains(&Grant::Contacted);
        Ok(Self {
            study: study.id,
            scope: study.scope,
            query: study.opened.query.clone(),
            digest: study.query,
            purpose: study.opened.purpose.masks().code(),
            institution: study.institution,
            day: ledger.state()?.day().ok_or(Rejection::NoDay)?,
            inbox: InboxKey::from_bytes(study.opened.inbox)
                .ok()
                .filter(|_| asks),
        })
    }

    /// Whether the study asks to contact people.
    pub(crate) const fn asks_contact(&self) -> bool {
        self.inbox.is_some()
    }
}

/// Why a wallet has no answer to a study.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    #[error("no record of the study's profile and index day")]
    NoRecord,
    #[error("no consent in force")]
    NoConsent,
    #[error(transparent)]
    Violation(#[from] Violation),
    #[error(transparent)]
    Contact(#[from] ContactError),
}

impl From<NoAnswer> for Failure {
    fn from(reason: NoAnswer) -> Self {
        match reason {
            NoAnswer::Violation(violation) => Self::NotEligible {
                violation,
                help: "`salus wallet show` lists records and consents, `salus study show` what \
                       the study asks"
                    .to_owned(),
            },
            NoAnswer::Contact(error) => Self::usage(error.to_string(), "give a shorter --contact"),
            NoAnswer::NoRecord | NoAnswer::NoConsent => Self::NotPermitted {
                message: format!("no proof: {reason}"),
                help: "`salus wallet show` lists records and consents; `salus consent grant` \
                       gives consent"
                    .to_owned(),
            },
        }
    }
}

/// All that a proof needs.
#[derive(Debug, Clone)]
pub(crate) struct Ready {
    pub(crate) statement: Statement,
    pub(crate) witness: Witness,
    pub(crate) contact: Option<SealedContact>,
}

/// What a wallet can answer to a study: checked natively, so that proving never fails for it.
pub(crate) fn ready(
    question: &Question,
    state: &State,
    places: &Places,
    wallet: &Wallet,
    contact: Option<&str>,
) -> Result<Ready, NoAnswer> {
    let nullifier = wallet.secret().nullifier(question.scope);
    let contact = match (&question.inbox, contact) {
        (Some(inbox), Some(text)) => {
            Some(SealedContact::seal(inbox, question.scope, nullifier, text)?)
        }
        _ => None,
    };
    let statement = Statement {
        root: state.registry().root(),
        query: question.digest,
        scope: question.scope,
        nullifier,
        day: question.day,
        purpose: question.purpose,
        institution: question.institution,
        contact: contact
            .as_ref()
            .map_or(ContactDigest::NONE, SealedContact::digest),
    };
    let edition = question.query.edition();
    let mut reason = NoAnswer::NoRecord;
    for holding in &wallet.holdings {
        if holding.record.edition != edition || places.find(&holding.record.commitment()).is_none()
        {
            continue;
        }
        match witness(question, state, places, wallet, holding) {
            Ok(witness) => match check(&statement, &witness) {
                Ok(()) => {
                    return Ok(Ready {
                        statement,
                        witness,
                        contact,
                    });
                }
                Err(violation) => reason = violation.into(),
            },
            Err(other) => reason = other,
        }
    }
    Err(reason)
}

fn witness(
    question: &Question,
    state: &State,
    places: &Places,
    wallet: &Wallet,
    holding: &Holding,
) -> Result<Witness, NoAnswer> {
    let (index, consent) = in_force(state, places, holding).ok_or(NoAnswer::NoConsent)?;
    let membership = state
        .membership(index)
        .map_err(|_| NoAnswer::Violation(Violation::Membership))?;
    Ok(Witness {
        secret: wallet.secret().clone(),
        record: holding.record.clone(),
        consent: consent.clone(),
        membership,
        query: question.query.clone(),
    })
}

/// What each of many wallets can answer.
pub(crate) fn ready_many(
    ledger: &Ledger,
    question: &Question,
    wallets: &[Wallet],
    contact: impl Fn(&Name) -> Option<String> + Sync,
) -> Result<Vec<Result<Ready, NoAnswer>>, Failure> {
    let state = ledger.state()?;
    let places = Places::of(&state);
    Ok(wallets
        .par_iter()
        .map(|wallet| {
            let contact = contact(&wallet.name);
            ready(question, &state, &places, wallet, contact.as_deref())
        })
        .collect())
}

/// An answer on its way: as a file, or to a ledger.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answer {
    /// [`Answer::FORMAT`].
    pub(crate) format: String,
    /// Which study.
    pub(crate) study: StudyId,
    /// The id of the verifying key.
    pub(crate) key: KeyId,
    /// What the proof shows.
    pub(crate) statement: Statement,
    /// The proof's bytes in hexadecimal.
    pub(crate) proof: Proof,
    /// The sealed contact in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) contact: Option<String>,
}

impl Answer {
    /// Names the file's format and version.
    pub(crate) const FORMAT: &'static str = "salus/v1/answer";

    pub(crate) fn new(study: StudyId, key: KeyId, ready: &Ready, proof: Proof) -> Self {
        Self {
            format: Self::FORMAT.to_owned(),
            study,
            key,
            statement: ready.statement,
            proof,
            contact: ready.contact.as_ref().map(|c| hex::encode(c.as_bytes())),
        }
    }

    /// Reads an answer's file.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read(path).map_err(Failure::file("read", path))?;
        let malformed = |problem: String| Failure::Invalid {
            message: format!("{} is not an answer: {problem}", path.display()),
            help: "`salus prove --out` writes one".to_owned(),
        };
        let answer: Self =
            serde_json::from_slice(&text).map_err(|error| malformed(error.to_string()))?;
        if answer.format != Self::FORMAT {
            return Err(malformed(format!("its format is not {}", Self::FORMAT)));
        }
        Ok(answer)
    }

    /// The answer as a file.
    pub(crate) fn to_json(&self) -> Result<Vec<u8>, Failure> {
        Ok(serde_json::to_vec_pretty(self).map_err(std::io::Error::from)?)
    }

    /// The answer as a transaction, signed with a key made for it alone.
    pub(crate) fn submission(&self, ledger: &Ledger) -> Result<Submission, Failure> {
        let malformed = |problem: String| Failure::Invalid {
            message: format!("the answer's contact: {problem}"),
            help: "make the answer anew with `salus prove`".to_owned(),
        };
        let transaction = SubmitEligibility {
            study: self.study,
            key: self.key,
            statement: self.statement,
            proof: self.proof.to_bytes(),
        };
        let envelope = Envelope::sign_once(transaction, &ledger.state()?.id())?;
        let contact = match &self.contact {
            Some(text) => {
                let bytes = hex::decode(text).map_err(|error| malformed(error.to_string()))?;
                let sealed = SealedContact::from_bytes(bytes);
                Some(sealed.map_err(|error| malformed(error.to_string()))?)
            }
            None => None,
        };
        Ok(Submission {
            envelope,
            attachment: contact.map(Attachment::Contact),
        })
    }
}

/// Submits answers; each gets its receipt or the rule that it broke.
pub(crate) fn submit_answers(
    ledger: &Ledger,
    answers: &[Answer],
) -> Result<Vec<Result<Receipt, Rejection>>, Failure> {
    let submissions = answers
        .iter()
        .map(|answer| answer.submission(ledger))
        .collect::<Result<Vec<_>, _>>()?;
    submit_many(ledger, &submissions)
}
