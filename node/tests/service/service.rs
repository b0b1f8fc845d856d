//! A node that serves a ledger on a port of its own, until it is dropped.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;

use axum::Router;
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use salus_ledger::engine::{Attachment, Ledger, Submission};
use salus_ledger::transaction::Envelope;
use salus_node::pages::{OfferedProfile, Site};
use salus_node::request::Segments;
use salus_node::sign_in::{Identity, Reception, Role, SignInSettings};
use salus_node::{Node, Problem, ServeError, Settings, serve};
use salus_protocol::profile::Profile;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::client::{self, Answer};
use crate::power::Disk;
use crate::world::{checkpoint, genesis, session};

pub(crate) const TRANSACTIONS: &str = "/api/v1/transactions";

pub(crate) struct Service {
    pub(crate) address: SocketAddr,
    pub(crate) ledger: Arc<Ledger>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<Result<(), ServeError>>>,
}

impl Service {
    /// Serves a ledger.
    pub(crate) fn of(ledger: Ledger, settings: Settings) -> Self {
        Self::with_site(ledger, settings, Site::default())
    }

    /// Serves an empty ledger, with a profile to write queries for.
    pub(crate) fn offering() -> Self {
        Self::offering_with(Settings::default())
    }

    pub(crate) fn offering_with(settings: Settings) -> Self {
        let ledger = Ledger::create_on(Disk::default(), &genesis(true), &checkpoint());
        Self::with_site(ledger.unwrap(), settings, offered())
    }

    /// Serves a ledger with the whole session, and a profile to write queries for.
    pub(crate) fn offering_full() -> Self {
        Self::offering().entering(session::batches().len())
    }

    /// Serves a ledger with the whole session.
    pub(crate) fn full() -> Self {
        Self::with(session::batches().len())
    }

    /// Serves an empty ledger with a reception, and a desk at which it shows who sits there.
    pub(crate) fn receiving(reception: SignInSettings, settings: Settings) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let reception = runtime.unwrap().block_on(Reception::open(reception));
        let reception = Arc::new(reception.unwrap());
        let site = Site {
            desk: true,
            secure: reception.is_https(),
            reception: Some(reception),
            ..Site::default()
        };
        let ledger = Ledger::create_on(Disk::default(), &genesis(true), &checkpoint());
        let desk = Router::new().route("/desk/{role}/{party}", get(sit).post(sit));
        Self::serving(ledger.unwrap(), settings, site, desk)
    }

    fn with_site(ledger: Ledger, settings: Settings, site: Site) -> Self {
        Self::serving(ledger, settings, site, Router::new())
    }

    fn serving(ledger: Ledger, settings: Settings, site: Site, more: Router<Node>) -> Self {
        let ledger = Arc::new(ledger);
        let (stop, stopped) = oneshot::channel();
        let (tell, address) = std::sync::mpsc::channel();
        let served = ledger.clone();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                tell.send(listener.local_addr().unwrap()).unwrap();
                let stopped = async { drop(stopped.await) };
                let node = Node::with_site(served, settings, site);
                serve(listener, node, more, stopped).await
            })
        });
        Self {
            address: address.recv().unwrap(),
            ledger,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// Serves a ledger that has its genesis only.
    pub(crate) fn founded(settings: Settings) -> Self {
        let ledger = Ledger::create_on(Disk::default(), &genesis(true), &checkpoint());
        Self::of(ledger.unwrap(), settings)
    }

    /// Serves a ledger with the first `batches` batches of the session.
    pub(crate) fn with(batches: usize) -> Self {
        Self::founded(Settings::default()).entering(batches)
    }

    pub(crate) fn entering(self, batches: usize) -> Self {
        for batch in &session::batches()[..batches] {
            let entered = self.ledger.submit_many(batch).unwrap();
            assert!(entered.outcomes.iter().all(Result::is_ok));
        }
        self
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        client::get(self.address, path)
    }

    /// The JSON at a path below the version's.
    pub(crate) fn json(&self, path: &str) -> Value {
        let answer = self.get(&format!("/api/v1/{path}"));
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        assert_eq!(answer.header("content-type"), Some("application/json"));
        answer.json()
    }

    /// Hands in a transaction's bytes.
    pub(crate) fn hand_in(&self, envelope: &Envelope) -> Answer {
        let media = "application/octet-stream";
        client::post(self.address, TRANSACTIONS, media, &envelope.to_bytes())
    }

    /// Hands in a transaction with its attachment.
    pub(crate) fn submit(&self, submission: &Submission) -> Answer {
        let body = handed(submission).to_string();
        let media = "application/json";
        client::post(self.address, TRANSACTIONS, media, body.as_bytes())
    }

    /// Stops it in order.
    pub(crate) fn stop(mut self) -> Result<(), ServeError> {
        drop(self.stop.take());
        self.thread.take().unwrap().join().unwrap()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A site with a profile.
fn offered() -> Site {
    let document = include_str!("../../../profiles/cardiometabolic.toml");
    let offered = OfferedProfile {
        profile: Arc::new(Profile::from_toml(document).unwrap()),
        document: document.into(),
    };
    Site {
        profiles: vec![offered],
        ..Site::default()
    }
}

/// A submission as the body of a request.
pub(crate) fn handed(submission: &Submission) -> Value {
    let attachment = submission.attachment.as_ref().map(|attachment| {
        let coded = |kind, bytes: &[u8]| json!({ "kind": kind, "base64": BASE64.encode(bytes) });
        match attachment {
            Attachment::Contact(sealed) => coded("contact", sealed.as_bytes()),
            Attachment::Profile(text) => json!({ "kind": "profile", "text": text }),
            Attachment::Publication(bytes) => coded("publication", bytes),
            Attachment::CohortProof(bytes) => coded("cohort-proof", bytes),
        }
    });
    json!({
        "transaction": BASE64.encode(submission.envelope.to_bytes()),
        "attachment": attachment,
    })
}

/// A desk as those of the `salus` command are: whose it is not, and that it is nobody's, is one answer.
async fn sit(
    identity: Identity,
    Segments((role, party)): Segments<(Role, String)>,
) -> Result<String, Problem> {
    if identity.may_act(role, &party) {
        Ok(identity.name)
    } else {
        Err(Problem::not_found(format!(
            "you have no desk here as {role} {party:?}"
        )))
    }
}
