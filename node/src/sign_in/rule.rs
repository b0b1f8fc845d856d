//! Rules: which of an identity provider's people act for which party.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::identity::Acting;

/// That certain people may act for a party.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) who: Who,
    pub(super) acting: Acting,
}

/// People, by what the provider's ID token says of them.
#[derive(Debug)]
pub(super) enum Who {
    /// Those with this value in this claim, which is a text or a list of texts.
    Claim {
        /// The claim's name; dots lead into objects where no claim has the whole name.
        name: String,
        value: String,
    },
    /// The one of this subject identifier.
    Subject(String),
    /// The one of this address, if the provider verified it.
    Email(String),
}

/// All that the claims of a verified ID token give, by any number of rules.
pub(super) fn acting(rules: &[Rule], claims: &Map<String, Value>) -> BTreeSet<Acting> {
    let those = rules.iter().filter(|rule| rule.who.is(claims));
    those.map(|rule| rule.acting.clone()).collect()
}

impl Who {
    fn is(&self, claims: &Map<String, Value>) -> bool {
        match self {
            Self::Claim { name, value } => match find(claims, name) {
                Some(Value::String(text)) => text == value,
                Some(Value::Array(texts)) => texts.iter().any(|text| text == value.as_str()),
                _ => false,
            },
            Self::Subject(subject) => {
                claims.get("sub").and_then(Value::as_str) == Some(subject.as_str())
            }
            Self::Email(email) => {
                claims.get("email_verified") == Some(&Value::Bool(true))
                    && claims.get("email").and_then(Value::as_str) == Some(email.as_str())
            }
        }
    }
}

fn find<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    if let Some(whole) = claims.get(name) {
        return Some(whole);
    }
    let (first, rest) = name.split_once('.')?;
    find(claims.get(first)?.as_object()?, rest)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::sign_in::Role;
    use serde_json::json;

    fn is(who: &Who, claims: Value) -> bool {
        who.is(claims.as_object().unwrap())
    }

    #[test]
    fn a_claim_matches_as_text_in_a_list_and_inside_an_object() {
        let who = |name: &str| Who::Claim {
            name: name.to_owned(),
            value: "irb".to_owned(),
        };
        assert!(is(&who("groups"), json!({ "groups": "irb" })));
        assert!(is(&who("groups"), json!({ "groups": ["staff", "irb"] })));
        assert!(is(
            &who("realm.roles"),
            json!({ "realm": { "roles": ["irb"] } })
        ));
        assert!(is(&who("urn:a.b"), json!({ "urn:a.b": "irb" })));
        for other in [
            json!({}),
            json!({ "groups": "irb2" }),
            json!({ "groups": "irb staff" }),
            json!({ "groups": { "irb": true } }),
            json!({ "groups": [["irb"]] }),
            json!({ "other": "irb" }),
        ] {
            assert!(!is(&who("groups"), other.clone()), "{other}");
        }
    }

    #[test]
    fn an_address_counts_only_when_it_is_verified() {
        let who = Who::Email("ada@example.org".to_owned());
        let claims =
            |verified: Value| json!({ "email": "ada@example.org", "email_verified": verified });
        assert!(is(&who, claims(json!(true))));
        assert!(!is(&who, claims(json!(false))));
        assert!(!is(&who, claims(json!("false"))));
        assert!(!is(&who, json!({ "email": "ada@example.org" })));
    }

    #[test]
    fn rules_add_up() {
        let rule = |subject: &str, party: &str| Rule {
            who: Who::Subject(subject.to_owned()),
            acting: Acting {
                role: Role::Board,
                party: party.to_owned(),
            },
        };
        let rules = [rule("7", "one"), rule("7", "two"), rule("8", "three")];
        let claims = json!({ "sub": "7" });
        let acting = acting(&rules, claims.as_object().unwrap());
        let parties: Vec<_> = acting.iter().map(|acting| acting.party.as_str()).collect();
        assert_eq!(parties, ["one", "two"]);
    }
}
