//! Transactions of every kind, for what looks at their bytes.

use std::collections::BTreeSet;

use salus_ledger::transaction::*;
use salus_protocol::cohort::{Band, Stratifier, Table};
use salus_protocol::nullifier::{LedgerId, StudyId};
use salus_protocol::release::Released;

use super::{commit_record, genesis, issuer, query, row, session, sponsor, today};

/// How many kinds there are.
const KINDS: usize = 18;

/// Those of the session, the genesis, and those that rest on proofs by custodians.
pub(crate) fn every_kind() -> Vec<Envelope> {
    let all = session::batches().iter().flatten();
    let mut all: Vec<_> = all.map(|s| s.envelope.clone()).collect();
    all.push(genesis(true));
    all.extend(cohort());
    all.extend(not_in_session());
    let names: BTreeSet<_> = all.iter().map(|e| e.transaction().name()).collect();
    assert_eq!(names.len(), KINDS, "{names:?}");
    all
}

fn not_in_session() -> [Envelope; 2] {
    let ledger = LedgerId::new([0; 32]);
    let fresh = commit_record(77);
    let amend = AmendRecord {
        index: 0,
        sequence: 1,
        record: fresh.record,
        row: fresh.row,
    };
    let study = StudyId::new([1; 32]);
    [
        Envelope::sign(amend, &ledger, &issuer()),
        Envelope::sign(CloseStudy { study }, &ledger, &sponsor()),
    ]
}

/// A publication, a cohort answer, a tally and a release; decoding does not ask whether their proofs are there.
pub(crate) fn cohort() -> [Envelope; 4] {
    let ledger = LedgerId::new([0; 32]);
    let publication = PublishPage {
        edition: query().edition(),
        page: 3,
        highest: [7; 64],
        publication: AttachmentDigest::of(b"publication"),
    };
    let band = |low| Band { low, high: low + 1 };
    let bands = vec![band(1), band(5)];
    let answer = SubmitCohort {
        study: StudyId::new([1; 32]),
        day: today(),
        table: Table::Strata(vec![Stratifier { field: 2, bands }]),
        dataset: DatasetDigest::of(&[publication.publication; 2]),
        counts: (1..4)
            .map(|n| CellCommitment::new(row(n).point()))
            .collect(),
        released: vec![Released::Count(25), Released::Suppressed],
        proof: AttachmentDigest::of(b"proof"),
    };
    let tally = SubmitTally {
        study: answer.study,
        day: answer.day,
        table: answer.table.clone(),
        dataset: answer.dataset,
        counts: answer.counts.clone(),
        seeds: answer.counts.clone(),
        share_key: [5; 32],
        proof: answer.proof,
    };
    let release = ReleaseCohort {
        study: answer.study,
        table: answer.table.clone(),
        tallies: vec![3, 700],
        released: answer.released.clone(),
        proof: answer.proof,
    };
    [
        Envelope::sign(publication, &ledger, &issuer()),
        Envelope::sign(answer, &ledger, &issuer()),
        Envelope::sign(tally, &ledger, &issuer()),
        Envelope::sign(release, &ledger, &issuer()),
    ]
}
