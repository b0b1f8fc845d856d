//! Noise: a study's terms for releases that carry it.

use borsh::{BorshDeserialize, BorshSerialize};
use salus_protocol::noise::Epsilon;
use serde::{Deserialize, Serialize};

/// That a study's releases carry noise, and how much of it may be spent.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Noise {
    /// How much one record may change a released cell.
    pub epsilon: Epsilon,
    /// The most that the study's tables may cost each dataset, in tenths of epsilon; at least 1.
    pub budget: u16,
}
