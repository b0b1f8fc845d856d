//! Studies: opened by sponsors, approved by boards, closed.

use std::collections::{BTreeMap, BTreeSet};

use salus_protocol::day::Day;
use salus_protocol::nullifier::{LedgerId, Nullifier, Scope, StudyId};
use salus_protocol::profile::Edition;
use salus_protocol::query::QueryDigest;
use salus_protocol::statement::InstitutionCode;

use super::{Answer, CohortAnswer, Event, Rejection, State, TallyState};
use crate::key::PublicKey;
use crate::transaction::{ApproveStudy, CloseStudy, OpenStudy, Policy, TransactionId};

/// The longest query text, in bytes.
const MAX_QUERY_TEXT: usize = 16_384;
/// The most boards that a study names.
const MAX_BOARDS: usize = 32;
/// The most custodians that a study counts together.
const MAX_TOGETHER: usize = 64;

/// What the ledger knows of one study.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StudyState {
    /// Its id.
    pub id: StudyId,
    /// What was opened.
    pub opened: OpenStudy,
    /// Its scope on this ledger.
    pub scope: Scope,
    /// The digest of its compiled query.
    pub query: QueryDigest,
    /// The code of its institution.
    pub institution: InstitutionCode,
    /// Index of the log entry that opened it.
    pub entry: u64,
    /// The boards that approved it, with the index of the log entry that says so.
    pub approvals: BTreeMap<PublicKey, u64>,
    /// Index of the log entry that closed it.
    pub closed: Option<u64>,
    /// Its answers by subjects, in order.
    pub answers: Vec<Answer>,
    /// Its answers by custodians, in order.
    pub cohort_answers: Vec<CohortAnswer>,
    /// The tallies of custodians that are counted together, in order.
    pub tallies: Vec<TallyState>,
    pub(super) nullifiers: BTreeSet<Nullifier>,
}

/// How a study stands on the ledger's day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Waits for approvals.
    Proposed,
    /// Takes answers.
    Open,
    /// Its last day has passed.
    Expired,
    /// Closed by its sponsor or by governance.
    Closed,
}

impl Standing {
    /// In a word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Open => "open",
            Self::Expired => "expired",
            Self::Closed => "closed",
        }
    }

    /// Whether neither an approval nor an answer can enter any more.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Expired | Self::Closed)
    }
}

impl StudyState {
    /// A study as it is when it is opened.
    pub(crate) fn new(ledger: LedgerId, id: StudyId, opened: OpenStudy, entry: u64) -> Self {
        Self {
            id,
            scope: Scope::of(&ledger, &id),
            query: opened.query.digest(),
            institution: InstitutionCode::new(opened.purpose.institution.element()),
            opened,
            entry,
            approvals: BTreeMap::new(),
            closed: None,
            answers: Vec::new(),
            cohort_answers: Vec::new(),
            tallies: Vec::new(),
            nullifiers: BTreeSet::new(),
        }
    }

    /// Approvals that it still needs.
    #[must_use]
    pub fn approvals_missing(&self) -> usize {
        usize::from(self.opened.approvals_needed).saturating_sub(self.approvals.len())
    }

    /// Whether this nullifier answered.
    #[must_use]
    pub fn has_answer_of(&self, nullifier: &Nullifier) -> bool {
        self.nullifiers.contains(nullifier)
    }
}

impl State {
    /// How a study stands on the ledger's day.
    #[must_use]
    pub fn standing(&self, study: &StudyState) -> Standing {
        if study.closed.is_some() {
            Standing::Closed
        } else if self.day.is_some_and(|day| day > study.opened.expires) {
            Standing::Expired
        } else if study.approvals_missing() > 0 {
            Standing::Proposed
        } else {
            Standing::Open
        }
    }

    /// A study that takes answers, and the ledger's day.
    pub(super) fn answerable(&self, id: &StudyId) -> Result<(&StudyState, Day), Rejection> {
        let study = self
            .study(id)
            .ok_or(Rejection::StudyUnknown { study: *id })?;
        check_live(study, self.day)?;
        let missing = study.approvals_missing();
        if missing > 0 {
            return Err(Rejection::StudyNotApproved {
                study: *id,
                missing,
            });
        }
        Ok((study, self.day.ok_or(Rejection::NoDay)?))
    }

    pub(super) fn check_opening(&self, t: &OpenStudy, signer: PublicKey) -> Result<(), Rejection> {
        if signer != t.sponsor {
            return Err(Rejection::NotSponsor { key: t.sponsor });
        }
        t.check_terms()?;
        self.check_parties(t)?;
        let day = self.day.ok_or(Rejection::NoDay)?;
        if t.expires < day {
            return Err(Rejection::ExpiresInPast {
                expires: t.expires,
                day,
            });
        }
        Ok(())
    }

