//! Releases: tallies, or the sum of several custodians', made public as the policy allows, with
//! noise if the study says so.
//! Spec: docs/spec/ledger.md, section "In two steps".

use std::collections::BTreeSet;

use pasta_curves::group::Curve;
use pasta_curves::{Eq as Vesta, EqAffine};
use salus_protocol::cohort::Table;
use salus_protocol::noise::{Epsilon, offset};
use salus_protocol::nullifier::{LedgerId, StudyId};
use salus_protocol::release::{DisclosurePolicy, Released, Shape};
use salus_verifier::noised_release::{
    NoisedReleaseProof, NoisedReleaseStatement, verify_noised_release,
};
use salus_verifier::release::{ReleaseProof, ReleaseStatement, verify_release};
use sha2::{Digest, Sha256};

use super::attached::{self, Attached};
use super::cohort::{CohortAnswer, CountedOver, check_cells, unproven};
use super::tally::{Draw, TallyState};
use super::{Event, Evidence, Rejection, State, StudyState};
use crate::key::PublicKey;
use crate::transaction::{AttachmentDigest, CellCommitment, ReleaseCohort};

/// What a release of tallies must show, as prover and ledger derive it alike.
#[derive(Debug, Clone)]
pub struct TalliesStatement {
    /// The study.
    pub study: StudyId,
    /// The shape of the answer.
    pub table: Table,
    /// The tallies, in the order of their log entries.
    pub tallies: Vec<TallyState>,
    /// The study's policy.
    pub policy: DisclosurePolicy,
    /// What the table's cells are to each other.
    pub shape: Shape,
    /// The sums of the tallies' commitments.
    pub counts: Vec<EqAffine>,
    /// The noise that the ledger drew, if there is any.
    pub noise: Option<DrawnNoise>,
    /// The context of shares and release; see [`release_context`].
    pub context: [u8; 32],
}

/// What is public of a release's noise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrawnNoise {
    /// Its law.
    pub epsilon: Epsilon,
    /// The sums of the tallies' commitments to seeds.
    pub seeds: Vec<EqAffine>,
    /// The ledger's part of each cell's noise.
    pub offsets: Vec<u64>,
}

/// The context of a release: ledger, study, table, and of each tally its entry, its transaction with
/// all that it commits to, and its context. All of it is fixed before noise is drawn.
#[must_use]
pub fn release_context(
    ledger: &LedgerId,
    study: &StudyId,
    table: &Table,
    tallies: &[&TallyState],
) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(b"salus/v1/cohort-release\0");
    hasher.update(ledger.as_bytes());
    hasher.update(study.as_bytes());
    let table = borsh::to_vec(table).expect("writing to memory does not fail");
    hasher.update((table.len() as u64).to_le_bytes());
    hasher.update(table);
    for tally in tallies {
        hasher.update(tally.entry.to_le_bytes());
        hasher.update(tally.id.as_bytes());
        hasher.update(tally.context);
    }
    hasher.finalize().into()
}

/// Who must have tallied for a release by an issuer.
fn circle(study: &StudyState, issuer: &PublicKey) -> Vec<PublicKey> {
    match &study.opened.together[..] {
        [] => vec![*issuer],
        together => together.to_vec(),
    }
}

/// The sums of commitments, cell by cell.
fn sums<'a>(all: impl Iterator<Item = &'a [CellCommitment]>) -> Vec<EqAffine> {
    let mut sums = Vec::<Vesta>::new();
    for own in all {
        sums.resize(sums.len().max(own.len()), Vesta::default());
        for (sum, commitment) in sums.iter_mut().zip(own) {
            *sum += commitment.point();
        }
    }
    sums.iter().map(Curve::to_affine).collect()
}

impl TalliesStatement {
    /// The transaction that releases the tallies; `proof` is its attachment: the bytes of a
    /// [`ReleaseProof`], or with noise of a [`NoisedReleaseProof`].
    #[must_use]
    pub fn transaction(&self, released: Vec<Released>, proof: &[u8]) -> ReleaseCohort {
        ReleaseCohort {
            study: self.study,
            table: self.table.clone(),
            tallies: self.tallies.iter().map(|tally| tally.entry).collect(),
            released,
            proof: AttachmentDigest::of(proof),
        }
    }

    /// Checks that the policy makes the released values of the tallies' sums.
    ///
    /// # Errors
    /// [`Rejection::Proof`] says what is not shown.
    pub fn verify(&self, released: &[Released], proof: &[u8]) -> Result<(), Rejection> {
        if let Some(noise) = &self.noise {
            return self.verify_noised(noise, released, proof);
        }
        let proof = ReleaseProof::from_bytes(proof).map_err(unproven)?;
        let statement = ReleaseStatement {
            context: self.context,
            policy: self.policy,
            shape: self.shape,
            commitments: self.counts.clone(),
            released: released.to_vec(),
        };
        verify_release(&statement, &proof).map_err(unproven)
    }

    fn verify_noised(
        &self,
        noise: &DrawnNoise,
        released: &[Released],
        proof: &[u8],
    ) -> Result<(), Rejection> {
        let proof = NoisedReleaseProof::from_bytes(proof).map_err(unproven)?;
        let statement = NoisedReleaseStatement {
            context: self.context,
            policy: self.policy,
            shape: self.shape,
            epsilon: noise.epsilon,
            commitments: self.counts.clone(),
            seeds: noise.seeds.clone(),
            offsets: noise.offsets.clone(),
            released: released.to_vec(),
        };
        verify_noised_release(&statement, &proof).map_err(unproven)
    }
}

