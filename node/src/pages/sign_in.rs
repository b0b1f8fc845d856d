//! The page for signing in.

use askama::Template;
use axum::extract::State;

use super::html::Html;
use super::shell::{Here, Shell};
use crate::node::Node;

#[derive(Debug, Template)]
#[template(path = "sign_in.html")]
pub(crate) struct SignInPage {
    shell: Shell,
    /// Whether a link was printed where the node was started.
    link: bool,
    /// Whether an identity provider says who people are.
    provider: bool,
}

/// How to sign in here.
pub(crate) async fn sign_in_page(State(node): State<Node>) -> Html<SignInPage> {
    let reception = node.site().reception.as_ref();
    Html(SignInPage {
        shell: Shell::nameless(&node, "Sign in", Here::Desk),
        link: node.site().link.is_some(),
        provider: reception.is_some_and(|reception| reception.has_provider()),
    })
}
