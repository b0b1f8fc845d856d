//! Records: committed, amended and erased by their issuers.

use salus_protocol::consent::ConsentCommitment;
use salus_protocol::profile::Edition;
use salus_protocol::record::RecordCommitment;
use salus_protocol::registry::{CAPACITY, Leaf, RecordIndex};
use salus_protocol::row_commitment::RowCommitment;

use super::{Event, Rejection, State};
use crate::key::PublicKey;
use crate::transaction::{AmendRecord, CommitRecord, EraseRecord};

/// A record's two commitments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Faces {
    /// For eligibility proofs.
    pub record: RecordCommitment,
    /// For cohort proofs.
    pub row: RowCommitment,
}

/// What the ledger knows of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordState {
    /// Its commitments; none once it is erased.
    pub faces: Option<Faces>,
    /// The issuer who committed it.
    pub issuer: PublicKey,
    /// The edition that its row is of.
    pub edition: Edition,
    /// The key that grants and revokes its consent.
    pub subject: PublicKey,
    /// How often it was changed since it was committed; the next change must name this number.
    pub sequence: u32,
    /// The consent in force: its commitment, and its row commitment for cohort proofs.
    pub consent: Option<(ConsentCommitment, RowCommitment)>,
    /// Index of the log entry that last granted, replaced or ended its consent.
    pub consent_entry: Option<u64>,
}

impl RecordState {
    /// The record's leaf in the registry.
    #[must_use]
    pub fn leaf(&self) -> Leaf {
        Leaf {
            record: self.faces.map_or(Leaf::EMPTY.record, |faces| faces.record),
            consent: self
                .consent
                .map_or(Leaf::EMPTY.consent, |(consent, _)| consent),
        }
    }
}

impl State {
    /// Checks the rules for a new record, and gives the index that it would have.
    pub(super) fn check_commit(
        &self,
        t: &CommitRecord,
        signer: PublicKey,
    ) -> Result<RecordIndex, Rejection> {
        if !self.issuers.contains_key(&signer) {
            return Err(Rejection::IssuerUnknown { key: signer });
        }
        let index = RecordIndex::try_from(self.records.len())
            .ok()
            .filter(|index| *index < CAPACITY)
            .ok_or(Rejection::RegistryFull)?;
        self.check_faces(t.record, &t.row)?;
        if self.subjects.contains(&t.subject) {
            return Err(Rejection::SubjectKeyReused { key: t.subject });
        }
        Ok(index)
    }

    pub(super) fn commit_record(
        &mut self,
        t: &CommitRecord,
        signer: PublicKey,
    ) -> Result<Event, Rejection> {
        let index = self.check_commit(t, signer)?;
        self.take_faces(t.record, &t.row);
        self.subjects.insert(t.subject);
        self.records.push(RecordState {
            faces: Some(Faces {
                record: t.record,
                row: t.row,
            }),
            issuer: signer,
            edition: t.edition,
            subject: t.subject,
            sequence: 0,
            consent: None,
            consent_entry: None,
        });
        self.extend_dataset(index);
        self.mark(index);
        Ok(Event::RecordCommitted { index })
    }

    pub(super) fn check_amend(&self, t: &AmendRecord, signer: PublicKey) -> Result<(), Rejection> {
        let record = self.standing_record(t.index, t.sequence)?;
        if record.issuer != signer {
            return Err(Rejection::NotIssuerOfRecord { index: t.index });
        }
        self.check_faces(t.record, &t.row)
    }

    pub(super) fn amend_record(
        &mut self,
        t: &AmendRecord,
        signer: PublicKey,
    ) -> Result<Event, Rejection> {
        self.check_amend(t, signer)?;
        self.take_faces(t.record, &t.row);
        self.records[t.index as usize].faces = Some(Faces {
            record: t.record,
            row: t.row,
        });
        self.changed(t.index);
        self.revise();
        Ok(Event::RecordAmended { index: t.index })
    }

    pub(super) fn check_erase(&self, t: &EraseRecord, signer: PublicKey) -> Result<(), Rejection> {
        let record = self.standing_record(t.index, t.sequence)?;
        if record.issuer != signer && record.subject != signer {
            return Err(Rejection::NotPartyToRecord { index: t.index });
        }
        Ok(())
    }

    pub(super) fn erase_record(
        &mut self,
        t: &EraseRecord,
        signer: PublicKey,
    ) -> Result<Event, Rejection> {
        self.check_erase(t, signer)?;
        let record = &mut self.records[t.index as usize];
        record.faces = None;
        if record.consent.take().is_some() {
            record.consent_entry = Some(self.entries);
        }
        self.changed(t.index);
        self.revise();
        Ok(Event::RecordErased { index: t.index })
    }

    /// The record at an index, if it stands and a change that names `sequence` fits it. One more
    /// change must still fit the counter.
    pub(super) fn standing_record(
        &self,
        index: RecordIndex,
        sequence: u32,
    ) -> Result<&RecordState, Rejection> {
        let record = self.record(index).ok_or(Rejection::NoRecord { index })?;
        if record.faces.is_none() {
            return Err(Rejection::RecordErased { index });
        }
        if record.sequence != sequence || sequence == u32::MAX {
            return Err(Rejection::Sequence {
                index,
                found: sequence,
                expected: record.sequence,
            });
        }
        Ok(record)
    }

    /// Counts a change of a record, and marks its leaf and its page.
    pub(super) fn changed(&mut self, index: RecordIndex) {
        self.records[index as usize].sequence += 1;
        self.touch_page(index);
        self.mark(index);
    }

    /// Notes that roots of earlier heights show what no longer holds.
    pub(super) const fn revise(&mut self) {
        self.revised = self.heads.len() as u64 + 1;
    }

    fn mark(&mut self, index: RecordIndex) {
        let leaf = self.records[index as usize].leaf();
        self.pending.insert(index, leaf);
    }

    /// No two records share a commitment, ever: a copied one would be another's record.
    fn check_faces(&self, record: RecordCommitment, row: &RowCommitment) -> Result<(), Rejection> {
        if record == Leaf::EMPTY.record {
            return Err(Rejection::EmptyCommitment { what: "record" });
        }
        if self.commitments.contains(&record) {
            return Err(Rejection::RecordKnown { record });
        }
        if self.row_commitments.contains(&row.to_bytes()) {
            return Err(Rejection::RowKnown);
        }
        Ok(())
    }

    fn take_faces(&mut self, record: RecordCommitment, row: &RowCommitment) {
        self.commitments.insert(record);
        self.row_commitments.insert(row.to_bytes());
    }
}
