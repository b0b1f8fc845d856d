//! A sponsor's desk: own studies with their answers, the inbox of volunteers, and opening a study.

pub(super) mod opening;

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::Redirect;
use salus_ledger::engine::Ledger;
use salus_ledger::state::Standing;
use salus_node::pages::{Here, Html, Shell};
use salus_node::sign_in::{Identity, Role};
use salus_node::{Node, Problem};
use salus_protocol::nullifier::StudyId;
use salus_protocol::statement::ContactDigest;
use serde::Deserialize;

use super::Desk;
use super::note::{Done, Note, lead};
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

impl OwnStudy {
    fn word(&self) -> &'static str {
        match self.standing {
            Standing::Proposed => "proposed",
            Standing::Open => "open",
            Standing::Expired => "expired",
            Standing::Closed => "closed",
        }
    }

    fn can_close(&self) -> bool {
        matches!(self.standing, Standing::Proposed | Standing::Open)
    }
}

pub(super) async fn sponsor(
    State(desk): State<Desk>,
    identity: Identity,
    Path(name): Path<String>,
    note: Note,
) -> Result<Html<SponsorPage>, Problem> {
    let name = Desk::acting(&identity, Role::Researcher, &name)?;
    let node = desk.0.node.clone();
    let page = desk.read(move |home, ledger| read(home, ledger, &node, &name, &note));
    Ok(Html(page.await?))
}

fn read(
    home: &Home,
    ledger: &Ledger,
    node: &Node,
    name: &Name,
    note: &Note,
) -> Result<SponsorPage, Failure> {
    let key = home.sponsor(name)?.key.public();
    let state = ledger.state()?;
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
        shell: Shell::of(node, &state, format!("Sponsor {name}"), Here::Desk),
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
    State(desk): State<Desk>,
    identity: Identity,
    Path((name, study)): Path<(String, String)>,
) -> Result<Html<InboxPage>, Problem> {
    let name = Desk::acting(&identity, Role::Researcher, &name)?;
    let node = desk.0.node.clone();
    let page = desk.read(move |home, ledger| {
        let (sponsor, id) = own_study(home, ledger, &name, &study)?;
        home.fetch_contacts(ledger, &id, &sponsor)?;
        let inbox = read_inbox(ledger, &sponsor, &id)?;
        let shell = Shell::of(&node, &*ledger.state()?, "Inbox", Here::Desk);
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
    });
    Ok(Html(page.await?))
}

/// Which study.
#[derive(Debug, Deserialize)]
pub(super) struct Chosen {
    study: String,
}

pub(super) async fn close(
    State(desk): State<Desk>,
    identity: Identity,
    Path(name): Path<String>,
    Form(chosen): Form<Chosen>,
) -> Result<Redirect, Problem> {
    let name = Desk::acting(&identity, Role::Researcher, &name)?;
    let path = format!("/desk/sponsors/{name}");
    let closed = desk.change(move |home, ledger| {
        let (sponsor, id) = own_study(home, ledger, &name, &chosen.study)?;
        study::close(ledger, &sponsor.key, id)
    });
    closed.await?;
    Ok(lead(&path, Done::Closed))
}
