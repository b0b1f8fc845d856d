//! The one form of a profile document: what its TOML holds is, as JSON, what is hashed.
//!
//! Whoever reads the document with another library then sees the same, or nothing: no number
//! written in two ways, no default spelt out, no table given as a list. Spec: docs/spec/records.md.

use serde_json::Value;

use super::{Document, ProfileError};

/// Checks that a document, as it was written, is the JSON that it comes to.
pub(super) fn check(text: &str, document: &Document) -> Result<(), ProfileError> {
    let mut written: Value = toml::from_str(text)?;
    if let Value::Object(members) = &mut written {
        // A profile without concepts need not say so.
        members
            .entry("concept")
            .or_insert_with(|| Value::Array(Vec::new()));
    }
    let meant = serde_json::to_value(document).map_err(|error| ProfileError::Form {
        place: "the document".to_owned(),
        problem: error.to_string(),
    })?;
    match difference(&written, &meant, String::new()) {
        None => Ok(()),
        Some((place, problem)) => Err(ProfileError::Form { place, problem }),
    }
}

/// The first place at which two values differ, and what to do there.
fn difference(written: &Value, meant: &Value, place: String) -> Option<(String, String)> {
    match (written, meant) {
        (Value::Object(written), Value::Object(meant)) => {
            let at = |name: &String| match place.as_str() {
                "" => name.clone(),
                _ => format!("{place}.{name}"),
            };
            let usual = written.keys().find(|name| !meant.contains_key(*name));
            let usual = usual.map(|name| (at(name), "leave it out".to_owned()));
            usual.or_else(|| {
                let members = meant.iter();
                let pairs =
                    members.filter_map(|(name, meant)| Some((name, written.get(name)?, meant)));
                pairs
                    .into_iter()
                    .find_map(|(name, written, meant)| difference(written, meant, at(name)))
            })
        }
        (Value::Array(written), Value::Array(meant)) if written.len() == meant.len() => {
            let mut pairs = written.iter().zip(meant).enumerate();
            pairs.find_map(|(i, (written, meant))| {
                difference(written, meant, format!("{place}[{i}]"))
            })
        }
        _ if written == meant => None,
        _ => Some((place, format!("write it as {meant}"))),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::{Profile, ProfileError, tests::SMALL};

    #[test]
    fn what_can_be_written_in_two_ways_is_written_in_one() {
        let concept = r#"factor = "0.0915", offset = "2.15" }"#;
        for (good, other, place) in [
            (
                r#"step = "0.1""#,
                "step = 0.1",
                "field[2].encoding.quantity.step",
            ),
            (
                r#"step = "0.1""#,
                r#"step = "1e-1""#,
                "field[2].encoding.quantity.step",
            ),
            (
                r#"step = "0.1""#,
                r#"step = ".1""#,
                "field[2].encoding.quantity.step",
            ),
            (
                r#"step = "0.1""#,
                r#"step = "+0.1""#,
                "field[2].encoding.quantity.step",
            ),
            (
                r#"step = "0.1""#,
                r#"step = "0_0.1""#,
                "field[2].encoding.quantity.step",
            ),
            (
                r#"origin = "0""#,
                r#"origin = "00""#,
                "field[2].encoding.quantity.origin",
            ),
            (
                r#"origin = "0""#,
                r#"origin = "-0""#,
                "field[2].encoding.quantity.origin",
            ),
            (
                concept,
                r#"factor = "0.0915", offset = "0.0" }"#,
                "concept[0].units[1].offset",
            ),
            (concept, r#"factor = "1.0" }"#, "concept[0].units[1].factor"),
            (
                r#"encoding = "date""#,
                "encoding = { date = {} }",
                "field[0].encoding",
            ),
            (
                r#"encoding = "date""#,
                "encoding = { date = [] }",
                "field[0].encoding",
            ),
            (
                r#"kind = "event""#,
                "kind = { event = [] }",
                "field[3].kind",
            ),
            (r#"{ unit = "%" },"#, r#"["%"],"#, "concept[0].units[0]"),
            (
                r#"version = "1.0.0""#,
                "version = \"1.0.0\"\ndescription = \"\"",
                "description",
            ),
        ] {
            let changed = SMALL.replacen(good, other, 1);
            assert_ne!(changed, SMALL, "{good}");
            match Profile::from_toml(&changed) {
                Err(ProfileError::Form { place: found, .. }) => assert_eq!(found, place, "{other}"),
                result => panic!("{other}: {result:?}"),
            }
        }
    }

    #[test]
    fn a_profile_without_concepts_need_not_say_so() {
        let plain = "name = \"a\"\nversion = \"1\"\ntitle = \"\"\nfield = []\n";
        let said = format!("{plain}concept = []\n");
        let hash = |text: &str| Profile::from_toml(text).unwrap().hash();
        assert_eq!(hash(plain), hash(&said));
    }
}
