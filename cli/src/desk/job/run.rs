//! Running a job: begun, done or stopped, and its end kept.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::Desk;
use super::queue::Queued;
use super::steps::Steps;
use super::{count, import, publish};
use crate::desk::problem::told;
use crate::failure::Failure;
use crate::home::{Job, Outcome, Standing, Work};

/// A job that was begun so often and never ended is given up: it may be what ends the process.
const MOST_TRIES: u32 = 3;

/// Runs a job to its end, unless it is over or the process stops. What fails is in its file.
pub(super) fn run(desk: &Desk, queued: &Queued) {
    let running = desk.0.jobs.running.lock();
    let _running = running.unwrap_or_else(|held| held.into_inner());
    if desk.0.jobs.is_stopping() {
        return;
    }
    let ended = match begin(desk, queued) {
        Ok(Some(job)) => {
            let done = catch_unwind(AssertUnwindSafe(|| {
                desk.0.jobs.pool.install(|| perform(desk, queued, &job))
            }));
            end(desk, queued, &job, done.unwrap_or_else(|_| Err(panicked())))
        }
        Ok(None) => Ok(()),
        Err(failure) => Err(failure),
    };
    if let Err(failure) = ended {
        tracing::error!(what = failure.logged(), "a job's file failed");
    }
}

/// Notes that the job begins; none where there is nothing to do.
fn begin(desk: &Desk, queued: &Queued) -> Result<Option<Job>, Failure> {
    let shared = &desk.0;
    let entries = shared.node.ledger().state()?.entries();
    let job = shared.jobs.update(&shared.home, queued, |job| {
        if job.standing.is_over() {
            return;
        }
        if job.cancel_asked {
            job.standing = Standing::Cancelled;
            job.outcome = Some(cancelled());
        } else if job.tries >= MOST_TRIES {
            job.standing = Standing::Interrupted;
            job.outcome = Some(interrupted());
        } else {
            job.standing = Standing::Running;
            job.tries += 1;
            job.entries_before.get_or_insert(entries);
        }
    })?;
    let job = job.filter(|job| job.standing == Standing::Running);
    if job.is_none() {
        shared.home.drop_job_upload(&queued.custodian, &queued.id)?;
    }
    Ok(job)
}

fn perform(desk: &Desk, queued: &Queued, job: &Job) -> Result<Outcome, Failure> {
    let steps = Steps::new(desk, queued);
    match &job.work {
        Work::Import {
            source,
            profile,
            index_day,
        } => import::import(&steps, job, source, profile, *index_day),
        Work::Commit {
            import,
            profile,
            index_day,
        } => import::commit(&steps, job, import, profile, *index_day),
        Work::Publish { profile, index_day } => publish::publish(&steps, job, profile, *index_day),
        Work::Count { study, table, .. } => count::count(&steps, job, study, table),
    }
}

/// Keeps how the job ended.
fn end(
    desk: &Desk,
    queued: &Queued,
    job: &Job,
    done: Result<Outcome, Failure>,
) -> Result<(), Failure> {
    let shared = &desk.0;
    let stopping = shared.jobs.is_stopping();
    let kept = shared.jobs.update(&shared.home, queued, |job| match done {
        Ok(outcome) => {
            job.standing = Standing::Done;
            job.outcome = Some(outcome);
        }
        Err(Failure::Stopped) if job.cancel_asked => {
            job.standing = Standing::Cancelled;
            job.outcome = Some(cancelled());
        }
        Err(Failure::Stopped) if stopping => {
            // The process was told to end: that was not the job's doing.
            job.standing = Standing::Waiting;
            job.tries = 0;
        }
        Err(failure) => {
            job.standing = Standing::Failed;
            job.outcome = Some(told(failure));
        }
    })?;
    if kept.is_some_and(|kept| kept.standing.is_over()) {
        shared.home.drop_job_upload(&job.custodian, &job.id)?;
    }
    Ok(())
}

/// What a job that was ended on request says.
pub(super) fn cancelled() -> Outcome {
    Outcome {
        says: "Cancelled.".to_owned(),
        help: Some(
            "What had entered the ledger by then stays there; asked again, the job goes on after it."
                .to_owned(),
        ),
    }
}

