//! The query builder: a query is put together from a profile's fields, or written as text, and
//! explained in plain English. Without script it is a form with the text alone.

use askama::Template;
use axum::Form;
use axum::body::Body;
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use salus_protocol::query::{Explanation, Query};
use serde::Deserialize;

use super::html::Html;
use super::shell::{Here, Shell};
use crate::api::{Checked, ProfileView, Written};
use crate::body;
use crate::node::Node;
use crate::problem::Problem;
use crate::request::Parameters;

/// What the builder begins with.
const EXAMPLE: &str = "cohort \"Adults with a raised HbA1c\" at 2025-01-01
include all
  age between 35 and 75 years
include any
  diabetes.first at least 1 years before index
  hba1c.latest at least 6.5 %
exclude any
  mi.latest within 6 months before index
";

/// The longest form.
const FORM_BYTES: usize = 1 << 20;

/// Which profile.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Chosen {
    /// Its name; the first that is offered where there is none.
    profile: Option<String>,
}

/// A query as the form sends it.
#[derive(Debug, Deserialize)]
pub(super) struct Sent {
    profile: String,
    text: String,
}

#[derive(Debug, Template)]
#[template(path = "query.html")]
pub(super) struct QueryPage {
    shell: Shell,
    profiles: Vec<(String, String)>,
    profile: Option<ProfileView>,
    text: String,
    checked: Option<Checked>,
    explanation: Option<Explanation>,
}

pub(super) async fn page(
    State(node): State<Node>,
    Parameters(chosen): Parameters<Chosen>,
) -> Result<Html<QueryPage>, Problem> {
    let name = chosen.profile.or_else(|| {
        let first = node.site().profiles.first();
        first.map(|offered| offered.profile.name().to_owned())
    });
    render(node, name, EXAMPLE.to_owned()).await
}

pub(super) async fn check(
    State(node): State<Node>,
    headers: HeaderMap,
    body: Body,
) -> Result<Html<QueryPage>, Problem> {
    let sent = read(&node, headers, body).await?;
    // Browsers send lines of a form with CR LF.
    render(node, Some(sent.profile), sent.text.replace("\r\n", "\n")).await
}

/// A form, within the limits for every body.
async fn read(node: &Node, headers: HeaderMap, body: Body) -> Result<Sent, Problem> {
    let held = body::read_at_most(node, body, FORM_BYTES).await?;
    let mut request = Request::new(Body::from(held.bytes().to_vec()));
    *request.method_mut() = Method::POST;
    *request.headers_mut() = headers;
    let form = Form::<Sent>::from_request(request, &()).await;
    let Form(sent) = form.map_err(|refused| match refused.status() {
        media @ StatusCode::UNSUPPORTED_MEDIA_TYPE => Problem::new(
            media,
            "MediaType",
            "Unsupported media type",
            "send the form as application/x-www-form-urlencoded",
        ),
        _ => Problem::body("the form has a profile and a text"),
    })?;
    Ok(sent)
}

async fn render(
    node: Node,
    profile: Option<String>,
    text: String,
) -> Result<Html<QueryPage>, Problem> {
    let shown = node.clone();
    let page = node.read(move |ledger| {
        let state = ledger.state()?;
        let site = shown.site();
        let offered = match profile {
            Some(name) => {
                let offered = site.profile(&name);
                Some(offered.ok_or_else(|| Problem::not_found("no such profile is offered"))?)
            }
            None => None,
        };
        let checked = match offered {
            Some(offered) => {
                let written = Written {
                    profile: offered.profile.name().to_owned(),
                    text: Some(text.clone()),
                    query: None,
                };
                Some(Checked::of(&written, &offered.profile)?)
            }
            None => None,
        };
        let explain = |query: Query| query.explain(&offered?.profile).ok();
        Ok(QueryPage {
            shell: Shell::of(&shown, &state, "Query builder", Here::Query),
            profiles: site
                .profiles
                .iter()
                .map(|offered| {
                    let document = offered.profile.document();
                    (document.name.clone(), document.title.clone())
                })
                .collect(),
            profile: offered.map(|offered| ProfileView::of(&offered.profile)),
            explanation: Query::parse(&text).ok().and_then(explain),
            text,
            checked,
        })
    });
    Ok(Html(page.await?))
}
