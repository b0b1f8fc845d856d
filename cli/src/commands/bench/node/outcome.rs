//! What became of requests: how many were answered how, and in what time.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;
use hyper::StatusCode;
use serde::Serialize;

use super::client::{Answer, Broken};

/// Why a transaction is refused that is known to be false, or to have entered already.
const REFUSALS: [(StatusCode, &str); 3] = [
    (StatusCode::UNPROCESSABLE_ENTITY, "Proof"),
    (StatusCode::CONFLICT, "Replayed"),
    (StatusCode::CONFLICT, "NullifierUsed"),
];

/// What became of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It was done.
    Done,
    /// A transaction was worked on, and refused as it must be.
    Refused,
    /// 429, with the time after which to come again.
    TooOften,
    /// 503, with the time after which to come again.
    Busy,
    /// Anything else, in words.
    Unexpected(String),
}

impl Outcome {
    pub(super) fn of(answer: Result<Answer, Broken>) -> Self {
        let answer = match answer {
            Ok(answer) => answer,
            Err(broken) => return Self::Unexpected(broken.to_string()),
        };
        let refused = |(status, code): &(StatusCode, &str)| {
            answer.status == *status && answer.code.as_deref() == Some(code)
        };
        match answer.status {
            StatusCode::OK | StatusCode::CREATED => Self::Done,
            StatusCode::TOO_MANY_REQUESTS if answer.retry_after => Self::TooOften,
            StatusCode::SERVICE_UNAVAILABLE if answer.retry_after => Self::Busy,
            _ if REFUSALS.iter().any(refused) => Self::Refused,
            status => {
                let code = answer.code.as_deref().unwrap_or("without a code");
                let unlike = status == StatusCode::TOO_MANY_REQUESTS
                    || status == StatusCode::SERVICE_UNAVAILABLE;
                let lacks = if unlike { ", no Retry-After" } else { "" };
                Self::Unexpected(format!("{} {code}{lacks}", status.as_u16()))
            }
        }
    }

    /// Whether the service had no place for it, and said so.
    pub(super) const fn is_turned_away(&self) -> bool {
        matches!(self, Self::TooOften | Self::Busy)
    }
}

/// How many requests had which outcome.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Outcomes {
    pub(super) done: u64,
    pub(super) refused: u64,
    pub(super) too_often: u64,
    pub(super) busy: u64,
    /// What else came, and how often.
    pub(super) unexpected: BTreeMap<String, u64>,
}

impl Outcomes {
    pub(super) fn add(&mut self, outcome: &Outcome) {
        let count = match outcome {
            Outcome::Done => &mut self.done,
            Outcome::Refused => &mut self.refused,
            Outcome::TooOften => &mut self.too_often,
            Outcome::Busy => &mut self.busy,
            Outcome::Unexpected(what) => self.unexpected.entry(what.clone()).or_default(),
        };
        *count += 1;
    }

    fn merge(&mut self, other: &Self) {
        self.done += other.done;
        self.refused += other.refused;
        self.too_often += other.too_often;
        self.busy += other.busy;
        for (what, count) in &other.unexpected {
            *self.unexpected.entry(what.clone()).or_default() += count;
        }
    }

    /// All requests.
    pub(super) fn requests(&self) -> u64 {
        self.worked_on() + self.too_often + self.busy + self.others()
    }

    /// Requests that were done, or refused for what they say.
    pub(super) const fn worked_on(&self) -> u64 {
        self.done + self.refused
    }

    /// Requests of which something else became.
    pub(super) fn others(&self) -> u64 {
        self.unexpected.values().sum()
    }
}

/// Requests of one kind.
#[derive(Debug, Clone)]
pub(super) struct Tried {
    pub(super) outcomes: Outcomes,
    worked_on: Times,
    turned_away: Times,
}

impl Tried {
    pub(super) fn none() -> Self {
        Self {
            outcomes: Outcomes::default(),
            worked_on: Times::none(),
            turned_away: Times::none(),
        }
    }

