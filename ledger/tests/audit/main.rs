//! Audit bundles: what verifies, and each way in which one must not.
#![allow(clippy::unwrap_used)]

#[path = "../power/mod.rs"]
mod power;
#[path = "../script/process.rs"]
mod process;
#[path = "../../../tests/tools/skip.rs"]
mod skip;
#[path = "../world/mod.rs"]
mod world;

#[macro_use]
mod audited;

mod agreement;
mod altered;
mod approvals;
mod bundle;
mod cohort;
mod keys;
mod operator;
mod replayed;
mod signers;
mod unproven;
