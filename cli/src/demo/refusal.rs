//! What the demo tries and must not succeed in.

use salus_ledger::engine::Ledger;
use serde::Serialize;

use super::Answered;
use super::cast::Cast;
use crate::failure::Failure;
use crate::home::{Home, Name};
use crate::path::Places;
use crate::path::answer::{Answer, Question, ready, submit_answers};
use crate::path::consent::revoke;

/// An attempt, and how it was refused.
#[derive(Debug, Serialize)]
pub(crate) struct Refusal {
    pub(crate) attempt: &'static str,
    pub(crate) refused_by: &'static str,
    pub(crate) reason: String,
}

/// Tries them all. One that succeeds is a failure of the demo.
pub(crate) fn try_all(
    home: &Home,
    ledger: &Ledger,
    cast: &Cast,
    answered: &Answered,
) -> Result<Vec<Refusal>, Failure> {
    let mut refusals = Vec::new();
    let question = &answered.question;
    if let Some(name) = &cast.counted_only {
        let attempt = "a patient who consents to be counted only answers";
        refusals.push(wallet_refuses(home, ledger, question, name, attempt)?);
    }
    if let Some(name) = &cast.early {
        let attempt = "a patient who revoked consent answers";
        refusals.push(wallet_refuses(home, ledger, question, name, attempt)?);
    }
    if let Some(name) = &cast.first {
        let again = prove_again(home, ledger, answered, name)?;
        let attempt = "a person answers a second time, with a new proof";
        refusals.push(ledger_refuses(ledger, &again, attempt)?);
    }
    if let Some(refusal) = someone_elses_proof(ledger, cast, answered)? {
        refusals.push(refusal);
    }
    if let Some((name, ready)) = &cast.late {
        let proven = answered.prover.answer(question, ready)?;
        revoke(ledger, &[home.wallet(name)?])?;
        let attempt = "a proof made before its consent was revoked comes after it";
        refusals.push(ledger_refuses(ledger, &proven, attempt)?);
    }
    Ok(refusals)
}

fn wallet_refuses(
    home: &Home,
    ledger: &Ledger,
    question: &Question,
    name: &Name,
    attempt: &'static str,
) -> Result<Refusal, Failure> {
    let state = ledger.state()?;
    let places = Places::of(&state);
    match ready(question, &state, &places, &home.wallet(name)?, None) {
        Ok(_) => Err(succeeded(attempt)),
        Err(reason) => Ok(Refusal {
            attempt,
            refused_by: "no proof can be made",
            reason: reason.to_string(),
        }),
    }
}

fn prove_again(
    home: &Home,
    ledger: &Ledger,
    answered: &Answered,
    name: &Name,
) -> Result<Answer, Failure> {
    let ready = {
        let state = ledger.state()?;
        let places = Places::of(&state);
        ready(
            &answered.question,
            &state,
            &places,
            &home.wallet(name)?,
            None,
        )?
    };
    answered.prover.answer(&answered.question, &ready)
}

/// A proof for one person, presented as another's.
fn someone_elses_proof(
    ledger: &Ledger,
    cast: &Cast,
    answered: &Answered,
) -> Result<Option<Refusal>, Failure> {
    let (Some((_, late)), Some(first)) = (&cast.late, answered.answers.first()) else {
        return Ok(None);
    };
    let forged = Answer {
        statement: late.statement,
        contact: late.contact.as_ref().map(|c| hex::encode(c.as_bytes())),
        ..first.clone()
    };
    let attempt = "one person's proof is presented as another's";
    ledger_refuses(ledger, &forged, attempt).map(Some)
}

fn ledger_refuses(
    ledger: &Ledger,
    answer: &Answer,
    attempt: &'static str,
) -> Result<Refusal, Failure> {
    let outcomes = submit_answers(ledger, std::slice::from_ref(answer))?;
    match outcomes.into_iter().next() {
        Some(Err(rejection)) => Ok(Refusal {
            attempt,
            refused_by: "the ledger refuses it",
            reason: rejection.to_string(),
        }),
        _ => Err(succeeded(attempt)),
    }
}

fn succeeded(attempt: &str) -> Failure {
    Failure::Invalid {
        message: format!("this must not succeed, and did: {attempt}"),
        help: "please report this".to_owned(),
    }
}
