//! A load: connections that ask at the same time, each again when it has its answer (a closed loop).

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio::time::sleep;

use super::client::{Ask, Connection};
use super::outcome::{Outcome, Tried};

/// What a load asks.
pub(super) trait Asks: Send + Sync + 'static {
    /// The names of its kinds of requests, in the order of [`Ask::kind`].
    fn kinds(&self) -> Vec<&'static str>;

    /// The next request; none when there is no more.
    fn next(&self) -> Option<Ask>;

    /// Told what became of a request.
    fn answered(&self, _ask: Ask, _outcome: &Outcome) {}
}

/// How hard, and for how long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Strength {
    pub(super) connections: usize,
    /// No request begins after this; without it, when there are no more.
    pub(super) time: Option<Duration>,
    /// Between an answer and the connection's next request.
    pub(super) pause: Duration,
    /// The same after a request that was turned away, or failed: far less than any Retry-After asks.
    pub(super) insistence: Duration,
}

/// What came of a load.
#[derive(Debug)]
pub(super) struct Loaded {
    /// Each kind of request with its name.
    pub(super) kinds: Vec<(&'static str, Tried)>,
    /// From the first request to the last answer.
    pub(super) took: Duration,
    /// Connections opened again after the service had ended them.
    pub(super) reopened: u64,
}

/// Puts a service under a load until that ends.
pub(super) async fn load<A: Asks>(address: SocketAddr, strength: Strength, asks: Arc<A>) -> Loaded {
    let names = asks.kinds();
    let tried = Arc::new(Mutex::new(vec![Tried::none(); names.len()]));
    let began = Instant::now();
    let mut connections = JoinSet::new();
    for _ in 0..strength.connections {
        let (asks, tried) = (asks.clone(), tried.clone());
        connections.spawn(async move {
            let mut connection = Connection::to(address);
            while strength.time.is_none_or(|time| began.elapsed() < time) {
                let Some(ask) = asks.next() else { break };
                let outcome = try_once(&mut connection, &ask, &tried).await;
                asks.answered(ask, &outcome);
                let pause = match outcome {
                    Outcome::Done | Outcome::Refused => strength.pause,
                    _ => strength.insistence,
                };
                if !pause.is_zero() {
                    sleep(pause).await;
                }
            }
            connection.opened.saturating_sub(1)
        });
    }
    let reopened = connections.join_all().await.into_iter().sum();
    let took = began.elapsed();
    let tried = tried.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Loaded {
        kinds: names.into_iter().zip(tried).collect(),
        took,
        reopened,
    }
}

async fn try_once(connection: &mut Connection, ask: &Ask, tried: &Mutex<Vec<Tried>>) -> Outcome {
    let asked = Instant::now();
    let answer = connection.ask(ask).await;
    let took = asked.elapsed();
    let outcome = Outcome::of(answer);
    let mut tried = tried.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(tried) = tried.get_mut(ask.kind) {
        tried.add(&outcome, took);
    }
    outcome
}
