//! Studies: opened by a sponsor, approved by boards.

use salus_ledger::engine::{Attachment, Ledger, Submission};
use salus_ledger::key::PublicKey;
use salus_ledger::transaction::{ApproveStudy, CloseStudy, Envelope, OpenStudy, Policy, Title};
use salus_protocol::day::Day;
use salus_protocol::nullifier::StudyId;
use salus_protocol::purpose::Purpose;
use salus_protocol::query::{Compiled, Query};

use super::profile::Source;
use super::submit;
use crate::failure::{Failure, QueryFailure};
use crate::home::{SigningSecret, Sponsor};

/// A query that was read and compiled.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) text: String,
    pub(crate) query: Query,
    pub(crate) profile: Source,
    pub(crate) compiled: Compiled,
}

/// Reads a query, as text or as JSON, and compiles it against a profile: the one given, else the
/// one that it names, else the cardiometabolic one. `name` is what errors call it.
pub(crate) fn ask(name: &str, text: &str, profile: Option<&str>) -> Result<Asked, Failure> {
    let failed = |errors| QueryFailure::failure(name, text, errors);
    let query = if text.trim_start().starts_with('{') {
        Query::from_json(text).map_err(failed)?
    } else {
        Query::parse(text).map_err(failed)?
    };
    let profile = super::profile::find(profile.or(query.profile()).unwrap_or("cardiometabolic"))?;
    let compiled = query.compile(&profile.profile).map_err(failed)?;
    Ok(Asked {
        text: text.to_owned(),
        query,
        profile,
        compiled,
    })
}

/// What a study needs beside its query.
#[derive(Debug)]
pub(crate) struct Terms {
    pub(crate) title: Title,
    pub(crate) purpose: Purpose,
    pub(crate) expires: Day,
    pub(crate) freshness: u64,
    pub(crate) policy: Policy,
    pub(crate) boards: Vec<PublicKey>,
    pub(crate) approvals_needed: u8,
}

/// Opens a study. It takes answers once its boards approve.
pub(crate) fn open(
    ledger: &Ledger,
    sponsor: &Sponsor,
    asked: &Asked,
    terms: Terms,
) -> Result<StudyId, Failure> {
    let id = ledger.state()?.id();
    let mut boards = terms.boards;
    boards.sort_unstable();
    boards.dedup();
    let inbox = sponsor.inbox.key().map_err(|error| {
        Failure::usage(
            error.to_string(),
            "name another sponsor, whose inbox key is usable",
        )
    })?;
    let transaction = OpenStudy {
        title: terms.title,
        query_text: asked.text.clone(),
        profile: asked.profile.profile.hash(),
        index_day: asked.query.index(),
        query: asked.compiled.query.clone(),
        purpose: terms.purpose,
        expires: terms.expires,
        freshness: terms.freshness,
        policy: terms.policy,
        boards,
        approvals_needed: terms.approvals_needed,
        sponsor: sponsor.key.public(),
        inbox: *inbox.as_bytes(),
    };
    let envelope = Envelope::sign(transaction, &id, sponsor.key.key());
    let study = StudyId::new(*envelope.id(&id).as_bytes());
    let profile = Attachment::Profile(asked.profile.text.clone());
    submit(ledger, Submission::with(envelope, profile))?;
    Ok(study)
}

/// Approves a study for a board.
pub(crate) fn approve(
    ledger: &Ledger,
    board: &SigningSecret,
    study: StudyId,
) -> Result<(), Failure> {
    let id = ledger.state()?.id();
    submit(
        ledger,
        Envelope::sign(ApproveStudy { study }, &id, board.key()),
    )?;
    Ok(())
}

/// Ends a study before it expires.
pub(crate) fn close(
    ledger: &Ledger,
    signer: &SigningSecret,
    study: StudyId,
) -> Result<(), Failure> {
    let id = ledger.state()?.id();
    submit(
        ledger,
        Envelope::sign(CloseStudy { study }, &id, signer.key()),
    )?;
    Ok(())
}
