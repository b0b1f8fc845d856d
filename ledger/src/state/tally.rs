//! Tallies: what each of several custodians counts for an answer that they give together.
//! Spec: docs/spec/ledger.md, section "In two steps".

use salus_protocol::cohort::Table;
use salus_protocol::day::Day;
use salus_verifier::cohort::encoding::Reader;
use salus_verifier::cohort::parts::PartsProof;
use salus_verifier::cohort::publication::Publication;

use super::attached::{self, Attached};
use super::cohort::{CohortStatement, Submitted, unproven};
use super::{Event, Evidence, Rejection, State, StudyState};
use crate::key::PublicKey;
use crate::transaction::{AttachmentDigest, CountCommitment, DatasetDigest, SubmitTally};

/// For so many days a tally can be released.
pub const TALLY_DAYS: u16 = 14;

/// One custodian's tally, which was verified when it entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TallyState {
    /// Who counted.
    pub issuer: PublicKey,
    /// The day on which consents were valid.
    pub day: Day,
    /// The shape of the answer.
    pub table: Table,
    /// Commitments to the counts.
    pub counts: Vec<CountCommitment>,
    /// The X25519 key for shares.
    pub share_key: [u8; 32],
    /// The context that its counts were verified in.
    pub context: [u8; 32],
    /// The digest of its proof.
    pub proof: AttachmentDigest,
    /// Index of its log entry.
    pub entry: u64,
    /// Index of the log entry that released it.
    pub released: Option<u64>,
}

impl TallyState {
    /// Whether it was not released in time.
    #[must_use]
    pub const fn has_lapsed(&self, day: Day) -> bool {
        self.released.is_none() && day.number() > self.day.number().saturating_add(TALLY_DAYS)
    }
}

impl StudyState {
    /// Whether custodians are counted together, in tallies and a release.
    #[must_use]
    pub const fn counts_together(&self) -> bool {
        !self.opened.together.is_empty()
    }

    /// The tallies of a table that can be released on a day, one of each custodian.
    pub fn standing_tallies(&self, table: &Table, day: Day) -> impl Iterator<Item = &TallyState> {
        let stands =
            move |t: &&TallyState| t.table == *table && t.released.is_none() && !t.has_lapsed(day);
        self.tallies.iter().filter(stands)
    }
}

impl CohortStatement {
    /// The transaction that says a tally; `proof` is its attachment: the bytes of a
    /// [`PartsProof`].
    #[must_use]
    pub fn tally(
        &self,
        counts: Vec<CountCommitment>,
        share_key: [u8; 32],
        proof: &[u8],
    ) -> SubmitTally {
        SubmitTally {
            study: self.study,
            day: self.question.day,
            table: self.question.table.clone(),
            dataset: DatasetDigest::of(&self.pages),
            counts,
            share_key,
            proof: AttachmentDigest::of(proof),
        }
    }
}

impl State {
    fn check_tally(&self, t: &SubmitTally, signer: PublicKey) -> Result<[u8; 32], Rejection> {
        let study = self
            .study(&t.study)
            .ok_or(Rejection::StudyUnknown { study: t.study })?;
        if !study.counts_together() {
            return Err(Rejection::CountedAlone { study: t.study });
        }
        let submitted = Submitted {
            study: &t.study,
            day: t.day,
            table: &t.table,
            dataset: &t.dataset,
            counts: &t.counts,
        };
        self.check_submitted(&submitted, signer)
    }

    /// The cheap rules, then the attachments' digests, then the proofs.
    pub(super) fn verify_tally(
        &self,
        t: &SubmitTally,
        signer: PublicKey,
        attached: &dyn Attached,
    ) -> Result<Evidence, Rejection> {
        let context = self.check_tally(t, signer)?;
        let proof = attached::read(attached, "cohort proof", t.proof)?;
        let statement = self.cohort_statement(&t.study, &signer, &t.table)?;
        let publications = Self::publications(&statement.pages, attached)?;
        let publications: Vec<&Publication> = publications.iter().collect();
        let mut reader = Reader::new(&proof);
        let parts = PartsProof::read(&mut reader, &statement.plan, publications.len())
            .and_then(|parts| reader.finish().map(|()| parts))
            .map_err(unproven)?;
        statement.verify_counts(&publications, &t.counts, &parts)?;
        Ok(Evidence::Counted { context })
    }

    /// Checks the rules for a tally and the evidence of its proof.
    pub(super) fn check_tallied(
        &self,
        t: &SubmitTally,
        signer: PublicKey,
        evidence: &Evidence,
    ) -> Result<[u8; 32], Rejection> {
        let context = self.check_tally(t, signer)?;
        evidence.is_of_count(context)?;
        Ok(context)
    }

    pub(super) fn enter_tally(
        &mut self,
        t: &SubmitTally,
        signer: PublicKey,
        evidence: &Evidence,
    ) -> Result<Event, Rejection> {
        let context = self.check_tallied(t, signer, evidence)?;
        self.note_counted(&t.study, signer)?;
        let entry = self.entries;
        self.study_mut(&t.study)?.tallies.push(TallyState {
            issuer: signer,
            day: t.day,
            table: t.table.clone(),
            counts: t.counts.clone(),
            share_key: t.share_key,
            context,
            proof: t.proof,
            entry,
            released: None,
        });
        Ok(Event::TallyEntered {
            study: t.study,
            issuer: signer,
        })
    }
}
