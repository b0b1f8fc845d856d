//! Verifying a bundle: every signature, inclusion, digest, rule and proof in it.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use salus_protocol::nullifier::LedgerId;
use salus_protocol::profile::Profile;
use salus_verifier::{KeyId, KeyPolicy, Setup, TrustedKey, VerifyingKey};

use super::answers::{self, AnswerEntry};
use super::bundle::{BUNDLE_FORMAT, Bundle, Included};
use super::cohort::{self, CohortEntry, Submitted};
use super::error::{AuditError, EntryProblem};
use super::report::{ApprovalReport, KeyReport, Report};
use crate::key::PublicKey;
use crate::log::{Checkpoint, CheckpointKey, Entry, InclusionProof, Origin, RegistryHead};
use crate::replay;
use crate::state::StudyState;
use crate::transaction::{
    AcceptKey, AttachmentDigest, ELIGIBILITY_CIRCUIT, Envelope, Genesis, OpenStudy, SubmitTally,
    Title, Transaction, TransactionId,
};

/// What the verifier knows from elsewhere, and what it is willing to trust.
#[derive(Debug, Clone, Copy)]
pub struct Expectations {
    /// The ledger that the bundle must be of; from a source other than the bundle.
    pub ledger: LedgerId,
    /// The key that must have signed its checkpoint, if known apart from the ledger's id. The id
    /// already binds the key, through the genesis.
    pub checkpoint_key: Option<PublicKey>,
    /// Whether verifying keys of a development setup are good enough.
    pub keys: KeyPolicy,
}

/// What the entries of a bundle say, as far as they were checked on their own.
#[derive(Default)]
pub(super) struct Contents {
    pub(super) boards: BTreeMap<PublicKey, (Title, u64)>,
    pub(super) issuers: BTreeMap<PublicKey, (Title, u64)>,
    pub(super) keys: BTreeMap<KeyId, (VerifyingKey, TrustedKey, u64)>,
    pub(super) study: Option<StudyState>,
    pub(super) closed: Option<u64>,
    pub(super) heads: Vec<(u64, RegistryHead)>,
    pub(super) answers: Vec<AnswerEntry>,
    pub(super) cohort: Vec<CohortEntry>,
    /// Tallies by log entry, with who signed them.
    pub(super) tallies: BTreeMap<u64, (PublicKey, SubmitTally)>,
}

/// Verifies a bundle, given as the file's bytes.
///
/// # Errors
/// [`AuditError`] names the first thing that is wrong; then nothing in the bundle is shown.
pub fn verify(bytes: &[u8], expected: &Expectations) -> Result<Report, AuditError> {
    let bundle = read(bytes, expected)?;
    let genesis = genesis_of(&bundle)?;
    let checkpoint = checkpoint_of(&bundle, &genesis, expected)?;
    let entries = decode(&bundle, &checkpoint)?;
    let mut contents = Contents::default();
    for (index, entry) in &entries {
        contents
            .take(*index, entry, &bundle, &genesis, expected.keys)
            .map_err(|problem| AuditError::Entry {
                index: *index,
                problem,
            })?;
    }
    let study = contents.study.as_ref().ok_or(AuditError::NoStudy {
        study: bundle.study,
    })?;
    study.opened.check_terms().map_err(AuditError::StudyTerms)?;
    let profile = Profile::from_toml(&bundle.profile).map_err(|e| AuditError::Profile {
        problem: e.to_string(),
    })?;
    study.opened.check_text(&profile)?;
    let answers = answers::check(&contents, study)?;
    let cohort_answers = cohort::check(&contents, study, &profile, bundle.log.is_some())?;
    if let Some(log) = &bundle.log {
        check_log(log, &bundle, &checkpoint, &contents)?;
    }
    let mut report = Report {
        ledger: bundle.ledger,
        ledger_name: genesis.name.to_string(),
        log_size: checkpoint.size,
        log_root: checkpoint.root,
        study: bundle.study,
        title: study.opened.title.to_string(),
        institution: study.opened.purpose.institution.name().to_owned(),
        query_text: study.opened.query_text.clone(),
        query: study.query,
        approvals: approvals(&contents, study),
        approvals_needed: study.opened.approvals_needed,
        keys: contents
            .keys
            .values()
            .map(|(key, ..)| key_report(key))
            .collect(),
        answers,
        unreleased: contents.unreleased(),
        cohort_answers,
        policy: study.opened.policy,
        whole_log: bundle.log.is_some(),
        shown: Vec::new(),
        not_shown: Vec::new(),
    };
    report.tell();
    Ok(report)
}

