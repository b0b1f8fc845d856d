//! FHIR Consent, R4 and R5: read into one neutral shape, decided on as a [`Wish`], and written.
//!
//! Lives here: the shape, the DUO codes both ways, what several Consents come to, and the resource of
//! a wish. Never here: salts, commitments, and whose word counts on a ledger. R4 states a root `provision` with a `type`; R5 states a root `decision` and a list of exceptions
//! to it. Both become a root [`Provision`] with exceptions.
//!
//! The shape that Salus writes and understands best:
//!
//! - `scope` is `research`; `provision.type` says permit or deny; `provision.period` is the window;
//! - `provision.purpose` carries GA4GH DUO codes: permissions and modifiers side by side;
//! - a purpose's extensions with a coded value qualify it: the disease areas of `DUO:0000007`
//!   under [`DISEASE_AREA`], the regions of `DUO:0000022` under [`REGION`], the institution of
//!   `DUO:0000028` under [`INSTITUTION`] and the study of `DUO:0000027` under [`STUDY`];
//! - `provision.action` holds one concept for each grant, coded in [`ACTION_SYSTEM`] as
//!   `be-counted`, `be-contacted` and `share-data`.

mod duo;
mod export;
mod unread;
mod wish;

use std::sync::Arc;

use jiff::Timestamp;
use thiserror::Error;

use super::coding::{Coding, Concept};
use super::partial_date::PartialDate;
use super::report::Source;

/// Extension of a purpose coding: a disease area that it is limited to.
pub const DISEASE_AREA: &str = "urn:salus:fhir:disease-area";
/// Extension of a purpose coding: a country or region that it is limited to (ISO 3166).
pub const REGION: &str = "urn:salus:fhir:region";
/// Extension of a purpose coding: the institution, by name, whose studies it is limited to.
pub const INSTITUTION: &str = "urn:salus:fhir:institution";
/// Extension of a purpose coding: the one study that it is limited to, by its scope on its ledger.
pub const STUDY: &str = "urn:salus:fhir:study-scope";
/// The code system of the three grants.
pub const ACTION_SYSTEM: &str = "urn:salus:fhir:consent-action";

/// R4's consent scopes.
const SCOPE_SYSTEM: &str = "http://terminology.hl7.org/CodeSystem/consentscope";
/// HL7's act codes, consent types and policies among them.
const ACT_CODE: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";

pub use export::{ExportError, export};
pub(crate) use unread::Unread;
pub use unread::UnreadConsents;
pub use wish::{NoConsent, Wish, wish_of, wishes};

/// A version of FHIR whose Consent is read and written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Version {
    /// R4, and R4B, whose Consent is the same.
    R4,
    /// R5.
    R5,
}

/// A text that names no version.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[error("{0:?} is no version of FHIR that Salus writes: use r4 or r5")]
pub struct UnknownVersion(String);

impl std::str::FromStr for Version {
    type Err = UnknownVersion;

    fn from_str(text: &str) -> Result<Self, UnknownVersion> {
        match text {
            "r4" => Ok(Self::R4),
            "r5" => Ok(Self::R5),
            other => Err(UnknownVersion(other.chars().take(20).collect())),
        }
    }
}

/// A Consent resource. It is imported whatever its status says: who maps it must look.
#[derive(Debug, Clone, PartialEq)]
pub struct ConsentResource {
    /// The resource's id, where it has one.
    pub id: Option<String>,
    /// The place of the patient in [`super::Import::patients`].
    pub patient: usize,
    /// `active`, `inactive`, `draft`, `proposed`, `rejected`, `not-done`, `unknown`... as written.
    /// `entered-in-error` never comes here: it is left out.
    pub status: Option<Arc<str>>,
    /// The version that its members are of; `None` where some are R4's only and others R5's only.
    pub version: Option<Version>,
    /// Whether it names somebody besides the patient, or instead, as the one who gave it.
    pub given_by_other: bool,
    /// Codings of `scope` (R4 only): `research` for a research consent.
    pub scope: Concept,
    /// Codings of all `category` concepts.
    pub category: Vec<Coding>,
    /// When it was given (R4 `dateTime`, R5 `date`).
    pub date: Option<PartialDate>,
    /// The same to the moment, where a time and a zone are given.
    pub moment: Option<Timestamp>,
    /// What it says.
    pub provision: Provision,
    /// Where it was read.
    pub source: Source,
}

/// A rule and its exceptions.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Provision {
    /// Permit or deny; `None` where it says neither. An exception that says neither decides the
    /// opposite of what it is an exception to, as both FHIR versions have it; that is filled in.
    pub decision: Option<Decision>,
    /// First moment of the window; `None` is open.
    pub start: Option<PartialDate>,
    /// Last moment of the window; `None` is open.
    pub end: Option<PartialDate>,
    /// Purposes of use, each with its qualifiers.
    pub purposes: Vec<Purpose>,
    /// Actions: one concept an action, all codings kept.
    pub actions: Vec<Concept>,
    /// Whether the rule is narrowed by members that are not read (actor, grantee, data, class, code,
    /// security label, a modifier extension...): it then covers less than it seems to.
    pub narrowed: bool,
    /// Exceptions to this rule.
    pub exceptions: Vec<Provision>,
}

/// Permit or deny.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Decision {
    /// The rule permits.
    Permit,
    /// The rule denies.
    Deny,
}

/// A purpose of use.
#[derive(Debug, Clone, PartialEq)]
pub struct Purpose {
    /// The purpose's code; a DUO code as a rule. Empty where the purpose is said in words only,
    /// which must not be taken for no purpose.
    pub coding: Coding,
    /// What narrows it: disease areas, regions, an institution, a study.
    pub qualifiers: Vec<Qualifier>,
}

/// An extension of a purpose.
#[derive(Debug, Clone, PartialEq)]
pub struct Qualifier {
    /// The extension's URL.
    pub url: String,
    /// Its codings; empty where its value is not coded, which must not be taken for no limit.
    pub codings: Concept,
    /// Its value, where that is a string.
    pub text: Option<String>,
}
