//! Bundles: their entries as resources, with references by `fullUrl` resolved.

use rayon::prelude::*;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::fact::Rejection;
use super::reference::FullUrls;
use super::resource::{Resource, decode};

#[derive(Debug, Deserialize)]
struct BundleElement<'a> {
    #[serde(borrow)]
    entry: Option<Vec<EntryElement<'a>>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EntryElement<'a> {
    full_url: Option<String>,
    #[serde(borrow)]
    resource: Option<&'a RawValue>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Name {
    resource_type: Option<String>,
    id: Option<String>,
}

/// Whether this JSON object is a Bundle.
pub(crate) fn is_bundle(json: &str) -> bool {
    // The word is looked for first: almost no line has it, and parsing costs more.
    json.contains("\"Bundle\"")
        && serde_json::from_str::<Name>(json)
            .is_ok_and(|name| name.resource_type.as_deref() == Some("Bundle"))
}

/// The entries of a Bundle.
pub(crate) fn entries(json: &str) -> Result<Vec<EntryElement<'_>>, Rejection> {
    Ok(decode::<BundleElement<'_>>(json)?.entry.unwrap_or_default())
}

/// The resources of a Bundle's entries, each with the number of its entry, from 1.
pub(crate) fn read(entries: Vec<EntryElement<'_>>) -> Vec<(u32, Resource)> {
    let mut urls = FullUrls::default();
    let mut resources = Vec::new();
    for (number, entry) in (1..).zip(entries) {
        let Some(resource) = entry.resource else {
            continue;
        };
        // A server that assigns ids on transaction leaves them out; the fullUrl names the entry.
        let own_id = entry
            .full_url
            .as_deref()
            .and_then(|url| url.strip_prefix("urn:uuid:"))
            .map(str::to_owned);
        if let (Some(url), Ok(name)) =
            (entry.full_url, serde_json::from_str::<Name>(resource.get()))
            && let (Some(resource_type), Some(id)) =
                (name.resource_type, name.id.or_else(|| own_id.clone()))
        {
            urls.insert(url, resource_type, id);
        }
        resources.push((number, resource.get(), own_id));
    }
    let read = |(number, json, id): (u32, &str, Option<String>)| {
        (number, Resource::read(json, id.as_deref(), &urls))
    };
    resources.into_par_iter().map(read).collect()
}
