//! The profiles that Salus ships, built in. Others are files that a user passes by path.

use std::sync::LazyLock;

use salus_protocol::profile::Profile;

/// A profile of Salus itself.
#[derive(Debug)]
pub struct Shipped {
    /// The profile's name, such as `cardiometabolic`.
    pub name: &'static str,
    /// The document as it stands in the repository, comments included.
    pub text: &'static str,
    /// The document, read and checked.
    pub profile: Profile,
}

const TEXTS: [(&str, &str); 2] = [
    (
        "cardiometabolic",
        include_str!("../../profiles/cardiometabolic.toml"),
    ),
    ("general", include_str!("../../profiles/general.toml")),
];

static SHIPPED: LazyLock<Vec<Shipped>> = LazyLock::new(|| {
    TEXTS
        .into_iter()
        .map(|(name, text)| Shipped {
            name,
            text,
            profile: Profile::from_toml(text).expect("the tests read every shipped profile"),
        })
        .collect()
});

/// Every shipped profile, by name.
#[must_use]
pub fn shipped() -> &'static [Shipped] {
    &SHIPPED
}

/// The shipped profile with this name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Shipped> {
    shipped().iter().find(|shipped| shipped.name == name)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeSet;

    use rust_decimal::Decimal;
    use salus_protocol::profile::Encoding;
    use salus_protocol::row::FIELDS;

    use super::*;

    /// A change of content changes the hash and so every record's meaning: it needs a new version.
    #[test]
    fn the_hashes_are_pinned() {
        let hashes: Vec<_> = shipped()
            .iter()
            .map(|shipped| format!("{} {}", shipped.name, shipped.profile.hash()))
            .collect();
        assert_eq!(
            hashes,
            [
                "cardiometabolic e73c987b5158b2aab2c587d32dc50522fb532d19f800cc6127d6075055839592",
                "general 693677e828aeaa3f7c2659f791fdf974edccb417b848b5e56a9fd4d0bb073605",
            ]
        );
    }

    #[test]
    fn each_fills_its_row_and_uses_what_it_defines() {
        for shipped in shipped() {
            assert_eq!(shipped.name, shipped.profile.name());
            assert_eq!(shipped.profile.fields().len(), FIELDS, "{}", shipped.name);
            let used: BTreeSet<_> = shipped
                .profile
                .fields()
                .iter()
                .filter_map(|field| field.concept.as_deref())
                .collect();
            for concept in &shipped.profile.document().concepts {
                assert!(used.contains(concept.name.as_str()), "{}", concept.name);
                let codes: BTreeSet<_> = concept.codes.iter().collect();
                assert_eq!(codes.len(), concept.codes.len(), "{}", concept.name);
                assert!(!codes.is_empty(), "{}", concept.name);
            }
        }
    }

    /// What is plausible must have an encoding, or a good value would be left out.
    #[test]
    fn every_plausible_value_has_an_encoding() {
        for shipped in shipped() {
            for field in shipped.profile.fields() {
                if !matches!(field.encoding, Encoding::Quantity { .. }) {
                    continue;
                }
                let concept = shipped.profile.concept(field.concept.as_deref().unwrap());
                let range = concept.unwrap().plausible.as_ref().unwrap();
                assert!(range.low < range.high);
                for value in [range.low, range.high] {
                    let code = field.encoding.encode_number(value).unwrap();
                    let back = field.encoding.quantity(code).unwrap();
                    assert!((back - value).abs() <= Decimal::ONE, "{}", field.name);
                }
            }
        }
    }

    #[test]
    fn names_lead_to_profiles() {
        assert_eq!(named("general").unwrap().profile.name(), "general");
        assert!(named("General").is_none());
    }
}
