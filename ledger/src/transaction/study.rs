//! Studies: what is asked, for what purpose, under whose approval.

use borsh::{BorshDeserialize, BorshSerialize};
use salus_protocol::day::Day;
use salus_protocol::nullifier::StudyId;
use salus_protocol::profile::{Profile, ProfileHash};
use salus_protocol::purpose::Purpose;
use salus_protocol::query::{CompiledQuery, Explanation, OtherEdition, Query, QueryErrors};
use salus_protocol::release::DisclosurePolicy;
use thiserror::Error;

use super::noise::Noise;
use super::text::Title;
use crate::key::PublicKey;

/// Opens a study. Signed by the sponsor. The study's id is the hash of this transaction.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct OpenStudy {
    /// The study's title.
    pub title: Title,
    /// The query as its author wrote it.
    pub query_text: String,
    /// The profile that the query asks about. Its document is kept beside the log.
    pub profile: ProfileHash,
    /// The index day. With `profile` it gives the query's edition.
    pub index_day: Day,
    /// The query as it is proven. Its digest is recomputed from it, never taken from elsewhere.
    pub query: CompiledQuery,
    /// What the study is for, and which institution runs it.
    pub purpose: Purpose,
    /// The last day on which answers enter.
    pub expires: Day,
    /// How many heights old the registry root of an answer may be.
    pub freshness: u64,
    /// How counts are released.
    pub policy: DisclosurePolicy,
    /// The custodians whose counts are released as one sum only, 2 to 64 in ascending order of
    /// their keys. With none, each custodian answers for itself.
    pub together: Vec<PublicKey>,
    /// Noise in what is released, if any.
    pub noise: Option<Noise>,
    /// The boards that may approve the study, in ascending order of their keys.
    pub boards: Vec<PublicKey>,
    /// How many of them must.
    pub approvals_needed: u8,
    /// Signs for the sponsor.
    pub sponsor: PublicKey,
    /// The X25519 key that contacts are encrypted to.
    pub inbox: [u8; 32],
}

/// Why a study is not about the query that its text asks.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum StudyTextError {
    /// Another profile.
    #[error("the profile has hash {found}; the study names {expected}")]
    Profile {
        /// The profile's hash.
        found: ProfileHash,
        /// The hash that the study names.
        expected: ProfileHash,
    },
    /// The text is not a query of the profile.
    #[error("the study's query text does not compile: {0}")]
    Query(#[from] QueryErrors),
    /// The text asks something else.
    #[error("the study's query text asks something else than its compiled query")]
    Differs,
}

impl OpenStudy {
    /// Compiles the query text anew and compares it with the compiled query: what boards read is
    /// what is proven.
    ///
    /// # Errors
    /// [`StudyTextError`] when it is not.
    pub fn check_text(&self, profile: &Profile) -> Result<(), StudyTextError> {
        if profile.hash() != self.profile {
            let (found, expected) = (profile.hash(), self.profile);
            return Err(StudyTextError::Profile { found, expected });
        }
        let query = Query::parse(&self.query_text)?;
        let compiled = query.compile(profile)?;
        if query.index() == self.index_day && compiled.query == self.query {
            Ok(())
        } else {
            Err(StudyTextError::Differs)
        }
    }

    /// What the query asks, in plain English: in the wording of its text, where that asks the very
    /// same as the compiled query; else as the compiled query alone says it.
    ///
    /// # Errors
    /// [`OtherEdition`] when the study is about another profile.
    pub fn explain(&self, profile: &Profile) -> Result<Explanation, OtherEdition> {
        let written = match self.check_text(profile) {
            Ok(()) => Query::parse(&self.query_text).and_then(|query| query.explain(profile)),
            Err(StudyTextError::Query(errors)) => Err(errors),
            Err(_) => return self.query.explain(profile, self.index_day),
        };
        written.or_else(|_| self.query.explain(profile, self.index_day))
    }
}

/// Approves a study. Signed by one of the study's boards.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ApproveStudy {
    /// Which study; its id binds every part of it.
    pub study: StudyId,
}

/// Ends a study before it expires. Signed by the sponsor or the governance key.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct CloseStudy {
    /// Which study.
    pub study: StudyId,
}
