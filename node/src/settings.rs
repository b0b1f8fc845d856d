//! Settings: how much a node takes on before it says no, and where it is found.

use std::time::Duration;

use crate::quota::Allowance;

/// A node's address and limits. Beyond a limit a request is refused, never queued without end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The address under which clients reach the node, such as `https://salus.example.org`, without
    /// a final slash. FHIR's links begin with it; without it, with the host that a request names.
    pub public_url: Option<String>,
    /// Whether anyone may read `/metrics`; else only who signs in as an operator. How often which
    /// route is asked says what patients do, and when.
    pub open_metrics: bool,
    /// The longest request body, in bytes.
    pub body_bytes: usize,
    /// The most bytes of request bodies that are held at once, of all requests together. The first
    /// 64 KiB of each are not counted, so that large bodies never keep out what patients sign.
    pub bodies_bytes: usize,
    /// Connections served at once. For a further one the client is ended who is furthest behind with
    /// what it has to send or to take; while none is behind, it waits.
    pub connections: usize,
    /// Requests that read the ledger at once.
    pub readers: usize,
    /// Transactions that are verified, or wait for it, at once.
    pub submissions: usize,
    /// Audit bundles made at once.
    pub exports: usize,
    /// Requests of desks, which may prove, worked on at once.
    pub desks: usize,
    /// For how long a request waits for a free place among readers or exports.
    pub patience: Duration,
    /// How long a client may take to send a request's header, also the next one's on an idle
    /// connection.
    pub header_time: Duration,
    /// How long a client may take to send a request's body.
    pub body_time: Duration,
    /// How long a client may pause while it sends a body.
    pub body_pause: Duration,
    /// How long a client may take nothing of its answer.
    pub answer_time: Duration,
    /// How long a request's work may take before its client is told to come again.
    pub work_time: Duration,
    /// The same of a desk's request.
    pub desk_time: Duration,
    /// How long one connection takes requests, so that a client that reads slowly does not stay for
    /// ever. The one under way then has [`Self::drain_time`] to end.
    pub connection_time: Duration,
    /// How long requests under way may take to end when the node shuts down, or their connection's
    /// time is over.
    pub drain_time: Duration,
    /// Transactions signed by one key that governance registered, or by its own.
    pub registered_key: Allowance,
    /// Transactions signed by keys of records, all together: one patient's must not be told from
    /// another's.
    pub subject_keys: Allowance,
    /// Transactions signed by any other keys, all together: anyone can make one, and an answer's is
    /// used once.
    pub other_keys: Allowance,
    /// Submissions whose signature does not hold, or that repeat what has entered, all together.
    pub unsigned: Allowance,
    /// Sign-ins begun or ended, of all people together: who they are shows only afterwards.
    pub sign_ins: Allowance,
    /// Access tokens given to one client.
    pub tokens: Allowance,
    /// Requests to desks by one person or client.
    pub desk_requests: Allowance,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            public_url: None,
            open_metrics: false,
            body_bytes: 32 << 20,
            bodies_bytes: 256 << 20,
            connections: 1024,
            readers: 32,
            submissions: 16,
            exports: 2,
            desks: 4,
            patience: Duration::from_secs(1),
            header_time: Duration::from_secs(10),
            body_time: Duration::from_secs(60),
            body_pause: Duration::from_secs(5),
            answer_time: Duration::from_secs(30),
            work_time: Duration::from_secs(60),
            desk_time: Duration::from_secs(300),
            connection_time: Duration::from_secs(600),
            drain_time: Duration::from_secs(30),
            registered_key: per_minute(2000, 12_000),
            subject_keys: per_minute(1000, 6000),
            other_keys: per_minute(1000, 6000),
            unsigned: per_minute(1000, 3000),
            sign_ins: per_minute(60, 300),
            tokens: per_minute(10, 10),
            desk_requests: per_minute(120, 240),
        }
    }
}

const fn per_minute(at_once: u32, a_minute: u32) -> Allowance {
    Allowance { at_once, a_minute }
}
