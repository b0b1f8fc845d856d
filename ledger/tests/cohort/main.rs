//! Cohort answers on the ledger: the whole path with real proofs, and each way in which a
//! publication or an answer must not enter.
#![allow(clippy::unwrap_used)]

#[path = "../power/mod.rs"]
mod power;
#[path = "../script/process.rs"]
mod process;
#[path = "../../../tests/tools/skip.rs"]
mod skip;
#[path = "../world/mod.rs"]
mod world;

mod scene;

/// Asserts that a result is one named rejection.
macro_rules! refused {
    ($result:expr, $rule:pat $(if $guard:expr)?) => {
        match $result {
            Err($rule) $(if $guard)? => {}
            other => panic!("expected {}, got {other:?}", stringify!($rule)),
        }
    };
}

mod audited;
mod custodians;
mod noised;
mod path;
mod proofs;
mod publication;
mod rules;
mod together;
