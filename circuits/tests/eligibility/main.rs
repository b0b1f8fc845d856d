//! The eligibility circuit against the native relation.
#![allow(clippy::unwrap_used)]

mod scene;
mod shape;
