//! The queue: what callers hand in while another's commit is under way, entered together in the next.
//!
//! Signatures and proofs of a commit are checked on all cores, and it is flushed once: so many callers
//! at once are served faster than one after the other.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::batch::{Batch, Submission};
use super::error::LedgerError;
use crate::transaction::Transaction;

/// Transactions in one commit, if they come from several callers.
const MOST: usize = 256;

/// What waits, in order.
#[derive(Debug, Default)]
pub(super) struct Queue(Mutex<VecDeque<Waiting>>);

/// What one caller handed in.
#[derive(Debug)]
pub(super) struct Waiting {
    submissions: Vec<Submission>,
    caller: Sender<Result<Batch, LedgerError>>,
}

/// Where a caller's outcome arrives.
#[derive(Debug)]
pub(super) struct Ticket(Receiver<Result<Batch, LedgerError>>);

impl Ticket {
    /// The outcome, if another caller has entered what this one waits for.
    pub(super) fn outcome(&self) -> Option<Result<Batch, LedgerError>> {
        match self.0.try_recv() {
            Ok(outcome) => Some(outcome),
            Err(TryRecvError::Empty) => None,
            // Whoever had it panicked.
            Err(TryRecvError::Disconnected) => Some(Err(LedgerError::Failed)),
        }
    }
}

impl Waiting {
    /// What custodians prove may cost seconds, and again when something enters before it in the same
    /// commit: it has one of its own.
    fn goes_with_others(&self) -> bool {
        let light = |submission: &Submission| {
            !matches!(
                submission.envelope.transaction(),
                Transaction::PublishPage(_)
                    | Transaction::SubmitCohort(_)
                    | Transaction::SubmitTally(_)
                    | Transaction::ReleaseCohort(_)
            )
        };
        self.submissions.iter().all(light)
    }

    fn tell(self, outcome: Result<Batch, LedgerError>) {
        // A caller that is gone wants no answer.
        let _ = self.caller.send(outcome);
    }
}

impl Queue {
    /// Lines up.
    pub(super) fn join(&self, submissions: &[Submission]) -> Ticket {
        let (caller, ticket) = channel();
        self.lock().push_back(Waiting {
            submissions: submissions.to_vec(),
            caller,
        });
        Ticket(ticket)
    }

    /// Enters who stands first by `enter`, and with `together` those behind it that can go along;
    /// tells each what became of its own.
    pub(super) fn serve(
        &self,
        together: bool,
        enter: impl Fn(&[Submission]) -> Result<Batch, LedgerError>,
    ) {
        let taken = self.take(together);
        if taken.is_empty() {
            return;
        }
        let all: Vec<Submission> = taken.iter().flat_map(|w| w.submissions.clone()).collect();
        match enter(&all) {
            Ok(batch) => {
                let mut outcomes = batch.outcomes.into_iter();
                for waiting in taken {
                    let own = outcomes.by_ref().take(waiting.submissions.len());
                    let batch = Batch {
                        outcomes: own.collect(),
                        height: batch.height,
                        checkpoint: batch.checkpoint.clone(),
                    };
                    waiting.tell(Ok(batch));
                }
            }
            // Nothing was written: what is too much together may fit alone.
            Err(LedgerError::DiskFull { .. }) if taken.len() > 1 => {
                for waiting in taken {
                    let outcome = enter(&waiting.submissions);
                    waiting.tell(outcome);
                }
            }
            // The cause can be told once.
            Err(error) => {
                let mut outcome = Err(error);
                for waiting in taken {
                    waiting.tell(std::mem::replace(&mut outcome, Err(LedgerError::Failed)));
                }
            }
        }
    }

    fn take(&self, together: bool) -> Vec<Waiting> {
        let mut queue = self.lock();
        let first = queue.pop_front();
        let together = together && first.as_ref().is_some_and(Waiting::goes_with_others);
        let mut taken = Vec::from_iter(first);
        let mut count: usize = taken.iter().map(|w| w.submissions.len()).sum();
        while let Some(next) = queue.front().filter(|w| together && w.goes_with_others()) {
            count += next.submissions.len();
            if count > MOST {
                break;
            }
            taken.extend(queue.pop_front());
        }
        taken
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Waiting>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