    pub(super) fn add(&mut self, outcome: &Outcome, took: Duration) {
        self.outcomes.add(outcome);
        match outcome {
            Outcome::Done | Outcome::Refused => self.worked_on.add(took),
            Outcome::TooOften | Outcome::Busy => self.turned_away.add(took),
            Outcome::Unexpected(_) => {}
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.outcomes.merge(&other.outcomes);
        self.worked_on.merge(&other.worked_on);
        self.turned_away.merge(&other.turned_away);
    }

    /// Times of requests that were done, or refused for what they say; none where there are none.
    pub(super) fn times(&self) -> Option<Percentiles> {
        self.worked_on.percentiles()
    }

    /// Times of those that were turned away.
    pub(super) fn times_turned_away(&self) -> Option<Percentiles> {
        self.turned_away.percentiles()
    }
}

/// Times in microseconds, to three digits.
#[derive(Debug, Clone)]
struct Times(Histogram<u64>);

impl Times {
    fn none() -> Self {
        // From one microsecond to an hour: far longer than anybody waits.
        let times = Histogram::new_with_bounds(1, 3_600_000_000, 3);
        Self(times.expect("the bounds and the digits are in range"))
    }

    fn add(&mut self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.0.saturating_record(micros.max(1));
    }

    fn merge(&mut self, other: &Self) {
        self.0
            .add(&other.0)
            .expect("both histograms have the same bounds");
    }

    fn percentiles(&self) -> Option<Percentiles> {
        let seconds = |micros: u64| micros as f64 / 1e6;
        (!self.0.is_empty()).then(|| Percentiles {
            p50_seconds: seconds(self.0.value_at_quantile(0.5)),
            p99_seconds: seconds(self.0.value_at_quantile(0.99)),
            max_seconds: seconds(self.0.max()),
        })
    }
}

/// How long requests took.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Percentiles {
    pub(super) p50_seconds: f64,
    pub(super) p99_seconds: f64,
    pub(super) max_seconds: f64,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn outcome(status: u16, code: Option<&str>, retry_after: bool) -> Outcome {
        Outcome::of(Ok(Answer {
            status: StatusCode::from_u16(status).unwrap(),
            retry_after,
            code: code.map(ToOwned::to_owned),
        }))
    }

    #[test]
    fn only_what_may_come_is_clean() {
        assert_eq!(outcome(200, None, false), Outcome::Done);
        assert_eq!(outcome(201, None, false), Outcome::Done);
        assert_eq!(outcome(422, Some("Proof"), false), Outcome::Refused);
        assert_eq!(outcome(409, Some("Replayed"), false), Outcome::Refused);
        assert_eq!(outcome(429, Some("TooOften"), true), Outcome::TooOften);
        assert_eq!(outcome(503, Some("Busy"), true), Outcome::Busy);
        let unclean = [
            (
                outcome(503, Some("Busy"), false),
                "503 Busy, no Retry-After",
            ),
            (
                outcome(429, None, false),
                "429 without a code, no Retry-After",
            ),
            (outcome(500, Some("Internal"), false), "500 Internal"),
            (outcome(422, Some("Signature"), false), "422 Signature"),
            (outcome(409, Some("RootOld"), false), "409 RootOld"),
            (outcome(204, None, false), "204 without a code"),
        ];
        for (outcome, says) in unclean {
            assert_eq!(outcome, Outcome::Unexpected(says.to_owned()));
        }
        let silent = Outcome::of(Err(Broken::Silence));
        assert_eq!(
            silent,
            Outcome::Unexpected("no answer within 90 s".to_owned())
        );
    }

    #[test]
    fn counts_add_up_and_times_are_of_what_was_worked_on() {
        let mut tried = Tried::none();
        let outcomes = [
            (Outcome::Done, 2),
            (Outcome::Refused, 4),
            (Outcome::Busy, 9000),
            (Outcome::Unexpected("500 Internal".to_owned()), 50_000),
        ];
        for (outcome, millis) in &outcomes {
            tried.add(outcome, Duration::from_millis(*millis));
        }
        let mut all = Tried::none();
        all.merge(&tried);
        all.merge(&tried);
        assert_eq!(all.outcomes.requests(), 8);
        assert_eq!((all.outcomes.worked_on(), all.outcomes.others()), (4, 2));
        let times = all.times().unwrap();
        assert!((times.p50_seconds - 0.002).abs() < 1e-5, "{times:?}");
        assert!((times.max_seconds - 0.004).abs() < 1e-5, "{times:?}");
        assert!(all.times_turned_away().unwrap().p50_seconds > 8.9);
        assert_eq!(Tried::none().times(), None);
    }
}
