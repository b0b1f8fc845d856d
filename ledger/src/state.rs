//! The state machine: what a ledger knows, and the rules by which a transaction changes it.
//!
//! Pure: no clock, randomness, input, output, floats or unordered maps, so every replay of the
//! same entries gives the same state. Each rule is checked before anything changes, so a refused
//! transaction leaves no trace. Spec: docs/spec/ledger.md, section "Rules".

mod admission;
mod answer;
mod attached;
mod beacon;
mod budget;
mod cohort;
mod consent;
mod dataset;
mod differencing;
mod event;
mod head;
mod key;
mod party;
mod record;
mod rejection;
mod release;
mod study;
mod tally;

use std::collections::{BTreeMap, BTreeSet};

use salus_protocol::day::Day;
use salus_protocol::nullifier::{LedgerId, StudyId};
use salus_protocol::profile::Edition;
use salus_protocol::record::RecordCommitment;
use salus_protocol::registry::{Leaf, MembershipProof, RecordIndex, Registry, RegistryError, Root};
use salus_verifier::KeyId;

use crate::key::PublicKey;
use crate::log::{CheckpointKey, Origin, RegistryHead};
use crate::transaction::{AdvanceDay, Envelope, Genesis, Transaction, TransactionId};

pub use admission::Admitted;
pub(crate) use admission::Evidence;
pub use answer::Answer;
pub(crate) use answer::check_statement;
pub use attached::Attached;
pub use budget::{COHORT_ANSWERS, DATASET_NOISE};
pub use cohort::{CohortAnswer, CohortStatement, CountedOver, cohort_context, cohort_proof_bytes};
pub use dataset::{Dataset, PublishedPage, page_context};
pub use event::Event;
pub use head::HeadError;
pub use key::AcceptedKey;
pub use party::Party;
pub use record::{Faces, RecordState};
pub use rejection::Rejection;
pub use release::{DrawnNoise, TalliesStatement, release_context};
pub use study::{Standing, StudyState};
pub use tally::{Draw, TALLY_DAYS, TallyState, tally_proof_bytes};

/// What a ledger knows after some prefix of its log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    id: LedgerId,
    genesis: Genesis,
    day: Option<Day>,
    /// What the latest change of the day drew: see [`beacon`].
    beacon: [u8; 32],
    entries: u64,
    seen: BTreeSet<TransactionId>,
    issuers: BTreeMap<PublicKey, Party>,
    boards: BTreeMap<PublicKey, Party>,
    keys: BTreeMap<KeyId, AcceptedKey>,
    records: Vec<RecordState>,
    commitments: BTreeSet<RecordCommitment>,
    row_commitments: BTreeSet<[u8; 32]>,
    subjects: BTreeSet<PublicKey>,
    /// Commitments to seeds of noise, of all tallies.
    seeds: BTreeSet<[u8; 32]>,
    datasets: BTreeMap<(PublicKey, Edition), Dataset>,
    studies: BTreeMap<StudyId, StudyState>,
    registry: Registry,
    /// Leaves changed since the registry was last hashed.
    pending: BTreeMap<RecordIndex, Leaf>,
    heads: Vec<(u64, RegistryHead)>,
    /// The latest height that had each root.
    roots: BTreeMap<Root, u64>,
    /// First entry of the open height.
    first: u64,
    /// Latest height that took something back, the open one included.
    revised: u64,
    /// Whether the open height holds an answer.
    answered: bool,
}

