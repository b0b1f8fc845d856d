//! Desks: the pages at which a party acts with its own keys: a patient, a sponsor, an ethics board, a
//! custodian.
//!
//! Lives here: pages and forms over this home. Never here: a rule or a proof, which are the ledger's
//! and the libraries', or a step that a command takes too, which is in `path`. What a desk signs
//! enters the ledger as if a command had signed it: the node adds no power of its own.

mod board;
mod custodian;
mod door;
mod note;
mod patient;
mod problem;
mod sponsor;
mod terms;

use std::sync::{Arc, Mutex, OnceLock};

use axum::Router;
use axum::extract::FromRef;
use axum::routing::{get, post};
use salus_ledger::engine::Ledger;
use salus_node::sign_in::{Identity, Role};
use salus_node::{Node, Problem};

use crate::failure::Failure;
use crate::home::{Home, Name};
use crate::path::prover::Prover;
use problem::problem;

/// The desks of a home's parties. Clones share it.
#[derive(Clone)]
pub(crate) struct Desk(Arc<Shared>);

struct Shared {
    home: Home,
    node: Node,
    /// Held while files of the home are changed.
    changes: Mutex<()>,
    prover: OnceLock<Prover>,
}

impl FromRef<Desk> for Node {
    fn from_ref(desk: &Desk) -> Self {
        desk.0.node.clone()
    }
}

impl Desk {
    /// The desks of a home, over the node that serves its ledger.
    pub(crate) fn new(home: Home, node: Node) -> Self {
        Self(Arc::new(Shared {
            home,
            node,
            changes: Mutex::new(()),
            prover: OnceLock::new(),
        }))
    }

    /// The desks' routes.
    pub(crate) fn routes(self) -> Router<Node> {
        Router::new()
            .route("/desk", get(door::door))
            .route("/desk/patients/{name}", get(patient::patient))
            .route("/desk/patients/{name}/grant", post(patient::consent::grant))
            .route(
                "/desk/patients/{name}/revoke",
                post(patient::consent::revoke),
            )
            .route(
                "/desk/patients/{name}/volunteer",
                post(patient::answer::volunteer),
            )
            .route("/desk/sponsors/{name}", get(sponsor::sponsor))
            .route("/desk/sponsors/{name}/inbox/{study}", get(sponsor::inbox))
            .route("/desk/sponsors/{name}/close", post(sponsor::close))
            .route("/desk/studies/new", post(sponsor::opening::form))
            .route("/desk/studies", post(sponsor::opening::open))
            .route("/desk/boards/{name}", get(board::board))
            .route("/desk/boards/{name}/approve", post(board::approve))
            .route("/desk/custodians/{name}", get(custodian::custodian))
            .route("/desk/custodians/{name}/publish", post(custodian::publish))
            .route("/desk/custodians/{name}/answer", post(custodian::answer))
            .with_state(self)
    }

    /// The name of a party for which this person may act. That there is no such party, and that it
    /// is not this person's, are answered alike: else one could ask who is a patient here.
    fn acting(identity: &Identity, role: Role, name: &str) -> Result<Name, Problem> {
        let nobody = || Problem::not_found(format!("you have no desk here as {role} {name:?}"));
        let known = name.parse::<Name>().map_err(|_| nobody())?;
        if identity.may_act(role, name) {
            Ok(known)
        } else {
            Err(nobody())
        }
    }

    /// Reads the home and the ledger.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Home, &Ledger) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Problem> {
        let shared = self.0.clone();
        let node = self.0.node.clone();
        node.at_desk(move |ledger| work(&shared.home, ledger).map_err(problem))
            .await
    }

    /// Changes the home and the ledger, one change at a time.
    async fn change<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Home, &Ledger) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Problem> {
        let shared = self.0.clone();
        let node = self.0.node.clone();
        node.at_desk(move |ledger| {
            // Whoever panicked while it held the lock left no file half written.
            let _held = shared
                .changes
                .lock()
                .unwrap_or_else(|held| held.into_inner());
            work(&shared.home, ledger).map_err(problem)
        })
        .await
    }

    /// The prover, made when it is first needed.
    fn prover(&self, home: &Home) -> Result<&Prover, Failure> {
        if let Some(prover) = self.0.prover.get() {
            return Ok(prover);
        }
        let made = Prover::of(home, false)?;
        Ok(self.0.prover.get_or_init(|| made))
    }
}
