//! A sponsor's desk: own studies with their answers, the inbox of volunteers, and opening a study.

pub(super) mod opening;

use askama::Template;
use axum::response::Redirect;
use salus_ledger::engine::Ledger;
use salus_ledger::state::Standing;
use salus_node::Problem;
use salus_node::pages::{Here, Html, Shell};
use salus_node::request::{Form, Segments};
use salus_protocol::nullifier::StudyId;
use salus_protocol::statement::ContactDigest;

use super::note::{Done, Note};
use super::seat::{self, ChosenStudy, Seat, View};
use crate::commands::study::read_inbox;
use crate::failure::Failure;
use crate::home::{Home, Name, Sponsor};
use crate::path::study;

#[derive(Debug, Template)]
#[template(path = "desk/sponsor.html")]
pub(super) struct SponsorPage {
    shell: Shell,
    name: String,
    note: Option<&'static str>,
    studies: Vec<OwnStudy>,
}

/// A study of this sponsor.
#[derive(Debug)]
struct OwnStudy {
    id: String,
    title: String,
    standing: Standing,
    missing: usize,
    answers: usize,
    contacts: usize,
    cohort_answers: usize,
}

pub(super) async fn sponsor(
    seat: Seat<seat::Sponsor>,
    note: Note,
) -> Result<Html<SponsorPage>, Problem> {
    seat.page(move |view, name| read(view, name, &note)).await
}

fn read(view: &View<'_>, name: &Name, note: &Note) -> Result<SponsorPage, Failure> {
    let key = view.home.sponsor(name)?.key.public();
    let state = view.ledger.state()?;
    let mut own: Vec<_> = state
        .studies()
        .values()
        .filter(|study| study.opened.sponsor == key)
        .collect();
    own.sort_by_key(|study| std::cmp::Reverse(study.entry));
    let studies = own.into_iter().map(|study| OwnStudy {
        id: study.id.to_string(),
        title: study.opened.title.to_string(),
        standing: state.standing(study),
        missing: study.approvals_missing(),
        answers: study.answers.len(),
        contacts: study
            .answers
            .iter()
            .filter(|answer| answer.statement.contact != ContactDigest::NONE)
            .count(),
        cohort_answers: study.cohort_answers.len(),
    });
    Ok(SponsorPage {
        studies: studies.collect(),
        shell: view.shell(&state, format!("Sponsor {name}")),
        name: name.to_string(),
        note: note.sentence(),
    })
}

/// The sponsor, and a study of its own.
fn own_study(
    home: &Home,
    ledger: &Ledger,
    name: &Name,
    study: &str,
) -> Result<(Sponsor, StudyId), Failure> {
    let sponsor = home.sponsor(name)?;
    let state = ledger.state()?;
    let found = home.find_study(&state, study)?;
    if found.opened.sponsor == sponsor.key.public() {
        Ok((sponsor, found.id))
    } else {
        Err(Failure::NotPermitted {
            message: "this study was opened by another sponsor".to_owned(),
            help: "a sponsor reads and closes its own studies".to_owned(),
        })
    }
}

#[derive(Debug, Template)]
#[template(path = "desk/inbox.html")]
pub(super) struct InboxPage {
    shell: Shell,
    name: String,
    answers: usize,
    volunteers: Vec<(String, String)>,
    unreadable: usize,
}

pub(super) async fn inbox(
    seat: Seat<seat::Sponsor>,
    Segments(chosen): Segments<ChosenStudy>,
) -> Result<Html<InboxPage>, Problem> {
    seat.page(move |view, name| {
        let (sponsor, id) = own_study(view.home, view.ledger, name, &chosen.study)?;
        view.home.fetch_contacts(view.ledger, &id, &sponsor)?;
        let inbox = read_inbox(view.ledger, &sponsor, &id)?;
        let shell = view.shell(&*view.ledger.state()?, "Inbox");
        let volunteers = inbox.volunteers.into_iter();
        Ok(InboxPage {
            shell,
            name: name.to_string(),
            answers: inbox.answers,
            volunteers: volunteers
                .map(|volunteer| (volunteer.nullifier[..16].to_owned(), volunteer.contact))
                .collect(),
            unreadable: inbox.unreadable.len(),
        })
    })
    .await
}

pub(super) async fn close(
    seat: Seat<seat::Sponsor>,
    Form(chosen): Form<ChosenStudy>,
) -> Result<Redirect, Problem> {
    seat.act(Done::Closed, move |home, ledger, name| {
        let (sponsor, id) = own_study(home, ledger, name, &chosen.study)?;
        study::close(ledger, &sponsor.key, id)
    })
    .await
}
