//! Tallies: what custodians count for an answer that is released later, together or with noise.
//! Spec: docs/spec/ledger.md, section "In two steps".

use salus_protocol::cohort::Table;
use salus_protocol::day::Day;
use salus_protocol::noise::epsilon_cost;
use salus_verifier::cohort::encoding::Reader;
use salus_verifier::cohort::parts::PartsProof;
use salus_verifier::cohort::publication::Publication;
use salus_verifier::noised_release::{SeedProof, verify_seeds};

use x25519_dalek::{PublicKey as X25519Key, StaticSecret};

use super::attached::{self, Attached};
use super::cohort::{CohortStatement, Submitted, check_cells, unproven};
use super::{Event, Evidence, Rejection, State, StudyState};
use crate::key::PublicKey;
use crate::transaction::{AttachmentDigest, CellCommitment, DatasetDigest, SubmitTally};

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
    pub counts: Vec<CellCommitment>,
    /// Commitments to the seeds of the cells' noise, if there is noise.
    pub seeds: Vec<CellCommitment>,
    /// What it costs of the budget of noise, in tenths of epsilon.
    pub cost: u64,
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
    /// Whether it is answered in two steps, tallies and a release: because custodians are counted
    /// together, or because there is noise.
    #[must_use]
    pub const fn in_two_steps(&self) -> bool {
        !self.opened.together.is_empty() || self.opened.noise.is_some()
    }

    /// What a table costs of the budget of noise, in tenths of epsilon.
    #[must_use]
    pub fn noise_cost(&self, table: &Table, cells: usize) -> u64 {
        let noise = self.opened.noise;
        noise.map_or(0, |noise| epsilon_cost(table.shape(), cells, noise.epsilon))
    }

    /// The tallies of a table that can be released on a day, one of each custodian.
    pub fn standing_tallies(&self, table: &Table, day: Day) -> impl Iterator<Item = &TallyState> {
        let stands =
            move |t: &&TallyState| t.table == *table && t.released.is_none() && !t.has_lapsed(day);
        self.tallies.iter().filter(stands)
    }
}

impl CohortStatement {
    /// The transaction that says a tally; `proof` is its attachment, made by
    /// [`tally_proof_bytes`].
    #[must_use]
    pub fn tally(
        &self,
        counts: Vec<CellCommitment>,
        seeds: Vec<CellCommitment>,
        share_key: [u8; 32],
        proof: &[u8],
    ) -> SubmitTally {
        SubmitTally {
            study: self.study,
            day: self.question.day,
            table: self.question.table.clone(),
            dataset: DatasetDigest::of(&self.pages),
            counts,
            seeds,
            share_key,
            proof: AttachmentDigest::of(proof),
        }
    }
}

/// The attachment of a tally: the proof of its counts, then that of its seeds if there is noise.
#[must_use]
pub fn tally_proof_bytes(counts: &PartsProof, seeds: Option<&SeedProof>) -> Vec<u8> {
    let seeds = seeds.map(SeedProof::to_bytes);
    [counts.to_bytes(), seeds.unwrap_or_default()].concat()
}

/// Whether an X25519 key agrees on secrets: with one of small order nobody could make a share.
fn is_usable(key: [u8; 32]) -> bool {
    let any = StaticSecret::from([1; 32]);
    any.diffie_hellman(&X25519Key::from(key)).was_contributory()
}

/// That somebody knows what the commitments to seeds hold: nobody commits to a multiple of
/// another's.
fn check_seeds(
    context: &[u8; 32],
    seeds: &[CellCommitment],
    proof: &[u8],
) -> Result<(), Rejection> {
    if seeds.is_empty() {
        return match proof.len() {
            0 => Ok(()),
            count => Err(unproven(format!("{count} bytes follow after its end"))),
        };
    }
    let proof = SeedProof::from_bytes(proof).map_err(unproven)?;
    let seeds: Vec<_> = seeds.iter().map(CellCommitment::point).collect();
    verify_seeds(context, &seeds, &proof).map_err(unproven)
}

impl State {
    fn check_tally(&self, t: &SubmitTally, signer: PublicKey) -> Result<[u8; 32], Rejection> {
        let study = self
            .study(&t.study)
            .ok_or(Rejection::StudyUnknown { study: t.study })?;
        if !study.in_two_steps() {
            return Err(Rejection::AnsweredAtOnce { study: t.study });
        }
        let seeds = if study.opened.noise.is_some() {
            t.counts.len()
        } else {
            0
        };
        check_cells(t.seeds.len(), seeds)?;
        if !is_usable(t.share_key) || study.tallies.iter().any(|o| o.share_key == t.share_key) {
            return Err(Rejection::ShareKey);
        }
        // The same seed under two beacons would give noises with a known difference.
        if t.seeds
            .iter()
            .any(|seed| self.seeds.contains(&seed.to_bytes()))
        {
            return Err(Rejection::SeedReused);
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
        let parts = PartsProof::read(&mut reader, &statement.plan, publications.len());
        let (parts, seeds) = (parts.map_err(unproven)?, reader.rest());
        check_seeds(&context, &t.seeds, seeds)?;
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
        let entry = self.entries;
        let cost = {
            let study = self.study_mut(&t.study)?;
            study.noise_cost(&t.table, t.counts.len())
        };
        self.note_counted(&t.study, signer, cost)?;
        self.seeds
            .extend(t.seeds.iter().map(CellCommitment::to_bytes));
        self.study_mut(&t.study)?.tallies.push(TallyState {
            issuer: signer,
            day: t.day,
            table: t.table.clone(),
            counts: t.counts.clone(),
            seeds: t.seeds.clone(),
            cost,
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