impl State {
    /// The state after a genesis.
    ///
    /// # Errors
    /// [`Rejection::NotGenesis`] for another transaction, [`Rejection::Governance`] or
    /// [`Rejection::Signature`] when the governance key did not sign it.
    pub fn found(envelope: &Envelope) -> Result<Self, Rejection> {
        let Transaction::Genesis(genesis) = envelope.transaction() else {
            return Err(Rejection::NotGenesis {
                found: envelope.transaction().name(),
            });
        };
        let id = genesis.ledger_id();
        if envelope.signer() != genesis.governance {
            return Err(Rejection::Governance {
                key: genesis.governance,
            });
        }
        if !envelope.is_signed_for(&id) {
            return Err(Rejection::Signature { ledger: id });
        }
        Ok(Self {
            id,
            genesis: genesis.clone(),
            day: None,
            beacon: [0; 32],
            entries: 1,
            seen: BTreeSet::from([envelope.id(&id)]),
            issuers: BTreeMap::new(),
            boards: BTreeMap::new(),
            keys: BTreeMap::new(),
            records: Vec::new(),
            commitments: BTreeSet::new(),
            row_commitments: BTreeSet::new(),
            subjects: BTreeSet::new(),
            seeds: BTreeSet::new(),
            datasets: BTreeMap::new(),
            studies: BTreeMap::new(),
            registry: Registry::new(),
            pending: BTreeMap::new(),
            heads: Vec::new(),
            roots: BTreeMap::new(),
            first: 0,
            revised: 0,
            answered: false,
        })
    }

    /// Checks a transaction whose proof needs no attachment, and enters it.
    ///
    /// # Errors
    /// The [`Rejection`] names the rule that it breaks; then nothing has changed.
    pub fn apply(&mut self, envelope: &Envelope) -> Result<Event, Rejection> {
        self.apply_with(envelope, &())
    }

    /// Checks a transaction with what it names by digest, and enters it.
    ///
    /// # Errors
    /// The [`Rejection`] names the rule that it breaks; then nothing has changed.
    pub fn apply_with(
        &mut self,
        envelope: &Envelope,
        attached: &dyn Attached,
    ) -> Result<Event, Rejection> {
        let admitted = self.admit_with(envelope, attached)?;
        self.enter(&admitted)
    }

    /// Enters a transaction whose signature and proof were checked.
    ///
    /// # Errors
    /// The [`Rejection`] names the rule that it breaks; then nothing has changed.
    pub fn enter(&mut self, admitted: &Admitted) -> Result<Event, Rejection> {
        self.check_new(admitted)?;
        let (id, signer) = (admitted.id(), admitted.signer());
        if self.needs_new_height(admitted.transaction()) {
            return Err(Rejection::NewHeight {
                transaction: admitted.transaction().name(),
            });
        }
        let event = match admitted.transaction() {
            Transaction::Genesis(_) => return Err(Rejection::GenesisAgain),
            Transaction::AdvanceDay(t) => self.advance_day(t, admitted)?,
            Transaction::RegisterIssuer(t) => self.register_issuer(t, signer)?,
            Transaction::RegisterBoard(t) => self.register_board(t, signer)?,
            Transaction::AcceptKey(t) => self.accept_key(t, signer)?,
            Transaction::CommitRecord(t) => self.commit_record(t, signer)?,
            Transaction::AmendRecord(t) => self.amend_record(t, signer)?,
            Transaction::EraseRecord(t) => self.erase_record(t, signer)?,
            Transaction::GrantConsent(t) => self.grant_consent(t, signer)?,
            Transaction::RevokeConsent(t) => self.revoke_consent(t, signer)?,
            Transaction::OpenStudy(t) => self.open_study(t, signer, id)?,
            Transaction::ApproveStudy(t) => self.approve_study(t, signer)?,
            Transaction::CloseStudy(t) => self.close_study(t, signer)?,
            Transaction::SubmitEligibility(t) => self.enter_answer(t, admitted.evidence())?,
            Transaction::PublishPage(t) => self.publish_page(t, signer, admitted.evidence())?,
            Transaction::SubmitCohort(t) => self.enter_cohort(t, signer, admitted.evidence())?,
            Transaction::SubmitTally(t) => self.enter_tally(t, admitted)?,
            Transaction::ReleaseCohort(t) => self.enter_release(t, signer, admitted.evidence())?,
        };
        self.seen.insert(id);
        self.entries += 1;
        Ok(event)
    }

