//! An ethics board's desk: what waits for its approval, in the words that it approves.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::Redirect;
use salus_ledger::engine::Ledger;
use salus_ledger::state::Standing;
use salus_node::pages::{Here, Html, Shell, StudyInWords};
use salus_node::sign_in::{Identity, Role};
use salus_node::{Node, Problem};
use salus_protocol::nullifier::StudyId;
use salus_protocol::profile::Profile;
use salus_protocol::query::Explanation;
use serde::Deserialize;

use super::Desk;
use super::note::{Done, Note, lead};
use crate::failure::Failure;
use crate::home::{Home, Name, Role as Registered};
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

pub(super) async fn board(
    State(desk): State<Desk>,
    identity: Identity,
    Path(name): Path<String>,
    note: Note,
) -> Result<Html<BoardPage>, Problem> {
    let name = Desk::acting(&identity, Role::Board, &name)?;
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
) -> Result<BoardPage, Failure> {
    let party = home.party(Registered::Board, name)?;
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
            } else if matches!(state.standing(study), Standing::Proposed | Standing::Open) {
                waiting.push(study.id);
            }
        }
    }
    let waiting = waiting.into_iter().map(|id| Waiting::read(ledger, id));
    let waiting = waiting.collect::<Result<_, _>>()?;
    Ok(BoardPage {
        waiting,
        approved,
        shell: Shell::of(node, &*ledger.state()?, party.title.clone(), Here::Desk),
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

/// Which study.
#[derive(Debug, Deserialize)]
pub(super) struct Chosen {
    study: String,
}

pub(super) async fn approve(
    State(desk): State<Desk>,
    identity: Identity,
    Path(name): Path<String>,
    Form(chosen): Form<Chosen>,
) -> Result<Redirect, Problem> {
    let name = Desk::acting(&identity, Role::Board, &name)?;
    let path = format!("/desk/boards/{name}");
    let approved = desk.change(move |home, ledger| {
        let board = home.party(Registered::Board, &name)?;
        let id = home.find_study(&*ledger.state()?, &chosen.study)?.id;
        study::approve(ledger, &board.key, &CheckedStudy::read(ledger, id)?)
    });
    approved.await?;
    Ok(lead(&path, Done::Approved))
}
