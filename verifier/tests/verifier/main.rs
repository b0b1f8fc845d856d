//! The verifier through its public interface: what it accepts, and every way to be refused.

#![allow(clippy::unwrap_used)]

mod batch;
mod circuit;
mod decoding;
mod key;
mod point;
mod proof;
mod snarkjs_json;
mod verifying;
