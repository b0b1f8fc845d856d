//! Signing in: who a person is to this node, and for which of its parties that person may act.
//!
//! Nothing public needs it. It guards the desks, where a party's own keys are used; what these sign
//! is checked by the ledger like anybody's. Sessions are kept in memory only, and end with the node.

mod identity;
mod link;
mod session;

pub use identity::{Acting, Identity, Role};
pub use link::SignInLink;

pub(crate) use session::{around, routes};
