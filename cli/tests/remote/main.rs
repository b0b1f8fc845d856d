//! Parties on machines of their own: each with a home that follows a node, and nodes that lie.
#![allow(clippy::unwrap_used)]

mod desk;
mod falsehood;
#[path = "../home/mod.rs"]
mod home;
mod line;
mod node;
mod parties;
mod tls;
