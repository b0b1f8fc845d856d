//! The noise's law: tables against an independent computation, and against the OpenDP library's samples.
#![allow(clippy::unwrap_used)]

mod law;
mod samples;
