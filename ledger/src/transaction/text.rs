//! Short texts on the ledger: names and titles, checked wherever they come from.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Why a text does not fit.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum TextError {
    /// Not a ledger's name.
    #[error(
        "{text:?} is not a ledger's name: use 1 to 60 lower-case letters, digits, `.` and `-`, \
         beginning and ending with a letter or digit"
    )]
    LedgerName {
        /// The text, cut to a readable length.
        text: String,
    },
    /// Not a title.
    #[error(
        "a title has 1 to 200 bytes, no characters that control a line or turn the direction of \
         writing, and no space at either end"
    )]
    Title,
}

/// A ledger's name: part of its checkpoints' origin, so it fits in a note's key name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, BorshSerialize)]
#[serde(try_from = "String", into = "String")]
pub struct LedgerName(String);

impl LedgerName {
    /// Checks a name.
    ///
    /// # Errors
    /// [`TextError::LedgerName`] says what a name looks like.
    pub fn new(text: impl Into<String>) -> Result<Self, TextError> {
        let text = text.into();
        let outer = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
        let bytes = text.as_bytes();
        let fits = bytes.len() <= 60
            && outer(bytes.first())
            && outer(bytes.last())
            && bytes
                .iter()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-'));
        if fits {
            Ok(Self(text))
        } else {
            Err(TextError::LedgerName {
                text: text.chars().take(80).collect(),
            })
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A title or a name that people read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, BorshSerialize)]
#[serde(try_from = "String", into = "String")]
pub struct Title(String);

impl Title {
    /// Checks a title.
    ///
    /// # Errors
    /// [`TextError::Title`] says what a title looks like.
    pub fn new(text: impl Into<String>) -> Result<Self, TextError> {
        let text = text.into();
        let fits = (1..=200).contains(&text.len())
            && text.trim() == text
            && !text.chars().any(salus_protocol::is_deceptive);
        if fits {
            Ok(Self(text))
        } else {
            Err(TextError::Title)
        }
    }

    /// The title.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The traits that a checked text needs, all through its `new`.
macro_rules! checked_text {
    ($name:ident) => {
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl TryFrom<String> for $name {
            type Error = TextError;
            fn try_from(text: String) -> Result<Self, TextError> {
                Self::new(text)
            }
        }
        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }
        impl BorshDeserialize for $name {
            fn deserialize_reader<R: std::io::Read>(reader: &mut R) -> std::io::Result<Self> {
                Self::new(<String as BorshDeserialize>::deserialize_reader(reader)?)
                    .map_err(|e| std::io::Error::new(std::io::ErrorKind::InvalidData, e))
            }
        }
    };
}
checked_text!(LedgerName);
checked_text!(Title);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn names_fit_a_checkpoint_and_titles_a_line() {
        for good in ["a", "trial-ledger.example", "1"] {
            assert!(LedgerName::new(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "-a",
            "a.",
            "A",
            "a b",
            "a+b",
            "a/b",
            "é",
            &"a".repeat(61),
        ] {
            assert!(LedgerName::new(bad).is_err(), "{bad}");
        }
        assert!(Title::new("Statins & stroke, 2020").is_ok());
        for bad in ["", " a", "a\nb", "a\u{7f}", &"a".repeat(201)] {
            assert!(Title::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_title_reads_as_it_is_stored() {
        assert!(Title::new("مستشفى 1").is_ok(), "Arabic needs no marks");
        for mark in [
            '\u{061c}', '\u{200e}', '\u{200f}', '\u{2028}', '\u{2029}', '\u{202a}', '\u{202e}',
            '\u{2066}', '\u{2069}',
        ] {
            let title = format!("Board{mark}drauB");
            assert_eq!(Title::new(title.clone()), Err(TextError::Title), "{mark:?}");
            // Nor from the log.
            let bytes = borsh::to_vec(&title).unwrap();
            assert!(Title::try_from_slice(&bytes).is_err(), "{mark:?}");
        }
    }
}
