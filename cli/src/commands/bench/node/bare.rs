//! The verifier alone, in this process: what a service could verify at most.

use std::time::{Duration, Instant};

use salus_protocol::statement::Statement;
use salus_verifier::{Proof, TrustedKey, verify};
use serde::Serialize;

use super::super::broken;
use crate::failure::Failure;

/// Proofs verified a second, without anything around it.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Bare {
    /// One after the other on one core.
    pub(super) one_core: f64,
    /// So on every core at once.
    pub(super) all_cores: f64,
}

impl Bare {
    /// Verifies the same proofs again and again, for so long each.
    pub(super) fn measure(
        key: &TrustedKey,
        proofs: &[(Statement, Proof)],
        time: Duration,
        cores: usize,
    ) -> Result<Self, Failure> {
        Ok(Self {
            one_core: on_cores(key, proofs, time, 1)?,
            all_cores: on_cores(key, proofs, time, cores)?,
        })
    }
}

fn on_cores(
    key: &TrustedKey,
    proofs: &[(Statement, Proof)],
    time: Duration,
    cores: usize,
) -> Result<f64, Failure> {
    let began = Instant::now();
    let counts = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cores)
            .map(|_| scope.spawn(|| on_one_core(key, proofs, time)))
            .collect();
        let ended = threads.into_iter().map(std::thread::ScopedJoinHandle::join);
        ended
            .map(|count| count.unwrap_or_else(|_| Err(broken("the verifier panicked"))))
            .collect::<Result<Vec<_>, _>>()
    })?;
    let count: u32 = counts.iter().sum();
    Ok(f64::from(count) / began.elapsed().as_secs_f64())
}

/// How many were verified. arkworks would put parts of one check onto several cores; here it has one.
fn on_one_core(
    key: &TrustedKey,
    proofs: &[(Statement, Proof)],
    time: Duration,
) -> Result<u32, Failure> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    pool.map_err(broken)?.install(|| {
        let began = Instant::now();
        let mut count = 0;
        for (statement, proof) in proofs.iter().cycle() {
            if began.elapsed() >= time {
                break;
            }
            verify(key, statement, proof)?;
            count += 1;
        }
        Ok(count)
    })
}