/// The bundle in the file, if it is one of the ledger that is expected.
fn read(bytes: &[u8], expected: &Expectations) -> Result<Bundle, AuditError> {
    let bundle: Bundle = serde_json::from_slice(bytes).map_err(|e| AuditError::Malformed {
        problem: e.to_string(),
    })?;
    if bundle.format != BUNDLE_FORMAT {
        return Err(AuditError::Format {
            found: bundle.format.chars().take(80).collect(),
        });
    }
    if bundle.ledger != expected.ledger {
        return Err(AuditError::Ledger {
            found: bundle.ledger,
            expected: expected.ledger,
        });
    }
    Ok(bundle)
}

/// What the checkpoint says, if the key that the genesis names signed it.
fn checkpoint_of(
    bundle: &Bundle,
    genesis: &Genesis,
    expected: &Expectations,
) -> Result<Checkpoint, AuditError> {
    let origin = Origin::of(&genesis.name, &bundle.ledger);
    if let Some(key) = expected
        .checkpoint_key
        .filter(|key| *key != genesis.checkpoint)
    {
        return Err(AuditError::CheckpointKey {
            found: genesis.checkpoint,
            expected: key,
        });
    }
    let key = CheckpointKey::new(origin, genesis.checkpoint);
    Ok(bundle.checkpoint.verify(&key)?)
}

/// The genesis, whose hash is the ledger's id; its place and signature are checked with the rest.
fn genesis_of(bundle: &Bundle) -> Result<Genesis, AuditError> {
    let first = bundle.entries.first().filter(|first| first.index == 0);
    let bytes = hex::decode(&first.ok_or(AuditError::NoGenesis)?.entry);
    let envelope = bytes
        .ok()
        .and_then(|bytes| Envelope::from_bytes(&bytes).ok());
    let Some(Transaction::Genesis(genesis)) = envelope.map(Envelope::into_transaction) else {
        return Err(AuditError::NoGenesis);
    };
    let founds = genesis.ledger_id();
    if founds != bundle.ledger {
        return Err(AuditError::Genesis {
            founds,
            expected: bundle.ledger,
        });
    }
    Ok(genesis)
}

/// Decodes the entries, and checks order, label, inclusion and signature of each.
fn decode(bundle: &Bundle, checkpoint: &Checkpoint) -> Result<Vec<(u64, Entry)>, AuditError> {
    let mut last = None;
    let mut entries = Vec::with_capacity(bundle.entries.len());
    for included in &bundle.entries {
        let index = included.index;
        let entry = decode_one(included, last, bundle.ledger, checkpoint)
            .map_err(|problem| AuditError::Entry { index, problem })?;
        last = Some(index);
        entries.push((index, entry));
    }
    Ok(entries)
}

fn decode_one(
    included: &Included,
    last: Option<u64>,
    ledger: LedgerId,
    checkpoint: &Checkpoint,
) -> Result<Entry, EntryProblem> {
    if last.is_some_and(|last| last >= included.index) {
        return Err(EntryProblem::Order);
    }
    let bytes = hex::decode(&included.entry).map_err(|_| EntryProblem::NotHex)?;
    let entry = Entry::from_bytes(&bytes)?;
    let expected = kind_of(&entry);
    if included.kind != expected {
        let found = included.kind.chars().take(80).collect();
        return Err(EntryProblem::Kind { found, expected });
    }
    let proof = InclusionProof {
        index: included.index,
        size: checkpoint.size,
        path: included.path.clone(),
    };
    proof.verify(&bytes, &checkpoint.root)?;
    match &entry {
        Entry::Transaction(envelope) if !envelope.is_signed_for(&ledger) => {
            Err(EntryProblem::Signature)
        }
        _ => Ok(entry),
    }
}

/// What an entry is, for readers.
pub(super) const fn kind_of(entry: &Entry) -> &'static str {
    match entry {
        Entry::Transaction(envelope) => envelope.transaction().name(),
        Entry::Head(_) => "registry head",
    }
}

