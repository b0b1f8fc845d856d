//! Notes: what a form did, said on the page to which it leads.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::Redirect;
use salus_node::request::Parameters;
use serde::{Deserialize, Serialize};

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Done {
    Granted,
    Revoked,
    Volunteered,
    Opened,
    Closed,
    Approved,
}

/// What the address of a page says was done. It is taken only from this site's own pages: another's
/// link could else say of a desk what nobody did.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Note {
    done: Option<Done>,
}

impl<S: Send + Sync> FromRequestParts<S> for Note {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let site = parts.headers.get("sec-fetch-site");
        if site.is_none_or(|site| site != "same-origin") {
            return Ok(Self::default());
        }
        let said = Parameters::<Self>::from_request_parts(parts, state).await;
        Ok(said.map_or_else(|_| Self::default(), |Parameters(note)| note))
    }
}

impl Note {
    /// In a sentence.
    pub(super) fn sentence(&self) -> Option<&'static str> {
        Some(match self.done? {
            Done::Granted => "Your consent is on the ledger, and holds on the days that it names.",
            Done::Revoked => {
                "Your consent is taken back. It was in force up to the moment before; from now on no new count or answer \
                 that includes you can enter the ledger."
            }
            Done::Volunteered => {
                "Your proof is on the ledger. It says that somebody matches and consents, not who."
            }
            Done::Opened => "The study is on the ledger. It takes answers once its boards approve.",
            Done::Closed => "The study is closed: no further answer enters.",
            Done::Approved => "Your approval is on the ledger.",
        })
    }
}

/// Leads to a page that says what was done.
pub(super) fn lead(path: &str, done: Done) -> Redirect {
    let word = serde_json::to_value(done).ok();
    let word = word.as_ref().and_then(serde_json::Value::as_str);
    Redirect::to(&format!("{path}?done={}", word.unwrap_or_default()))
}
