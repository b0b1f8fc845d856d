//! The noised release circuit: released values are what the policy makes of hidden counts with noise.
//!
//! It shows `salus_protocol::noise::release_noised`, for every policy, epsilon and number of cells up to 64. What
//! the policy and the released values allow of each noisy count is public and computed outside, in [`Instance`].
//! That the counts and seeds are the committed ones is shown outside too, of the circuit's first two columns.
//! Spec: docs/spec/cohort.md, section "Noise".

mod chip;
mod instance;
mod witness;

pub use chip::{COUNT_COLUMN, Circuit, ROWS_LOG2, SEED_COLUMN};
pub use instance::{Instance, InstanceError};
pub use witness::{COLUMNS as ADVICE_COLUMNS, Choice, Witness};
