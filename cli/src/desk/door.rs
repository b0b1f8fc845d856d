//! The door: at which desks a person may sit.

use askama::Template;
use axum::extract::State;
use salus_ledger::engine::Ledger;
use salus_node::Problem;
use salus_node::pages::{Here, Html, Shell};
use salus_node::sign_in::{Identity, Role};

use super::Desk;
use crate::failure::Failure;
use crate::home::{Home, Name, Role as Registered};

/// So many patients are listed; more are found by name.
const LISTED: usize = 12;

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
    let registered = |role: Registered, names: Vec<Name>| {
        let seat = |name: Name| {
            let title = home.party(role, &name)?.title;
            Ok(Seat {
                name: name.to_string(),
                title,
            })
        };
        names
            .into_iter()
            .map(seat)
            .collect::<Result<Vec<_>, Failure>>()
    };
    let patients = allowed(Role::Subject, home.wallet_names()?);
    let boards = allowed(Role::Board, home.party_names(Registered::Board)?);
    let custodians = allowed(Role::Custodian, home.party_names(Registered::Issuer)?);
    let more_patients = patients.len().saturating_sub(LISTED);
    let listed = choose(ledger, home, patients)?;
    Ok(Door {
        shell,
        name: identity.name.clone(),
        more_patients,
        patients: listed,
        sponsors: allowed(Role::Researcher, home.sponsor_names()?)
            .into_iter()
            .map(|name| Seat {
                title: name.to_string(),
                name: name.to_string(),
            })
            .collect(),
        boards: registered(Registered::Board, boards)?,
        custodians: registered(Registered::Issuer, custodians)?,
    })
}

/// Some of the patients, with and without consent, so that there is something to see of each.
fn choose(ledger: &Ledger, home: &Home, names: Vec<Name>) -> Result<Vec<Seat>, Failure> {
    let state = ledger.state()?;
    let places = crate::path::Places::of(&state);
    let mut seats = Vec::new();
    for name in names.into_iter().take(LISTED) {
        let wallet = home.wallet(&name)?;
        let consents = wallet
            .holdings
            .iter()
            .filter(|holding| crate::path::consent::in_force(&state, &places, holding).is_some());
        let title = match consents.count() {
            0 => "has given no consent",
            _ => "has given consent",
        };
        seats.push(Seat {
            name: name.to_string(),
            title: title.to_owned(),
        });
    }
    Ok(seats)
}
