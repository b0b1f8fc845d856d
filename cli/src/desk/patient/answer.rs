//! Volunteering at a patient's desk: a proof of eligibility, made with the wallet's secret.

use axum::response::Redirect;
use salus_node::Problem;
use salus_node::request::Form;
use serde::Deserialize;

use crate::desk::note::Done;
use crate::desk::seat::{Patient, Seat};
use crate::path::Places;
use crate::path::answer::{Question, ready, submit_answers};
use crate::path::study::CheckedStudy;

/// What the form says.
#[derive(Debug, Deserialize)]
pub(in crate::desk) struct Volunteering {
    study: String,
    #[serde(default)]
    contact: String,
}

pub(in crate::desk) async fn volunteer(
    seat: Seat<Patient>,
    Form(form): Form<Volunteering>,
) -> Result<Redirect, Problem> {
    let desk = seat.desk.clone();
    seat.act(Done::Volunteered, move |home, ledger, name| {
        let wallet = home.wallet(name)?;
        let id = home.find_study(&*ledger.state()?, &form.study)?.id;
        let question = Question::of(ledger, &CheckedStudy::read(ledger, id)?)?;
        let contact = Some(form.contact.trim()).filter(|contact| !contact.is_empty());
        let ready = {
            let state = ledger.state()?;
            let places = Places::of(&state);
            ready(&question, &state, &places, &wallet, contact)?
        };
        let answer = desk.prover(home)?.answer(&question, &ready)?;
        for outcome in submit_answers(ledger, &[answer])? {
            outcome?;
        }
        Ok(())
    })
    .await
}
