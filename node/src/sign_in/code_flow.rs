//! The code flow's two routes: to the identity provider, and back.

use axum::extract::State;
use axum::response::Redirect;
use serde_json::{Map, Value};
use tower_sessions::Session;

use super::identity::Identity;
use super::provider::{Pending, Refused, Returned};
use super::reception::Reception;
use super::rule;
use super::session;
use crate::node::Node;
use crate::problem::Problem;
use crate::request::Parameters;

/// Under this name a session keeps a sign-in that was begun.
const PENDING: &str = "pending";
/// The longest name of a person that pages show, in characters.
const LONGEST_NAME: usize = 80;

/// Sends the browser to the identity provider.
pub(super) async fn begin(State(node): State<Node>, session: Session) -> Result<Redirect, Problem> {
    let provider = reception(&node)?.provider().ok_or_else(Problem::sign_in)?;
    node.quotas().sign_in()?;
    let (url, pending) = provider.begin().map_err(refused)?;
    session.insert(PENDING, pending).await.map_err(failed)?;
    Ok(Redirect::to(url.as_str()))
}

/// Takes the identity provider's answer, once.
pub(super) async fn end(
    State(node): State<Node>,
    session: Session,
    Parameters(returned): Parameters<Returned>,
) -> Result<Redirect, Problem> {
    let reception = reception(&node)?;
    let provider = reception.provider().ok_or_else(Problem::sign_in)?;
    node.quotas().sign_in()?;
    let pending = session.remove::<Pending>(PENDING).await.map_err(failed)?;
    let pending = pending.ok_or(Refused::NotBegun).map_err(refused)?;
    let claims = provider.end(&pending, returned).await.map_err(refused)?;
    let person = person(reception, &claims).ok_or_else(Problem::nobody_here)?;
    session::begin(&session, person).await?;
    tracing::info!("a person signed in");
    Ok(Redirect::to("/desk"))
}

fn reception(node: &Node) -> Result<&Reception, Problem> {
    let reception = node.site().reception.as_deref();
    reception.ok_or_else(Problem::sign_in)
}

/// The person of verified claims; none where no rule names this person.
fn person(reception: &Reception, claims: &Map<String, Value>) -> Option<Identity> {
    let parties = rule::acting(reception.rules(), claims);
    if parties.is_empty() {
        return None;
    }
    let text = |claim: &str| claims.get(claim).and_then(Value::as_str);
    // Issuer and subject together are a person's only lasting name.
    let id = format!("{} {}", text("iss")?, text("sub")?);
    let name = text("name").or_else(|| text("preferred_username"));
    let name = name.unwrap_or("somebody without a name").chars();
    let name: String = name
        .filter(|c| !c.is_control())
        .take(LONGEST_NAME)
        .collect();
    Some(Identity::acting(id, name, parties))
}

fn refused(reason: Refused) -> Problem {
    tracing::warn!(%reason, "a sign-in was refused");
    Problem::not_signed_in()
}

fn failed(error: tower_sessions::session::Error) -> Problem {
    Problem::internal(&error.to_string())
}