impl State {
    /// What must be shown to release the tallies of a table that stand now: one of each custodian
    /// that the study counts together, else that of the issuer.
    ///
    /// # Errors
    /// The [`Rejection`] that such a release would meet, whatever its proof.
    pub fn tallies_statement(
        &self,
        study: &StudyId,
        issuer: &PublicKey,
        table: &Table,
    ) -> Result<TalliesStatement, Rejection> {
        let (known, day) = self.answerable(study)?;
        let circle = circle(known, issuer);
        let entries: Vec<u64> = known
            .standing_tallies(table, day)
            .filter(|tally| circle.contains(&tally.issuer))
            .map(|tally| tally.entry)
            .collect();
        self.releasable(study, issuer, table, &entries)
    }

    /// The rules for a choice of tallies.
    fn releasable(
        &self,
        id: &StudyId,
        issuer: &PublicKey,
        table: &Table,
        entries: &[u64],
    ) -> Result<TalliesStatement, Rejection> {
        let (study, day) = self.answerable(id)?;
        if !study.in_two_steps() {
            return Err(Rejection::AnsweredAtOnce { study: *id });
        }
        let circle = circle(study, issuer);
        if !circle.contains(issuer) {
            return Err(Rejection::NotCustodianOfStudy {
                study: *id,
                key: *issuer,
            });
        }
        let mut tallies: Vec<&TallyState> = Vec::with_capacity(entries.len());
        for entry in entries {
            let stands = study
                .standing_tallies(table, day)
                .find(|t| t.entry == *entry);
            let tally = stands.ok_or(Rejection::TallyUnknown { entry: *entry })?;
            if tallies.last().is_some_and(|last| last.entry >= tally.entry) {
                return Err(Rejection::TallyOrder);
            }
            tallies.push(tally);
        }
        let there: BTreeSet<PublicKey> = tallies.iter().map(|tally| tally.issuer).collect();
        if let Some(key) = circle.iter().find(|key| !there.contains(key)) {
            return Err(Rejection::TallyMissing {
                study: *id,
                key: *key,
            });
        }
        if tallies.len() != circle.len() {
            return Err(Rejection::TallyOrder);
        }
        let context = release_context(&self.id, id, table, &tallies);
        let noise = Self::drawn(study, &tallies, &context)?;
        Ok(TalliesStatement {
            study: *id,
            table: table.clone(),
            policy: study.opened.policy,
            shape: table.shape(),
            counts: sums(tallies.iter().map(|tally| &tally.counts[..])),
            noise,
            context,
            tallies: tallies.into_iter().cloned().collect(),
        })
    }

    /// The noise of a release: one draw for all its tallies.
    fn drawn(
        study: &StudyState,
        tallies: &[&TallyState],
        context: &[u8; 32],
    ) -> Result<Option<DrawnNoise>, Rejection> {
        let Some(noise) = study.opened.noise else {
            return Ok(None);
        };
        let Some(Draw::Drawn(beacon)) = tallies.first().map(|tally| tally.draw) else {
            return Err(Rejection::NoisePending);
        };
        if tallies
            .iter()
            .any(|tally| tally.draw != Draw::Drawn(beacon))
        {
            return Err(Rejection::NoisePending);
        }
        let seeds = sums(tallies.iter().map(|tally| &tally.seeds[..]));
        let offsets = (0..seeds.len()).map(|cell| offset(&beacon, context, cell));
        Ok(Some(DrawnNoise {
            epsilon: noise.epsilon,
            offsets: offsets.collect(),
            seeds,
        }))
    }

    /// Checks every rule for a release but its proof.
    fn check_tallies(
        &self,
        t: &ReleaseCohort,
        signer: PublicKey,
    ) -> Result<TalliesStatement, Rejection> {
        let statement = self.releasable(&t.study, &signer, &t.table, &t.tallies)?;
        check_cells(t.released.len(), statement.counts.len())?;
        Ok(statement)
    }

    /// The cheap rules, then the attachment's digest, then the proof.
    pub(super) fn verify_release(
        &self,
        t: &ReleaseCohort,
        signer: PublicKey,
        attached: &dyn Attached,
    ) -> Result<Evidence, Rejection> {
        let statement = self.check_tallies(t, signer)?;
        let proof = attached::read(attached, "cohort proof", t.proof)?;
        statement.verify(&t.released, &proof)?;
        let context = statement.context;
        Ok(Evidence::Counted { context })
    }

    /// Checks the rules for a release and the evidence of its proof.
    pub(super) fn check_released(
        &self,
        t: &ReleaseCohort,
        signer: PublicKey,
        evidence: &Evidence,
    ) -> Result<(), Rejection> {
        evidence.is_of_count(self.check_tallies(t, signer)?.context)
    }

    pub(super) fn enter_release(
        &mut self,
        t: &ReleaseCohort,
        signer: PublicKey,
        evidence: &Evidence,
    ) -> Result<Event, Rejection> {
        self.check_released(t, signer, evidence)?;
        let entry = self.entries;
        let day = self.day.ok_or(Rejection::NoDay)?;
        let study = self.study_mut(&t.study)?;
        for tally in &mut study.tallies {
            if t.tallies.contains(&tally.entry) {
                tally.released = Some(entry);
            }
        }
        let place = study.cohort_answers.len();
        study.cohort_answers.push(CohortAnswer {
            issuer: signer,
            day,
            table: t.table.clone(),
            released: t.released.clone(),
            over: CountedOver::Tallies(t.tallies.clone()),
            proof: t.proof,
            entry,
        });
        Ok(Event::CohortAnswered {
            study: t.study,
            place,
        })
    }
}
