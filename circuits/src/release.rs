//! The release circuit: released values are what the policy makes of counts that stay hidden.
//!
//! It shows `salus_protocol::release`, for every policy, shape and number of cells up to 64. What
//! the policy and the released values allow is public and computed outside, in [`Instance`]: of
//! each cell the interval in which its count lies, and its role in a partition.
//! Spec: docs/spec/cohort.md, section "Release".

mod chip;
mod instance;
mod witness;

pub use chip::{COUNT_COLUMN, Circuit, ROWS_LOG2};
pub use instance::{Instance, InstanceError};
pub use witness::{COLUMNS as ADVICE_COLUMNS, Witness};
