//! Profiles: the bridge from messy clinical data to a fixed circuit.
//!
//! A profile is a versioned document, named by its hash, with at most 64 fields. Each field
//! says what it means, how it is derived, and how it is encoded in one unsigned 16-bit number.
//! Lives here: the document, its checks, its hash and its encodings. Never here: reading
//! clinical data (that is `salus-datasets`). Spec: docs/spec/records.md.

mod code;
mod document;
mod encoding;
mod form;

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::day::Day;
use crate::field::{self, Fr, element_type};
use crate::poseidon::{self, Domain};
use crate::row::FIELDS;

pub use code::{CodeRef, CodeRefError, CodeSystem};
pub use document::{
    Attribute, CodedValue, Concept, Document, Encoding, Field, Kind, Range, Resource, Select, Take,
    Unit,
};
pub use encoding::EncodeError;

/// Why a text is not a profile.
#[derive(Debug, Error)]
pub enum ProfileError {
    /// Not TOML, or not of the profile's shape.
    #[error("not a profile: {0}")]
    Syntax(#[from] toml::de::Error),
    /// A part that is written otherwise than in its one form.
    #[error("{place} of the profile: {problem}, so that it has one form")]
    Form {
        /// Where in the document, such as `field[2].encoding`.
        place: String,
        /// What to do.
        problem: String,
    },
    /// One name stands for two things.
    #[error("{what} {name:?} is defined twice; give each its own name")]
    Duplicate {
        /// "field", "concept" or "value".
        what: &'static str,
        /// The name.
        name: String,
    },
    /// A field uses a concept that the profile does not define.
    #[error("field {field:?} uses the concept {concept:?}, which the profile does not define")]
    UnknownConcept {
        /// The field.
        field: String,
        /// The missing concept.
        concept: String,
    },
    /// More than 64 fields.
    #[error("the profile has {found} fields; at most {FIELDS} fit in a row")]
    TooManyFields {
        /// Number of fields.
        found: usize,
    },
    /// A name with characters that a query cannot hold.
    #[error(
        "{name:?} is not a name: use lower-case letters, digits, `_` and `.`, starting with a letter"
    )]
    Name {
        /// The name as given.
        name: String,
    },
    /// A concept whose parts do not go together.
    #[error("concept {concept:?}: {problem}")]
    Concept {
        /// The concept.
        concept: String,
        /// What is wrong and what to do.
        problem: String,
    },
    /// A field whose parts do not go together.
    #[error("field {field:?}: {problem}")]
    Field {
        /// The field.
        field: String,
        /// What is wrong and what to do.
        problem: String,
    },
}

/// SHA-256 of a profile's canonical JSON, in its own domain: the profile's identity.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    borsh::BorshSerialize,
    borsh::BorshDeserialize,
)]
pub struct ProfileHash([u8; 32]);

impl ProfileHash {
    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Wraps 32 bytes read from a ledger or a file.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl std::fmt::Display for ProfileHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl std::fmt::Debug for ProfileHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ProfileHash({self})")
    }
}

element_type! {
    /// A profile as of an index day: what a row is a row *of*, and what a query asks.
    ///
    /// Record commitment and query digest both hold it, so a query at an index day can only
    /// be answered by rows derived for that very day, of that very profile.
    Edition
}

impl Edition {
    /// The edition of `profile` as of `index`.
    #[must_use]
    pub fn of(profile: &ProfileHash, index: Day) -> Self {
        let inputs = [field::from_digest(&profile.0), Fr::from(index.number())];
        Self::new(poseidon::hash(Domain::Edition, &inputs))
    }
}

/// A checked profile.
#[derive(Debug, Clone)]
pub struct Profile {
    document: Document,
    hash: ProfileHash,
    positions: BTreeMap<String, u8>,
}

impl Profile {
    /// Reads and checks a profile document in TOML.
    ///
    /// # Errors
    /// [`ProfileError`] says what is wrong and where.
    pub fn from_toml(text: &str) -> Result<Self, ProfileError> {
        let document = toml::from_str(text)?;
        form::check(text, &document)?;
        Self::new(document)
    }

    /// Checks a document.
    ///
    /// # Errors
    /// [`ProfileError`] says what is wrong and where.
    pub fn new(document: Document) -> Result<Self, ProfileError> {
        document.check()?;
        // The document was read from text and holds no map keys but strings, no floats.
        let canonical =
            serde_json_canonicalizer::to_vec(&document).map_err(|e| ProfileError::Field {
                field: document.name.clone(),
                problem: e.to_string(),
            })?;
        let mut hasher = Sha256::new();
        hasher.update(b"salus/v1/profile\0");
        hasher.update(&canonical);
        let positions = document
            .fields
            .iter()
            .zip(0u8..)
            .map(|(field, position)| (field.name.clone(), position))
            .collect();
        Ok(Self {
            hash: ProfileHash(hasher.finalize().into()),
            positions,
            document,
        })
    }

    /// The profile's identity.
    #[must_use]
    pub const fn hash(&self) -> ProfileHash {
        self.hash
    }

    /// The document as read.
    #[must_use]
    pub const fn document(&self) -> &Document {
        &self.document
    }

