//! An ethics board's desk: what waits for its approval, in the words that it approves.

use askama::Template;
use axum::response::Redirect;
use salus_ledger::engine::Ledger;
use salus_node::Problem;
use salus_node::pages::{Here, Html, Shell, StudyInWords};
use salus_node::request::Form;
use salus_protocol::nullifier::StudyId;
use salus_protocol::profile::Profile;
use salus_protocol::query::Explanation;

use super::note::{Done, Note};
use super::seat::{Board, ChosenStudy, Seat, View};
use crate::failure::Failure;
use crate::home::{Name, Role};
use crate::path::study::{self, CheckedStudy};

#[derive(Debug, Template)]
#[template(path = "desk/board.html")]
pub(super) struct BoardPage {
    shell: Shell,
    name: String,
    title: String,
    note: Option<&'static str>,
    waiting: Vec<Waiting>,
    approved: Vec<(String, String)>,
}

/// A study that waits for this board.
#[derive(Debug)]
struct Waiting {
    id: String,
    title: String,
    words: StudyInWords,
    explanation: Option<Explanation>,
    text: String,
}

pub(super) async fn board(seat: Seat<Board>, note: Note) -> Result<Html<BoardPage>, Problem> {
    seat.page(move |view, name| read(view, name, &note)).await
}

fn read(view: &View<'_>, name: &Name, note: &Note) -> Result<BoardPage, Failure> {
    let ledger = view.ledger;
    let party = view.home.party(Role::Board, name)?;
    let key = party.key.public();
    let (mut waiting, mut approved) = (Vec::<StudyId>::new(), Vec::new());
    {
        let state = ledger.state()?;
        let asked = state
            .studies()
            .values()
            .filter(|study| study.opened.boards.contains(&key));
        for study in asked {
            if study.approvals.contains_key(&key) {
                approved.push((study.id.to_string(), study.opened.title.to_string()));
            } else if !state.standing(study).is_over() {
                waiting.push(study.id);
            }
        }
    }
    let waiting = waiting.into_iter().map(|id| Waiting::read(ledger, id));
    let waiting = waiting.collect::<Result<_, _>>()?;
    Ok(BoardPage {
        waiting,
        approved,
        shell: view.shell(&*ledger.state()?, party.title.clone()),
        name: name.to_string(),
        title: party.title,
        note: note.sentence(),
    })
}

impl Waiting {
    fn read(ledger: &Ledger, id: StudyId) -> Result<Self, Failure> {
        let checked = CheckedStudy::read(ledger, id)?;
        let study = checked.study();
        let document = ledger.profile_document(study.opened.profile)?;
        let profile = Profile::from_toml(&document)?;
        Ok(Self {
            id: id.to_string(),
            title: study.opened.title.to_string(),
            words: StudyInWords::of(&*ledger.state()?, study, Some(&profile)),
            explanation: study.opened.explain(&profile).ok(),
            text: study.opened.query_text.clone(),
        })
    }
}

pub(super) async fn approve(
    seat: Seat<Board>,
    Form(chosen): Form<ChosenStudy>,
) -> Result<Redirect, Problem> {
    seat.act(Done::Approved, move |home, ledger, name| {
        let board = home.party(Role::Board, name)?;
        let id = home.find_study(&*ledger.state()?, &chosen.study)?.id;
        study::approve(ledger, &board.key, &CheckedStudy::read(ledger, id)?)
    })
    .await
}
