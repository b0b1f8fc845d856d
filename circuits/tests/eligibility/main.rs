//! The eligibility circuit against the native relation.
#![allow(clippy::unwrap_used)]

mod agreement;
mod scene;
mod shape;
mod under_constraint;
mod violations;
