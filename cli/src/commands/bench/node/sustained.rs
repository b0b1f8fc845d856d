//! The long load: what memory does over minutes of reads with a trickle of answers.

use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use serde::Serialize;
use tokio::time::{MissedTickBehavior, interval};

use super::process::Process;

const EVERY: Duration = Duration::from_secs(1);

/// Memory that the service held, second by second.
#[derive(Debug, Default)]
pub(super) struct Samples(Vec<(f64, u64)>);

/// The same, summed up.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Memory {
    /// After a tenth of the time.
    pub(super) early_bytes: u64,
    pub(super) end_bytes: u64,
    pub(super) largest_bytes: u64,
    /// By least squares over the second half.
    pub(super) growth_bytes_a_minute: f64,
}

impl Samples {
    /// Looks once a second, until the time is over.
    pub(super) async fn take(process: Process, time: Duration, bar: &ProgressBar) -> Self {
        let began = Instant::now();
        let mut seconds = interval(EVERY);
        seconds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut samples = Self::default();
        while began.elapsed() < time {
            seconds.tick().await;
            let at = began.elapsed();
            samples
                .0
                .extend(Some(at.as_secs_f64()).zip(process.resident_bytes()));
            bar.set_position(at.as_secs());
        }
        samples
    }

    /// None where nothing is known.
    pub(super) fn sum_up(&self) -> Option<Memory> {
        let bytes = |place: usize| self.0.get(place).map(|(_, bytes)| *bytes);
        let half = self.0.get(self.0.len() / 2..)?;
        Some(Memory {
            early_bytes: bytes(self.0.len() / 10)?,
            end_bytes: bytes(self.0.len().checked_sub(1)?)?,
            largest_bytes: self.0.iter().map(|(_, bytes)| *bytes).max()?,
            growth_bytes_a_minute: 60.0 * slope(half),
        })
    }
}

/// Of the line through the points with the least squares; 0 through fewer than two.
fn slope(points: &[(f64, u64)]) -> f64 {
    let mean = |of: &dyn Fn(&(f64, u64)) -> f64| {
        points.iter().map(of).sum::<f64>() / points.len().max(1) as f64
    };
    let (mean_x, mean_y) = (mean(&|(x, _)| *x), mean(&|(_, y)| *y as f64));
    let products = mean(&|(x, y)| (x - mean_x) * (*y as f64 - mean_y));
    let squares = mean(&|(x, _)| (x - mean_x).powi(2));
    if squares > 0.0 {
        products / squares
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn growth_is_that_of_the_second_half() {
        let first = (0..50).map(|second| (f64::from(second), 1000));
        let second = (50..100).map(|second| (f64::from(second), 1000 + second as u64 * 3));
        let memory = Samples(first.chain(second).collect()).sum_up().unwrap();
        assert_eq!(memory.early_bytes, 1000);
        assert_eq!((memory.end_bytes, memory.largest_bytes), (1297, 1297));
        assert!(
            (memory.growth_bytes_a_minute - 180.0).abs() < 1e-6,
            "{memory:?}"
        );
    }

    #[test]
    fn few_samples_are_no_growth() {
        assert_eq!(Samples::default().sum_up(), None);
        let one = Samples(vec![(0.5, 7)]).sum_up().unwrap();
        assert_eq!((one.largest_bytes, one.growth_bytes_a_minute), (7, 0.0));
    }
}
