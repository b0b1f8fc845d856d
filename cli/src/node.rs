//! Nodes as a command reaches them: where one is, and what it is asked over HTTP.
//!
//! Never here: believing a node. What it says is checked by the replica that asks
//! ([`salus_ledger::engine::Upstream`]).

mod address;
mod client;
mod inbox;
mod upstream;

pub(crate) use address::NodeAddress;
pub(crate) use client::Client;