    pub(super) fn open_study(
        &mut self,
        t: &OpenStudy,
        signer: PublicKey,
        id: TransactionId,
    ) -> Result<Event, Rejection> {
        self.check_opening(t, signer)?;
        let id = StudyId::new(*id.as_bytes());
        let study = StudyState::new(self.id, id, t.clone(), self.entries);
        self.studies.insert(id, study);
        Ok(Event::StudyOpened { study: id })
    }

    fn check_parties(&self, t: &OpenStudy) -> Result<(), Rejection> {
        if let Some(key) = t.boards.iter().find(|key| !self.boards.contains_key(key)) {
            return Err(Rejection::BoardUnknown { key: *key });
        }
        let mut together = t.together.iter();
        match together.find(|key| !self.issuers.contains_key(key)) {
            Some(key) => Err(Rejection::IssuerUnknown { key: *key }),
            None => Ok(()),
        }
    }

    pub(super) fn check_approval(
        &self,
        t: &ApproveStudy,
        signer: PublicKey,
    ) -> Result<(), Rejection> {
        let study = self
            .study(&t.study)
            .ok_or(Rejection::StudyUnknown { study: t.study })?;
        check_live(study, self.day)?;
        if !study.opened.boards.contains(&signer) {
            return Err(Rejection::NotBoardOfStudy {
                study: t.study,
                key: signer,
            });
        }
        Ok(())
    }

    pub(super) fn approve_study(
        &mut self,
        t: &ApproveStudy,
        signer: PublicKey,
    ) -> Result<Event, Rejection> {
        self.check_approval(t, signer)?;
        let entry = self.entries;
        let study = self.study_mut(&t.study)?;
        // A second approval by one board is the same transaction, refused before.
        study.approvals.insert(signer, entry);
        Ok(Event::StudyApproved {
            study: t.study,
            needed: study.approvals_missing(),
        })
    }

    pub(super) fn check_closing(&self, t: &CloseStudy, signer: PublicKey) -> Result<(), Rejection> {
        let study = self
            .study(&t.study)
            .ok_or(Rejection::StudyUnknown { study: t.study })?;
        if study.closed.is_some() {
            return Err(Rejection::StudyClosed { study: t.study });
        }
        if signer != study.opened.sponsor && signer != self.genesis.governance {
            return Err(Rejection::NotSponsor {
                key: study.opened.sponsor,
            });
        }
        Ok(())
    }

    pub(super) fn close_study(
        &mut self,
        t: &CloseStudy,
        signer: PublicKey,
    ) -> Result<Event, Rejection> {
        self.check_closing(t, signer)?;
        let entry = self.entries;
        self.study_mut(&t.study)?.closed = Some(entry);
        Ok(Event::StudyClosed { study: t.study })
    }

    pub(super) fn study_mut(&mut self, id: &StudyId) -> Result<&mut StudyState, Rejection> {
        self.studies
            .get_mut(id)
            .ok_or(Rejection::StudyUnknown { study: *id })
    }
}

fn check_live(study: &StudyState, day: Option<Day>) -> Result<(), Rejection> {
    if study.closed.is_some() {
        return Err(Rejection::StudyClosed { study: study.id });
    }
    let day = day.ok_or(Rejection::NoDay)?;
    if day > study.opened.expires {
        return Err(Rejection::StudyExpired {
            study: study.id,
            expired: study.opened.expires,
            day,
        });
    }
    Ok(())
}

impl OpenStudy {
    /// The rules that need nothing but the transaction.
    pub(crate) fn check_terms(&self) -> Result<(), Rejection> {
        if self.boards.is_empty()
            || self.boards.len() > MAX_BOARDS
            || !self.boards.is_sorted_by(|a, b| a < b)
        {
            return Err(Rejection::BoardList {
                at_most: MAX_BOARDS,
            });
        }
        if self.together.len() == 1
            || self.together.len() > MAX_TOGETHER
            || !self.together.is_sorted_by(|a, b| a < b)
        {
            return Err(Rejection::TogetherList {
                at_most: MAX_TOGETHER,
            });
        }
        if self.noise.is_some_and(|noise| noise.budget == 0) {
            return Err(Rejection::NoiseTerms);
        }
        let needed = usize::from(self.approvals_needed);
        if needed == 0 || needed > self.boards.len() {
            return Err(Rejection::ApprovalsNeeded {
                needed,
                boards: self.boards.len(),
            });
        }
        if self.query_text.len() > MAX_QUERY_TEXT {
            return Err(Rejection::QueryText {
                bytes: self.query_text.len(),
                at_most: MAX_QUERY_TEXT,
            });
        }
        if self.query.edition() != Edition::of(&self.profile, self.index_day) {
            return Err(Rejection::QueryEdition);
        }
        let weakest = Policy::STANDARD;
        if self.policy.suppress_up_to < weakest.suppress_up_to
            || self.policy.round_to < weakest.round_to
        {
            return Err(Rejection::PolicyTooWeak {
                found: self.policy,
                weakest,
            });
        }
        Ok(())
    }
}
