//! Volunteering at a patient's desk: a proof of eligibility, made with the wallet's secret.

use axum::Form;
use axum::extract::{Path, State};
use axum::response::Redirect;
use salus_node::Problem;
use salus_node::sign_in::{Identity, Role};
use serde::Deserialize;

use crate::desk::Desk;
use crate::desk::note::{Done, lead};
use crate::failure::Failure;
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
    State(desk): State<Desk>,
    identity: Identity,
    Path(name): Path<String>,
    Form(form): Form<Volunteering>,
) -> Result<Redirect, Problem> {
    let name = Desk::acting(&identity, Role::Subject, &name)?;
    let path = format!("/desk/patients/{name}");
    let own = desk.clone();
    let answered = desk.change(move |home, ledger| {
        let wallet = home.wallet(&name)?;
        let id = home.find_study(&*ledger.state()?, &form.study)?.id;
        let question = Question::of(ledger, &CheckedStudy::read(ledger, id)?)?;
        let contact = Some(form.contact.trim()).filter(|contact| !contact.is_empty());
        let ready = {
            let state = ledger.state()?;
            let places = Places::of(&state);
            ready(&question, &state, &places, &wallet, contact)?
        };
        let answer = own.prover(home)?.answer(&question, &ready)?;
        for outcome in submit_answers(ledger, &[answer])? {
            outcome?;
        }
        Ok::<_, Failure>(())
    });
    answered.await?;
    Ok(lead(&path, Done::Volunteered))
}
