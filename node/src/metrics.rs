//! Metrics in the Prometheus text format: counts and times of requests by route, places taken, the
//! ledger's height. Labels are routes, methods and statuses, never anything that a client sent.

mod served;

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

pub(crate) use served::{alone, routes};

/// Upper bounds of the buckets of times, in seconds.
const BUCKETS: [f64; 9] = [0.001, 0.005, 0.02, 0.1, 0.5, 1.0, 5.0, 20.0, 60.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

/// What a node counts of itself since it started.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Answered, Counter>,
    seconds: Family<Route, Histogram, fn() -> Histogram>,
    readers: Gauge,
    submissions: Gauge,
    height: Gauge<u64, AtomicU64>,
    entries: Gauge<u64, AtomicU64>,
}

/// What is read at the moment of asking.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Now {
    pub(crate) readers: usize,
    pub(crate) submissions: usize,
    pub(crate) height: u64,
    pub(crate) entries: u64,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("salus");
        let requests = Family::default();
        registry.register(
            "http_requests",
            "Requests by method, route and status",
            requests.clone(),
        );
        let histogram: fn() -> Histogram = || Histogram::new(BUCKETS);
        let seconds = Family::new_with_constructor(histogram);
        registry.register(
            "http_request_seconds",
            "Time to answer, by route",
            seconds.clone(),
        );
        let (readers, submissions) = (Gauge::default(), Gauge::default());
        registry.register("readers", "Requests reading the ledger", readers.clone());
        registry.register(
            "submissions",
            "Transactions being verified or waiting for it",
            submissions.clone(),
        );
        let (height, entries) = (Gauge::default(), Gauge::default());
        registry.register("ledger_height", "The ledger's height", height.clone());
        registry.register("ledger_entries", "Entries of the log", entries.clone());
        Self {
            registry,
            requests,
            seconds,
            readers,
            submissions,
            height,
            entries,
        }
    }

    /// Counts an answered request. `route` is the route's pattern, not the path.
    pub(crate) fn count(&self, method: &'static str, route: &str, status: u16, took: Duration) {
        let answered = Answered {
            method,
            route: route.to_owned(),
            status,
        };
        self.requests.get_or_create(&answered).inc();
        let route = Route {
            route: route.to_owned(),
        };
        let seconds = self.seconds.get_or_create(&route);
        seconds.observe(took.as_secs_f64());
    }

    /// All of it as text.
    pub(crate) fn text(&self, now: Now) -> Result<String, std::fmt::Error> {
        let gauge = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        self.readers.set(gauge(now.readers));
        self.submissions.set(gauge(now.submissions));
        self.height.set(now.height);
        self.entries.set(now.entries);
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
