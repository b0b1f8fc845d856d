//! Searches: the parameters that all of them take, and the Bundle that answers.

use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;

use super::Resource;
use super::call::Call;
use crate::problem::Problem;

/// How many resources a page has unless the client says otherwise.
const USUAL: usize = 50;
/// The most resources in a page; whoever asks for more gets these, as FHIR has it.
const MOST: usize = 200;
/// The values of `_format` that name what is served.
const FORMATS: [&str; 4] = [
    "json",
    "application/json",
    "application/fhir+json",
    "text/json",
];

/// Refuses a format that is not served.
pub(super) fn check_format(format: Option<&str>) -> Result<(), Problem> {
    // A plus sign in a query is a blank.
    let known = |format: &str| FORMATS.contains(&format.replace(' ', "+").as_str());
    match format {
        Some(format) if !known(format) => Err(Problem::not_acceptable(
            "resources are served as application/fhir+json only",
        )),
        _ => Ok(()),
    }
}

/// A page of a search.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page {
    offset: usize,
    count: usize,
}

impl Page {
    pub(super) fn of(offset: Option<usize>, count: Option<usize>) -> Self {
        Self {
            offset: offset.unwrap_or(0),
            count: count.unwrap_or(USUAL).min(MOST),
        }
    }

    /// The things of this page, and how many there are in all.
    pub(super) fn cut<T>(&self, all: impl Iterator<Item = T>) -> Found<T> {
        let mut found = Found {
            total: 0,
            page: Vec::new(),
        };
        for one in all {
            if found.total >= self.offset && found.page.len() < self.count {
                found.page.push(one);
            }
            found.total += 1;
        }
        found
    }
}

/// A page of what was found.
#[derive(Debug)]
pub(super) struct Found<T> {
    pub(super) total: usize,
    pub(super) page: Vec<T>,
}

impl<T> Found<T> {
    /// The same page of something made of each.
    pub(super) fn map<U>(self, make: impl FnMut(T) -> U) -> Found<U> {
        Found {
            total: self.total,
            page: self.page.into_iter().map(make).collect(),
        }
    }
}

/// What a read takes.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Formatted {
    /// `json`, the only format.
    #[serde(rename = "_format")]
    format: Option<String>,
}

impl Formatted {
    /// Refuses a format that is not served.
    pub(super) fn check(&self) -> Result<(), Problem> {
        check_format(self.format.as_deref())
    }
}

/// A search as it was asked, for the links of its answer.
#[derive(Debug)]
pub(super) struct Search<'a> {
    /// Where.
    pub(super) call: &'a Call,
    /// The resource type.
    pub(super) kind: &'static str,
    /// Its own parameters.
    pub(super) filters: &'a [(&'static str, Option<&'a str>)],
    /// Which page.
    pub(super) page: Page,
}

impl Search<'_> {
    /// The Bundle of a page, the resources in order.
    pub(super) fn bundle(&self, found: Found<Value>) -> Resource {
        let Page { offset, count } = self.page;
        let mut links = vec![json!({ "relation": "self", "url": self.url(offset) })];
        let next = offset.saturating_add(count);
        if count > 0 && next < found.total {
            links.push(json!({ "relation": "next", "url": self.url(next) }));
        }
        if offset > 0 && count > 0 {
            let before = offset.saturating_sub(count);
            links.push(json!({ "relation": "previous", "url": self.url(before) }));
        }
        let entries: Vec<Value> = found.page.into_iter().map(|r| self.entry(r)).collect();
        let mut bundle = json!({
            "resourceType": "Bundle", "type": "searchset", "total": found.total, "link": links,
        });
        // An empty list is no FHIR.
        if !entries.is_empty() {
            bundle["entry"] = entries.into();
        }
        Resource(bundle)
    }

    fn entry(&self, resource: Value) -> Value {
        let id = resource["id"].as_str().unwrap_or_default();
        json!({
            "fullUrl": format!("{}/{}/{id}", self.call.base, self.kind),
            "resource": resource,
            "search": { "mode": "match" },
        })
    }

    fn url(&self, offset: usize) -> String {
        let mut url = format!("{}/{}?", self.call.base, self.kind);
        for (name, value) in self.filters {
            if let Some(value) = value {
                url += &format!("{name}={}&", percent_encoded(value));
            }
        }
        url + &format!("_count={}&_offset={offset}", self.page.count)
    }
}

fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            other => encoded += &format!("%{other:02X}"),
        }
    }
    encoded
}

/// Whether a token search finds this code: one of a list, each with or without a system.
pub(super) fn finds(asked: Option<&str>, system: &str, code: &str) -> bool {
    let matches = |token: &str| match token.split_once('|') {
        None => token == code,
        // `|code` asks for a code without a system.
        Some((asked, wanted)) => asked == system && (wanted == code || wanted.is_empty()),
    };
    asked.is_none_or(|asked| asked.split(',').any(matches))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_find_codes_with_or_without_their_system() {
        let finds = |asked| finds(Some(asked), "urn:s", "a");
        for asked in ["a", "b,a", "urn:s|a", "urn:s|"] {
            assert!(finds(asked), "{asked}");
        }
        for asked in ["", "b", "|a", "urn:t|a", "urn:s|b", "a b", "A"] {
            assert!(!finds(asked), "{asked}");
        }
        assert!(super::finds(None, "urn:s", "a"));
    }

    #[test]
    fn a_page_is_cut_and_the_rest_is_counted() {
        let cut = |offset, count| Page::of(Some(offset), Some(count)).cut(0..7);
        assert_eq!(cut(0, 3).page, [0, 1, 2]);
        assert_eq!(cut(6, 3).page, [6]);
        assert!(cut(7, 3).page.is_empty());
        assert!(cut(usize::MAX, usize::MAX).page.is_empty());
        assert_eq!(cut(3, 0).total, 7);
        assert_eq!(
            Page::of(None, Some(usize::MAX)).cut(0..999).page.len(),
            MOST
        );
    }

    #[test]
    fn links_hold_nothing_but_plain_characters() {
        assert_eq!(percent_encoded("a|b&c=ä%"), "a%7Cb%26c%3D%C3%A4%25");
    }
}
