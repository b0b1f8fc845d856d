//! A phase of the measurement: a load, what came of it, and what it took.

use std::time::{Duration, Instant};

use serde::Serialize;

use super::load::{Loaded, Strength};
use super::outcome::{Outcomes, Percentiles, Tried};
use super::process::Process;

/// One row: requests of one kind, or all together.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    pub(super) what: &'static str,
    pub(super) requests: u64,
    /// Of those that were done, or refused for what they say.
    pub(super) a_second: f64,
    /// The same; none where there are none.
    pub(super) times: Option<Percentiles>,
    /// Of those that were turned away.
    pub(super) times_turned_away: Option<Percentiles>,
    #[serde(flatten)]
    pub(super) outcomes: Outcomes,
}

impl Line {
    fn of(what: &'static str, tried: &Tried, took: Duration) -> Self {
        let seconds = took.as_secs_f64().max(f64::MIN_POSITIVE);
        Self {
            what,
            requests: tried.outcomes.requests(),
            a_second: tried.outcomes.worked_on() as f64 / seconds,
            times: tried.times(),
            times_turned_away: tried.times_turned_away(),
            outcomes: tried.outcomes.clone(),
        }
    }
}

/// What a load showed.
#[derive(Debug, Serialize)]
pub(super) struct Phase {
    pub(super) what: &'static str,
    /// Whether it asks for more than the service takes: then it may turn requests away.
    pub(super) above_limit: bool,
    pub(super) connections: usize,
    pub(super) seconds: f64,
    /// Connections opened again after the service had ended them.
    pub(super) reopened: u64,
    #[serde(flatten)]
    pub(super) used: Used,
    pub(super) lines: Vec<Line>,
}

impl Phase {
    pub(super) fn new(
        (what, above_limit): (&'static str, bool),
        strength: Strength,
        loaded: &Loaded,
        used: Used,
    ) -> Self {
        let mut phase = Self {
            what,
            above_limit,
            connections: strength.connections,
            seconds: loaded.took.as_secs_f64(),
            reopened: 0,
            used,
            lines: Vec::new(),
        };
        let mut all = Tried::none();
        loaded.kinds.iter().for_each(|(_, tried)| all.merge(tried));
        phase.lines.push(Line::of("all", &all, loaded.took));
        phase.add(loaded);
        phase
    }

    /// Adds rows of what was asked meanwhile.
    pub(super) fn add(&mut self, loaded: &Loaded) {
        self.reopened += loaded.reopened;
        let asked = loaded.kinds.iter();
        let asked = asked.filter(|(_, tried)| tried.outcomes.requests() > 0);
        self.lines
            .extend(asked.map(|(what, tried)| Line::of(what, tried, loaded.took)));
    }

    /// The row of all of the load's requests.
    pub(super) fn all(&self) -> Option<&Line> {
        self.lines.first()
    }

    /// Requests of a kind that were done.
    pub(super) fn done(&self, what: &str) -> u64 {
        let of = self.lines.iter().filter(|line| line.what == what);
        of.map(|line| line.outcomes.done).sum()
    }

    /// What may not come in this phase, and came, in words.
    pub(super) fn unclean(&self) -> Vec<String> {
        let mut unclean = Vec::new();
        for line in self.lines.iter().skip(1) {
            let outcomes = &line.outcomes;
            let mut add = |count: u64, what: &str| {
                if count > 0 {
                    unclean.push(format!("{}, {}: {count} x {what}", self.what, line.what));
                }
            };
            if !self.above_limit {
                add(outcomes.refused, "refused");
                add(outcomes.too_often, "429");
                add(outcomes.busy, "503");
            }
            for (what, count) in &outcomes.unexpected {
                add(*count, what);
            }
        }
        unclean
    }
}

/// What a phase used, where the system says it.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Used {
    /// Cores that worked for the service, on average.
    pub(super) node_cores: Option<f64>,
    /// Cores that worked for this program.
    pub(super) client_cores: Option<f64>,
    /// Memory that the service held at the end.
    pub(super) resident_bytes: Option<u64>,
}

/// Measures what a phase uses, from when it is made.
#[derive(Debug)]
pub(super) struct Meter {
    node: Process,
    began: Instant,
    node_before: Option<Duration>,
    client_before: Option<Duration>,
}

impl Meter {
    pub(super) fn start(node: Process) -> Self {
        Self {
            node,
            began: Instant::now(),
            node_before: node.worked(),
            client_before: Process::own().worked(),
        }
    }

    pub(super) fn stop(self) -> Used {
        let took = self.began.elapsed().as_secs_f64();
        let cores = |process: Process, before: Option<Duration>| {
            let worked = process.worked()?.saturating_sub(before?);
            Some(worked.as_secs_f64() / took.max(f64::MIN_POSITIVE))
        };
        Used {
            node_cores: cores(self.node, self.node_before),
            client_cores: cores(Process::own(), self.client_before),
            resident_bytes: self.node.resident_bytes(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::outcome::Outcome;
    use super::*;

    fn phase(above_limit: bool, outcomes: &[Outcome]) -> Phase {
        let mut tried = Tried::none();
        for outcome in outcomes {
            tried.add(outcome, Duration::from_millis(1));
        }
        let loaded = Loaded {
            kinds: vec![("one", tried), ("other", Tried::none())],
            took: Duration::from_secs(2),
            reopened: 3,
        };
        let strength = Strength {
            connections: 4,
            time: None,
            pause: Duration::ZERO,
            insistence: Duration::ZERO,
        };
        let used = Used {
            node_cores: None,
            client_cores: None,
            resident_bytes: None,
        };
        Phase::new(("load", above_limit), strength, &loaded, used)
    }

    #[test]
    fn below_the_limit_nothing_is_turned_away_or_refused() {
        use Outcome::{Busy, Done, Refused, TooOften, Unexpected};
        let clean = [Done, Refused, TooOften, Busy];
        assert!(phase(false, &[Done, Done]).unclean().is_empty());
        assert!(phase(true, &clean).unclean().is_empty());
        assert_eq!(phase(false, &clean).unclean().len(), 3);
        let broken = [Done, Unexpected("500 Internal".to_owned())];
        for above_limit in [false, true] {
            let unclean = phase(above_limit, &broken).unclean();
            assert_eq!(unclean, ["load, one: 1 x 500 Internal"]);
        }
    }

    #[test]
    fn rows_are_of_what_was_asked_and_of_all() {
        let phase = phase(true, &[Outcome::Done, Outcome::Refused, Outcome::Busy]);
        let rows: Vec<_> = phase.lines.iter().map(|l| (l.what, l.requests)).collect();
        assert_eq!(rows, [("all", 3), ("one", 3)]);
        assert_eq!((phase.done("one"), phase.reopened), (1, 3));
        assert!((phase.all().unwrap().a_second - 1.0).abs() < 1e-9);
    }
}
