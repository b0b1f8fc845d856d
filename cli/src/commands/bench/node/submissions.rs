//! Transactions handed in: answers, each once, and answers with a false proof.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use hyper::body::Bytes;

use super::client::Ask;
use super::load::Asks;
use super::outcome::Outcome;

const ANSWER: usize = 0;
const FALSE: usize = 1;
/// One in so many is an answer, where false ones are handed in too.
const ANSWERS: u64 = 8;

/// Answers that wait to be handed in. One that is turned away waits again.
#[derive(Debug)]
pub(super) struct Submissions {
    waiting: Mutex<VecDeque<Bytes>>,
    /// Handed in again and again between answers, and when there are none left.
    forged: Option<Bytes>,
    turn: AtomicU64,
}

impl Submissions {
    /// Answers only.
    pub(super) fn of(answers: Vec<Bytes>) -> Self {
        Self {
            waiting: Mutex::new(answers.into()),
            forged: None,
            turn: AtomicU64::new(0),
        }
    }

    /// The same with an answer whose proof is false, without end.
    pub(super) fn among(answers: Vec<Bytes>, forged: Bytes) -> Self {
        Self {
            forged: Some(forged),
            ..Self::of(answers)
        }
    }

    fn answer(&self) -> Option<Bytes> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.pop_front()
    }
}

impl Asks for Submissions {
    fn kinds(&self) -> Vec<&'static str> {
        vec!["answer", "false proof"]
    }

    fn next(&self) -> Option<Ask> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let of_answers = self.forged.is_none() || turn.is_multiple_of(ANSWERS);
        let answer = if of_answers { self.answer() } else { None };
        let (kind, transaction) = match answer {
            Some(answer) => (ANSWER, answer),
            None => (FALSE, self.forged.clone()?),
        };
        Some(Ask {
            kind,
            path: "/api/v1/transactions".to_owned(),
            transaction: Some(transaction),
        })
    }

    fn answered(&self, ask: Ask, outcome: &Outcome) {
        if ask.kind == ANSWER && outcome.is_turned_away() {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.extend(ask.transaction);
        }
    }
}
