//! Making a bundle from an open ledger.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use salus_protocol::nullifier::StudyId;
use thiserror::Error;

use super::bundle::{BUNDLE_FORMAT, Bundle, Included};
use super::verify::kind_of;
use crate::engine::{Ledger, LedgerError};
use crate::log::Entry;
use crate::state::State;
use crate::transaction::{AttachmentDigest, Envelope};

/// Why a bundle can't be made.
#[derive(Debug, Error)]
pub enum ExportError {
    /// There is no such study.
    #[error("there is no study {study} on this ledger")]
    StudyUnknown {
        /// The study asked for.
        study: StudyId,
    },
    /// The latest entries are under no signed checkpoint.
    #[error("the ledger's latest entries are under no checkpoint: open it with its checkpoint key")]
    NoCheckpoint,
    /// The ledger can't be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Makes the bundle of a study, with the whole log if asked: then everything can be shown.
///
/// # Errors
/// [`ExportError`] says what is missing.
pub fn export(ledger: &Ledger, study: &StudyId, whole_log: bool) -> Result<Bundle, ExportError> {
    let (entries, profile, id) = {
        let state = ledger.state()?;
        let known = state
            .study(study)
            .ok_or(ExportError::StudyUnknown { study: *study })?;
        let profile = known.opened.profile;
        (entries_of(&state, study), profile, state.id())
    };
    let checkpoint = ledger.checkpoint()?.ok_or(ExportError::NoCheckpoint)?;
    let key = ledger.state()?.checkpoint_key();
    let size = checkpoint.verify(&key).map_err(LedgerError::from)?.size;
    let include = |index: u64| -> Result<Included, LedgerError> {
        let bytes = ledger.entry(index)?;
        let proof = ledger.inclusion(index, size)?;
        let entry = Entry::from_bytes(&bytes).map_err(|e| LedgerError::Damaged {
            problem: e.to_string(),
        })?;
        Ok(Included {
            kind: kind_of(&entry).to_owned(),
            index,
            entry: hex::encode(bytes),
            path: proof.path,
        })
    };
    let log: Option<Vec<String>> = whole_log
        .then(|| {
            (0..size)
                .map(|index| ledger.entry(index).map(hex::encode))
                .collect()
        })
        .transpose()?;
    let attachments = match &log {
        Some(log) => attachments(ledger, log)?,
        None => Vec::new(),
    };
    Ok(Bundle {
        format: BUNDLE_FORMAT.to_owned(),
        ledger: id,
        study: *study,
        checkpoint,
        profile: ledger.profile_document(profile)?,
        entries: entries.into_iter().map(include).collect::<Result<_, _>>()?,
        log,
        attachments,
    })
}

/// Every publication and cohort proof that the log names, each once.
fn attachments(ledger: &Ledger, log: &[String]) -> Result<Vec<String>, LedgerError> {
    let named = |text: &String| {
        let envelope = Envelope::from_bytes(&hex::decode(text).ok()?).ok()?;
        envelope.transaction().proof_attachment()
    };
    let digests: BTreeSet<AttachmentDigest> = log.iter().filter_map(named).collect();
    let encode = |digest| Ok(BASE64.encode(ledger.proof_attachment(digest)?));
    digests.iter().map(encode).collect()
}

/// Indices of the entries that a study's answers rest on, ascending.
fn entries_of(state: &State, study: &StudyId) -> BTreeSet<u64> {
    let mut entries = BTreeSet::from([0]);
    let Some(study) = state.study(study) else {
        return entries;
    };
    entries.insert(study.entry);
    entries.extend(study.closed);
    for (board, approval) in &study.approvals {
        entries.insert(*approval);
        entries.extend(state.boards().get(board).map(|party| party.entry));
    }
    let answers = study.cohort_answers.iter();
    let tallies = study.tallies.iter();
    let counted = answers.map(|answer| (answer.entry, answer.issuer));
    for (entry, issuer) in counted.chain(tallies.map(|tally| (tally.entry, tally.issuer))) {
        entries.insert(entry);
        entries.extend(state.issuers().get(&issuer).map(|party| party.entry));
        entries.extend(state.head_over(entry).map(|(head, _)| *head));
    }
    for answer in &study.answers {
        entries.insert(answer.entry);
        entries.extend(state.keys().get(&answer.key).map(|key| key.entry));
        entries.extend(state.head(answer.root_height).map(|(entry, _)| *entry));
        entries.extend(state.head_over(answer.entry).map(|(entry, _)| *entry));
    }
    entries
}