impl Contents {
    /// Sorts one entry in, and checks who signed it.
    fn take(
        &mut self,
        index: u64,
        entry: &Entry,
        bundle: &Bundle,
        genesis: &Genesis,
        policy: KeyPolicy,
    ) -> Result<(), EntryProblem> {
        let envelope = match entry {
            Entry::Head(head) => return self.take_head(index, head),
            Entry::Transaction(envelope) => envelope,
        };
        let signer = envelope.signer();
        let signed_by = |expected: PublicKey| {
            if signer == expected {
                Ok(())
            } else {
                Err(EntryProblem::Signer { expected })
            }
        };
        match envelope.transaction() {
            Transaction::Genesis(_) if index == 0 => signed_by(genesis.governance),
            Transaction::RegisterBoard(t) => {
                signed_by(genesis.governance)?;
                self.boards.insert(t.key, (t.name.clone(), index));
                Ok(())
            }
            Transaction::RegisterIssuer(t) => {
                signed_by(genesis.governance)?;
                self.issuers.insert(t.key, (t.name.clone(), index));
                Ok(())
            }
            Transaction::AcceptKey(t) => {
                signed_by(genesis.governance)?;
                self.take_key(index, t, genesis, policy)
            }
            Transaction::OpenStudy(t) => {
                signed_by(t.sponsor)?;
                self.take_study(index, envelope.id(&bundle.ledger), t, bundle)
            }
            _ => self.take_of_study(index, envelope, bundle, genesis),
        }
    }

    /// Sorts in what happened to the bundle's study after it was opened.
    fn take_of_study(
        &mut self,
        index: u64,
        envelope: &Envelope,
        bundle: &Bundle,
        genesis: &Genesis,
    ) -> Result<(), EntryProblem> {
        let signer = envelope.signer();
        match envelope.transaction() {
            Transaction::ApproveStudy(t) if t.study == bundle.study => {
                self.take_approval(index, signer)
            }
            Transaction::CloseStudy(t) if t.study == bundle.study => {
                let study = self.study.as_ref().ok_or(EntryProblem::Unexpected)?;
                let expected = study.opened.sponsor;
                if signer != genesis.governance && signer != expected {
                    return Err(EntryProblem::Signer { expected });
                }
                self.closed.get_or_insert(index);
                Ok(())
            }
            Transaction::SubmitEligibility(t) if t.study == bundle.study => {
                self.answers.push(AnswerEntry {
                    index,
                    submitted: t.clone(),
                });
                Ok(())
            }
            Transaction::SubmitCohort(t) if t.study == bundle.study => {
                self.cohort.push(CohortEntry {
                    index,
                    issuer: signer,
                    submitted: Submitted::Alone(t.clone()),
                });
                Ok(())
            }
            Transaction::SubmitTally(t) if t.study == bundle.study => {
                self.tallies.insert(index, (signer, t.clone()));
                Ok(())
            }
            Transaction::ReleaseCohort(t) if t.study == bundle.study => {
                self.cohort.push(CohortEntry {
                    index,
                    issuer: signer,
                    submitted: Submitted::Together(t.clone()),
                });
                Ok(())
            }
            _ => Err(EntryProblem::Unexpected),
        }
    }

    /// Tallies that no release in the bundle names.
    fn unreleased(&self) -> usize {
        let released = |entry: &u64| {
            self.cohort.iter().any(|answer| match &answer.submitted {
                Submitted::Together(t) => t.tallies.contains(entry),
                Submitted::Alone(_) => false,
            })
        };
        self.tallies.keys().filter(|entry| !released(entry)).count()
    }

    fn take_study(
        &mut self,
        index: u64,
        id: TransactionId,
        t: &OpenStudy,
        bundle: &Bundle,
    ) -> Result<(), EntryProblem> {
        if id.as_bytes() != bundle.study.as_bytes() {
            return Err(EntryProblem::Unexpected);
        }
        let study = StudyState::new(bundle.ledger, bundle.study, t.clone(), index);
        self.study = Some(study);
        Ok(())
    }

