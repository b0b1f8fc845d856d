//! The client: requests to one node, within limits of size and time, tried again while it is busy.

use std::sync::Arc;
use std::time::Duration;

use salus_ledger::engine::UpstreamError;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use ureq::http::Response;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Body, Error};

use super::NodeAddress;

/// How often something is asked in all while the node is busy or the connection breaks.
const TRIES: u32 = 5;
/// Between two tries, unless the node asks for more.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest pause that a node can ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

const CONNECT: Duration = Duration::from_secs(10);
/// Longer than a node works at one request.
const SILENCE: Duration = Duration::from_secs(90);
/// For one request in all, so that a node that dribbles holds nobody for ever.
const WHOLE: Duration = Duration::from_secs(1800);

/// The most characters of a node's words that are passed on.
const WORDS: usize = 600;

/// Asks one node.
#[derive(Debug)]
pub(crate) struct Client {
    address: NodeAddress,
    agent: Agent,
}

/// What a node answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
    pause: Duration,
}

/// A problem by RFC 9457, as far as it matters here.
#[derive(Debug, Deserialize)]
pub(super) struct Problem {
    pub(super) code: String,
    pub(super) detail: String,
}

/// Why there is no answer.
pub(super) enum Broken {
    /// No connection was made, so nothing was received.
    Refused(UpstreamError),
    /// The node may have received all of it.
    Lost(UpstreamError),
}

impl From<Broken> for UpstreamError {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Refused(error) | Broken::Lost(error) => error,
        }
    }
}

impl Client {
    /// A client of the node at this address. Certificates are checked against those that the
    /// machine trusts (`SSL_CERT_FILE` and `SSL_CERT_DIR` name others).
    ///
    /// # Errors
    /// [`UpstreamError::Away`] when the machine trusts no certificate at all.
    pub(crate) fn new(address: NodeAddress) -> Result<Self, UpstreamError> {
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent("salus")
            .timeout_connect(Some(CONNECT))
            .timeout_per_read(Some(SILENCE))
            .timeout_per_write(Some(SILENCE))
            .timeout_global(Some(WHOLE));
        if address.is_loopback() {
            config = config.proxy(None);
        }
        if address.is_encrypted() {
            config = config.tls_config(tls(&address)?);
        }
        Ok(Self {
            agent: config.build().new_agent(),
            address,
        })
    }

    /// What is at a path; anything but 200 is an error.
    pub(super) fn get(&self, path: &str, at_most: usize) -> Result<Vec<u8>, UpstreamError> {
        let url = format!("{}{path}", self.address);
        let answer = self.patiently(|| self.receive(self.agent.get(&url).call(), path, at_most));
        self.expect_ok(path, answer?)
    }

    /// JSON at a path.
    pub(super) fn get_json<T: DeserializeOwned>(
        &self,
        path: &str,
        at_most: usize,
    ) -> Result<T, UpstreamError> {
        let bytes = self.get(path, at_most)?;
        serde_json::from_slice(&bytes).map_err(|error| self.unusable(path, &error.to_string()))
    }

    /// The answer to a body, asked once.
    pub(super) fn post(&self, path: &str, body: &[u8], at_most: usize) -> Result<Answer, Broken> {
        let url = format!("{}{path}", self.address);
        let request = self.agent.post(&url).content_type("application/json");
        self.receive(request.send(body), path, at_most)
    }

    /// Asks again while the node is busy, and once more when the connection breaks.
    pub(super) fn patiently(
        &self,
        ask: impl Fn() -> Result<Answer, Broken>,
    ) -> Result<Answer, UpstreamError> {
        let mut broken = false;
        for _ in 1..TRIES {
            match ask() {
                Ok(answer) if answer.is_busy() => std::thread::sleep(answer.pause),
                Ok(answer) => return Ok(answer),
                Err(error) if broken => return Err(error.into()),
                Err(_) => {
                    broken = true;
                    std::thread::sleep(PAUSE / 4);
                }
            }
        }
        let answer = ask()?;
        if answer.is_busy() {
            return Err(self.busy());
        }
        Ok(answer)
    }

