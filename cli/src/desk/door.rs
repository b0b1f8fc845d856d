//! The door: at which desks a person may sit.

use askama::Template;
use axum::extract::State;
use axum::response::Redirect;
use salus_ledger::engine::Ledger;
use salus_node::Problem;
use salus_node::pages::{Here, Html, Shell};
use salus_node::request::Parameters;
use salus_node::sign_in::{Identity, Role};
use serde::Deserialize;

use super::Desk;
use super::seat::{Kind as _, Patient};
use crate::failure::Failure;
use crate::home::{Home, Name, Role as Registered};
use crate::path::Places;
use crate::path::consent::in_force;

/// So many patients with a consent are listed, and so many without; more are found by name.
const LISTED: (usize, usize) = (8, 4);
/// Among so many they are looked for.
const LOOKED_AT: usize = 60;

#[derive(Debug, Template)]
#[template(path = "desk/door.html")]
pub(super) struct Door {
    shell: Shell,
    name: String,
    patients: Vec<Seat>,
    more_patients: usize,
    sponsors: Vec<Seat>,
    boards: Vec<Seat>,
    custodians: Vec<Seat>,
    /// Files that could not be read: of a wallet, or of a party's key.
    unreadable: usize,
}

/// A desk.
#[derive(Debug)]
struct Seat {
    name: String,
    title: String,
}

pub(super) async fn door(
    State(desk): State<Desk>,
    identity: Identity,
) -> Result<Html<Door>, Problem> {
    desk.page(move |view| {
        let shell = view.shell(&*view.ledger.state()?, "My desk");
        read(view.home, view.ledger, shell, &identity)
    })
    .await
}

fn read(home: &Home, ledger: &Ledger, shell: Shell, identity: &Identity) -> Result<Door, Failure> {
    let allowed = |role: Role, names: Vec<Name>| {
        let names = names
            .into_iter()
            .filter(move |name| identity.may_act(role, name.as_str()));
        names.collect::<Vec<_>>()
    };
    let mut unreadable = 0;
    let mut registered = |role: Registered, names: Vec<Name>| {
        let seats = names.into_iter().filter_map(|name| {
            let party = sound(home.party(role, &name), &mut unreadable)?;
            Some(Seat {
                name: name.to_string(),
                title: party.title,
            })
        });
        seats.collect()
    };
    let boards = allowed(Role::Board, home.party_names(Registered::Board)?);
    let boards = registered(Registered::Board, boards);
    let custodians = allowed(Role::Custodian, home.party_names(Registered::Issuer)?);
    let custodians = registered(Registered::Issuer, custodians);
    let patients = allowed(Role::Subject, home.wallet_names()?);
    let all = patients.len();
    let listed = choose(ledger, home, patients, &mut unreadable)?;
    Ok(Door {
        shell,
        name: identity.name.clone(),
        more_patients: all.saturating_sub(listed.len()),
        patients: listed,
        sponsors: allowed(Role::Researcher, home.sponsor_names()?)
            .into_iter()
            .map(|name| Seat {
                title: name.to_string(),
                name: name.to_string(),
            })
            .collect(),
        boards,
        custodians,
        unreadable,
    })
}

/// What was read; what could not be is counted, so that one damaged file closes no other desk.
fn sound<T>(read: Result<T, Failure>, unreadable: &mut usize) -> Option<T> {
    read.map_err(|failure| {
        tracing::error!(what = failure.logged(), "left out of a page");
        *unreadable += 1;
    })
    .ok()
}

/// The first patients with a consent on the ledger, and the first without: there is something to
/// see of each.
fn choose(
    ledger: &Ledger,
    home: &Home,
    names: Vec<Name>,
    unreadable: &mut usize,
) -> Result<Vec<Seat>, Failure> {
    let state = ledger.state()?;
    let places = Places::of(&state);
    let (mut seats, mut with, mut without) = (Vec::new(), 0, 0);
    for name in names.into_iter().take(LOOKED_AT) {
        let Some(wallet) = sound(home.wallet(&name), unreadable) else {
            continue;
        };
        let mut holdings = wallet.holdings.iter();
        let consents = holdings.any(|holding| in_force(&state, &places, holding).is_some());
        let (title, found, most) = if consents {
            ("has given consent", &mut with, LISTED.0)
        } else {
            ("has given no consent", &mut without, LISTED.1)
        };
        if *found < most {
            *found += 1;
            seats.push(Seat {
                name: name.to_string(),
                title: title.to_owned(),
            });
        }
    }
    Ok(seats)
}

/// Whose desk is looked for.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    name: String,
}

/// Leads to a patient's desk, for who may act for that patient. Of others this says as little as
/// the desk itself.
pub(super) async fn patient(
    State(desk): State<Desk>,
    identity: Identity,
    Parameters(wanted): Parameters<Wanted>,
) -> Result<Redirect, Problem> {
    let seat = super::seat::Seat::<Patient>::of(desk, &identity, wanted.name.trim())?;
    Ok(Redirect::to(&format!("{}/{}", Patient::PATH, seat.name)))
}
