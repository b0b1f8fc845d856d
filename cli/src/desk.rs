//! Desks: the pages at which a party acts with its own keys: a patient, a sponsor, an ethics board, a
//! custodian.
//!
//! Lives here: pages and forms over this home. Never here: a rule or a proof, which are the ledger's
//! and the libraries', or a step that a command takes too, which is in `path`. What a desk signs
//! enters the ledger as if a command had signed it: the node adds no power of its own.

mod board;
mod custodian;
mod door;
mod job;
mod note;
mod patient;
mod problem;
mod seat;
mod sponsor;
mod terms;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use axum::Router;
use axum::extract::FromRef;
use axum::routing::{get, post};
use salus_datasets::profiles;
use salus_ledger::engine::Ledger;
use salus_node::{Node, Problem};
use salus_protocol::profile::Profile;

use crate::failure::Failure;
use crate::home::Home;
use crate::path::prover::Prover;
use job::Jobs;
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
    jobs: Jobs,
}

impl FromRef<Desk> for Node {
    fn from_ref(desk: &Desk) -> Self {
        desk.0.node.clone()
    }
}

impl Desk {
    /// The desks of a home, over the node that serves its ledger. Custodians import exports from
    /// their folders in `imports`. Jobs wait until they are started.
    pub(crate) async fn open(
        home: Home,
        node: Node,
        imports: Option<PathBuf>,
    ) -> Result<Self, Failure> {
        let jobs = Jobs::open(&home, imports).await?;
        Ok(Self(Arc::new(Shared {
            home,
            node,
            changes: Mutex::new(()),
            prover: OnceLock::new(),
            jobs,
        })))
    }

    /// The desks' routes.
    pub(crate) fn routes(self) -> Router<Node> {
        Router::new()
            .route("/desk", get(door::door))
            .route("/desk/patients", get(door::patient))
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
            .merge(Self::job_routes())
            .with_state(self)
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
        let node = self.0.node.clone();
        let desk = self.clone();
        node.at_desk(move |ledger| {
            let _held = desk.hold_changes();
            work(&desk.0.home, ledger).map_err(problem)
        })
        .await
    }

    /// Keeps others from changing what several parties' pages change, such as wallets.
    fn hold_changes(&self) -> MutexGuard<'_, ()> {
        let held = self.0.changes.lock();
        // Whoever panicked while it held the lock left no file half written.
        held.unwrap_or_else(|held| held.into_inner())
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

/// A profile that forms can name: those that Salus ships, never a file.
fn offered_profile(name: &str) -> Result<&'static Profile, Failure> {
    let shipped = profiles::named(name).ok_or_else(|| Failure::Unknown {
        what: "profile here",
        name: name.to_owned(),
        help: "records of a profile of your own are published by `salus cohort publish`".to_owned(),
    })?;
    Ok(&shipped.profile)
}
