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
use super::{Admitted, Event, Evidence, Rejection, State, StudyState};
use crate::key::PublicKey;
use crate::transaction::{
    AttachmentDigest, CellCommitment, DatasetDigest, SubmitTally, TransactionId,
};

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
    /// Its transaction.
    pub id: TransactionId,
    /// Index of its log entry.
    pub entry: u64,
    /// Index of the log entry that released it.
    pub released: Option<u64>,
    /// What became of its noise.
    pub draw: Draw,
}

/// What became of a tally's noise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Draw {
    /// There is none.
    None,
    /// The next change of the day draws it.
    Waiting,
    /// It follows from this beacon.
    Drawn([u8; 32]),
    /// The day moved on before all custodians had tallied: it costs nothing, and the table can be
    /// tallied anew.
    Void,
}

impl TallyState {
    /// Whether it can't be released any more, and was not.
    #[must_use]
    pub const fn has_lapsed(&self, day: Day) -> bool {
        let late = day.number() > self.day.number().saturating_add(TALLY_DAYS);
        self.released.is_none() && (late || matches!(self.draw, Draw::Void))
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
        admitted: &Admitted,
    ) -> Result<Event, Rejection> {
        let signer = admitted.signer();
        let context = self.check_tallied(t, signer, admitted.evidence())?;
        let entry = self.entries;
        let (cost, noised) = {
            let study = self.study_mut(&t.study)?;
            let cost = study.noise_cost(&t.table, t.counts.len());
            (cost, study.opened.noise.is_some())
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
            id: admitted.id(),
            entry,
            released: None,
            draw: if noised { Draw::Waiting } else { Draw::None },
        });
        Ok(Event::TallyEntered {
            study: t.study,
            issuer: signer,
        })
    }

    /// Draws the noise of the tallies that wait for it. Where not all custodians of a table have
    /// tallied, theirs are void: so no seed sees a second draw, and nobody commits to a seed who
    /// was told the others' openings.
    pub(super) fn draw_noise(&mut self, beacon: [u8; 32]) {
        for study in self.studies.values_mut() {
            if study.opened.noise.is_none() {
                continue;
            }
            let edition = study.opened.query.edition();
            let custodians = study.opened.together.len();
            let waiting = |tally: &&TallyState| tally.draw == Draw::Waiting;
            let tables: Vec<Table> = (study.tallies.iter().filter(waiting))
                .map(|tally| tally.table.clone())
                .collect();
            let alone = study.opened.together.is_empty();
            let complete = |table: &Table| {
                alone || tables.iter().filter(|other| *other == table).count() == custodians
            };
            for tally in &mut study.tallies {
                if tally.draw != Draw::Waiting {
                    continue;
                }
                if complete(&tally.table) {
                    tally.draw = Draw::Drawn(beacon);
                    continue;
                }
                tally.draw = Draw::Void;
                if let Some(dataset) = self.datasets.get_mut(&(tally.issuer, edition)) {
                    dataset.noise_spent = dataset.noise_spent.saturating_sub(tally.cost);
                }
            }
        }
    }
}
