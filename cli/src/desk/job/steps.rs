//! Steps: how far a job is, and whether it is to go on. Every step's end is a place to stop.

use std::sync::Mutex;

use super::queue::Queued;
use crate::desk::Desk;
use crate::failure::Failure;
use crate::home::Progress;

/// The steps of a running job.
pub(super) struct Steps<'a> {
    pub(super) desk: &'a Desk,
    pub(super) job: &'a Queued,
    at: Mutex<Progress>,
}

impl<'a> Steps<'a> {
    pub(super) fn new(desk: &'a Desk, job: &'a Queued) -> Self {
        Self {
            desk,
            job,
            at: Mutex::new(Progress::default()),
        }
    }

    /// A phase begins, of so many steps; 0 where that is not known.
    pub(super) fn phase(&self, phase: &str, total: usize) -> Result<(), Failure> {
        self.set(|at| {
            *at = Progress {
                phase: phase.to_owned(),
                done: 0,
                total: total as u64,
            };
        })
    }

    /// One more step of the phase is done.
    pub(super) fn step(&self) -> Result<(), Failure> {
        self.steps(1)
    }

    /// So many more are done.
    pub(super) fn steps(&self, more: usize) -> Result<(), Failure> {
        self.set(|at| at.done += more as u64)
    }

    /// So many are done.
    pub(super) fn at(&self, done: usize, total: usize) -> Result<(), Failure> {
        self.set(|at| {
            at.done = done as u64;
            at.total = total as u64;
        })
    }

    /// Keeps the progress, and stops the job if somebody asked for that or the process ends.
    fn set(&self, change: impl FnOnce(&mut Progress)) -> Result<(), Failure> {
        let progress = {
            let at = self.at.lock();
            let mut at = at.unwrap_or_else(|held| held.into_inner());
            change(&mut at);
            at.clone()
        };
        let shared = &self.desk.0;
        let job = shared
            .jobs
            .update(&shared.home, self.job, |job| job.progress = progress)?;
        match job {
            Some(job) if !job.cancel_asked && !shared.jobs.is_stopping() => Ok(()),
            _ => Err(Failure::Stopped),
        }
    }
}
