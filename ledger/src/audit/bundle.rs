//! The bundle's shape: readable JSON, bytes in hexadecimal.

use salus_protocol::nullifier::{LedgerId, StudyId};
use serde::{Deserialize, Serialize};

use crate::log::{LogHash, SignedCheckpoint};

/// What the field `format` says.
pub const BUNDLE_FORMAT: &str = "salus-audit/1";

/// Everything that a study's answers rest on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// [`BUNDLE_FORMAT`].
    pub format: String,
    /// The ledger.
    pub ledger: LedgerId,
    /// The study.
    pub study: StudyId,
    /// A signed checkpoint of the ledger's log; every entry below is shown to be under it.
    pub checkpoint: SignedCheckpoint,
    /// The profile document, in TOML, that the study's query asks about.
    pub profile: String,
    /// Entries of the log, in its order: genesis, boards, keys, issuers that answered, the study, its
    /// approvals, its end if it was closed, its answers by subjects and by custodians, and the registry heads that they name or stand under.
    pub entries: Vec<Included>,
    /// Every entry of the log in hexadecimal, if the bundle holds it all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<Vec<String>>,
    /// With the whole log: every publication and cohort proof that it names, in base64.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<String>,
}

/// An entry of the log with its inclusion proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Included {
    /// What it is, for readers: a transaction's name, or "registry head".
    pub kind: String,
    /// Its index in the log.
    pub index: u64,
    /// Its canonical bytes, in hexadecimal.
    pub entry: String,
    /// The sibling hashes from the leaf up to the checkpoint's root.
    pub path: Vec<LogHash>,
}

impl Bundle {
    /// The bundle as a file.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self)
            .expect("a bundle holds strings, numbers and lists, which JSON can hold");
        text.push('\n');
        text
    }
}