    /// Checks every rule for a transaction but [`Rejection::NewHeight`], and changes nothing. What
    /// passes enters, if need be after [`Self::seal`], which changes nothing that these rules ask.
    ///
    /// # Errors
    /// The [`Rejection`] names the rule that it breaks.
    pub fn check(&self, admitted: &Admitted) -> Result<(), Rejection> {
        self.check_new(admitted)?;
        let signer = admitted.signer();
        match admitted.transaction() {
            Transaction::Genesis(_) => Err(Rejection::GenesisAgain),
            Transaction::AdvanceDay(t) => self.check_day(t, signer),
            Transaction::RegisterIssuer(t) => self.check_issuer(t, signer),
            Transaction::RegisterBoard(t) => self.check_board(t, signer),
            Transaction::AcceptKey(t) => self.check_key(t, signer).map(drop),
            Transaction::CommitRecord(t) => self.check_commit(t, signer).map(drop),
            Transaction::AmendRecord(t) => self.check_amend(t, signer),
            Transaction::EraseRecord(t) => self.check_erase(t, signer),
            Transaction::GrantConsent(t) => self.check_grant(t, signer).map(drop),
            Transaction::RevokeConsent(t) => self.check_revoke(t, signer),
            Transaction::OpenStudy(t) => self.check_opening(t, signer),
            Transaction::ApproveStudy(t) => self.check_approval(t, signer),
            Transaction::CloseStudy(t) => self.check_closing(t, signer),
            Transaction::SubmitEligibility(t) => {
                self.check_answer(t)?;
                admitted.evidence().statement_of(t).map(drop)
            }
            Transaction::PublishPage(t) => self.check_published(t, signer, admitted.evidence()),
            Transaction::SubmitCohort(t) => self.check_counted(t, signer, admitted.evidence()),
            Transaction::SubmitTally(t) => {
                self.check_tallied(t, signer, admitted.evidence()).map(drop)
            }
            Transaction::ReleaseCohort(t) => self.check_released(t, signer, admitted.evidence()),
        }
    }

    /// The rules for any admitted transaction: it is of this ledger, and not yet on it.
    fn check_new(&self, admitted: &Admitted) -> Result<(), Rejection> {
        if admitted.ledger() != self.id {
            return Err(Rejection::Signature { ledger: self.id });
        }
        self.check_unseen(admitted.id())
    }

    /// Whether a transaction is on the ledger.
    #[must_use]
    pub fn has_entered(&self, id: &TransactionId) -> bool {
        self.seen.contains(id)
    }

    /// A transaction enters once.
    fn check_unseen(&self, id: TransactionId) -> Result<(), Rejection> {
        if self.has_entered(&id) {
            return Err(Rejection::Replayed { id });
        }
        Ok(())
    }

    /// Whether a transaction can only be the first of its kind of height: the day changes between
    /// heights, and within one nothing is taken back after an answer. So what a head says of its
    /// height holds of every answer in it.
    #[must_use]
    pub fn needs_new_height(&self, transaction: &Transaction) -> bool {
        match transaction {
            Transaction::AdvanceDay(_) => self.entries > self.first,
            Transaction::AmendRecord(_)
            | Transaction::EraseRecord(_)
            | Transaction::RevokeConsent(_) => self.answered,
            Transaction::GrantConsent(t) => {
                self.answered && self.record(t.index).is_some_and(|r| r.consent.is_some())
            }
            _ => false,
        }
    }

    fn check_day(&self, t: &AdvanceDay, signer: PublicKey) -> Result<(), Rejection> {
        if signer != self.genesis.checkpoint {
            return Err(Rejection::CheckpointKey {
                key: self.genesis.checkpoint,
            });
        }
        if let Some(current) = self.day.filter(|day| *day >= t.day) {
            return Err(Rejection::DayNotLater {
                day: t.day,
                current,
            });
        }
        Ok(())
    }

    fn advance_day(&mut self, t: &AdvanceDay, admitted: &Admitted) -> Result<Event, Rejection> {
        self.check_day(t, admitted.signer())?;
        self.day = Some(t.day);
        self.beacon = beacon::next(&self.beacon, self.latest_head(), admitted.digest());
        self.draw_noise(self.beacon);
        Ok(Event::DayAdvanced { day: t.day })
    }

