//! The verification page's script beside the Rust code, part by part: what each reads and takes.
//! How the two agree on whole bundles is tested with the bundles, in `audit/` and `cohort/`.
#![allow(clippy::unwrap_used)]

mod process;
#[path = "../../../tests/tools/skip.rs"]
mod skip;
#[path = "../world/mod.rs"]
mod world;

mod chance;
mod decoding;
mod inclusion;
mod profiles;
mod query_text;
mod signatures;
mod statements;
mod two_checkpoints;
mod vendored;
