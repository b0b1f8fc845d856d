//! A seat: somebody at the desk of one party of this home, and what can be done from there: to be
//! shown a page, and to change something.

use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::Redirect;
use salus_ledger::engine::Ledger;
use salus_ledger::state::State;
use salus_node::pages::{Here, Html, Shell};
use salus_node::request::Segments;
use salus_node::sign_in::{Identity, Role};
use salus_node::{Node, Problem};
use serde::Deserialize;

use super::Desk;
use super::note::{Done, lead};
use crate::failure::Failure;
use crate::home::{Home, Name};

/// A kind of desk: the role of who sits there, and where the desks are.
pub(super) trait Kind: Send + 'static {
    const ROLE: Role;
    const PATH: &'static str;
}

/// A patient's desk.
pub(super) enum Patient {}
/// A sponsor's desk.
pub(super) enum Sponsor {}
/// An ethics board's desk.
pub(super) enum Board {}
/// A custodian's desk.
pub(super) enum Custodian {}

impl Kind for Patient {
    const ROLE: Role = Role::Subject;
    const PATH: &'static str = "/desk/patients";
}

impl Kind for Sponsor {
    const ROLE: Role = Role::Researcher;
    const PATH: &'static str = "/desk/sponsors";
}

impl Kind for Board {
    const ROLE: Role = Role::Board;
    const PATH: &'static str = "/desk/boards";
}

impl Kind for Custodian {
    const ROLE: Role = Role::Custodian;
    const PATH: &'static str = "/desk/custodians";
}

/// Somebody who may act for the party `name`. A handler that takes one answers nobody else.
pub(super) struct Seat<K: Kind> {
    pub(super) desk: Desk,
    pub(super) name: Name,
    kind: PhantomData<K>,
}

/// The party that an address names.
#[derive(Debug, Deserialize)]
struct Named {
    name: String,
}

impl<K: Kind> FromRequestParts<Desk> for Seat<K> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, Problem> {
        let identity = Identity::from_request_parts(parts, desk).await?;
        let named = Segments::<Named>::from_request_parts(parts, desk).await;
        let Segments(Named { name }) =
            named.map_err(|_| Problem::not_found("there is no such desk"))?;
        Self::of(desk.clone(), &identity, &name)
    }
}

impl<K: Kind> Seat<K> {
    /// The seat of a person at a party's desk. That there is no such party, and that it is not this
    /// person's, are answered alike: else one could ask who is a patient here.
    pub(super) fn of(desk: Desk, identity: &Identity, name: &str) -> Result<Self, Problem> {
        let role = K::ROLE;
        let nobody = || Problem::not_found(format!("you have no desk here as {role} {name:?}"));
        let known = name.parse::<Name>().map_err(|_| nobody())?;
        if !identity.may_act(role, name) {
            return Err(nobody());
        }
        Ok(Self {
            desk,
            name: known,
            kind: PhantomData,
        })
    }

    /// A page that is read for this party.
    pub(super) async fn page<T: Send + 'static>(
        self,
        read: impl FnOnce(&View<'_>, &Name) -> Result<T, Failure> + Send + 'static,
    ) -> Result<Html<T>, Problem> {
        let Self { desk, name, .. } = self;
        desk.page(move |view| read(view, &name)).await
    }

    /// Changes something for this party, and leads to its desk, which says what was done.
    pub(super) async fn act(
        self,
        done: Done,
        change: impl FnOnce(&Home, &Ledger, &Name) -> Result<(), Failure> + Send + 'static,
    ) -> Result<Redirect, Problem> {
        let Self { desk, name, .. } = self;
        let path = format!("{}/{name}", K::PATH);
        desk.change(move |home, ledger| change(home, ledger, &name))
            .await?;
        Ok(lead(&path, done))
    }
}

/// Which study a form or an address is about.
#[derive(Debug, Deserialize)]
pub(super) struct ChosenStudy {
    pub(super) study: String,
}

/// What pages are read from.
pub(super) struct View<'a> {
    pub(super) home: &'a Home,
    pub(super) ledger: &'a Ledger,
    node: &'a Node,
}

impl View<'_> {
    /// A page's frame.
    pub(super) fn shell(&self, state: &State, title: impl Into<String>) -> Shell {
        Shell::of(self.node, state, title, Here::Desk)
    }
}

impl Desk {
    /// A page.
    pub(super) async fn page<T: Send + 'static>(
        &self,
        read: impl FnOnce(&View<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<Html<T>, Problem> {
        let node = self.0.node.clone();
        let page = self.read(move |home, ledger| {
            read(&View {
                home,
                ledger,
                node: &node,
            })
        });
        Ok(Html(page.await?))
    }
}
