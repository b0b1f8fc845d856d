//! References between resources: relative, absolute, contained, and `urn:uuid:` inside a Bundle.

use std::collections::HashMap;

use serde::Deserialize;

/// A FHIR Reference.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Reference {
    reference: Option<String>,
}

/// The resources of a Bundle by `fullUrl`. Empty outside Bundles.
#[derive(Debug, Default)]
pub(crate) struct FullUrls(HashMap<String, Target>);

/// What a reference points at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// The resource type; `None` for a URN that no entry of the Bundle carries.
    pub(crate) resource_type: Option<String>,
    /// The resource's id.
    pub(crate) id: String,
}

impl FullUrls {
    /// Records that the entry with this `fullUrl` holds this resource.
    pub(crate) fn insert(&mut self, full_url: String, resource_type: String, id: String) {
        self.0.insert(
            full_url,
            Target {
                resource_type: Some(resource_type),
                id,
            },
        );
    }
}

impl Reference {
    /// The id of a contained resource, for a reference such as `#med`.
    pub(crate) fn contained(&self) -> Option<&str> {
        self.reference
            .as_deref()?
            .trim()
            .strip_prefix('#')
            .filter(|id| !id.is_empty())
    }

    /// What is referred to; `None` for contained, conditional and unreadable references.
    pub(crate) fn target(&self, urls: &FullUrls) -> Option<Target> {
        let text = self.reference.as_deref()?.trim();
        if let Some(target) = urls.0.get(text) {
            return Some(target.clone());
        }
        if let Some(id) = text.strip_prefix("urn:uuid:") {
            return Some(Target {
                resource_type: None,
                id: id.to_owned(),
            });
        }
        if text.contains(['?', '#']) {
            return None;
        }
        let path = text.split_once("/_history/").map_or(text, |(path, _)| path);
        let (rest, id) = path.rsplit_once('/')?;
        let resource_type = rest.rsplit('/').next()?;
        (!id.is_empty() && resource_type.starts_with(|first: char| first.is_ascii_uppercase()))
            .then(|| Target {
                resource_type: Some(resource_type.to_owned()),
                id: id.to_owned(),
            })
    }

    /// The id of the resource of this type that is referred to.
    pub(crate) fn id_of(&self, resource_type: &str, urls: &FullUrls) -> Option<String> {
        let target = self.target(urls)?;
        target
            .resource_type
            .is_none_or(|found| found == resource_type)
            .then_some(target.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patient(text: &str, urls: &FullUrls) -> Option<String> {
        Reference {
            reference: Some(text.to_owned()),
        }
        .id_of("Patient", urls)
    }

    #[test]
    fn the_usual_forms_resolve() {
        let mut urls = FullUrls::default();
        urls.insert(
            "urn:uuid:11".to_owned(),
            "Patient".to_owned(),
            "p1".to_owned(),
        );
        urls.insert(
            "urn:uuid:22".to_owned(),
            "Group".to_owned(),
            "g1".to_owned(),
        );
        for (text, id) in [
            ("Patient/p1", Some("p1")),
            ("https://server.example/fhir/Patient/p1", Some("p1")),
            (
                "https://server.example/fhir/Patient/p1/_history/3",
                Some("p1"),
            ),
            ("urn:uuid:11", Some("p1")),
            ("urn:uuid:33", Some("33")),
            ("urn:uuid:22", None),
            ("Group/p1", None),
            ("#p1", None),
            ("Patient?identifier=x|1", None),
            ("Patient/", None),
            ("p1", None),
            ("", None),
        ] {
            assert_eq!(patient(text, &urls).as_deref(), id, "{text}");
        }
    }
}