    fn take_head(&mut self, index: u64, head: &RegistryHead) -> Result<(), EntryProblem> {
        let grows = self.heads.last().is_none_or(|(before, last)| {
            last.height < head.height && *before < head.first && last.revised <= head.revised
        });
        if !grows || head.first >= index || head.revised > head.height {
            return Err(EntryProblem::Height);
        }
        self.heads.push((index, *head));
        Ok(())
    }

    fn take_key(
        &mut self,
        index: u64,
        t: &AcceptKey,
        genesis: &Genesis,
        policy: KeyPolicy,
    ) -> Result<(), EntryProblem> {
        if t.circuit != ELIGIBILITY_CIRCUIT {
            let found = t.circuit.clone();
            return Err(EntryProblem::KeyCircuit { found });
        }
        let key = t.verifying_key().map_err(EntryProblem::Key)?;
        if key.setup() == Setup::InsecureDevelopment && !genesis.accepts_insecure_keys {
            return Err(EntryProblem::KeyInsecure { id: key.id() });
        }
        if key.id() != t.id {
            return Err(EntryProblem::KeyId {
                computed: key.id(),
                stated: t.id,
            });
        }
        let trusted = key.trusted(policy).map_err(EntryProblem::Key)?;
        self.keys.entry(t.id).or_insert((key, trusted, index));
        Ok(())
    }

    fn take_approval(&mut self, index: u64, signer: PublicKey) -> Result<(), EntryProblem> {
        let study = self.study.as_mut().ok_or(EntryProblem::Unexpected)?;
        if !study.opened.boards.contains(&signer) {
            return Err(EntryProblem::NotBoardOfStudy { key: signer });
        }
        if !self.boards.contains_key(&signer) {
            return Err(EntryProblem::BoardUnregistered { key: signer });
        }
        if study.approvals.insert(signer, index).is_some() {
            return Err(EntryProblem::ApprovedTwice { key: signer });
        }
        Ok(())
    }
}

/// The publications and cohort proofs in the bundle, by digest.
fn attachments(bundle: &Bundle) -> Result<BTreeMap<AttachmentDigest, Vec<u8>>, AuditError> {
    let decode = |(place, text): (usize, &String)| {
        let bytes = BASE64
            .decode(text)
            .map_err(|_| AuditError::Attachment { place })?;
        Ok((AttachmentDigest::of(&bytes), bytes))
    };
    bundle.attachments.iter().enumerate().map(decode).collect()
}

/// Replays the whole log, and compares the bundle with it.
fn check_log(
    log: &[String],
    bundle: &Bundle,
    checkpoint: &Checkpoint,
    contents: &Contents,
) -> Result<(), AuditError> {
    let mut bytes = Vec::with_capacity(log.len());
    for (index, text) in (0u64..).zip(log) {
        let problem = EntryProblem::NotHex;
        bytes.push(hex::decode(text).map_err(|_| AuditError::Entry { index, problem })?);
    }
    let (state, tree) = replay::replay(&bytes, &attachments(bundle)?)?;
    if tree.size() != checkpoint.size || tree.root() != checkpoint.root {
        return Err(AuditError::LogDiffers);
    }
    for included in &bundle.entries {
        let index = included.index;
        let same = usize::try_from(index).ok().and_then(|at| log.get(at));
        if same != Some(&included.entry) {
            return Err(AuditError::Entry {
                index,
                problem: EntryProblem::Differs,
            });
        }
    }
    let on_ledger = state.study(&bundle.study).map_or(0, |study| {
        study.answers.len() + study.cohort_answers.len() + study.tallies.len()
    });
    let in_bundle = contents.answers.len() + contents.cohort.len() + contents.tallies.len();
    if on_ledger != in_bundle {
        return Err(AuditError::AnswersLeftOut {
            on_ledger,
            in_bundle,
        });
    }
    Ok(())
}

fn approvals(contents: &Contents, study: &StudyState) -> Vec<ApprovalReport> {
    let report = |(key, entry): (&PublicKey, &u64)| ApprovalReport {
        board: contents
            .boards
            .get(key)
            .map_or_else(String::new, |(name, _)| name.to_string()),
        key: *key,
        entry: *entry,
    };
    study.approvals.iter().map(report).collect()
}

fn key_report(key: &VerifyingKey) -> KeyReport {
    KeyReport {
        id: key.id(),
        circuit: key.circuit().to_owned(),
        setup: key.setup(),
    }
}