    /// Short name, such as `cardiometabolic`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.document.name
    }

    /// The fields, in row order.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        &self.document.fields
    }

    /// A field's position in the row (0 to 63) and the field, by name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<(u8, &Field)> {
        let position = *self.positions.get(name)?;
        Some((position, &self.document.fields[usize::from(position)]))
    }

    /// A concept by name.
    #[must_use]
    pub fn concept(&self, name: &str) -> Option<&Concept> {
        self.document.concepts.iter().find(|c| c.name == name)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    pub(crate) const SMALL: &str = r#"
        name = "small"
        version = "1.0.0"
        title = "A small profile"

        [[concept]]
        name = "hba1c"
        label = "Haemoglobin A1c"
        resource = "observation"
        codes = ["loinc:4548-4"]
        units = [
            { unit = "%" },
            { unit = "mmol/mol", factor = "0.0915", offset = "2.15" },
        ]
        plausible = { low = "3", high = "20" }

        [[concept]]
        name = "diabetes"
        label = "Diabetes mellitus"
        resource = "condition"
        codes = ["snomed:44054006", "icd10cm:E11*"]

        [[field]]
        name = "birth"
        label = "Date of birth"
        kind = "measurement"
        attribute = "birth-date"
        encoding = "date"

        [[field]]
        name = "sex"
        label = "Administrative sex"
        kind = "measurement"
        attribute = "sex"
        encoding = { code = [
            { name = "female", codes = ["sex:female"] },
            { name = "male", codes = ["sex:male"] },
        ] }

        [[field]]
        name = "hba1c.latest"
        label = "Latest haemoglobin A1c"
        kind = "measurement"
        concept = "hba1c"
        select = "latest"
        take = "value"
        encoding = { quantity = { unit = "%", origin = "0", step = "0.1" } }

        [[field]]
        name = "diabetes.first"
        label = "First diagnosis of diabetes"
        kind = "event"
        concept = "diabetes"
        select = "first"
        take = "date"
        encoding = "date"
    "#;

    #[test]
    fn reads_and_pins_the_hash() {
        let profile = Profile::from_toml(SMALL).unwrap();
        assert_eq!(profile.fields().len(), 4);
        assert_eq!(profile.field("hba1c.latest").unwrap().0, 2);
        // Comments and layout do not change the identity; content does.
        let commented = format!("# a comment\n{SMALL}");
        assert_eq!(
            Profile::from_toml(&commented).unwrap().hash(),
            profile.hash()
        );
        let changed = SMALL.replace("\"0.1\"", "\"0.2\"");
        assert_ne!(Profile::from_toml(&changed).unwrap().hash(), profile.hash());
    }

    #[test]
    fn refuses_concepts_that_leave_doubt() {
        for (good, bad) in [
            (r#"codes = ["loinc:4548-4"]"#, "codes = []"),
            (
                r#"{ unit = "mmol/mol", factor = "0.0915", offset = "2.15" }"#,
                r#"{ unit = "%" }"#,
            ),
            (r#"factor = "0.0915""#, r#"factor = "0""#),
            (r#"{ unit = "%" },"#, r#"{ unit = "%", factor = "2" },"#),
            (r#"low = "3""#, r#"low = "30""#),
            (r#"resource = "observation""#, r#"resource = "procedure""#),
        ] {
            let changed = SMALL.replacen(good, bad, 1);
            assert_ne!(changed, SMALL, "{good}");
            assert!(
                matches!(
                    Profile::from_toml(&changed),
                    Err(ProfileError::Concept { .. })
                ),
                "{bad}"
            );
        }
    }

    #[test]
    fn quantities_are_bounded_so_that_all_their_values_are_exact() {
        let with = |origin: &str, step: &str| {
            let numbers = format!("origin = \"{origin}\", step = \"{step}\"");
            Profile::from_toml(&SMALL.replace("origin = \"0\", step = \"0.1\"", &numbers))
        };
        for (origin, step) in [
            ("1000000000000", "1000000000000"),
            ("-1000000000000", "0.000000001"),
            ("-999999999999.999999999", "999999999999.999999999"),
        ] {
            let profile = with(origin, step).unwrap();
            let encoding = &profile.field("hba1c.latest").unwrap().1.encoding;
            for code in [1, 2, u16::MAX - 1, u16::MAX] {
                let value = encoding.quantity(code).unwrap();
                assert_eq!(encoding.encode_number(value), Ok(code), "{origin} {step}");
            }
        }
        for (origin, step, what) in [
            ("1000000000000.1", "1", "the origin"),
            ("-1000000000001", "1", "the origin"),
            ("0.0000000001", "1", "the origin"),
            ("0", "79228162514264337593543950335", "the step"),
            ("0", "0.0000000001", "the step"),
            ("0", "0", "must be above 0"),
        ] {
            let error = with(origin, step).unwrap_err();
            assert!(matches!(error, ProfileError::Field { .. }), "{error}");
            assert!(error.to_string().contains(what), "{error}");
        }
    }

    #[test]
    fn refuses_what_does_not_go_together() {
        let twice = SMALL.replace("name = \"sex\"", "name = \"birth\"");
        assert!(matches!(
            Profile::from_toml(&twice),
            Err(ProfileError::Duplicate { .. })
        ));
        let missing = SMALL.replace("concept = \"hba1c\"", "concept = \"a1c\"");
        assert!(matches!(
            Profile::from_toml(&missing),
            Err(ProfileError::UnknownConcept { .. })
        ));
        let unit = SMALL.replace("unit = \"%\", origin", "unit = \"g\", origin");
        assert!(matches!(
            Profile::from_toml(&unit),
            Err(ProfileError::Field { .. })
        ));
        let unknown = SMALL.replace("[[field]]", "[[field]]\ncolour = 1");
        assert!(matches!(
            Profile::from_toml(&unknown),
            Err(ProfileError::Syntax(_))
        ));
        let name = SMALL.replace("name = \"sex\"", "name = \"Sex!\"");
        assert!(matches!(
            Profile::from_toml(&name),
            Err(ProfileError::Name { .. })
        ));
    }
}
