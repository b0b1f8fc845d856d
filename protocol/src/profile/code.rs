//! Codes of clinical terminologies, as profiles write them: `snomed:44054006`, `icd10cm:E11*`.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// A terminology.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CodeSystem {
    /// SNOMED CT.
    Snomed,
    /// LOINC.
    Loinc,
    /// ICD-10-CM.
    Icd10Cm,
    /// RxNorm.
    RxNorm,
    /// CVX, vaccines administered.
    Cvx,
    /// FHIR's encounter classes (v3 ActCode).
    ActCode,
    /// FHIR's administrative gender, for the patient's sex.
    Sex,
    /// CDC race and ethnicity.
    CdcRec,
}

impl CodeSystem {
    const ALL: [(Self, &'static str, &'static str); 8] = [
        (Self::Snomed, "snomed", "http://snomed.info/sct"),
        (Self::Loinc, "loinc", "http://loinc.org"),
        (
            Self::Icd10Cm,
            "icd10cm",
            "http://hl7.org/fhir/sid/icd-10-cm",
        ),
        (
            Self::RxNorm,
            "rxnorm",
            "http://www.nlm.nih.gov/research/umls/rxnorm",
        ),
        (Self::Cvx, "cvx", "http://hl7.org/fhir/sid/cvx"),
        (
            Self::ActCode,
            "actcode",
            "http://terminology.hl7.org/CodeSystem/v3-ActCode",
        ),
        (
            Self::Sex,
            "sex",
            "http://hl7.org/fhir/administrative-gender",
        ),
        (Self::CdcRec, "cdcrec", "urn:oid:2.16.840.1.113883.6.238"),
    ];

    /// The short name that profiles use.
    #[must_use]
    pub fn short(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(s, ..)| *s == self)
            .map_or("", |(_, short, _)| short)
    }

    /// The system's URI in FHIR.
    #[must_use]
    pub fn uri(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(s, ..)| *s == self)
            .map_or("", |(.., uri)| uri)
    }

    /// The system with this FHIR URI.
    #[must_use]
    pub fn from_uri(uri: &str) -> Option<Self> {
        Self::ALL.iter().find(|(.., u)| *u == uri).map(|(s, ..)| *s)
    }

    fn from_short(short: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(_, s, _)| *s == short)
            .map(|(s, ..)| *s)
    }
}

/// Why a text is not a code reference.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[error(
    "{text:?} is not a code: write SYSTEM:CODE, where SYSTEM is one of snomed, loinc, icd10cm, rxnorm, cvx, actcode, sex, cdcrec"
)]
pub struct CodeRefError {
    text: String,
}

/// One code, or with a final `*` every code that begins so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CodeRef {
    /// The terminology.
    pub system: CodeSystem,
    /// The code, or the beginning of the codes.
    pub code: String,
    /// Whether every code with this beginning is meant (for ICD-10-CM's hierarchy).
    pub prefix: bool,
}

impl CodeRef {
    /// Whether a coding of this system and code is meant.
    #[must_use]
    pub fn matches(&self, system: CodeSystem, code: &str) -> bool {
        self.system == system
            && if self.prefix {
                code.starts_with(&self.code)
            } else {
                code == self.code
            }
    }
}

impl std::fmt::Display for CodeRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let star = if self.prefix { "*" } else { "" };
        write!(f, "{}:{}{star}", self.system.short(), self.code)
    }
}

impl std::str::FromStr for CodeRef {
    type Err = CodeRefError;
    fn from_str(text: &str) -> Result<Self, CodeRefError> {
        let error = || CodeRefError {
            text: text.to_owned(),
        };
        let (system, code) = text.split_once(':').ok_or_else(error)?;
        let system = CodeSystem::from_short(system).ok_or_else(error)?;
        let (code, prefix) = match code.strip_suffix('*') {
            Some(beginning) => (beginning, true),
            None => (code, false),
        };
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'.';
        if code.is_empty() || !code.bytes().all(plain) {
            return Err(error());
        }
        Ok(Self {
            system,
            code: code.to_owned(),
            prefix,
        })
    }
}

impl Serialize for CodeRef {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CodeRef {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}
