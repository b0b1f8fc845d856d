//! Lanes: where blocking work on the ledger runs, a bounded number of requests at a time.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::problem::Problem;

/// A bounded number of places for blocking work. Work that has begun keeps its place until it ends,
/// also when its client has gone.
#[derive(Debug)]
pub(crate) struct Lane {
    places: Arc<Semaphore>,
    size: usize,
    patience: Duration,
    work_time: Duration,
}

impl Lane {
    /// A lane with so many places; a request waits `patience` for one.
    pub(crate) fn new(size: usize, patience: Duration, work_time: Duration) -> Self {
        let size = size.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            places: Arc::new(Semaphore::new(size)),
            size,
            patience,
            work_time,
        }
    }

    /// How many places are taken.
    pub(crate) fn taken(&self) -> usize {
        self.size.saturating_sub(self.places.available_permits())
    }

    /// Runs blocking work in a place of this lane. Without a free one, and after `work_time`, the
    /// client is told to come again.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let place = timeout(self.patience, self.places.clone().acquire_owned()).await;
        let Ok(Ok(place)) = place else {
            return Err(Problem::busy());
        };
        let working = spawn_blocking(move || {
            let outcome = work();
            drop(place);
            outcome
        });
        match timeout(self.work_time, working).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(Problem::internal("a request's work panicked")),
            Err(_) => Err(Problem::late()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::future::Future;
    use std::sync::mpsc;

    fn block_on<F: Future>(future: F) -> F::Output {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build();
        runtime.unwrap().block_on(future)
    }

    const LONG: Duration = Duration::from_secs(600);

    #[test]
    fn a_full_lane_turns_away_until_a_place_is_free() {
        let lane = Lane::new(1, Duration::ZERO, LONG);
        let (release, released) = mpsc::channel::<()>();
        let (begun, begins) = mpsc::channel::<()>();
        block_on(async {
            let held = lane.run(move || {
                begun.send(()).unwrap();
                released.recv().unwrap();
                Ok(())
            });
            let other = async {
                // The first has its place once it says so.
                tokio::task::spawn_blocking(move || begins.recv().unwrap())
                    .await
                    .unwrap();
                assert_eq!(lane.taken(), 1);
                let refused = lane.run(|| Ok(())).await.unwrap_err();
                release.send(()).unwrap();
                refused
            };
            let (held, refused) = tokio::join!(held, other);
            assert_eq!(refused, Problem::busy());
            held.unwrap();
            assert_eq!(lane.run(|| Ok(7)).await.unwrap(), 7);
        });
    }

    #[test]
    fn a_panic_is_a_problem_and_frees_its_place() {
        let lane = Lane::new(1, Duration::ZERO, LONG);
        block_on(async {
            let outcome = lane.run(|| -> Result<(), Problem> { panic!("on purpose") });
            assert_eq!(outcome.await.unwrap_err().status().as_u16(), 500);
            assert_eq!(lane.run(|| Ok(7)).await.unwrap(), 7);
        });
    }

    #[test]
    fn work_that_takes_too_long_keeps_its_place_until_it_ends() {
        let lane = Lane::new(1, Duration::ZERO, Duration::from_millis(10));
        let (release, released) = mpsc::channel::<()>();
        block_on(async {
            let work = move || {
                released.recv().unwrap();
                Ok(())
            };
            assert_eq!(lane.run(work).await.unwrap_err(), Problem::late());
            assert_eq!(lane.run(|| Ok(())).await.unwrap_err(), Problem::busy());
            release.send(()).unwrap();
        });
    }
}