    fn governed(&self, signer: PublicKey) -> Result<(), Rejection> {
        if signer == self.genesis.governance {
            Ok(())
        } else {
            Err(Rejection::Governance {
                key: self.genesis.governance,
            })
        }
    }

    /// The ledger's id.
    #[must_use]
    pub const fn id(&self) -> LedgerId {
        self.id
    }

    /// The ledger's genesis.
    #[must_use]
    pub const fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    /// The key that verifies the ledger's checkpoints.
    #[must_use]
    pub fn checkpoint_key(&self) -> CheckpointKey {
        CheckpointKey::new(
            Origin::of(&self.genesis.name, &self.id),
            self.genesis.checkpoint,
        )
    }

    /// The ledger's day; none until it is first set.
    #[must_use]
    pub const fn day(&self) -> Option<Day> {
        self.day
    }

    /// Entries of the log that led here.
    #[must_use]
    pub const fn entries(&self) -> u64 {
        self.entries
    }

    /// Number of registry heads in the log.
    #[must_use]
    pub fn height(&self) -> u64 {
        self.heads.len() as u64
    }

    /// The head of a height, from 1, and its entry's index.
    #[must_use]
    pub fn head(&self, height: u64) -> Option<&(u64, RegistryHead)> {
        self.heads
            .get(usize::try_from(height.checked_sub(1)?).ok()?)
    }

    /// The head of the height in which an entry stands, and its own entry's index.
    #[must_use]
    pub fn head_over(&self, entry: u64) -> Option<&(u64, RegistryHead)> {
        self.heads
            .get(self.heads.partition_point(|(head, _)| *head <= entry))
    }

    /// The latest head.
    #[must_use]
    pub fn latest_head(&self) -> Option<&RegistryHead> {
        self.heads.last().map(|(_, head)| head)
    }

    /// Registered issuers, by key.
    #[must_use]
    pub const fn issuers(&self) -> &BTreeMap<PublicKey, Party> {
        &self.issuers
    }

    /// Whether a record is or was committed for this key of a subject.
    #[must_use]
    pub fn is_subject(&self, key: &PublicKey) -> bool {
        self.subjects.contains(key)
    }

    /// Registered ethics boards, by key.
    #[must_use]
    pub const fn boards(&self) -> &BTreeMap<PublicKey, Party> {
        &self.boards
    }

    /// Accepted verifying keys, by id.
    #[must_use]
    pub const fn keys(&self) -> &BTreeMap<KeyId, AcceptedKey> {
        &self.keys
    }

    /// Every record ever committed, by index.
    #[must_use]
    pub fn records(&self) -> &[RecordState] {
        &self.records
    }

    /// The record at an index.
    #[must_use]
    pub fn record(&self, index: RecordIndex) -> Option<&RecordState> {
        self.records.get(index as usize)
    }

    /// The index of the record with this commitment, if it stands.
    #[must_use]
    pub fn find_record(&self, record: &RecordCommitment) -> Option<RecordIndex> {
        let stands = |r: &RecordState| r.faces.is_some_and(|faces| faces.record == *record);
        let place = self.records.iter().position(stands)?;
        RecordIndex::try_from(place).ok()
    }

    /// The registry's leaves as of the latest head, by index: what wallets copy in full, so that
    /// no request tells which record a wallet holds.
    #[must_use]
    pub fn leaves(&self) -> &[Leaf] {
        self.registry.leaves()
    }

    /// The membership proof of a record under the latest head's root.
    ///
    /// # Errors
    /// [`RegistryError::NoRecord`] for an index that is not in use there.
    pub fn membership(&self, index: RecordIndex) -> Result<MembershipProof, RegistryError> {
        self.registry.membership(index)
    }

    /// The registry as of the latest head.
    #[must_use]
    pub const fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Every study, by id.
    #[must_use]
    pub const fn studies(&self) -> &BTreeMap<StudyId, StudyState> {
        &self.studies
    }

    /// A study.
    #[must_use]
    pub fn study(&self, id: &StudyId) -> Option<&StudyState> {
        self.studies.get(id)
    }
}