fn interrupted() -> Outcome {
    Outcome {
        says: format!(
            "Given up: it was begun {MOST_TRIES} times, and each time the service ended while it ran."
        ),
        help: Some(
            "The operator finds in the system's log why, such as too little memory. What had \
             entered the ledger stays there; asked again, the job goes on after it."
                .to_owned(),
        ),
    }
}

fn panicked() -> Failure {
    Failure::defect(&"the job failed where it never should")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use salus_ledger::transaction::LedgerName;
    use salus_node::{Node, Settings};
    use tempfile::TempDir;

    use super::*;
    use crate::home::{Home, Name};

    /// Desks over a ledger on which nothing is, and a job that asks to publish.
    fn asked() -> (TempDir, Desk, Job) {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::new(folder.path().join("home"));
        let name = LedgerName::new("jobs").unwrap();
        let ledger = home.found_ledger(name, false).unwrap();
        let node = Node::new(Arc::new(ledger), Settings::default());
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let desk = runtime.block_on(Desk::open(home, node, None)).unwrap();
        let work = Work::Publish {
            profile: "general".to_owned(),
            index_day: "2025-01-01".parse().unwrap(),
        };
        let custodian: Name = "hospital".parse().unwrap();
        let job = Job::new(custodian, work).unwrap();
        desk.0.home.put_job(&job).unwrap();
        (folder, desk, job)
    }

    fn kept(desk: &Desk, job: &Job) -> Job {
        desk.0
            .home
            .find_job(&job.custodian, &job.id)
            .unwrap()
            .unwrap()
    }

    fn change(desk: &Desk, job: &Job, change: impl FnOnce(&mut Job)) {
        desk.0
            .jobs
            .update(&desk.0.home, &Queued::of(job), change)
            .unwrap();
    }

    #[test]
    fn steps_are_kept_and_a_cancelled_job_stops_at_the_next() {
        let (_folder, desk, job) = asked();
        let queued = Queued::of(&job);
        let begun = begin(&desk, &queued).unwrap().unwrap();
        assert_eq!((begun.standing, begun.tries), (Standing::Running, 1));
        let steps = Steps::new(&desk, &queued);
        steps.phase("pages published", 3).unwrap();
        steps.step().unwrap();
        let now = kept(&desk, &job);
        assert_eq!((now.progress.done, now.progress.total), (1, 3));
        assert!(now.revision > begun.revision);
        change(&desk, &job, |job| job.cancel_asked = true);
        let stopped = steps.step().unwrap_err();
        assert!(matches!(stopped, Failure::Stopped));
        end(&desk, &queued, &begun, Err(stopped)).unwrap();
        let now = kept(&desk, &job);
        assert_eq!((now.standing, now.progress.done), (Standing::Cancelled, 2));
        assert_eq!(now.outcome, Some(cancelled()));
    }

    #[test]
    fn a_job_that_fails_says_why_and_is_not_run_again() {
        let (_folder, desk, job) = asked();
        run(&desk, &Queued::of(&job));
        let failed = kept(&desk, &job);
        assert_eq!((failed.standing, failed.tries), (Standing::Failed, 1));
        let says = failed.outcome.as_ref().unwrap().says.clone();
        assert!(says.contains("hospital"), "{says}");
        run(&desk, &Queued::of(&job));
        assert_eq!(kept(&desk, &job), failed);
    }

    #[test]
    fn what_ends_the_process_each_time_is_given_up() {
        let (_folder, desk, job) = asked();
        // The process was killed while it ran: nothing else was kept.
        for tries in 1..=MOST_TRIES {
            let begun = begin(&desk, &Queued::of(&job)).unwrap().unwrap();
            assert_eq!(begun.tries, tries);
        }
        run(&desk, &Queued::of(&job));
        assert_eq!(kept(&desk, &job).standing, Standing::Interrupted);
    }

    #[test]
    fn a_service_that_stops_leaves_its_jobs_for_the_next() {
        let (_folder, desk, job) = asked();
        let queued = Queued::of(&job);
        let begun = begin(&desk, &queued).unwrap().unwrap();
        desk.stop_jobs();
        let stopped = Steps::new(&desk, &queued).phase("pages published", 3);
        end(&desk, &queued, &begun, Err(stopped.unwrap_err())).unwrap();
        let now = kept(&desk, &job);
        assert_eq!((now.standing, now.tries), (Standing::Waiting, 0));
        run(&desk, &queued);
        assert_eq!(kept(&desk, &job), now, "none is taken up any more");
    }
}
