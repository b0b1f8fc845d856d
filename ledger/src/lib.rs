//! The ledger of Salus: what is committed, who consented, what was asked and answered.
//!
//! A ledger is a deterministic state machine ([`state`]) over signed transactions
//! ([`transaction`]), whose order an engine ([`engine`]) keeps in a Merkle log ([`log`]). The log
//! is the truth and everything else is rebuilt from it; an audit bundle ([`audit`]) holds the
//! part of it that a study's answers rest on.
//!
//! Never here: rows, openings, secrets of subjects or custodians, or anything that proves.
//! Spec: docs/spec/ledger.md.

pub mod audit;
pub mod engine;
pub mod inbox;
pub mod key;
pub mod log;
pub mod replay;
pub mod state;
pub mod transaction;