    /// The body of a good answer.
    pub(super) fn expect_ok(&self, path: &str, answer: Answer) -> Result<Vec<u8>, UpstreamError> {
        if answer.status == 200 {
            return Ok(answer.body);
        }
        let problem = match answer.problem() {
            Some(problem) => format!("{} ({})", problem.detail, problem.code),
            None => format!("its status is {}", answer.status),
        };
        Err(self.unusable(path, &problem))
    }

    fn receive(
        &self,
        response: Result<Response<Body>, Error>,
        path: &str,
        at_most: usize,
    ) -> Result<Answer, Broken> {
        let mut response = response.map_err(|error| self.broken(error))?;
        let status = response.status().as_u16();
        let asked = response.headers().get("retry-after");
        let asked = asked.and_then(|text| text.to_str().ok()?.parse().ok());
        let pause = asked.map_or(PAUSE, Duration::from_secs).min(LONGEST_PAUSE);
        let limited = response.body_mut().with_config().limit(at_most as u64);
        match limited.read_to_vec() {
            Ok(body) => Ok(Answer {
                status,
                body,
                pause,
            }),
            Err(Error::BodyExceedsLimit(_)) => Err(Broken::Lost(
                self.unusable(path, &format!("it is longer than {at_most} bytes")),
            )),
            Err(error) => Err(self.broken(error)),
        }
    }

    fn broken(&self, error: Error) -> Broken {
        let never_connected = match &error {
            Error::Io(error) => error.kind() == std::io::ErrorKind::ConnectionRefused,
            Error::HostNotFound | Error::ConnectionFailed | Error::Rustls(_) | Error::Tls(_) => {
                true
            }
            _ => false,
        };
        let away = UpstreamError::Away {
            node: self.address.to_string(),
            problem: error.to_string(),
        };
        if never_connected {
            Broken::Refused(away)
        } else {
            Broken::Lost(away)
        }
    }

    pub(super) fn busy(&self) -> UpstreamError {
        UpstreamError::Busy {
            node: self.address.to_string(),
        }
    }

    pub(super) fn unusable(&self, asked: &str, problem: &str) -> UpstreamError {
        UpstreamError::Answer {
            node: self.address.to_string(),
            asked: asked.to_owned(),
            problem: plain(problem),
        }
    }
}

impl Answer {
    /// The problem that it is, in words that a terminal does not obey.
    pub(super) fn problem(&self) -> Option<Problem> {
        let problem: Problem = serde_json::from_slice(&self.body).ok()?;
        Some(Problem {
            code: plain(&problem.code),
            detail: plain(&problem.detail),
        })
    }

    /// Whether the node, or a proxy in front, is at a limit and did nothing.
    pub(super) fn is_busy(&self) -> bool {
        self.status == 429 || (self.status == 503 && self.code().as_deref() == Some("Busy"))
    }

    /// The code of the problem that it is.
    pub(super) fn code(&self) -> Option<String> {
        self.problem().map(|problem| problem.code)
    }

    /// How long to wait before the next try.
    pub(super) const fn pause(&self) -> Duration {
        self.pause
    }
}

/// A node's words without what would turn or hide text on a terminal, and not without end.
fn plain(text: &str) -> String {
    let harmless = |c: char| {
        if salus_protocol::is_deceptive(c) {
            char::REPLACEMENT_CHARACTER
        } else {
            c
        }
    };
    text.chars().take(WORDS).map(harmless).collect()
}

fn tls(address: &NodeAddress) -> Result<TlsConfig, UpstreamError> {
    let found = rustls_native_certs::load_native_certs();
    if found.certs.is_empty() {
        return Err(UpstreamError::Away {
            node: address.to_string(),
            problem: "this machine trusts no certificates: SSL_CERT_FILE names a file of them"
                .to_owned(),
        });
    }
    let certificates = found.certs.iter();
    let roots: RootCerts = certificates
        .map(|certificate| Certificate::from_der(certificate).to_owned())
        .into();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(TlsConfig::builder()
        .root_certs(roots)
        .unversioned_rustls_crypto_provider(provider)
        .build())
}
