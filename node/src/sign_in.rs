//! Signing in: who a person or a service is to this node, and for which of its parties it may act.
//!
//! Nothing public needs it. It guards the desks, where a party's own keys are used; what these sign
//! is checked by the ledger like anybody's. People come through an OpenID Connect provider or by a
//! link printed where the node was started, services by SMART Backend Services. Never here: a
//! password, or a copy of what a provider keeps. Sessions and tokens are kept in memory only, and end
//! with the node.

mod assertion;
mod bearer;
mod client;
mod code_flow;
mod error;
mod identity;
mod link;
mod outgoing;
mod presence;
mod provider;
mod reception;
mod rule;
mod session;
mod settings;
mod store;
mod token;

pub use error::{KeysError, SignInError};
pub use identity::{Acting, Identity, Role};
pub use link::SignInLink;
pub use presence::Presence;
pub use reception::Reception;
pub use settings::SignInSettings;

pub(crate) use session::{around, routes};
pub(crate) use token::described_routes;
